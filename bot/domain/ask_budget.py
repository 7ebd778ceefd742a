"""One budget over every ask: survey, referral, review, testimonial, proactive message.

Each decision is a value with its reason, made to be stored as a row, so that "why asked / why not" can be
answered. The settings are the defaults of the product: any ask 24 hours apart, a transactional survey once
in 7 days, NPS once in 90 days and never in the same minute as another ask, three ignored asks in a row
halve the rate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.surveys import SurveyKind


class AskKind(StrEnum):
    """Everything a customer can be asked for."""

    CES = "ces"
    CSAT = "csat"
    NPS = "nps"
    REFERRAL = "referral"
    TESTIMONIAL = "testimonial"
    REVIEW = "review"
    PROACTIVE = "proactive"

    @classmethod
    def of_survey(cls, kind: SurveyKind) -> AskKind:
        """The ask that a survey is."""
        return cls(kind.value)


TRANSACTIONAL = frozenset({AskKind.CES, AskKind.CSAT})
SURVEYS = TRANSACTIONAL | {AskKind.NPS}
# The review offer goes to everybody surveyed, so it is not one of the promoters' invitations.
PROMOTER_INVITATIONS = frozenset({AskKind.REFERRAL, AskKind.TESTIMONIAL})
INVITATIONS = PROMOTER_INVITATIONS | {AskKind.REVIEW}


class AskOutcome(StrEnum):
    """What became of an ask. A "not now" spends the budget like an answer; only silence counts as ignored."""

    PENDING = "pending"
    ANSWERED = "answered"
    NOT_NOW = "not_now"
    NEVER = "never"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class PastAsk:
    """One ask already made.

    `group` ties a survey and the invitation its answer led to: together they are one ask.
    """

    kind: AskKind
    at: datetime
    outcome: AskOutcome = AskOutcome.PENDING
    case_id: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class AskRequest:
    """What is about to be asked. `group` names the answered survey's group when this follows from its
    answer.
    """

    kind: AskKind
    case_id: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class AskFacts:
    """What is known of the customer and the case now. `consent`: has not refused to be asked for feedback."""

    spam: bool = False
    withdrawn: bool = False
    auto_closed: bool = False
    other_open_case: bool = False
    open_incident: bool = False
    consent: bool = True
    stop_asking: bool = False


@dataclass(frozen=True, slots=True)
class AskBudgetSettings:
    """The defaults; `sampling` is the share in percent by kind of survey, 100 where nothing is said."""

    any_ask_gap: timedelta = timedelta(hours=24)
    transactional_gap: timedelta = timedelta(days=7)
    nps_gap: timedelta = timedelta(days=90)
    nps_alone_for: timedelta = timedelta(minutes=1)
    ignored_in_a_row: int = 3
    counts_as_ignored_after: timedelta = timedelta(hours=72)
    sampling: Mapping[AskKind, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, percent in self.sampling.items():
            if not 0 <= percent <= 100:
                raise ValueError(f"Sampling of {kind.value} must lie between 0 and 100 percent, not {percent}.")
        if self.ignored_in_a_row < 1:
            raise ValueError("ignored_in_a_row must be at least 1.")


class AskReason(StrEnum):
    """Why asked, or why not; the code that is stored with the decision."""

    BUDGET_FREE = "budget_free"
    FOLLOWS_ANSWER = "follows_answer"
    SPAM = "spam"
    WITHDRAWN = "withdrawn"
    AUTO_CLOSED = "auto_closed"
    STOP_ASKING = "stop_asking"
    NO_CONSENT = "no_consent"
    OPEN_INCIDENT = "open_incident"
    OTHER_OPEN_CASE = "other_open_case"
    ALREADY_INVITED = "already_invited"
    ASKED_RECENTLY = "asked_recently"
    SURVEYED_RECENTLY = "surveyed_recently"
    NPS_RECENTLY = "nps_recently"
    NPS_STANDS_ALONE = "nps_stands_alone"
    NOT_SAMPLED = "not_sampled"


@dataclass(frozen=True, slots=True)
class AskDecision:
    """The verdict. `next_allowed_at`: when the clocks alone would allow it; None when time does not help."""

    asked: bool
    reason: AskReason
    detail: str
    next_allowed_at: datetime | None = None


_HARD_RULES: tuple[tuple[str, AskReason, str], ...] = (
    ("spam", AskReason.SPAM, "The case is marked as spam."),
    ("withdrawn", AskReason.WITHDRAWN, "The case was withdrawn before we answered."),
    ("auto_closed", AskReason.AUTO_CLOSED, "The case was closed automatically."),
    ("stop_asking", AskReason.STOP_ASKING, "The customer asked us to stop asking."),
    ("no_consent", AskReason.NO_CONSENT, "The customer has not agreed to be asked."),
    ("open_incident", AskReason.OPEN_INCIDENT, "The customer is affected by an incident that is still open."),
    ("other_open_case", AskReason.OTHER_OPEN_CASE, "The customer has another open case."),
)


def decide_ask(
    request: AskRequest,
    history: Sequence[PastAsk],
    facts: AskFacts,
    *,
    now: datetime,
    draw: float,
    settings: AskBudgetSettings | None = None,
) -> AskDecision:
    """Whether to ask now. Pure and without effect: the caller stores the decision whichever way it falls.

    `history` are all asks made to this customer (in any order), `draw` a number in [0, 1) from
    `sampling_draw`. The hard rules come first, then one invitation per case, then the clocks (the one that
    binds longest is the reason given), then sampling. An invitation that follows an answered survey of its
    own group is part of that ask: the clocks do not stop it, everything else does. ValueError for a time
    without a zone.
    """
    settings = settings or AskBudgetSettings()
    _require_zone(now, history)
    for name, reason, detail in _HARD_RULES:
        if (not facts.consent) if name == "no_consent" else getattr(facts, name):
            return AskDecision(False, reason, detail)
    if request.kind in PROMOTER_INVITATIONS and _already_invited(request, history):
        return AskDecision(False, AskReason.ALREADY_INVITED, "One invitation was already made for this case.")
    if _follows_answer(request, history):
        return AskDecision(True, AskReason.FOLLOWS_ANSWER, "Part of the survey whose answer led to it.")
    blocked = _clocks(request, history, now, settings)
    if blocked is not None:
        return blocked
    percent = settings.sampling.get(request.kind, 100.0) if request.kind in SURVEYS else 100.0
    if draw * 100 >= percent:
        return AskDecision(False, AskReason.NOT_SAMPLED, f"Not drawn: {percent:g} % of these surveys are asked.")
    return AskDecision(True, AskReason.BUDGET_FREE, "Nothing stood against it.")


def sampling_draw(*parts: str) -> float:
    """A number in [0, 1) that depends only on `parts` (case id, kind).

    The same case always draws the same lot.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    # 53 bits fit a float exactly, so the result can never round up to 1.0.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def ignored_streak(history: Sequence[PastAsk], now: datetime, settings: AskBudgetSettings) -> int:
    """How many of the newest asks in a row were ignored; those still fresh and unanswered are left out.

    A survey and its invitation are one ask, and it was not ignored when either of them got an answer.
    """
    groups: dict[object, list[PastAsk]] = {}
    for index, ask in enumerate(history):
        groups.setdefault(ask.group if ask.group is not None else index, []).append(ask)
    streak = 0
    for group in sorted(groups.values(), key=lambda asks: max(ask.at for ask in asks), reverse=True):
        outcomes = {_settled(ask, now, settings) for ask in group}
        if outcomes - {AskOutcome.PENDING, AskOutcome.IGNORED}:
            break
        if AskOutcome.PENDING not in outcomes:
            streak += 1
    return streak


