"""Figures in the words of the page: titles, values with their units, intervals, reasons."""

from bot.domain.metrics import Handler, Score

TITLES = {
    "csat": "Satisfaction (CSAT)",
    "ces": "Ease (CES)",
    "ces_mean": "Ease, mean (CES)",
    "nps": "Recommendation (NPS)",
    "response_rate": "Response rate",
    "fcr": "Solved at first contact (FCR)",
    "containment": "Contained by the bot",
    "deflection": "Not escalated",
    "first_response_s": "First human answer",
    "first_response_business_s": "First human answer, opening hours",
    "resolution_s": "Time to resolution",
    "aht_s": "Handling time (AHT)",
    "referral_k": "Referral K",
}
"""In the order of the page."""

STAGES = {
    "invited": "Invited",
    "shared": "Shared",
    "visited": "Visited",
    "signed_up": "Signed up",
    "qualified": "Qualified",
    "rewarded": "Rewarded",
}
HANDLERS = {Handler.BOT: "Bot", Handler.HUMAN: "Human", Handler.ALL: "All"}
REASONS = {
    "spam": "the case was spam",
    "withdrawn": "the case was withdrawn",
    "auto_closed": "the case was closed automatically",
    "stop_asking": "the customer asked us to stop asking",
    "no_consent": "no consent",
    "open_incident": "an incident was open",
    "other_open_case": "another case was open",
    "asked_recently": "asked for something less than a day before",
    "surveyed_recently": "surveyed less than a week before",
    "nps_recently": "asked for NPS less than a quarter before",
    "nps_stands_alone": "NPS stands alone",
    "not_sampled": "not drawn in the sample",
    "not_resolved": "the case was not resolved any more",
    "agent_declined": "the agent chose not to ask",
}


def value_text(value: float | None, unit: str) -> str:
    """A value as people read it; a dash when there is none."""
    if value is None:
        return "–"
    if unit == "%":
        return f"{value:.0f} %"
    if unit == "points":
        return f"{value:+.0f}" if round(value) else "0"
    if unit == "s":
        return duration(value)
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:.2f}" if unit == "ratio" else f"{value:.1f}"


def interval_text(score: Score) -> str:
    """`15 % to 85 %`, or empty when there is no interval."""
    if score.low is None or score.high is None:
        return ""
    return f"{value_text(score.low, score.unit)} to {value_text(score.high, score.unit)}"


def duration(seconds: float) -> str:
    """`45 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`: the two largest parts, the smaller left out when it is 0."""
    left = round(seconds)
    found: list[tuple[int, str]] = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, size)
        if number or (found and len(found) < 2):
            found.append((number, name))
        if len(found) == 2:
            break
    return " ".join(f"{number} {name}" for number, name in found if number) or "0 s"
