"""The scores of the product as pure formulas over small values.

Each returns its n, its interval and its definition.

Every score comes for bot-handled, human-handled and all cases, never mixed. Percentages run from 0 to 100.
A value is given from the first answer on; `enough` is false under five, where a page says "not enough
answers" beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from bot.domain import intervals
from bot.domain.conversation import Resolution
from bot.domain.metric_facts import CaseFact, Handler, HandoffFact, Score, SurveyFact
from bot.domain.surveys import SurveyKind, counts_as_positive

__all__ = [
    "PERCENT",
    "RECONTACT_WINDOW",
    "CaseFact",
    "Handler",
    "HandoffFact",
    "Score",
    "SurveyFact",
    "aht_s",
    "all_scores",
    "ces",
    "ces_mean",
    "containment",
    "csat",
    "deflection",
    "fcr",
    "first_response_business_s",
    "first_response_s",
    "nps",
    "resolution_s",
    "response_rate",
]

RECONTACT_WINDOW = timedelta(days=7)
PERCENT = "%"
SECONDS = "s"


def csat(surveys: Sequence[SurveyFact], handler: Handler) -> Score:
    """Share of CSAT answers of 4 or 5, Wilson interval."""
    return _positive("csat", SurveyKind.CSAT, surveys, handler, "Share of answers of 4 or 5 on the scale 1 to 5.")


def ces(surveys: Sequence[SurveyFact], handler: Handler) -> Score:
    """Share of CES 2.0 answers of 5 or more, Wilson interval."""
    definition = "Share answering 5 or more of 7 to: it was easy to handle my issue. High is good."
    return _positive("ces", SurveyKind.CES, surveys, handler, definition)


def ces_mean(surveys: Sequence[SurveyFact], handler: Handler) -> Score:
    """Mean CES 2.0 answer, Student interval held inside the scale."""
    values = [float(score) for score in _scores(SurveyKind.CES, surveys, handler)]
    mean = math.fsum(values) / len(values) if values else None
    limits = intervals.mean_interval(values)
    low, high = (max(1.0, limits[0]), min(7.0, limits[1])) if limits else (None, None)
    return Score("ces_mean", handler, mean, len(values), low, high, "1-7", "Mean effort answer, 1 to 7. High is good.")


def nps(surveys: Sequence[SurveyFact], handler: Handler) -> Score:
    """Percentage of promoters (9-10) less percentage of detractors (0-6).

    The values +1, 0, -1 have the variance P + D - (P - D)^2; the standard error is its root over n.
    """
    scores = _scores(SurveyKind.NPS, surveys, handler)
    n = len(scores)
    definition = "Share of 9 and 10 minus share of 0 to 6; 7 and 8 count in the total. -100 to 100."
    if n == 0:
        return Score("nps", handler, None, 0, None, None, "points", definition)
    promoters = sum(score >= 9 for score in scores) / n
    detractors = sum(score <= 6 for score in scores) / n
    net = promoters - detractors
    # Rounding can leave a negative dust where everybody agrees.
    half = intervals.Z95 * math.sqrt(max(0.0, promoters + detractors - net * net) / n)
    low, high = max(-1.0, net - half), min(1.0, net + half)
    return Score("nps", handler, 100 * net, n, 100 * low, 100 * high, "points", definition)


def response_rate(surveys: Sequence[SurveyFact], handler: Handler) -> Score:
    """Answers over surveys shown; the surveys that were not asked are counted apart, by reason."""
    shown = [survey for survey in surveys if _is(survey.handler, handler)]
    answered = sum(survey.score is not None for survey in shown)
    return _share("response_rate", handler, answered, len(shown), "Answers / surveys shown. Unasked ones count apart.")


def fcr(
    cases: Sequence[CaseFact],
    handler: Handler,
    *,
    now: datetime,
    contacts: Sequence[CaseFact] | None = None,
    window: timedelta = RECONTACT_WINDOW,
) -> Score:
    """Resolved cases without another contact on the same intent within the window, over all resolved ones.

    Cases resolved less than the window ago are pending and not counted. `contacts` are all cases that can
    be a recontact (the same `cases` when None): when `cases` is a period, give those after it as well.
    """
    again = _Recontacts(cases if contacts is None else contacts, window)
    judged = [
        case
        for case in cases
        if _is(case.handler, handler) and case.resolved_at is not None and case.resolved_at + window <= now
    ]
    solved = sum(not again.has(case) for case in judged)
    definition = f"Resolved cases without another contact on the same intent within {_days(window)} / resolved cases."
    return _share("fcr", handler, solved, len(judged), definition)


def deflection(cases: Sequence[CaseFact]) -> Score:
    """Cases not escalated over all cases."""
    kept = sum(not case.escalated for case in cases)
    return _share("deflection", Handler.ALL, kept, len(cases), "Cases not escalated / all cases.")


def containment(
    cases: Sequence[CaseFact],
    *,
    now: datetime,
    contacts: Sequence[CaseFact] | None = None,
    window: timedelta = RECONTACT_WINDOW,
) -> Score:
    """Cases not escalated and confirmed resolved and without recontact in the window, over all cases that
    old.

    The age counts from the resolution, and from the opening when there is none; younger cases are pending.
    """
    again = _Recontacts(cases if contacts is None else contacts, window)
    judged = [case for case in cases if (case.resolved_at or case.opened_at) + window <= now]
    contained = sum(
        not case.escalated and case.resolution is Resolution.CONFIRMED and not again.has(case) for case in judged
    )
    definition = f"Not escalated, confirmed resolved, no recontact in {_days(window)} / all cases at least that old."
    return _share("containment", Handler.ALL, contained, len(judged), definition)


def first_response_s(handoffs: Sequence[HandoffFact], handler: Handler = Handler.HUMAN) -> Score:
    """Median seconds from the escalation to the first public message of a person; bot messages do not
    count.

    The median, because one forgotten weekend says nothing about a usual wait. Unanswered escalations are
    left out.
    """
    waits = [handoff.wait_s for handoff in handoffs if handoff.wait_s is not None]
    return _median("first_response_s", handler, waits, "Median time from escalation to a person's first message.")


def first_response_business_s(handoffs: Sequence[HandoffFact], handler: Handler = Handler.HUMAN) -> Score:
    """The same, counting only the seconds within opening hours."""
    waits = [handoff.business_s for handoff in handoffs if handoff.business_s is not None]
    definition = "Median time from escalation to a person's first message, opening hours only."
    return _median("first_response_business_s", handler, waits, definition)


def resolution_s(cases: Sequence[CaseFact], handler: Handler) -> Score:
    """Median seconds from opening to resolution."""
    times = [
        max(0.0, (case.resolved_at - case.opened_at).total_seconds())
        for case in cases
        if _is(case.handler, handler) and case.resolved_at is not None
    ]
    return _median("resolution_s", handler, times, "Median time from opening to resolution.")


def aht_s(cases: Sequence[CaseFact], handler: Handler = Handler.HUMAN) -> Score:
    """Mean engaged time of agents per human-handled case, Student interval, not below 0."""
    times = [case.engaged_s for case in cases if case.handler is Handler.HUMAN]
    mean = math.fsum(times) / len(times) if times else None
    limits = intervals.mean_interval(times)
    low, high = (max(0.0, limits[0]), limits[1]) if limits else (None, None)
    definition = "Mean engaged time of agents per human-handled case."
    return Score("aht_s", handler, mean, len(times), low, high, SECONDS, definition)


def all_scores(
    surveys: Sequence[SurveyFact],
    cases: Sequence[CaseFact],
    handoffs: Sequence[HandoffFact],
    *,
    now: datetime,
    contacts: Sequence[CaseFact] | None = None,
    window: timedelta = RECONTACT_WINDOW,
) -> list[Score]:
    """Every score above, in the order of a dashboard, bot, human and all apart where the split has a
    meaning.
    """
    per_survey: tuple[Callable[[Sequence[SurveyFact], Handler], Score], ...] = (csat, ces, ces_mean, nps, response_rate)
    scores = [score(surveys, handler) for score in per_survey for handler in Handler]
    scores += [fcr(cases, handler, now=now, contacts=contacts, window=window) for handler in Handler]
    # Only people answer escalations and are engaged in cases, so these figures of "human" and of "all" are the same.
    for handler in (Handler.HUMAN, Handler.ALL):
        scores += [first_response_s(handoffs, handler), first_response_business_s(handoffs, handler)]
        scores.append(aht_s(cases, handler))
    scores += [resolution_s(cases, handler) for handler in Handler]
    return [*scores, deflection(cases), containment(cases, now=now, contacts=contacts, window=window)]


class _Recontacts:
    """Answers whether a customer came back on the same intent after a resolution."""

    def __init__(self, contacts: Iterable[CaseFact], window: timedelta) -> None:
        self._window = window
        self._openings: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        for case in contacts:
            if case.intent is not None:
                self._openings.setdefault((case.customer_id, case.intent), []).append((case.opened_at, case.case_id))

    def has(self, case: CaseFact) -> bool:
        """A reopening, or another case of the same customer and intent opened within the window."""
        resolved_at = case.resolved_at
        if case.reopened:
            return True
        if resolved_at is None or case.intent is None:
            return False
        return any(
            case_id != case.case_id and resolved_at < opened_at <= resolved_at + self._window
            for opened_at, case_id in self._openings.get((case.customer_id, case.intent), ())
        )


def _is(handler: Handler, wanted: Handler) -> bool:
    return wanted is Handler.ALL or handler is wanted


def _scores(kind: SurveyKind, surveys: Sequence[SurveyFact], handler: Handler) -> list[int]:
    return [
        survey.score
        for survey in surveys
        if survey.kind is kind and survey.score is not None and _is(survey.handler, handler)
    ]


def _positive(name: str, kind: SurveyKind, surveys: Sequence[SurveyFact], handler: Handler, definition: str) -> Score:
    scores = _scores(kind, surveys, handler)
    return _share(name, handler, sum(counts_as_positive(kind, score) for score in scores), len(scores), definition)


def _share(name: str, handler: Handler, part: int, n: int, definition: str) -> Score:
    limits = intervals.wilson(part, n)
    low, high = (100 * limits[0], 100 * limits[1]) if limits else (None, None)
    return Score(name, handler, 100 * part / n if n else None, n, low, high, PERCENT, definition)


def _median(name: str, handler: Handler, values: Sequence[float], definition: str) -> Score:
    limits = intervals.median_interval(values)
    low, high = limits or (None, None)
    value = intervals.median(values) if values else None
    return Score(name, handler, value, len(values), low, high, SECONDS, definition)


def _days(window: timedelta) -> str:
    days = window.total_seconds() / 86400
    return f"{days:g} day" if days == 1 else f"{days:g} days"
