"""Files sent in a chat. The bytes lie in the data folder under the row's id; a row always has its file."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id


class Upload(Base):
    """One file. Without a `message_id` it was not sent yet, and is swept away after a day."""

    __tablename__ = "rp_upload"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Random, and the file's name on disk."""
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(Id, index=True)
    staff_id: Mapped[str | None] = mapped_column(Id)
    """The agent who sent it; None for the customer."""
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the bytes as they are stored: of a picture after it was drawn anew."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
