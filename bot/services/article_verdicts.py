"""What came of each article and version: shown, helped, did not help, not what was meant, a person was needed after it.

Each counts once a case, so that one customer who asks again does not weigh twice. The notes are made in the
transaction that commits the turn they belong to; a repeated turn repeats nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select

from bot.services.app import App
from bot.services.turn_rows import TurnCase
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.prepared import Prepared
from bot.store.tables import ArticleRow, ArticleVerdict, Case, Choice

NONE_OF_THESE = "none_of_these"
CHOOSE = "choose_article"


_TABLE = cast(Table, ArticleVerdict.__table__)
_ROW = _TABLE.c
_KNOWN = select(_ROW.id).where(
    _ROW.case_id == bindparam("case"),
    _ROW.article_id == bindparam("article"),
    _ROW.version == bindparam("ver"),
    _ROW.verdict == bindparam("verd"),
)
# One statement, built once: it is part of most turns.
_NOTE = Prepared(
    insert(_TABLE)
    .inline()
    .from_select(
        ["id", "article_id", "version", "case_id", "verdict", "created_at"],
        select(
            bindparam("made", type_=_ROW.id.type),
            bindparam("article", type_=_ROW.article_id.type),
            bindparam("ver", type_=_ROW.version.type),
            bindparam("case", type_=_ROW.case_id.type),
            bindparam("verd", type_=_ROW.verdict.type),
            bindparam("now", type_=_ROW.created_at.type),
        ).where(~_KNOWN.exists()),
    )
)


class Verdict(StrEnum):
    """What can come of an article in a case."""

    SHOWN = "shown"
    YES = "yes"
    NO = "no"
    NONE_OF_THESE = "none_of_these"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many cases each came of an article, all its versions or one."""

    shown: int = 0
    yes: int = 0
    no: int = 0
    none_of_these: int = 0
    escalated: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.shown + other.shown,
            self.yes + other.yes,
            self.no + other.no,
            self.none_of_these + other.none_of_these,
            self.escalated + other.escalated,
        )

    @property
    def helped(self) -> float | None:
        """The share of yes among those who said yes or no; None when nobody did."""
        return self.yes / (self.yes + self.no) if self.yes + self.no else None


async def note_reply(tx: Tx, now: datetime, case: TurnCase, envelope: dict[str, Any]) -> None:
    """What a reply's envelope says of articles: `article` is being shown, `verdict` is the customer's word on one."""
    article, verdict = envelope.get("article"), envelope.get("verdict")
    if article:
        await _note(tx, now, case, Verdict.SHOWN, [(str(article["id"]), int(article["version"]))])
    if verdict:
        said = Verdict.YES if verdict["helped"] else Verdict.NO
        await _note(tx, now, case, said, [(str(verdict["id"]), int(verdict["version"]))])


async def note_none_of_these(tx: Tx, now: datetime, case: TurnCase) -> None:
    """None of the articles offered last was meant."""
    offer = (
        select(Choice.message_id)
        .where(Choice.case_id == case.id, Choice.intent == NONE_OF_THESE)
        .order_by(Choice.id.desc())
        .limit(1)
    )
    rows = await tx.execute(
        select(Choice.entities).where(Choice.message_id.in_(offer.scalar_subquery()), Choice.intent == CHOOSE)
    )
    offered = [str(entities.get("article")) for entities in rows.scalars()]
    if offered:
        found = await tx.execute(select(ArticleRow.id, ArticleRow.version).where(ArticleRow.id.in_(offered)))
        await _note(tx, now, case, Verdict.NONE_OF_THESE, [(row.id, row.version) for row in found])


async def note_escalated(tx: Tx, now: datetime, case: Case) -> None:
    """A person is needed after all: what was shown in this case and not found helpful was not enough."""
    rows = await tx.execute(select(ArticleVerdict).where(ArticleVerdict.case_id == case.id))
    said: dict[tuple[str, int], set[str]] = {}
    for row in rows.scalars():
        said.setdefault((row.article_id, row.version), set()).add(row.verdict)
    failed = [article for article, verdicts in said.items() if "shown" in verdicts and "yes" not in verdicts]
    await _note(tx, now, case, Verdict.ESCALATED, failed)


async def tallies(app: App, article_id: str | None = None) -> dict[tuple[str, int], Tally]:
    """By article and version; of one article or of all."""
    statement = select(
        ArticleVerdict.article_id, ArticleVerdict.version, ArticleVerdict.verdict, func.count().label("cases")
    ).group_by(ArticleVerdict.article_id, ArticleVerdict.version, ArticleVerdict.verdict)
    if article_id is not None:
        statement = statement.where(ArticleVerdict.article_id == article_id)
    counts: dict[tuple[str, int], dict[str, int]] = {}
    async with app.read() as tx:
        for row in await tx.execute(statement):
            counts.setdefault((row.article_id, row.version), {})[row.verdict] = row.cases
    return {key: Tally(**by_verdict) for key, by_verdict in counts.items()}


def by_article(found: dict[tuple[str, int], Tally]) -> dict[str, Tally]:
    """All versions of each article together."""
    whole: dict[str, Tally] = {}
    for (article_id, _), tally in found.items():
        whole[article_id] = whole.get(article_id, Tally()) + tally
    return whole


async def _note(
    tx: Tx, now: datetime, case: Case | TurnCase, verdict: Verdict, articles: Iterable[tuple[str, int]]
) -> None:
    """Keep it unless it is known; the case's lock keeps others from doing the same meanwhile."""
    for article_id, version in sorted(set(articles)):
        values = {"article": article_id, "ver": version, "case": case.id, "verd": verdict.value, "made": new_id()}
        await _NOTE.rows(tx, **values, now=now)
