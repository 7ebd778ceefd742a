"""Pages of rows whose ids grow with time."""

from typing import Any, TypeVar

from sqlalchemy import select

from bot.gateway.api import Call
from bot.gateway.keys import APP
from bot.gateway.studio_models import PageQuery
from bot.store.tables import Example, Model, Training

Row = TypeVar("Row", Example, Model, Training)


async def page_of(call: Call, table: type[Row], *conditions: Any) -> tuple[list[Row], str | None]:
    """Rows by id, which grows with time, newest first; and the cursor of the next page."""
    query: PageQuery = call.query
    statement = select(table).where(*conditions).order_by(table.id.desc()).limit(query.limit + 1)
    if query.cursor:
        statement = statement.where(table.id < query.cursor)
    async with call.request.app[APP].read() as tx:
        rows = list((await tx.execute(statement)).scalars())
    return rows[: query.limit], rows[query.limit - 1].id if len(rows) > query.limit else None
