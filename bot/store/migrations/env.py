"""Alembic's entry: migrates over the connection it is handed, so one code path serves CLI, tests and start-up."""

from alembic import context

from bot.store import tables  # noqa: F401 -- registers every table with the metadata
from bot.store.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    version_table="rp_alembic_version",
    include_name=lambda name, kind, _parents: kind != "table" or str(name).startswith("rp_"),
)
with context.begin_transaction():
    context.run_migrations()
