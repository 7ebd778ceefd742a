"""Understands a list of messages: plain text in, one a line; JSON out, one line for each line in, in order.

    python -m bot.rasa_runtime.parse --model models/NAME.tar.gz < messages.txt

Each answer is {"text", "intent", "confidence", "ranking": [{"intent", "confidence"}..], "entities": [..],
"similarity", "in_scope"}; `intent` is after the fallback, the last two are 0 to 1: cosine to the nearest training
phrase, and how much the text belongs to what was trained. Answers are written as soon as the lines at hand are read,
so the program can also be kept open and fed line by line. Nothing but JSON is written to stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterable, Iterator, List, Optional, Sequence

from bot.rasa_runtime.archive import ArchiveError, read_archive
from bot.rasa_runtime.serve import prepare_environment

_CHUNK_BYTES = 1 << 16
Parser = Callable[[Sequence[str]], Iterable[dict[str, Any]]]


def main(arguments: Optional[List[str]] = None) -> int:
    """Answers until stdin ends. Returns 1, with a sentence on stderr, when the model cannot be read."""
    options = argparse.ArgumentParser(prog="bot.rasa_runtime.parse", description="Understand messages, one a line.")
    options.add_argument("--model", required=True, type=Path)
    model = options.parse_args(arguments).model
    prepare_environment()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        parse = load_parser(model)
    except (ArchiveError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for lines in read_lines(sys.stdin.buffer):
        for result in parse(lines):
            out.write(json.dumps(result, ensure_ascii=False) + "\n")
        out.flush()
    return 0


def load_parser(model: Path) -> Parser:
    """The model's understanding as a function of texts. Raises ArchiveError for a file that is no model."""
    with read_archive(model) as archive:
        understanding = archive.understanding()
    return understanding.parse if understanding is not None else _rasa_parser(model)


def _rasa_parser(model: Path) -> Parser:
    """For a pipeline with components of Rasa's own: the whole of Rasa, slower to start."""
    from rasa.core.agent import Agent

    from bot.rasa_runtime.plain_words import to_plain_words
    from bot.rasa_runtime.processor import parse_with_graph
    from bot.rasa_runtime.replies import to_nlu

    processor = Agent.load(model).processor

    def parse(texts: Sequence[str]) -> Iterator[dict[str, Any]]:
        results = parse_with_graph(processor, [to_plain_words(text) for text in texts])
        for text, result in zip(texts, results, strict=True):
            yield {"text": text, **to_nlu(result)}

    return parse


def read_lines(stream: BinaryIO) -> Iterator[List[str]]:
    """The lines of `stream` in groups as they arrive. Only a newline ends a line; bytes that are not UTF-8 become
    the replacement character, so that such a line is answered too; a last line may lack its newline."""
    rest = b""
    while True:
        chunk = stream.read1(_CHUNK_BYTES) if hasattr(stream, "read1") else stream.read(_CHUNK_BYTES)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield [_decode(line) for line in lines]
    if rest:
        yield [_decode(rest)]


def _decode(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
