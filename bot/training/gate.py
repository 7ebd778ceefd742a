"""Champion and challenger: what got better, what got worse, and whether the challenger may answer customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ACCURACY_DROP = 0.01
MAX_RECALL_DROP = 0.10
MIN_SUPPORT = 5
_ROUNDING = 1e-9

Scores = Mapping[str, Any]


@dataclass(frozen=True)
class IntentChange:
    """One intent's figures now and under the live model; None where one of them does not know the intent."""

    intent: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None
    live_recall: float | None
    live_f1: float | None

    @property
    def f1_change(self) -> float | None:
        return None if self.f1 is None or self.live_f1 is None else self.f1 - self.live_f1

    @property
    def recall_change(self) -> float | None:
        return None if self.recall is None or self.live_recall is None else self.recall - self.live_recall


@dataclass(frozen=True)
class Comparison:
    """A model beside the live one, on the same held-out phrases."""

    intents: tuple[IntentChange, ...]
    newly_broken: tuple[Mapping[str, Any], ...]
    newly_right: tuple[Mapping[str, Any], ...]
    accuracy_change: float | None
    macro_f1_change: float | None


def judge(candidate: Scores, live: Scores | None) -> list[str]:
    """Why the candidate must not go live, as sentences; empty when it may.

    Refused: accuracy down by more than one point, or recall of an intent with at least five held-out phrases down by
    more than ten points, or nothing measured. Without a measured live model every measured candidate may.
    """
    if candidate.get("accuracy") is None:
        return ["It was not measured on the held-out phrases; evaluate it first."]
    if not live or live.get("accuracy") is None:
        return []
    findings = []
    change = candidate["accuracy"] - live["accuracy"]
    if change < -MAX_ACCURACY_DROP - _ROUNDING:
        findings.append(
            f"Accuracy falls by {-change * 100:.1f} points, from {live['accuracy']:.1%} to {candidate['accuracy']:.1%}."
        )
    for item in compare(candidate, live).intents:
        recall = item.recall_change
        if recall is not None and item.support >= MIN_SUPPORT and recall < -MAX_RECALL_DROP - _ROUNDING:
            findings.append(
                f"Of {item.support} held-out phrases of '{item.intent}' it finds {item.recall:.0%} "
                f"where the live model finds {item.live_recall:.0%}."
            )
    return findings


def compare(candidate: Scores, live: Scores | None) -> Comparison:
    """Intents with the largest loss first; phrases right under one model and wrong under the other."""
    ours, theirs = candidate.get("intents") or {}, (live or {}).get("intents") or {}
    changes = [_change(name, ours.get(name), theirs.get(name)) for name in {*ours, *theirs}]
    changes.sort(key=lambda item: (item.f1_change if item.f1_change is not None else 0.0, item.intent))
    our_errors, their_errors = _by_text(candidate), _by_text(live or {})
    same_set = bool(live) and candidate.get("held_out") == (live or {}).get("held_out")
    return Comparison(
        intents=tuple(changes),
        newly_broken=tuple(our_errors[text] for text in our_errors if same_set and text not in their_errors),
        newly_right=tuple(their_errors[text] for text in their_errors if same_set and text not in our_errors),
        accuracy_change=_difference(candidate, live, "accuracy"),
        macro_f1_change=_difference(candidate, live, "macro_f1"),
    )


def _change(name: str, ours: Scores | None, theirs: Scores | None) -> IntentChange:
    ours, theirs = ours or {}, theirs or {}
    return IntentChange(
        intent=name,
        support=int(ours.get("support") or theirs.get("support") or 0),
        precision=ours.get("precision"),
        recall=ours.get("recall"),
        f1=ours.get("f1"),
        live_recall=theirs.get("recall"),
        live_f1=theirs.get("f1"),
    )


def _by_text(scores: Scores) -> dict[str, Mapping[str, Any]]:
    return {error["text"]: error for error in scores.get("errors") or ()}


def _difference(candidate: Scores, live: Scores | None, name: str) -> float | None:
    if not live or candidate.get(name) is None or live.get(name) is None:
        return None
    return float(candidate[name] - live[name])
