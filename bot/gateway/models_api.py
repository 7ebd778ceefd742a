"""Models and trainings as JSON: their figures, the gate's verdict, promotion and the way back."""

from bot.gateway.api import Api, Call
from bot.gateway.keys import APP
from bot.gateway.paging import page_of
from bot.gateway.problems import Problem
from bot.gateway.studio_models import (
    ModelOut,
    ModelsOut,
    PageQuery,
    PromoteIn,
    PromotionOut,
    RollbackIn,
    TrainingOut,
    TrainingsOut,
)
from bot.store.tables import Model, Promotion, Training
from bot.training.gate import judge
from bot.training.promote import PromotionRefused, request_promotion, rollback
from bot.training.registry import live_model
from bot.training.train import cancel_training, request_training


def add_models_api(api: Api) -> None:
    """`/api/v1/models`, `/api/v1/promotions` and `/api/v1/trainings`."""
    _add_models(api)
    _add_trainings(api)


def _add_models(api: Api) -> None:
    @api.route(
        "GET", "/api/v1/models", tag="models", auth="supervisor", query=PageQuery, returns=ModelsOut,
        summary="Models with author, data version, scores and the gate's verdict, newest first.",
    )  # fmt: skip
    async def models(call: Call) -> ModelsOut:
        rows, following = await page_of(call, Model)
        async with call.request.app[APP].read() as tx:
            live = await live_model(tx)
        return ModelsOut(items=[_model(row, live) for row in rows], next=following)

    @api.route(
        "POST", "/api/v1/models/{id}/promote", tag="models", auth="admin", body=PromoteIn, returns=PromotionOut,
        summary="Let this model answer customers; the switch follows within seconds.", errors=(404, 409, 422),
    )  # fmt: skip
    async def promote(call: Call) -> PromotionOut:
        try:
            done = await request_promotion(
                call.request.app[APP], call.path("id"), call.who.email, call.body.reason, force=call.body.force
            )
        except LookupError as error:
            raise Problem(404, "not_found", str(error)) from error
        except PromotionRefused as error:
            raise Problem(409, "promotion_refused", str(error), gate=list(error.reasons)) from error
        return _promotion(done)

    @api.route(
        "POST", "/api/v1/models/rollback", tag="models", auth="admin", body=RollbackIn, returns=PromotionOut,
        summary="Go back to the model that was live before.", errors=(409, 422),
    )  # fmt: skip
    async def back(call: Call) -> PromotionOut:
        try:
            return _promotion(await rollback(call.request.app[APP], call.who.email, call.body.reason))
        except PromotionRefused as error:
            raise Problem(409, "promotion_refused", str(error)) from error

    @api.route(
        "GET", "/api/v1/promotions/{id}", tag="models", auth="supervisor", returns=PromotionOut, errors=(404,),
        summary="How a switch went.",
    )  # fmt: skip
    async def promotion(call: Call) -> PromotionOut:
        async with call.request.app[APP].read() as tx:
            row = await tx.get(Promotion, call.path("id"))
        if row is None:
            raise Problem(404, "not_found", "There is no such promotion.")
        return _promotion(row)


def _add_trainings(api: Api) -> None:
    @api.route(
        "GET", "/api/v1/trainings", tag="models", auth="supervisor", query=PageQuery, returns=TrainingsOut,
        summary="Training runs, newest first.",
    )  # fmt: skip
    async def trainings(call: Call) -> TrainingsOut:
        rows, following = await page_of(call, Training)
        return TrainingsOut(items=[_training(row) for row in rows], next=following)

    @api.route(
        "POST", "/api/v1/trainings", tag="models", auth="admin", returns=TrainingOut,
        summary="Train a candidate; the run that works already is returned instead of a second one.",
    )  # fmt: skip
    async def begin(call: Call) -> TrainingOut:
        return _training(await request_training(call.request.app[APP], call.who.email))

    @api.route(
        "GET", "/api/v1/trainings/{id}", tag="models", auth="supervisor", returns=TrainingOut, errors=(404,),
        summary="One training run with its stage, log and error.",
    )  # fmt: skip
    async def training(call: Call) -> TrainingOut:
        async with call.request.app[APP].read() as tx:
            row = await tx.get(Training, call.path("id"))
        if row is None:
            raise Problem(404, "not_found", "There is no such training.")
        return _training(row)

    @api.route(
        "DELETE", "/api/v1/trainings/{id}", tag="models", auth="admin", errors=(409,),
        summary="Cancel a run that waits or works.",
    )  # fmt: skip
    async def cancel(call: Call) -> None:
        if not await cancel_training(call.request.app[APP], call.path("id")):
            raise Problem(409, "over_already", "This training is over already.")


def _model(row: Model, live: Model | None) -> ModelOut:
    gate = [] if row.state == "live" else judge(row.scores, live.scores if live else None)
    return ModelOut.model_validate(
        {
            "id": row.id, "state": row.state, "author": row.author, "data_version": row.data_version,
            "sha256": row.sha256, "created_at": row.created_at, "promoted_at": row.promoted_at,
            "scores": row.scores, "gate": gate,
        }
    )  # fmt: skip


def _promotion(row: Promotion) -> PromotionOut:
    return PromotionOut.model_validate(
        {
            "id": row.id, "model": row.model_id, "previous": row.previous_id, "kind": row.kind, "who": row.who,
            "reason": row.reason, "state": row.state, "error": row.error, "created_at": row.created_at,
            "done_at": row.done_at,
        }
    )  # fmt: skip


def _training(row: Training) -> TrainingOut:
    return TrainingOut.model_validate(
        {
            "id": row.id, "state": row.state, "stage": row.stage, "progress": row.progress, "log": row.log,
            "error": row.error, "author": row.author, "data_version": row.data_version, "model": row.model_id,
            "created_at": row.created_at, "finished_at": row.finished_at,
        }
    )  # fmt: skip
