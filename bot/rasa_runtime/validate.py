"""Checks the assistant's files as `rasa data validate` does, and gives the findings as data.

    python -m bot.rasa_runtime.validate [--domain ..] [--config ..] [--data ..]

One JSON object a line: {"level": "error"|"warning", "message", "file", "line"}. The exit code is 1 when there is an
error. Contradictions between rules and stories show only in training.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import re
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Callable, List, Optional, Set, Tuple

from bot.rasa_runtime.problems import Problem, describe_problem, read_problem
from bot.rasa_runtime.serve import prepare_environment
from bot.rasa_runtime.without_tensorflow import keep_tensorflow_out_of_config

# Rasa says these of components it does not know; ours do use lookup tables.
_NOT_FINDINGS = ("You have defined training data consisting of lookup tables", "Slot auto-fill has been removed")
_WITHOUT_PHRASES = re.compile(r"The intent '([^']+)' is listed in the domain file, but is not found in the NLU")


def default_data() -> List[str]:
    """The folders of training data that are there; `data/` itself also holds files that are not Rasa's."""
    return [folder for folder in ("data/nlu", "data/rules", "data/stories") if Path(folder).is_dir()]


def load_importer(domain: str, config: str, data: List[str]) -> Any:
    """Rasa's reader of the assistant's files. Raises what Rasa raises for a file it cannot read."""
    from rasa.shared.importers.importer import TrainingDataImporter

    return TrainingDataImporter.load_from_config(config, domain, data)


def find_problems(importer: Any) -> List[Problem]:
    """All findings. A file that cannot be read at all raises Rasa's exception."""
    from rasa.validator import Validator

    with _Recorder() as recorder:
        validator = Validator.from_importer(importer)
    findings = recorder.problems(fatal=False)
    checks: Tuple[Tuple[str, Callable[[], bool]], ...] = (
        ("The domain is not valid.", validator.verify_domain_validity),
        ("An intent of a story is missing.", validator.verify_intents_in_stories),
        ("A response is missing.", validator.verify_utterances_in_stories),
        ("An action is missing.", validator.verify_actions_in_stories_rules),
        ("A form is missing.", validator.verify_forms_in_stories_rules),
        ("A form's slot is missing.", validator.verify_form_slots),
        ("A slot mapping is not valid.", validator.verify_slot_mappings),
        ("A phrase has two intents.", lambda: validator.verify_example_repetition_in_intents(False)),
        ("Two stories contradict.", lambda: validator.verify_story_structure(False)),
    )
    for failure, check in checks:
        with _Recorder() as recorder:
            passed = check()
        found = recorder.problems(fatal=not passed)
        if not passed and not found:
            found = [Problem(failure, fatal=True)]
        findings.extend(found)
    # An intent that a rule answers but nobody can type comes from an option or from the system.
    answered = _intents_of_dialogues(importer)
    return [problem for problem in dict.fromkeys(findings) if _intent_without_phrases(problem) not in answered]


def _intents_of_dialogues(importer: Any) -> Set[str]:
    from rasa.shared.core.events import UserUttered

    events = (event for step in importer.get_stories().story_steps for event in step.events)
    return {event.intent_name for event in events if isinstance(event, UserUttered) and event.intent_name}


def _intent_without_phrases(problem: Problem) -> Optional[str]:
    found = _WITHOUT_PHRASES.match(problem.message)
    return found[1] if found else None


class _Recorder:
    """Collects the warnings and log lines in which Rasa puts its findings, and keeps them off the screen."""

    def __enter__(self) -> _Recorder:
        self._warnings = warnings.catch_warnings(record=True)
        self._caught = self._warnings.__enter__()
        warnings.simplefilter("always")
        self._log = io.StringIO()
        self._handler = logging.StreamHandler(self._log)
        self._handler.setLevel(logging.WARNING)
        self._handler.setFormatter(logging.Formatter("%(message)s\x1e"))
        logging.getLogger("rasa").addHandler(self._handler)
        self._screen = io.StringIO()
        self._redirects = (redirect_stdout(self._screen), redirect_stderr(self._screen))
        for redirect in self._redirects:
            redirect.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        for redirect in reversed(self._redirects):
            redirect.__exit__(*details)
        logging.getLogger("rasa").removeHandler(self._handler)
        self._warnings.__exit__(*details)

    def problems(self, *, fatal: bool) -> List[Problem]:
        """What was said, as findings."""
        said = [str(w.message) for w in self._caught or [] if issubclass(w.category, UserWarning)]
        said += [line for line in self._log.getvalue().split("\x1e") if line.strip()]
        return [read_problem(text, fatal=fatal) for text in said if not text.startswith(_NOT_FINDINGS)]


def main(arguments: Optional[List[str]] = None) -> int:
    """Prints the findings. Returns 1 when training would be refused, else 0."""
    parser = argparse.ArgumentParser(prog="bot.rasa_runtime.validate", description="Check the assistant's files.")
    parser.add_argument("--domain", default="domain.yml")
    parser.add_argument("--config", default="config.yml")
    parser.add_argument("--data", nargs="+", default=default_data())
    options = parser.parse_args(arguments)
    prepare_environment()
    try:
        keep_tensorflow_out_of_config(options.config)
        findings = find_problems(load_importer(options.domain, options.config, options.data))
    except (Exception, SystemExit) as error:
        findings = [describe_problem(error)]
    for finding in findings:
        level = "error" if finding.fatal else "warning"
        print(json.dumps({"level": level, **finding.to_json()}, ensure_ascii=False))
    return 1 if any(finding.fatal for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
