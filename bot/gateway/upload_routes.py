"""Files of a chat over HTTP: sending one up, and getting it by a short-lived link or by who one is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated
from urllib.parse import quote, unquote

from aiohttp import ClientPayloadError, web
from pydantic import BaseModel, Field, StringConstraints

from bot.adapters.pictures import Pictures
from bot.domain.upload_kinds import UploadKind
from bot.gateway.api import Api, Call
from bot.gateway.keys import APP
from bot.gateway.problems import Problem
from bot.services.app import App
from bot.services.cases import CaseNotFound
from bot.services.desk_case import conversation_of
from bot.services.staff import StaffMember
from bot.services.upload_links import plain_path
from bot.services.uploads import (
    UploadFacts,
    UploadRefused,
    discard_upload,
    facts_of,
    files_of,
    find_upload,
    take_upload,
)
from bot.services.visitors import BadToken, conversation_for_token
from bot.store.tables import Upload

PICTURES = web.AppKey("pictures", Pictures)

StaffOf = Callable[[web.Request], Awaitable[StaffMember | None]]

STATUS = {
    "too_large": 413,
    "bad_type": 415,
    "bad_file": 422,
    "unsafe_file": 422,
    "too_many_files": 429,
    "unavailable": 503,
}
AT_ONCE = 5
"""Uploads of one side of a conversation at the same time."""
WITHIN_S = 600.0
SILENT_S = 30.0
MAX_NAME = 1000

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=3600",
    # A picture in the thread is embedded by the website that has the widget.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}

Word = Annotated[str, StringConstraints(max_length=64)]


class UploadOut(BaseModel):
    """A stored file."""

    id: str
    name: str = Field(description="As shown and saved: cleaned, with the ending of what the file is.")
    kind: UploadKind
    bytes: int = Field(description="As stored; pictures are encoded anew.")
    width: int | None
    height: int | None
    url: str = Field(description="Opens without a header for an hour; ask again for a fresh one.")


class FileQuery(BaseModel):
    thumbnail: bool = Field(default=False, description="A picture's small copy (WebP).")
    view: bool = Field(default=False, description="Show a picture instead of saving it.")
    until: Word = ""
    key: Word = ""


def add_upload_routes(application: web.Application, api: Api, staff_of: StaffOf) -> None:
    """`/api/v1/visitor/uploads` and `/api/v1/uploads/{id}`; `staff_of` tells whose session a request carries."""
    app = application[APP]
    application[PICTURES] = Pictures()
    running: Counter[str] = Counter()

    @api.route(
        "POST", "/api/v1/visitor/uploads", tag="visitor", auth="visitor", takes_file=True, returns=UploadOut,
        summary="Send a file up: its bytes as the body, its name percent-encoded in `X-File-Name`. "
        "It is sent with a message by its id.",
        errors=(400, 408, 413, 415, 422, 429, 503),
    )  # fmt: skip
    async def upload(call: Call) -> UploadOut:
        return await receive_upload(call, running, call.who)

    @api.route(
        "GET", "/api/v1/visitor/uploads/{id}", tag="visitor", auth="visitor", returns=UploadOut,
        summary="A file of this conversation, with a fresh link.", errors=(404,),
    )  # fmt: skip
    async def look(call: Call) -> UploadOut:
        row = await find_upload(app, call.path("id"))
        if row is None or row.conversation_id != call.who or not _is_theirs(row):
            raise _absent()
        return _out(app, facts_of(row))

    @api.route(
        "DELETE", "/api/v1/visitor/uploads/{id}", tag="visitor", auth="visitor",
        summary="Delete a file that was not sent; one that was stays.",
    )  # fmt: skip
    async def discard(call: Call) -> None:
        await discard_upload(app, call.who, call.path("id"))

    @api.route(
        "POST", "/api/v1/desk/cases/{id}/uploads", tag="desk", auth="agent", takes_file=True, returns=UploadOut,
        summary="Send a file up for an answer; as the visitor's. It is sent with `messages` by its id.",
        errors=(400, 404, 408, 413, 415, 422, 429, 503),
    )  # fmt: skip
    async def upload_for_answer(call: Call) -> UploadOut:
        try:
            conversation_id = await conversation_of(app, call.path("id"))
        except CaseNotFound as error:
            raise Problem(404, "not_found", str(error)) from error
        return await receive_upload(call, running, conversation_id, call.who.id)

    @api.route(
        "GET", "/api/v1/uploads/{id}", tag="visitor", query=FileQuery,
        summary="The file itself: by its link, a visitor's bearer token, or a staff session.", errors=(401, 404, 410),
    )  # fmt: skip
    async def file(call: Call) -> web.StreamResponse:
        row = await _allowed(call, staff_of)
        return await _respond(app, call.query, row)


async def receive_upload(
    call: Call, running: Counter[str], conversation_id: str, staff: str | None = None
) -> UploadOut:
    """Take a request's body as a file of this conversation. Raises Problem."""
    request, app = call.request, call.request.app[APP]
    place = f"{conversation_id} {staff or ''}"  # a customer's slow uploads do not keep out the agent's
    limit = app.settings.upload_mb * 1024 * 1024
    if request.content_length is not None and request.content_length > limit:
        raise Problem(413, "too_large", f"That file is larger than {app.settings.upload_mb} MB. Send a smaller one.")
    if running[place] >= AT_ONCE:
        raise Problem(429, "too_many_files", "Too many files at once; wait until the others are there.", retry_after=5)
    name = unquote(request.headers.get("X-File-Name", "")[: 3 * MAX_NAME], errors="replace")[:MAX_NAME]
    running[place] += 1
    try:
        async with asyncio.timeout(WITHIN_S):
            facts = await take_upload(
                app, request.app[PICTURES], conversation_id, name, _chunks(request), staff_id=staff
            )
    except UploadRefused as error:
        raise Problem(STATUS[error.code], error.code, str(error)) from error
    except TimeoutError as error:
        raise Problem(
            408, "too_slow", "The file did not arrive in time. Try again with a better connection."
        ) from error
    except (ClientPayloadError, ConnectionError) as error:
        raise Problem(400, "not_whole", "The file did not arrive whole. Try again.") from error
    finally:
        running[place] -= 1
        if not running[place]:
            del running[place]
    return _out(app, facts, plain=staff is not None)


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    """The body as it comes. A sender that falls silent holds no place for long."""
    while True:
        async with asyncio.timeout(SILENT_S):
            chunk = await request.content.readany()
        if not chunk and request.content.at_eof():
            return
        if chunk:
            yield chunk


