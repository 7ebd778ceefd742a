"""What was erased and when, without saying whose it was."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, id_column


class Erasure(Base):
    """One person's data being erased: by whom it was asked for, how far it is, and how many rows it took."""

    __tablename__ = "rp_erasure"

    id: Mapped[str] = id_column()
    """Random, so that whoever knows it may ask how far it is."""
    asked_by: Mapped[str] = mapped_column(String(320))
    """`customer`, `command line`, or the address of the member of staff."""
    state: Mapped[str] = mapped_column(String(8))
    """`running` until every trace is gone, then `done`."""
    scope: Mapped[dict[str, Any]]
    """The ids whose traces are still to be removed outside the store; emptied when it is done."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How many rows of each table went or became anonymous."""
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
