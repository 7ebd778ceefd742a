"""The models there are: which one is live, which was before, and whether a file is still the one that was trained."""

import hashlib
from pathlib import Path

from sqlalchemy import select

from bot.store.engine import Tx
from bot.store.tables import Model


async def live_model(tx: Tx) -> Model | None:
    """The model that answers now."""
    return (await tx.execute(select(Model).where(Model.state == "live"))).scalars().first()


async def previous_model(tx: Tx) -> Model | None:
    """The model a rollback would bring back: of those that were live, the one that was so last."""
    rows = await tx.execute(
        select(Model)
        .where(Model.state == "retired", Model.promoted_at.is_not(None))
        .order_by(Model.promoted_at.desc())
        .limit(1)
    )
    return rows.scalars().first()


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_fault(model: Model) -> str | None:
    """Why a model's file must not be loaded, as a sentence; None when it is the one that was trained.

    An archive names classes to import, so only what our own trainer made is ever opened.
    """
    path = Path(model.path)
    if not path.is_file():
        return f"The file of the model {model.id} is gone ({path.name})."
    if file_sha256(path) != model.sha256:
        return f"The file of the model {model.id} is not the one that was trained: its SHA-256 differs."
    return None
