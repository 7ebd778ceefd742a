"""The public review offer: the same link, in the same place, without reward, for everybody who was
surveyed.

`lint_review_configuration` refuses what would gate. The wording around the survey may differ by score, the
offer may not (Google and Trustpilot rules; FTC rule 16 CFR 465.4: no reward tied to what the review says).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.domain.surveys import Band


@dataclass(frozen=True, slots=True)
class ReviewSite:
    """A public site that takes reviews."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One reason to refuse a configuration: `code` for machines, `field` where, `sentence` what to do."""

    code: str
    field: str
    sentence: str


class ReviewConfigurationRefused(ValueError):
    """The configuration would gate reviews or cannot be read; `findings` lists everything that is wrong."""

    def __init__(self, findings: Sequence[LintFinding]) -> None:
        super().__init__(" ".join(finding.sentence for finding in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class ReviewConfiguration:
    """A configuration that passed the linter; there is no other way to get one."""

    enabled: bool
    sites: tuple[ReviewSite, ...]
    sample_percent: float
    text: str


DEFAULT_TEXT = "Choose a site, take your own words along, and post them there."
_KNOWN = frozenset({"enabled", "sites", "sample_percent", "text"})
_GATES = re.compile(r"score|rating|band|promoter|nps|csat|ces|health|sentiment|mood|audience|segment|only|exclude|if_")
_REWARDS = re.compile(r"reward|incentive|discount|voucher|coupon|gift|points|prize|credit|bonus")
_PLACES = re.compile(r"place|position|where|delay|when|order|link_by|url_by|text_by|wording_by")
_REWARD_WORDS = re.compile(
    r"\b(?:reward|discount|voucher|coupon|gift|prize|bonus|store credit|cashback|in exchange|in return)\w*|\d+\s?% off",
    re.IGNORECASE,
)
_LEADING_WORDS = re.compile(
    r"\b(?:5|five)[- ]?stars?\b|\b(?:positive|glowing|great|nice|good) (?:review|rating)\b"
    r"|\bif (?:you|we|it|everything) (?:\w+ )?(?:loved?|liked?|enjoyed|happy|satisfied|made|went well|was good)\b"
    r"|\bhappy with us\b",
    re.IGNORECASE,
)
_DIVERTING_WORDS = re.compile(
    r"\b(?:contact|talk to|write to|tell) (?:us|support|our team)\b.{0,40}\b(?:first|before|instead)\b"
    r"|\bbefore (?:you )?(?:leav|writ|post)\w*\b",
    re.IGNORECASE,
)


def lint_review_configuration(config: Mapping[str, Any]) -> tuple[LintFinding, ...]:
    """Everything in `config` that would gate, reward or vary the review offer; empty when it may be saved.

    Known keys: enabled (bool), sites ([{"name","url"}]), sample_percent (0-100, drawn without regard to any
    answer), text. A key that is not known is refused too, because a rule we do not understand might be a
    gate.
    """
    findings = [_unknown(key) for key in config if key not in _KNOWN]
    if not isinstance(config.get("enabled", True), bool):
        findings.append(LintFinding("bad_value", "enabled", "`enabled` is true or false."))
    percent = config.get("sample_percent", 100)
    if isinstance(percent, Mapping):
        findings.append(
            LintFinding("gated", "sample_percent", "Use one sampling rate for everybody, not one for each group.")
        )
    elif isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        findings.append(LintFinding("bad_value", "sample_percent", "`sample_percent` is a number from 0 to 100."))
    text = config.get("text", DEFAULT_TEXT)
    if isinstance(text, Mapping):
        findings.append(LintFinding("unequal", "text", "The offer has one text; it may not depend on the answer."))
    elif not isinstance(text, str) or not text.strip():
        findings.append(LintFinding("bad_value", "text", "`text` is a sentence."))
    else:
        findings += _lint_text(text)
    return tuple(findings + _lint_sites(config.get("sites", [])))


def review_configuration(config: Mapping[str, Any]) -> ReviewConfiguration:
    """The configuration as a value.

    Raises ReviewConfigurationRefused with all findings when the linter objects.
    """
    findings = lint_review_configuration(config)
    if findings:
        raise ReviewConfigurationRefused(findings)
    return ReviewConfiguration(
        enabled=config.get("enabled", True),
        sites=tuple(ReviewSite(site["name"].strip(), site["url"].strip()) for site in config.get("sites", [])),
        sample_percent=float(config.get("sample_percent", 100)),
        text=config.get("text", DEFAULT_TEXT).strip(),
    )


def offers_review(config: ReviewConfiguration, *, surveyed: bool, draw: float) -> bool:
    """Whether the review link goes with this survey.

    Takes no score, on purpose: it is decided when the survey is sent. `draw` in [0, 1) must depend on the
    case only (`ask_budget.sampling_draw(case_id, "review")`).
    """
    return config.enabled and bool(config.sites) and surveyed and draw * 100 < config.sample_percent


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """One line of the equal-offer ledger: a survey that was answered, and whether and where the link stood."""

    band: Band
    offered: bool
    place: str | None


@dataclass(frozen=True, slots=True)
class OfferShare:
    """How many of one band were surveyed and how many of them got the link."""

    band: Band
    surveyed: int
    offered: int


@dataclass(frozen=True, slots=True)
class EqualOfferReport:
    """The proof: shares by band, the places used, and whether everybody got the same."""

    shares: tuple[OfferShare, ...]
    places: tuple[str, ...]
    equal: bool


def equal_offer_report(records: Sequence[OfferRecord], sample_percent: float = 100.0) -> EqualOfferReport:
    """Counts the ledger. `equal`: one place at most, and without sampling nobody left out.

    With sampling the shares may differ by chance; then only the places are judged and the shares are shown.
    """
    shares = tuple(
        OfferShare(
            each,
            sum(record.band is each for record in records),
            sum(record.band is each and record.offered for record in records),
        )
        for each in Band
    )
    places = tuple(sorted({record.place for record in records if record.offered and record.place}))
    everybody = all(share.offered == share.surveyed for share in shares)
    return EqualOfferReport(shares, places, len(places) <= 1 and (everybody or sample_percent < 100))


def _unknown(key: str) -> LintFinding:
    name = key.lower()
    if _REWARDS.search(name):
        return LintFinding("rewarded", key, f"Remove `{key}`: a public review may not be rewarded.")
    if _GATES.search(name):
        return LintFinding("gated", key, f"Remove `{key}`: everybody surveyed gets the same review offer.")
    if _PLACES.search(name):
        return LintFinding("unequal", key, f"Remove `{key}`: the review offer stands in one place for everybody.")
    return LintFinding("unknown_key", key, f"`{key}` is not a setting of the review offer.")


def _lint_text(text: str) -> list[LintFinding]:
    findings = []
    if _REWARD_WORDS.search(text):
        findings.append(LintFinding("rewarded", "text", "The text promises a reward; a review may not be rewarded."))
    if _LEADING_WORDS.search(text):
        findings.append(LintFinding("gated", "text", "The text asks for good reviews only; invite any opinion."))
    if _DIVERTING_WORDS.search(text):
        findings.append(
            LintFinding("gated", "text", "The text asks the unhappy to contact you before they review; do not.")
        )
    return findings


def _lint_sites(sites: object) -> list[LintFinding]:
    if not isinstance(sites, list | tuple):
        return [LintFinding("bad_value", "sites", "`sites` is a list of {name, url}.")]
    findings = []
    for index, site in enumerate(sites):
        where = f"sites[{index}]"
        if not isinstance(site, Mapping) or not isinstance(site.get("name"), str) or not site["name"].strip():
            findings.append(LintFinding("bad_value", where, f"{where} needs a name and a url."))
            continue
        findings += [_unknown(key) for key in site if key not in {"name", "url"}]
        url = site.get("url")
        if not isinstance(url, str) or urlsplit(url.strip()).scheme != "https" or not urlsplit(url.strip()).netloc:
            findings.append(LintFinding("bad_value", f"{where}.url", f"{where} needs an https address."))
    return findings
