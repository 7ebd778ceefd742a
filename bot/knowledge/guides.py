"""Troubleshooting guides as data: the form of a guide file, and everything that must hold before it is shown.

A mistake in a guide strands a customer half-way, so a file with a missing target, a step nobody reaches or a loop
without a way out to a person is refused when it is loaded, with the line to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from bot.knowledge.marked_yaml import KnowledgeFileError, MarkedYaml, read_marked_yaml
from bot.knowledge.placeholders import PLACEHOLDERS, unknown_placeholders

SOLVED = "solved"
HANDOFF = "handoff"
ENDINGS = frozenset({SOLVED, HANDOFF})
# At the start of a line any of these would make Rasa read the file as training data.
FORBIDDEN_KEYS = frozenset({"nlu", "rules", "stories", "responses", "intents", "entities", "slots", "forms", "actions"})

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1200)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]

YES, NO, PARTLY, DIFFERENT = "yes", "no", "partly", "different"
CHECK_LABELS = {YES: "Yes, it works now", NO: "No, still the same", PARTLY: "Partly"}
DIFFERENT_LABEL = "What I see is different"
_CHECK_MEANS = {
    YES: (
        "it works|works now|it is working|working again|that fixed it|fixed|solved|back online|it is online|"
        "it is back|that did it|that helped|all good now|problem gone|connected now"
    ),
    NO: (
        "not working|still not working|does not work|did not work|still the same|same as before|did not help|"
        "no change|nothing changed|nothing happens|still offline|still broken|same problem|no luck|no difference|"
        "still fails|still nothing"
    ),
    PARTLY: (
        "partly|partially|a bit better|a little better|sort of|kind of|half|only some|some of them|one of them|"
        "on and off|comes and goes|for a moment|for a minute then|better but|works sometimes|sometimes"
    ),
}
_DIFFERENT_MEANS = (
    "something else|something different|looks different|none of these|none of those|none of them|not like that|"
    "i see something else|i do not see that|i cannot find it|i can not find that|there is no such|neither"
)


class Strict(BaseModel):
    """Unknown keys are mistakes; loaded guides do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Strict):
    """One possible answer to a step; `means` are other ways of saying it."""

    id: Name
    label: Label
    next: Name
    means: tuple[Text, ...] = ()


class Check(Strict):
    """Where "did that help?" leads; an unfinished cure goes where a failed one goes unless said otherwise."""

    yes: Name = SOLVED
    no: Name
    partly: Name | None = None


class Step(Strict):
    """One thing to look at, do or answer. It has options, or it is a check."""

    id: Name
    text: Text
    hint: Text | None = None
    picture: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*\.(svg|png|webp)$")] | None = None
    alt: Text | None = None
    options: tuple[Option, ...] = ()
    different: Name | None = None
    check: Check | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.options) == bool(self.check):
            raise ValueError("give a step either 'options' or a 'check'")
        if self.check and self.different:
            raise ValueError("a check has its three answers and no 'different'")
        if bool(self.picture) != bool(self.alt):
            raise ValueError("'picture' and 'alt' (what it shows, in words) belong together")
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids):
            raise ValueError("two options of the step have the same id")
        if self.different and DIFFERENT in ids:
            raise ValueError(f"the id '{DIFFERENT}' belongs to the key of that name")
        return self

    def choices(self) -> tuple[Option, ...]:
        """Return all answers this step takes: its own, those of a check, and "what I see is different"."""
        if self.check:
            targets = {YES: self.check.yes, NO: self.check.no, PARTLY: self.check.partly or self.check.no}
            return tuple(
                Option(id=i, label=CHECK_LABELS[i], next=target, means=tuple(_CHECK_MEANS[i].split("|")))
                for i, target in targets.items()
            )
        if self.different:
            means = tuple(_DIFFERENT_MEANS.split("|"))
            return (*self.options, Option(id=DIFFERENT, label=DIFFERENT_LABEL, next=self.different, means=means))
        return self.options


