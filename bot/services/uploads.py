"""Files that come with a chat: taken in, checked by what is in them, given to a message, and deleted again.

The file is durable in its place before its row is committed, and a row goes before its file does: a crash in between
leaves a file that nothing names, which the sweep (`upload_sweep`) deletes, and never a row without its file.
"""

import asyncio
import errno
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, select

from bot.adapters.pictures import Picture, PictureRefused, Pictures
from bot.adapters.scanner import is_clean
from bot.adapters.upload_files import Incoming, NoRoom, TooLarge, UploadFiles, sha256_of
from bot.domain.upload_kinds import HEAD_BYTES, UploadKind, is_plain_text, kind_of, safe_name
from bot.services.app import App
from bot.settings import Settings
from bot.store.engine import Tx
from bot.store.tables import Conversation, Upload

log = structlog.get_logger()

MEGABYTE = 1024 * 1024
DAY = timedelta(days=1)

TAKEN = "pictures (PNG, JPEG, WebP, GIF), PDF and plain text"
_SENTENCES = {
    "broken": "That picture is damaged or not complete. Try to save it again, or take a photo of it.",
    "too_many_pixels": "That picture has too many pixels. Send it smaller, or a screenshot of it.",
    "too_long": "That animation is too long. Send a shorter one, or a picture of it.",
}


