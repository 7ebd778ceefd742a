"""Troubleshooting guides as data: the form of a guide file.

What must hold beyond the form of a single step (targets, ways out, pictures) is checked by `guide_check`.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SOLVED = "solved"
HANDOFF = "handoff"
ENDINGS = frozenset({SOLVED, HANDOFF})

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
    """One possible answer to a step; `means` are other ways of saying it.

    `later`: the customer first has to get something or to wait, so the guide pauses and goes on at `next` when they
    are back. `urgent`: heard in the first message beside another answer, this one counts.
    """

    id: Name
    label: Label
    next: Name
    means: tuple[Text, ...] = ()
    later: bool = False
    urgent: bool = False


class Check(Strict):
    """Where "did that help?" leads; an unfinished cure goes where a failed one goes unless said otherwise."""

    yes: Name = SOLVED
    no: Name
    partly: Name | None = None


class Step(Strict):
    """One thing to look at, do or answer. It has options, or it is a check.

    `listen`: what the customer wrote at the very beginning may answer it already. `skip`: where "skip this" leads.
    """

    id: Name
    text: Text
    hint: Text | None = None
    picture: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*\.(svg|png|webp)$")] | None = None
    alt: Text | None = None
    options: tuple[Option, ...] = ()
    different: Name | None = None
    check: Check | None = None
    listen: bool = False
    skip: Name | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.options) == bool(self.check):
            raise ValueError("give a step either 'options' or a 'check'")
        if self.check and self.different:
            raise ValueError("a check has its three answers and no 'different'")
        if self.check and self.listen:
            raise ValueError("only a step with 'options' can 'listen'")
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
