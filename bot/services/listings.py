"""What is stored about surveys and advocacy, as pages of rows: filtered by time, paged by a cursor, or as CSV."""

import base64
import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_

from bot.domain.spreadsheet import plain_cell
from bot.services.app import App
from bot.services.listed_rows import LISTED

MAX_LIMIT = 500


class BadQuery(ValueError):
    """A parameter of the list cannot be used; the text names it."""


class UnknownList(LookupError):
    """There is no list of this name."""


async def page(
    app: App,
    name: str,
    *,
    frm: datetime | None = None,
    to: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> dict[str, Any]:
    """`{"items", "next"}`: the newest first, `next` a cursor or None at the end; times as ISO 8601 text.

    Raises UnknownList, or BadQuery for a limit outside 1 to 500, a foreign cursor or a time without a zone.
    """
    wanted = LISTED.get(name)
    if wanted is None:
        raise UnknownList(f"There is no list {name!r}.")
    if not 1 <= limit <= MAX_LIMIT:
        raise BadQuery(f"`limit` is a number from 1 to {MAX_LIMIT}.")
    if any(moment is not None and moment.tzinfo is None for moment in (frm, to)):
        raise BadQuery("Give `from` and `to` with a time zone, for example 2026-07-01T00:00:00Z.")
    query = wanted.query.order_by(wanted.at.desc(), wanted.id.desc()).limit(limit + 1)
    if frm is not None:
        query = query.where(wanted.at >= frm)
    if to is not None:
        query = query.where(wanted.at < to)
    if cursor:
        at, last = _read_cursor(cursor)
        query = query.where(or_(wanted.at < at, and_(wanted.at == at, wanted.id < last)))
    async with app.report() as tx:
        rows = (await tx.execute(query)).all()
    items = [wanted.fields(row, app.now()) for row in rows[:limit]]
    following = _cursor(items[-1]["at"], items[-1]["id"]) if len(rows) > limit else None
    return {"items": [_plain(item) for item in items], "next": following}


def as_csv(items: Sequence[dict[str, Any]]) -> str:
    """The items as CSV (RFC 4180) with a header; what a spreadsheet would run as a formula is made text."""
    out = io.StringIO()
    if items:
        writer = csv.writer(out)
        writer.writerow(items[0])
        for item in items:
            writer.writerow([_cell(value) for value in item.values()])
    return out.getvalue()


def _cell(value: Any) -> Any:
    # Numbers are ours and may be negative; text comes from anybody.
    return plain_cell(value) if isinstance(value, str) else value


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in item.items()}


def _cursor(at: datetime, last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), last]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(last, str):
            raise ValueError("not ours")
    except (ValueError, TypeError) as error:
        raise BadQuery("`cursor` must be the `next` of an earlier page.") from error
    return moment, last
