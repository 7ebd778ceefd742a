"""The desk over HTTP: `/api/v1/desk/*`, the page `/desk`, and the door of the staff socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from aiohttp import web

from bot.domain.recovery import RecoveryRefused, RootCause
from bot.gateway import desk_models as models
from bot.gateway.api import Api, Call
from bot.gateway.keys import APP
from bot.gateway.pages import render, require_page_staff
from bot.gateway.problems import Problem
from bot.gateway.staff_pages import add_staff_pages
from bot.gateway.staff_socket import staff_socket
from bot.services import desk, desk_case, desk_queue, desk_recoveries, duty, recoveries
from bot.services.app import App
from bot.services.cases import CaseNotFound
from bot.services.staff import StaffMember

CASE = "/api/v1/desk/cases/{id}"
RECOVERY = "/api/v1/desk/recoveries/{id}"

MARK_EVERY = duty.PRESENCE / 3
"""A desk that asks for its queue often writes its presence down only this often."""

RESOLVE_REASONS = (
    "Question answered",
    "Problem solved",
    "Order changed or cancelled",
    "Return or refund arranged",
    "Replacement sent",
    "Passed to another department",
    "Customer no longer answers",
)
"""What the desk offers; any other words are taken too."""


@contextmanager
def _refusals() -> Iterator[None]:
    """The services' named errors as problems."""
    try:
        yield
    except CaseNotFound as error:
        raise Problem(404, "no_such_case", "There is no such case; it may have been erased.") from error
    except desk.DeskRefused as error:
        raise Problem(409, error.code, str(error), agent=error.agent, agent_id=error.agent_id) from error
    except recoveries.RecoveryNotFound as error:
        raise Problem(404, "no_such_recovery", "There is no such recovery.") from error
    except RecoveryRefused as error:
        raise Problem(409, error.reason, error.sentence) from error
    except desk_queue.BadCursor as error:
        raise Problem(422, "invalid", str(error)) from error


async def _detail(app: App, case_id: str) -> models.CaseOut:
    return models.CaseOut(await desk_case.case_detail(app, case_id))


def add_desk_routes(application: web.Application, api: Api) -> None:
    """Everything of the desk, and the pages before it."""
    app = application[APP]
    _add_reading(api, app)
    _add_deeds(api, app)
    _add_recoveries(api, app)
    application.router.add_get("/desk", _page)
    application.router.add_get("/ws/staff", staff_socket)
    add_staff_pages(application)


async def _page(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "agent")
    config = {
        "me": {"id": member.id, "name": member.name, "role": member.role},
        "company": request.app[APP].settings.company,
        "reasons": RESOLVE_REASONS,
        "causes": [cause.value for cause in RootCause],
    }
    return render(request, "desk/desk.html", config=config)


def _add_reading(api: Api, app: App) -> None:
    marked: dict[str, datetime] = {}

    @api.route(
        "GET", "/api/v1/desk/queue",
        summary="Who waits for a person, longest first.", tag="desk", auth="agent",
        query=models.QueueQuery, returns=models.QueueOut,
    )  # fmt: skip
    async def queue(call: Call) -> models.QueueOut:
        # Whoever looks at the queue is there to take from it.
        now = app.now()
        if call.query.watching and now - marked.get(call.who.id, now - MARK_EVERY) >= MARK_EVERY:
            marked[call.who.id] = now
            await duty.mark_present(app, call.who.id)
        with _refusals():
            return models.QueueOut(await desk_queue.queue(app, call.who, call.query.limit, call.query.cursor))

    @api.route(
        "GET", CASE, summary="A case with packet, thread and customer.", tag="desk", auth="agent",
        returns=models.CaseOut, errors=(404,),
    )  # fmt: skip
    async def case(call: Call) -> models.CaseOut:
        with _refusals():
            return await _detail(app, call.path("id"))

    @api.route(
        "GET", "/api/v1/desk/colleagues", summary="The team, and who is there now.", tag="desk", auth="agent",
        returns=models.Colleagues,
    )  # fmt: skip
    async def colleagues(call: Call) -> models.Colleagues:
        return models.Colleagues(items=[models.Colleague(**row) for row in await duty.colleagues(app)])