class Guide(Strict):
    """A tree of steps for one kind of trouble."""

    guide: Name
    title: Label
    intent: Name
    version: int = Field(default=1, ge=1)
    opening: Text
    solved: Text
    handoff: Text
    first: Name
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def id(self) -> str:
        """The guide's name, which is also its file's."""
        return self.guide

    def step(self, step_id: str) -> Step | None:
        """Return the step of that id, or None."""
        return next((step for step in self.steps if step.id == step_id), None)


def parse_guide(text: str, file: str, name: str | None = None) -> Guide:
    """Read and check one guide; `name` is what its key `guide` must say (the file's name).

    Raises KnowledgeFileError with file and line for YAML errors, unknown or missing keys, a target that is no step,
    a step nobody can reach, a step from which no way leads to a person, and unknown placeholders.
    """
    marked = read_marked_yaml(text, file)
    for key in marked.data:
        if key in FORBIDDEN_KEYS:
            raise marked.error((key,), f"'{key}' at the top level would make Rasa read this file as training data")
    try:
        guide = Guide.model_validate(marked.data)
    except ValidationError as error:
        raise marked.validation_error(error) from error
    if name is not None and guide.id != name:
        raise marked.error(("guide",), f"the guide calls itself '{guide.id}', its file '{name}'")
    for number, line in enumerate(text.splitlines(), 1):
        for placeholder in unknown_placeholders(line):
            known = ", ".join(sorted(PLACEHOLDERS))
            raise KnowledgeFileError(file, number, f"unknown placeholder {{{placeholder}}}; known are {known}")
    _check_graph(guide, marked)
    return guide


def _targets(step: Step, number: int) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for position, option in enumerate(step.options):
        yield option.next, ("steps", number, "options", position, "next")
    if step.different:
        yield step.different, ("steps", number, "different")
    if step.check:
        yield step.check.yes, ("steps", number, "check", "yes")
        yield step.check.no, ("steps", number, "check", "no")
        if step.check.partly:
            yield step.check.partly, ("steps", number, "check", "partly")


def _check_graph(guide: Guide, marked: MarkedYaml) -> None:
    index: dict[str, int] = {}
    for number, step in enumerate(guide.steps):
        if step.id in ENDINGS:
            raise marked.error(("steps", number, "id"), f"'{step.id}' is an ending and cannot be a step's id")
        if step.id in index:
            raise marked.error(("steps", number, "id"), f"a second step is called '{step.id}'")
        index[step.id] = number
    if guide.first not in index:
        raise marked.error(("first",), f"'first' names '{guide.first}', which is no step")
    leads_to: dict[str, set[str]] = {}
    for number, step in enumerate(guide.steps):
        leads_to[step.id] = set()
        for target, path in _targets(step, number):
            if target not in index and target not in ENDINGS:
                raise marked.error(path, f"step '{step.id}' leads to '{target}', which is no step")
            leads_to[step.id].add(target)

    reached = _closure(guide.first, leads_to)
    for number, step in enumerate(guide.steps):
        if step.id not in reached:
            raise marked.error(("steps", number), f"no answer leads to the step '{step.id}'")
        if HANDOFF not in _closure(step.id, leads_to):
            raise marked.error(("steps", number), f"from the step '{step.id}' no way leads to a person")
    if SOLVED not in reached:
        raise marked.error(("first",), "no way through this guide ends with 'solved'")


def _closure(start: str, leads_to: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += leads_to.get(current, ())
    return seen


def load_guides(folder: Path) -> dict[str, Guide]:
    """Read every `*.yml` of `folder` by guide id; two guides for one intent are an error.

    Raises KnowledgeFileError for the first bad file, FileNotFoundError when there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder of guides at {folder}")
    guides: dict[str, Guide] = {}
    for path in sorted(folder.glob("*.yml")):
        guide = parse_guide(path.read_text(encoding="utf-8"), str(path), path.stem)
        rival = next((other.id for other in guides.values() if other.intent == guide.intent), None)
        if rival:
            raise KnowledgeFileError(str(path), 1, f"the guide '{rival}' is for the intent {guide.intent} too")
        guides[guide.id] = guide
    return guides
