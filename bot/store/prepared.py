"""Statements of every message, prepared once and run on SQLite's driver itself.

SQLite runs a short statement in some fifteen microseconds; SQLAlchemy's way there and back takes ten times that for a
statement it knows, and more for an object. Few statements run with every message, so these few are made here: put into
SQL once, their values and rows turned by the same types as everywhere else. On PostgreSQL, where the network counts,
and in a report, they go the usual way.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable, Insert, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

from bot.store.inloop import InLoopDialect

Convert = Callable[[Any], Any] | None
DRIVER = "rapport_driver"
"""Where a session's `info` keeps the connection that its statements run on."""


class Prepared:
    """A Core statement with named values.

    Rows have their columns as attributes. Objects that wait in the session are written first, as with any statement; an
    object that is loaded already does not learn of what an update changes.
    """

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        """`columns` are those that an INSERT gets values for."""
        self._statement = statement
        self._columns = columns
        self._made: _OnDriver | None = None

    @classmethod
    def insert(cls, table: Table, *columns: str) -> "Prepared":
        """An INSERT of `columns`; all other columns must do without a value of Python's."""
        return cls(insert(table).inline(), columns)

    async def rows(self, tx: AsyncSession, **values: Any) -> Sequence[Any]:
        """All rows, of a query or of what RETURNING names. Raises SQLAlchemy's errors."""
        driver = await _driver(tx)
        if driver is None:
            result = await tx.execute(self._statement, values)
            return () if isinstance(result, CursorResult) and not result.returns_rows else result.all()
        return self.on(driver, values)

    async def one(self, tx: AsyncSession, **values: Any) -> Any | None:
        """The first row, None when there is none."""
        found = await self.rows(tx, **values)
        return found[0] if found else None

    def on(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows, from a connection of `bot.store.inloop`. Raises SQLAlchemy's errors."""
        if self._made is None:
            self._made = _OnDriver(self._statement, self._columns)
        return self._made.run(driver, values)


class _OnDriver:
    """The statement as SQL, with what turns values into the driver's and rows into ours."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None) -> None:
        dialect = InLoopDialect()
        compiled = statement.compile(dialect=dialect, column_keys=columns)  # type: ignore[attr-defined]  # Core's all do
        assert isinstance(compiled, SQLCompiler)
        if isinstance(statement, Insert) and compiled.insert_prefetch:
            raise ValueError(f"values are missing for {[column.name for column in compiled.insert_prefetch]}")
        self._sql = str(compiled)
        self._constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._values = [(name, _to_driver(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()]
        exported = getattr(statement, "exported_columns", None)
        found = (
            [] if exported is None or (isinstance(statement, Insert) and not statement._returning) else list(exported)
        )
        self._row: Any = namedtuple("Row", [column.key for column in found])  # type: ignore[misc]  # a row type made of the columns
        self._turned = [
            (place, turn)
            for place, column in enumerate(found)
            if (turn := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def run(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        known = {**self._constants, **values}
        given = [turn(known[name]) if turn else known[name] for name, turn in self._values]
        try:
            found = sqlite3.Connection.cursor(driver).execute(self._sql, given).fetchall()
        except sqlite3.Error as error:
            raise DBAPIError.instance(self._sql, None, error, sqlite3.Error, hide_parameters=True) from error
        return [self._turn(row) for row in found] if found else ()

    def _turn(self, row: Iterable[Any]) -> Any:
        cells = list(row)
        for place, turn in self._turned:
            cells[place] = turn(cells[place])
        return self._row._make(cells)


def _to_driver(kind: Any, dialect: Dialect) -> Convert:
    turn: Convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return turn


async def _driver(tx: AsyncSession) -> sqlite3.Connection | None:
    """SQLite's connection of this transaction, what waits in the session written; None when it is elsewhere."""
    session = tx.sync_session
    if DRIVER not in tx.info:
        connection = await tx.connection()
        inside = isinstance(connection.dialect, InLoopDialect)
        tx.info[DRIVER] = (await connection.get_raw_connection()).driver_connection if inside else None
    driver: sqlite3.Connection | None = tx.info[DRIVER]
    if driver is not None and session.autoflush and (session.new or session.dirty or session.deleted):
        await tx.flush()
    return driver
