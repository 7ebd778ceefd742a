"""What is held about a visitor, in their own hands: a copy of the chat, everything as a file, and erasing it."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field, TypeAdapter

from bot.gateway.api import Api, Call
from bot.gateway.frames import Cid
from bot.gateway.keys import APP, LIMITER
from bot.gateway.pages import render
from bot.gateway.plain_words import in_words
from bot.gateway.problems import Problem
from bot.services.erasing import ErasureView, UnknownErasure, erase_visitor, erasure
from bot.services.held import Summary, data_for_visitor, summary_for_visitor
from bot.services.people import UnknownCustomer
from bot.services.transcript import (
    BadZone,
    MailRefused,
    copy_address,
    mail_transcript,
    transcript,
)

Zone = Annotated[str | None, Field(max_length=60, description="Time zone of the copy, such as `Europe/London`.")]
SUMMARY = TypeAdapter(Summary)
STATUS = {"mail_off": 503, "no_address": 422, "bad_address": 422}


class DataQuery(BaseModel):
    format: Literal["json", "html", "summary"] = Field(
        default="json", description="`json` and `html`: everything, as a file; `summary`: how much of what."
    )


class TranscriptQuery(BaseModel):
    format: Literal["text", "html"] = Field(default="text", description="`html` prints well and needs no other file.")
    zone: Zone = None


class SendCopy(BaseModel):
    cid: Cid
    email: Annotated[str, Field(max_length=320)] | None = Field(
        default=None, description="Where to; without it the known address."
    )
    zone: Zone = None


class CopyOwed(BaseModel):
    to: str


class ErasureOut(BaseModel):
    """`running` until every trace is gone, then `done`."""

    id: str
    state: Literal["running", "done"]
    asked_at: datetime
    done_at: datetime | None
    rows: dict[str, int] = Field(description="How many rows went or became anonymous, by table.")


def erasure_out(view: ErasureView) -> ErasureOut:
    return ErasureOut.model_validate(view, from_attributes=True)


def add_data_routes(api: Api) -> None:
    """`/api/v1/visitor/data`, `/api/v1/visitor/transcript`, `/api/v1/visitor/erasures/{id}`."""

    @api.route(
        "GET", "/api/v1/visitor/data", tag="visitor", auth="visitor", query=DataQuery, errors=(429,),
        summary="What is held about the visitor, all conversations of theirs: a file, or a summary.",
    )  # fmt: skip
    async def data(call: Call) -> web.Response:
        app, query = call.request.app[APP], call.query
        await _count_copy(call)
        try:
            if query.format == "summary":
                return _json(await summary_for_visitor(app, call.who))
            held = await data_for_visitor(app, call.who)
        except UnknownCustomer as error:
            raise _gone(error) from error
        if query.format == "html":
            return _file(render(call.request, "visitor/data.html", data=held, in_words=in_words), "my-data.html")
        return _file(web.json_response(held), "my-data.json")

    @api.route(
        "DELETE", "/api/v1/visitor/data", tag="visitor", auth="visitor", returns=ErasureOut,
        summary="Erase all of it, for good. The token is void then; the answer tells where to ask how far it is.",
    )  # fmt: skip
    async def erase(call: Call) -> ErasureOut:
        try:
            return erasure_out(await erase_visitor(call.request.app[APP], call.who))
        except UnknownCustomer as error:
            raise _gone(error) from error

    @api.route(
        "GET", "/api/v1/visitor/erasures/{id}", tag="visitor", returns=ErasureOut, errors=(404,),
        summary="How far an erasure is; its id is told to nobody else.",
    )  # fmt: skip
    async def how_far(call: Call) -> ErasureOut:
        try:
            return erasure_out(await erasure(call.request.app[APP], call.path("id")))
        except UnknownErasure as error:
            raise Problem(404, "not_found", str(error)) from error

    @api.route(
        "GET", "/api/v1/visitor/transcript", tag="visitor", auth="visitor", query=TranscriptQuery, errors=(422, 429),
        summary="The conversation as a file to read or print; agents' notes are never in it.",
    )  # fmt: skip
    async def copy(call: Call) -> web.Response:
        await _count_copy(call)
        try:
            found = await transcript(call.request.app[APP], call.who, call.query.zone)
        except BadZone as error:
            raise Problem(422, "bad_zone", str(error)) from error
        except UnknownCustomer as error:
            raise _gone(error) from error
        if call.query.format == "html":
            page = render(call.request, "visitor/transcript.html", copy=found)
            return _file(page, "chat.html")
        return _file(web.Response(text=found.as_text(), content_type="text/plain"), "chat.txt")

    @api.route(
        "POST", "/api/v1/visitor/transcript", tag="visitor", auth="visitor", body=SendCopy, returns=CopyOwed,
        errors=(429, 503), summary="Send the copy by e-mail, once for each `cid`.",
    )  # fmt: skip
    async def send(call: Call) -> CopyOwed:
        app, body = call.request.app[APP], call.body
        try:
            address, owed = await copy_address(app, call.who, body.cid, body.email)
            if owed:
                return CopyOwed(to=address)
            if not await call.request.app[LIMITER].allow_mail(call.who, address):
                sentence = "The copy was sent several times already. Look into your inbox, or try again in an hour."
                raise Problem(429, "too_fast", sentence, retry_after=3600)
            await mail_transcript(app, call.who, body.cid, address, body.zone)
        except MailRefused as refused:
            raise Problem(STATUS[refused.code], refused.code, str(refused)) from refused
        except BadZone as error:
            raise Problem(422, "bad_zone", str(error)) from error
        except UnknownCustomer as error:
            raise _gone(error) from error
        return CopyOwed(to=address)


async def _count_copy(call: Call) -> None:
    if not await call.request.app[LIMITER].allow_copy(call.who):
        raise Problem(429, "too_fast", "That was a lot at once; please wait a minute.", retry_after=60)


def _gone(error: UnknownCustomer) -> Problem:
    return Problem(401, "bad_token", str(error))


def _json(summary: Summary) -> web.Response:
    return _private(web.json_response(SUMMARY.dump_python(summary, mode="json")))


def _file(response: web.Response, name: str) -> web.Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _private(response)


def _private(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = "no-store"
    return response