def _settled(ask: PastAsk, now: datetime, settings: AskBudgetSettings) -> AskOutcome:
    if ask.outcome is AskOutcome.PENDING and now - ask.at >= settings.counts_as_ignored_after:
        return AskOutcome.IGNORED
    return ask.outcome


def _already_invited(request: AskRequest, history: Sequence[PastAsk]) -> bool:
    return any(
        ask.kind in PROMOTER_INVITATIONS
        and (
            (request.case_id is not None and ask.case_id == request.case_id)
            or (request.group is not None and ask.group == request.group)
        )
        for ask in history
    )


def _follows_answer(request: AskRequest, history: Sequence[PastAsk]) -> bool:
    if request.group is None or request.kind not in INVITATIONS:
        return False
    return any(
        ask.group == request.group and ask.kind in SURVEYS and ask.outcome is AskOutcome.ANSWERED for ask in history
    )


def _clocks(
    request: AskRequest, history: Sequence[PastAsk], now: datetime, settings: AskBudgetSettings
) -> AskDecision | None:
    halved = ignored_streak(history, now, settings) >= settings.ignored_in_a_row
    # Half the rate is the same as twice the distance.
    factor = 2 if halved else 1
    ever = [ask.at for ask in history]
    rules = [(AskReason.ASKED_RECENTLY, "any ask", ever, settings.any_ask_gap * factor)]
    if request.kind in TRANSACTIONAL:
        times = [ask.at for ask in history if ask.kind in TRANSACTIONAL]
        rules.append((AskReason.SURVEYED_RECENTLY, "a survey about a case", times, settings.transactional_gap * factor))
    if request.kind is AskKind.NPS:
        times = [ask.at for ask in history if ask.kind is AskKind.NPS]
        rules.append((AskReason.NPS_RECENTLY, "the recommendation question", times, settings.nps_gap * factor))
    alone = ever if request.kind is AskKind.NPS else [ask.at for ask in history if ask.kind is AskKind.NPS]
    rules.append((AskReason.NPS_STANDS_ALONE, "an ask beside NPS", alone, settings.nps_alone_for))
    free_at, reason, what, gap = max(
        ((max(times) + gap, reason, what, gap) for reason, what, times, gap in rules if times),
        key=lambda rule: rule[0],
        default=(now, AskReason.BUDGET_FREE, "", timedelta(0)),
    )
    if free_at <= now:
        return None
    detail = f"The last ask of this sort ({what}) is less than {_plain(gap)} ago."
    if halved:
        detail += f" The distance is doubled: the last {settings.ignored_in_a_row} asks were ignored."
    return AskDecision(False, reason, detail, free_at)


def _plain(gap: timedelta) -> str:
    hours = gap.total_seconds() / 3600
    if hours > 48:
        return f"{hours / 24:g} days"
    return f"{hours:g} hours" if hours >= 1 else f"{gap.total_seconds():g} seconds"


def _require_zone(now: datetime, history: Sequence[PastAsk]) -> None:
    if now.tzinfo is None or any(ask.at.tzinfo is None for ask in history):
        raise ValueError("The ask budget needs times with a time zone.")
