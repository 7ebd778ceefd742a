"""Which model answers the customers: the gate, the wish, and the end of a switch. At most one model is live.

A promotion is a wish in the store; the supervisor carries it out (second Rasa, smoke test, switch, drain) and reports
here. So the wish survives a crash, and every switch has a who and a why.
"""

import asyncio

from sqlalchemy import select, update

from bot.services.app import App, hint
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Audit, Model, Promotion
from bot.training.gate import judge
from bot.training.registry import file_fault, live_model, previous_model


class PromotionRefused(Exception):
    """The switch is not allowed; the text says why and what would help."""

    def __init__(self, text: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.reasons = reasons
        """The gate's findings, when it was the gate; `force` passes over them."""


async def request_promotion(app: App, model_id: str, who: str, reason: str, *, force: bool = False) -> Promotion:
    """Ask for a switch to `model_id`. Raises PromotionRefused; LookupError for an unknown model."""
    _check_reason(reason)
    async with app.read() as tx:
        looked_at = await tx.get(Model, model_id)
    if looked_at is None:
        raise LookupError(f"There is no model {model_id}.")
    await _check_file(looked_at)
    async with app.write() as tx:
        model = (await tx.execute(select(Model).where(Model.id == model_id))).scalar_one()
        live = await live_model(tx)
        if model.state == "live":
            raise PromotionRefused(f"The model {model.id} is live already.")
        await _refuse_second(tx)
        findings = judge(model.scores, live.scores if live else None)
        if findings and not force:
            raise PromotionRefused("The gate refuses this model: " + " ".join(findings), tuple(findings))
        kind = "forced" if findings else "promote"
        return await _wish(app, tx, model, live, kind, who, reason)


async def rollback(app: App, who: str, reason: str) -> Promotion:
    """Ask for the model that was live before; no gate, for it has answered customers. Raises PromotionRefused."""
    _check_reason(reason)
    async with app.read() as tx:
        looked_at = await previous_model(tx)
    if looked_at is None:
        raise PromotionRefused("There is no earlier model to go back to.")
    await _check_file(looked_at)
    async with app.write() as tx:
        await _refuse_second(tx)
        live, previous = await live_model(tx), await previous_model(tx)
        if live is None or previous is None or previous.id != looked_at.id:
            raise PromotionRefused("The models changed meanwhile; look at the list and try again.")
        return await _wish(app, tx, previous, live, "rollback", who, reason)


async def finish_promotion(app: App, promotion_id: str, ok: bool, error: str | None) -> None:
    """The switch is over: done, and the model live, or failed with why. A second report changes nothing."""
    async with app.write() as tx:
        now = app.now()
        promotion = await tx.get(Promotion, promotion_id)
        if promotion is None or promotion.state != "wanted":
            return
        promotion.done_at = now
        promotion.state = "done" if ok else "failed"
        promotion.error = None if ok else (error or "The switch failed.")
        if ok:
            await _make_live(app, tx, promotion.model_id)
        _audit(app, tx, f"model.{promotion.kind}.{promotion.state}", promotion, promotion.who)
        hint(tx, "models", promotion.model_id)


async def make_live(app: App, model_id: str, who: str, reason: str) -> Model:
    """Switch in the store only, for when nothing runs that could be switched. Raises LookupError."""
    async with app.write() as tx:
        model = await tx.get(Model, model_id)
        if model is None:
            raise LookupError(f"There is no model {model_id}.")
        live = await live_model(tx)
        if model.state != "live":
            promotion = await _wish(app, tx, model, live, "start", who, reason)
            promotion.state, promotion.done_at = "done", app.now()
            await _make_live(app, tx, model_id)
        return model


async def _make_live(app: App, tx: Tx, model_id: str) -> None:
    await tx.execute(update(Model).where(Model.state == "live", Model.id != model_id).values(state="retired"))
    await tx.execute(update(Model).where(Model.id == model_id).values(state="live", promoted_at=app.now()))


async def _wish(app: App, tx: Tx, model: Model, live: Model | None, kind: str, who: str, reason: str) -> Promotion:
    promotion = Promotion(
        id=new_id(),
        model_id=model.id,
        previous_id=live.id if live else None,
        kind=kind,
        who=who,
        reason=reason.strip(),
        state="wanted",
        created_at=app.now(),
    )
    tx.add(promotion)
    _audit(app, tx, f"model.{kind}", promotion, who)
    hint(tx, "models", model.id)
    return promotion


def _audit(app: App, tx: Tx, action: str, promotion: Promotion, who: str) -> None:
    detail = {"previous": promotion.previous_id, "reason": promotion.reason, "error": promotion.error}
    tx.add(Audit(id=new_id(), who=who, action=action, subject=promotion.model_id, detail=detail, created_at=app.now()))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise PromotionRefused("Say why: the reason is kept in the history.")


async def _check_file(model: Model) -> None:
    fault = await asyncio.to_thread(file_fault, model)
    if fault is not None:
        raise PromotionRefused(f"{fault} Train it again.")


async def _refuse_second(tx: Tx) -> None:
    waiting = (await tx.execute(select(Promotion).where(Promotion.state == "wanted"))).scalars().first()
    if waiting is not None:
        raise PromotionRefused(f"The switch to {waiting.model_id} is still going on; wait until it is done.")