def _out(app: App, facts: UploadFacts, *, plain: bool = False) -> UploadOut:
    url = plain_path(facts.id) if plain else app.upload_link(facts.id)
    return UploadOut(**facts.part(), url=url)


async def _allowed(call: Call, staff_of: StaffOf) -> Upload:
    """The file, for whom it is. Raises Problem; whoever may not see it is not told that it is there."""
    request, app = call.request, call.request.app[APP]
    upload_id, query = call.path("id"), call.query
    row = await find_upload(app, upload_id)
    if query.key:
        if not app.upload_links.opens(upload_id, query.until, query.key, app.now()):
            raise Problem(410, "link_expired", "This link has expired. Open the file from the chat again.")
        if row is None:
            raise _absent()
        return row
    member = await staff_of(request)
    if member is not None:
        if row is None or (row.message_id is None and row.staff_id != member.id):
            raise _absent()
        return row
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "not_signed_in", "Open the file from the chat, or sign in.")
    try:
        conversation_id = await conversation_for_token(app, token.strip())
    except BadToken as error:
        raise Problem(401, "bad_token", str(error)) from error
    if row is None or row.conversation_id != conversation_id or not _is_theirs(row):
        raise _absent()
    return row


def _is_theirs(row: Upload) -> bool:
    """Whether the customer may know of it: their own, or an agent's once it was sent."""
    return row.staff_id is None or row.message_id is not None


def _absent() -> Problem:
    return Problem(404, "not_found", "There is no such file.")


async def _respond(app: App, query: FileQuery, row: Upload) -> web.StreamResponse:
    kind = UploadKind(row.kind)
    small = query.thumbnail and kind.is_picture
    path = files_of(app.settings).place(row.id, thumbnail=small)
    if not await asyncio.to_thread(path.is_file):
        raise _absent()
    # Only what we encoded ourselves is ever shown by a browser; everything else is saved.
    shown = "inline" if kind.is_picture and (query.view or small) else "attachment"
    ascii_name = row.name.encode("ascii", "replace").decode().replace("?", "_").replace("\\", "_")
    named = f"filename=\"{ascii_name}\"; filename*=UTF-8''{quote(row.name, safe='')}"
    headers = {
        **HEADERS,
        "Content-Type": "image/webp" if small else kind.media_type,
        "Content-Disposition": f"{shown}; {named}",
    }
    return web.FileResponse(path, headers=headers)