class UploadRefused(Exception):
    """The file is not taken: a code and a sentence a person can act on."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class BadAttachment(Exception):
    """A message names a file that cannot go with it."""


@dataclass(frozen=True)
class UploadFacts:
    """What is known of a stored file; sizes of pictures in pixels."""

    id: str
    name: str
    kind: UploadKind
    bytes: int
    width: int | None
    height: int | None

    def part(self) -> dict[str, Any]:
        """As a message keeps it."""
        return {
            "id": self.id, "name": self.name, "kind": self.kind.value, "bytes": self.bytes,
            "width": self.width, "height": self.height,
        }  # fmt: skip


def files_of(settings: Settings) -> UploadFiles:
    """The folder of uploads of this installation."""
    return UploadFiles(settings.data / "uploads", reserve_bytes=settings.upload_reserve_mb * MEGABYTE)


async def take_upload(
    app: App,
    pictures: Pictures,
    conversation_id: str,
    name: str,
    chunks: AsyncIterator[bytes],
    *,
    staff_id: str | None = None,
) -> UploadFacts:
    """Store one file of a conversation, not yet sent. Raises UploadRefused; nothing is left behind then.

    The limit is held while the bytes come: the one that would be too many is never written.
    """
    limit = app.settings.upload_mb * MEGABYTE
    upload_id = uuid.uuid4().hex
    files = files_of(app.settings)
    async with app.read() as tx:
        await _check_day(tx, app, conversation_id, staff_id)
    try:
        with await asyncio.to_thread(files.begin, upload_id, limit) as incoming:
            kind = await _receive(incoming, chunks)
            facts, sha256 = await _keep(app, files, pictures, incoming, upload_id, name, kind)
        await _insert(app, files, conversation_id, facts, sha256, staff_id)
    except TooLarge as error:
        megabytes = app.settings.upload_mb
        raise UploadRefused("too_large", f"That file is larger than {megabytes} MB. Send a smaller one.") from error
    except PictureRefused as error:
        raise UploadRefused("bad_file", _SENTENCES[str(error)]) from error
    except (TimeoutError, ConnectionError):
        raise  # the sender's way to us failed, not our disk
    except OSError as error:
        full = isinstance(error, NoRoom) or error.errno in {errno.ENOSPC, errno.EDQUOT}
        log.error("upload.not_kept", conversation=conversation_id, full=full, error=repr(error))
        raise UploadRefused(
            "unavailable", "Files cannot be taken just now. Your messages still arrive; try the file again later."
        ) from error
    return facts


async def _receive(incoming: Incoming, chunks: AsyncIterator[bytes]) -> UploadKind:
    head, kind = b"", None
    async for chunk in chunks:
        await asyncio.to_thread(incoming.write, chunk)
        if kind is None:
            head = (head + chunk)[:HEAD_BYTES]
            if len(head) == HEAD_BYTES:
                kind = _kind(head)  # what is not taken need not come whole
    incoming.close()
    if not incoming.size:
        raise UploadRefused("bad_file", "That file is empty. Choose another one.")
    kind = kind or _kind(head)
    if kind is UploadKind.TEXT and not is_plain_text(await asyncio.to_thread(incoming.path.read_bytes)):
        raise _not_taken()
    return kind


def _kind(head: bytes) -> UploadKind:
    kind = kind_of(head)
    if kind is None:
        raise _not_taken()
    return kind


def _not_taken() -> UploadRefused:
    return UploadRefused("bad_type", f"That kind of file is not taken here. You can send {TAKEN}.")


async def _keep(
    app: App, files: UploadFiles, pictures: Pictures, incoming: Incoming, upload_id: str, name: str, kind: UploadKind
) -> tuple[UploadFacts, str]:
    """Scan, redraw and put in place."""
    if not await is_clean(app.settings.upload_scanner, incoming.path):
        raise UploadRefused("unsafe_file", "Our virus scanner does not let that file through, so it was not kept.")
    path, size, sha256, picture = incoming.path, incoming.size, incoming.sha256, None
    if kind.is_picture:
        path, small = incoming.beside(".drawn"), incoming.beside(".small")
        picture = await pictures.redraw(incoming.path, kind, path, small, app.settings.upload_mb * MEGABYTE)
        size, sha256 = path.stat().st_size, await asyncio.to_thread(sha256_of, path)
        await asyncio.to_thread(files.keep, small, upload_id, thumbnail=True)
    await asyncio.to_thread(files.keep, path, upload_id)
    return _facts(upload_id, safe_name(name, kind), kind, size, picture), sha256


def _facts(upload_id: str, name: str, kind: UploadKind, size: int, picture: Picture | None) -> UploadFacts:
    width, height = (picture.width, picture.height) if picture else (None, None)
    return UploadFacts(upload_id, name, kind, size, width, height)


async def _insert(
    app: App, files: UploadFiles, conversation_id: str, facts: UploadFacts, sha256: str, staff_id: str | None
) -> None:
    try:
        async with app.write() as tx:
            locked = select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
            if (await tx.execute(locked)).scalar_one_or_none() is None:
                raise UploadRefused("unavailable", "This chat was erased meanwhile, so the file was not kept.")
            await _check_day(tx, app, conversation_id, staff_id)
            tx.add(
                Upload(
                    **facts.part(), sha256=sha256, conversation_id=conversation_id, staff_id=staff_id,
                    created_at=app.now(),
                )
            )  # fmt: skip
    except BaseException:
        await asyncio.to_thread(files.remove, facts.id)
        raise


async def _check_day(tx: Tx, app: App, conversation_id: str, staff_id: str | None) -> None:
    most = app.settings.upload_per_day
    # Each side has its own number: an agent's files do not use up the customer's.
    recent = select(func.count()).where(
        Upload.conversation_id == conversation_id, Upload.staff_id == staff_id, Upload.created_at > app.now() - DAY
    )
    if (await tx.execute(recent)).scalar_one() >= most:
        raise UploadRefused("too_many_files", f"This chat takes {most} files a day. Write, or come back tomorrow.")


async def attach_uploads(
    tx: Tx, settings: Settings, conversation_id: str, ids: Sequence[str], message_id: str, staff_id: str | None = None
) -> list[dict[str, Any]]:
    """Give uploaded files to a message, in the caller's transaction; returns them as the message keeps them.

    Raises BadAttachment when there are too many, or one is unknown, another's or sent already.
    """
    wanted = list(dict.fromkeys(ids))
    most = settings.upload_per_message
    if len(wanted) > most:
        raise BadAttachment(f"A message takes {most} files; send the others with another one.")
    rows = await tx.execute(
        select(Upload)
        .where(Upload.id.in_(wanted), Upload.conversation_id == conversation_id, Upload.message_id.is_(None))
        .with_for_update()
    )
    found = {row.id: row for row in rows.scalars() if row.staff_id == staff_id}
    if len(found) < len(wanted):
        raise BadAttachment("That file is not known here or was sent already; please choose it again.")
    for upload_id in wanted:
        found[upload_id].message_id = message_id
    return [facts_of(found[upload_id]).part() for upload_id in wanted]


def facts_of(row: Upload) -> UploadFacts:
    return UploadFacts(row.id, row.name, UploadKind(row.kind), row.bytes, row.width, row.height)


async def find_upload(app: App, upload_id: str) -> Upload | None:
    async with app.read() as tx:
        return await tx.get(Upload, upload_id)


async def discard_upload(app: App, conversation_id: str, upload_id: str) -> None:
    """Delete a file that its sender chose and then did not send. One that was sent, or is not there, stays as it is."""
    async with app.write() as tx:
        gone = await tx.execute(
            delete(Upload)
            .where(
                Upload.id == upload_id,
                Upload.conversation_id == conversation_id,
                Upload.message_id.is_(None),
                Upload.staff_id.is_(None),
            )
            .returning(Upload.id)
        )
        gone_id = gone.scalar_one_or_none()
    if gone_id is not None:
        await asyncio.to_thread(files_of(app.settings).remove, gone_id)


async def remove_files(settings: Settings, ids: Sequence[str]) -> None:
    """Delete the bytes of uploads whose rows are gone; safe to repeat. Raises OSError."""
    files = files_of(settings)

    def remove() -> None:
        for upload_id in ids:
            files.remove(upload_id)

    await asyncio.to_thread(remove)
