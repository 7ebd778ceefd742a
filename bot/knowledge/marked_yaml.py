"""YAML that remembers where each value stood, so that an editor's mistake is answered with file and line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

Path = tuple[str | int, ...]


class KnowledgeFileError(ValueError):
    """An article or guide file that cannot be used; its text is `file:line: what is wrong`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


class _PlainWordsLoader(yaml.SafeLoader):
    """YAML 1.2's idea of a boolean: an option called yes, no, on or off is a word and stays one."""


_PlainWordsLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainWordsLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """Plain values of one YAML document and the 1-based line of each key path in them."""

    file: str
    data: dict[str, Any]
    lines: dict[Path, int]

    def line_of(self, path: Sequence[str | int]) -> int:
        """Return the line of `path`, or of its nearest parent that is in the file."""
        wanted = tuple(path)
        while wanted not in self.lines:
            wanted = wanted[:-1]
        return self.lines[wanted]

    def error(self, path: Sequence[str | int], message: str) -> KnowledgeFileError:
        """Make the error that points at `path`."""
        return KnowledgeFileError(self.file, self.line_of(path), message)

    def validation_error(self, error: ValidationError) -> KnowledgeFileError:
        """Turn a Pydantic model's complaint into one with file, line and field name: the first of several."""
        return self.validation_errors(error)[0]

    def validation_errors(self, error: ValidationError) -> list[KnowledgeFileError]:
        """All complaints; an unknown key is told first: it is the misspelt one whose absence the others lament."""
        return [
            self._complaint(each["loc"], each["type"], each["msg"])
            for each in sorted(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        ]

    def _complaint(self, path: Path, kind: str, told: str) -> KnowledgeFileError:
        field = ".".join(str(part) for part in path)
        message = "there is no such key" if kind == "extra_forbidden" else told.removeprefix("Value error, ")
        return self.error(path, f"{field}: {message}" if field else message)


def read_marked_yaml(text: str, file: str, first_line: int = 1) -> MarkedYaml:
    """Parse one YAML mapping; `first_line` is where `text` begins within `file`.

    Raises KnowledgeFileError for bad syntax, a document that is no mapping, and a key given twice (which YAML
    itself would silently settle in favour of the last).
    """
    try:
        # An own loader instance, because compose() gives the nodes whose marks carry the lines.
        loader = _PlainWordsLoader(text)
        try:
            node = loader.get_single_node()
            lines: dict[Path, int] = {(): first_line}
            if not isinstance(node, yaml.MappingNode):
                raise KnowledgeFileError(file, first_line, "expected a mapping of keys to values")
            _walk(node, (), lines, file, first_line)
            data = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise KnowledgeFileError(file, line, f"not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise KnowledgeFileError(file, first_line, f"not valid YAML: {error}") from error
    return MarkedYaml(file=file, data=data, lines=lines)


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], file: str, first_line: int) -> None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key_path = (*path, str(key_node.value))
            line = first_line + key_node.start_mark.line
            if key_path in lines:
                raise KnowledgeFileError(file, line, f"the key '{key_node.value}' is given twice")
            lines[key_path] = line
            _walk(value_node, key_path, lines, file, first_line)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            item_path = (*path, position)
            lines[item_path] = first_line + item.start_mark.line
            _walk(item, item_path, lines, file, first_line)