def _add_deeds(api: Api, app: App) -> None:
    @api.route(
        "POST", f"{CASE}/claim", summary="Take the case; 409 names who was faster.", tag="desk", auth="agent",
        returns=models.CaseOut, errors=(404, 409),
    )  # fmt: skip
    async def claim(call: Call) -> models.CaseOut:
        with _refusals():
            await desk.claim(app, call.who, call.path("id"))
            return await _detail(app, call.path("id"))

    @api.route(
        "POST", f"{CASE}/messages", summary="Answer the customer.", tag="desk", auth="agent",
        body=models.Say, returns=models.Said, errors=(404, 409),
    )  # fmt: skip
    async def say(call: Call) -> models.Said:
        with _refusals():
            body = call.body
            seq = await desk.post_message(app, call.who, call.path("id"), body.cid, body.text, body.attachments)
        return models.Said(cid=call.body.cid, seq=seq)

    @api.route(
        "POST", f"{CASE}/notes", summary="Leave a note for colleagues.", tag="desk", auth="agent",
        body=models.NoteIn, returns=models.NoteOut, errors=(404,),
    )  # fmt: skip
    async def note(call: Call) -> models.NoteOut:
        with _refusals():
            return models.NoteOut(id=await desk.add_note(app, call.who, call.path("id"), call.body.text))

    @api.route(
        "POST", f"{CASE}/hand-back", summary="Give the case back to the bot.", tag="desk", auth="agent",
        body=models.HandBackIn, returns=models.CaseOut, errors=(404, 409),
    )  # fmt: skip
    async def hand_back(call: Call) -> models.CaseOut:
        with _refusals():
            await desk.hand_back(app, call.who, call.path("id"), call.body.note)
            return await _detail(app, call.path("id"))

    @api.route(
        "POST", f"{CASE}/transfer", summary="Pass the case to a colleague or back into the queue.", tag="desk",
        auth="agent", body=models.TransferIn, returns=models.CaseOut, errors=(404, 409),
    )  # fmt: skip
    async def transfer(call: Call) -> models.CaseOut:
        body = call.body
        if (body.agent is None) == (body.team is None):
            raise Problem(422, "invalid", "Name either an agent or a team.")
        with _refusals():
            await desk.transfer(app, call.who, call.path("id"), agent=body.agent, team=body.team, note=body.note)
            return await _detail(app, call.path("id"))

    @api.route(
        "POST", f"{CASE}/resolve", summary="Set the case resolved, with the reason.", tag="desk", auth="agent",
        body=models.ResolveIn, returns=models.CaseOut, errors=(404, 409),
    )  # fmt: skip
    async def resolve(call: Call) -> models.CaseOut:
        body = call.body
        with _refusals():
            await desk.resolve(app, call.who, call.path("id"), body.reason, body.survey, body.note)
            return await _detail(app, call.path("id"))

    @api.route(
        "POST", f"{CASE}/reopen", summary="Open a resolved or closed case again.", tag="desk", auth="agent",
        body=models.ReopenIn, returns=models.CaseOut, errors=(404, 409),
    )  # fmt: skip
    async def reopen(call: Call) -> models.CaseOut:
        with _refusals():
            await desk.reopen(app, call.who, call.path("id"), call.body.reason)
            return await _detail(app, call.path("id"))


def _add_recoveries(api: Api, app: App) -> None:
    @api.route(
        "GET", "/api/v1/desk/recoveries", summary="Open recoveries, the most urgent first.", tag="desk",
        auth="agent", returns=models.RecoveriesOut,
    )  # fmt: skip
    async def open_ones(call: Call) -> models.RecoveriesOut:
        return models.RecoveriesOut(items=await desk_recoveries.recovery_lines(app))

    @api.route(
        "POST", f"{RECOVERY}/claim", summary="Become a recovery's owner.", tag="desk", auth="agent",
        returns=models.RecoveryOut, errors=(404, 409),
    )  # fmt: skip
    async def claim(call: Call) -> models.RecoveryOut:
        who: StaffMember = call.who
        with _refusals():
            return models.RecoveryOut(await recoveries.claim_recovery(app, call.path("id"), who.id))

    @api.route(
        "POST", f"{RECOVERY}/contacted", summary="The customer was contacted.", tag="desk", auth="agent",
        returns=models.RecoveryOut, errors=(404, 409),
    )  # fmt: skip
    async def contacted(call: Call) -> models.RecoveryOut:
        with _refusals():
            return models.RecoveryOut(await recoveries.mark_contacted(app, call.path("id"), call.who.id))

    @api.route(
        "POST", f"{RECOVERY}/close", summary="Close a recovery with its cause and outcome.", tag="desk",
        auth="agent", body=models.CloseRecovery, returns=models.RecoveryOut, errors=(404, 409),
    )  # fmt: skip
    async def close(call: Call) -> models.RecoveryOut:
        with _refusals():
            return models.RecoveryOut(
                await recoveries.close_recovery(app, call.path("id"), call.who.id, call.body.cause, call.body.outcome)
            )
