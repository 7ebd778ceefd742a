"""The studio's pages about models: train with real progress, compare with the live one, promote, roll back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from sqlalchemy import func, select

from bot.gateway.bodies import read_form
from bot.gateway.keys import APP
from bot.gateway.pages import render, require_page_staff
from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import Example, Model, Promotion, Training
from bot.training.dataset import short_version
from bot.training.gate import compare, judge
from bot.training.promote import PromotionRefused, request_promotion, rollback
from bot.training.registry import live_model, previous_model
from bot.training.train import RUNNING, cancel_training, request_training

SHOWN = 30

Row = TypeVar("Row", Model, Training, Promotion)


@dataclass(frozen=True)
class _State:
    """What the models page shows."""

    live: Model | None
    previous: Model | None
    models: Sequence[Model]
    trainings: Sequence[Training]
    promotions: Sequence[Promotion]
    taught_since: int
    """Examples taught since the live model's data was read."""


def add_model_pages(application: web.Application) -> None:
    """`/studio/models/*`."""
    router = application.router
    router.add_get("/studio/models", _models)
    router.add_get("/studio/models/progress", _progress)
    router.add_post("/studio/models/train", _train)
    router.add_post("/studio/models/trainings/{id}/cancel", _cancel)
    router.add_post("/studio/models/rollback", _rollback)
    router.add_get("/studio/models/{id}", _model)
    router.add_post("/studio/models/{id}/promote", _promote)


async def _models(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    return await _models_page(request, may_act=member.may("admin"))


async def _models_page(
    request: web.Request, *, may_act: bool, problem: str | None = None, status: int = 200
) -> web.Response:
    state = await _state(request.app[APP])
    return render(
        request, "studio/models.html", status=status, state=state, problem=problem, may_act=may_act,
        short=short_version, **_running(state.trainings, state.promotions),
    )  # fmt: skip


def _running(trainings: Sequence[Training], promotions: Sequence[Promotion]) -> dict[str, Any]:
    last = trainings[0] if trainings else None
    return {
        "training": last,
        "busy": bool(last and last.state in RUNNING),
        "switching": next((row for row in promotions if row.state == "wanted"), None),
    }


async def _state(app: App) -> _State:
    async with app.report() as tx:
        live = await live_model(tx)
        return _State(
            live=live,
            previous=await previous_model(tx),
            models=await _newest(tx, Model),
            trainings=await _newest(tx, Training),
            promotions=await _newest(tx, Promotion),
            taught_since=await _taught_since(tx, live),
        )


async def _newest(tx: Tx, table: type[Row]) -> Sequence[Row]:
    return (await tx.execute(select(table).order_by(table.created_at.desc()).limit(SHOWN))).scalars().all()


async def _taught_since(tx: Tx, live: Model | None) -> int:
    began = None
    if live is not None:
        began = (await tx.execute(select(func.min(Training.created_at)).where(Training.model_id == live.id))).scalar()
    query = select(func.count()).select_from(Example).where(Example.removed_at.is_(None))
    if began is not None:
        query = query.where(Example.created_at > began)
    return int((await tx.execute(query)).scalar_one())


async def _progress(request: web.Request) -> web.Response:
    """The part of the page that asks for itself again while something runs; when it ends the page is loaded anew."""
    await require_page_staff(request, "supervisor")
    async with request.app[APP].read() as tx:
        trainings, promotions = await _newest(tx, Training), await _newest(tx, Promotion)
    running = _running(trainings, promotions)
    response = render(request, "studio/progress.html", now=request.app[APP].now(), **running)
    if not running["busy"] and not running["switching"]:
        response.headers["HX-Refresh"] = "true"
    return response


async def _train(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    await request_training(request.app[APP], member.email)
    raise web.HTTPSeeOther("/studio/models")


async def _cancel(request: web.Request) -> web.Response:
    await require_page_staff(request, "admin")
    await cancel_training(request.app[APP], request.match_info["id"])
    raise web.HTTPSeeOther("/studio/models")


async def _model(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    return await _model_page(request, may_act=member.may("admin"))


async def _model_page(
    request: web.Request, *, may_act: bool, problem: str | None = None, status: int = 200
) -> web.Response:
    app = request.app[APP]
    async with app.report() as tx:
        model = await tx.get(Model, request.match_info["id"])
        live = await live_model(tx)
        promotions = await tx.execute(
            select(Promotion)
            .where(Promotion.model_id == request.match_info["id"])
            .order_by(Promotion.created_at.desc())
            .limit(SHOWN)
        )
    if model is None:
        raise web.HTTPNotFound(text="There is no such model.")
    other = live if live is not None and live.id != model.id else None
    return render(
        request, "studio/model.html", status=status, model=model, live=other, problem=problem, may_act=may_act,
        comparison=compare(model.scores, other.scores if other else None), short=short_version,
        gate=judge(model.scores, other.scores if other else None), promotions=promotions.scalars().all(),
    )  # fmt: skip


async def _promote(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    form = await read_form(request)
    try:
        await request_promotion(
            request.app[APP], request.match_info["id"], member.email, str(form.get("reason", ""))[:500],
            force=form.get("force") == "yes",
        )  # fmt: skip
    except PromotionRefused as error:
        return await _model_page(request, may_act=True, problem=str(error), status=409)
    except LookupError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    raise web.HTTPSeeOther("/studio/models")


async def _rollback(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    form = await read_form(request)
    try:
        await rollback(request.app[APP], member.email, str(form.get("reason", ""))[:500])
    except PromotionRefused as error:
        return await _models_page(request, may_act=True, problem=str(error), status=409)
    raise web.HTTPSeeOther("/studio/models")
