"""Promotion: the gate, one live model at most, the way back, and the model of a start."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.services.app import App
from bot.store.tables import Audit, Model, Promotion
from bot.training import ensure
from bot.training.ensure import ensure_live_model
from bot.training.promote import PromotionRefused, finish_promotion, request_promotion, rollback
from bot.training.train import train


async def states(app: App) -> dict[str, str]:
    async with app.read() as tx:
        return {model.id: model.state for model in (await tx.execute(select(Model))).scalars()}


async def switch(app: App, model_id: str, *, force: bool = False) -> Promotion:
    promotion = await request_promotion(app, model_id, "ada", "better", force=force)
    await finish_promotion(app, promotion.id, ok=True, error=None)
    return promotion


async def test_a_switch_is_a_wish_until_it_is_carried_out(app: App) -> None:
    live = await ensure_live_model(app, print)
    other = await train(app, "ada", print, force=True)
    promotion = await request_promotion(app, other.id, "ada", "it knows more")
    assert (promotion.state, promotion.previous_id, promotion.reason) == ("wanted", live.id, "it knows more")
    assert await states(app) == {live.id: "live", other.id: "candidate"}
    with pytest.raises(PromotionRefused, match="still going on"):
        await request_promotion(app, other.id, "bob", "me too")
    await finish_promotion(app, promotion.id, ok=True, error=None)
    assert await states(app) == {live.id: "retired", other.id: "live"}
    async with app.read() as tx:
        actions = set((await tx.execute(select(Audit.action).where(Audit.subject == other.id))).scalars())
    assert {"model.promote", "model.promote.done"} <= actions


async def test_a_failed_switch_leaves_the_live_model_alone(app: App) -> None:
    live = await ensure_live_model(app, print)
    other = await train(app, "ada", print, force=True)
    promotion = await request_promotion(app, other.id, "ada", "better")
    await finish_promotion(app, promotion.id, ok=False, error="it did not answer")
    await finish_promotion(app, promotion.id, ok=True, error=None)
    assert await states(app) == {live.id: "live", other.id: "candidate"}
    async with app.read() as tx:
        row = await tx.get(Promotion, promotion.id)
    assert row is not None
    assert (row.state, row.error) == ("failed", "it did not answer")


async def test_rolling_back_goes_to_the_model_before_and_forth_again(app: App, clock) -> None:
    first = await ensure_live_model(app, print)
    clock.forward(minutes=1)
    second = await train(app, "ada", print, force=True)
    await switch(app, second.id)
    for expected in (first, second):
        clock.forward(minutes=1)
        promotion = await rollback(app, "ada", "complaints")
        assert (promotion.kind, promotion.model_id) == ("rollback", expected.id)
        await finish_promotion(app, promotion.id, ok=True, error=None)
        found = await states(app)
        assert found[expected.id] == "live"
        assert sorted(found.values()) == ["live", "retired"]


async def test_a_worse_model_needs_force_and_a_reason(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    await ensure_live_model(app, print)
    monkeypatch.setenv("STAND_IN", "bad")
    worse = await train(app, "ada", print, force=True)
    with pytest.raises(PromotionRefused, match="Accuracy falls by") as refused:
        await request_promotion(app, worse.id, "ada", "hurry")
    assert refused.value.reasons
    with pytest.raises(PromotionRefused, match="Say why"):
        await request_promotion(app, worse.id, "ada", "  ", force=True)
    assert (await switch(app, worse.id, force=True)).kind == "forced"


async def test_a_file_that_was_changed_is_never_loaded(app: App) -> None:
    await ensure_live_model(app, print)
    other = await train(app, "ada", print, force=True)
    Path(other.path).write_text("something else")
    with pytest.raises(PromotionRefused, match="SHA-256 differs"):
        await request_promotion(app, other.id, "ada", "better")
    Path(other.path).unlink()
    with pytest.raises(PromotionRefused, match="is gone"):
        await request_promotion(app, other.id, "ada", "better")


async def test_there_is_nothing_before_the_first_model(app: App) -> None:
    await ensure_live_model(app, print)
    with pytest.raises(PromotionRefused, match="no earlier model"):
        await rollback(app, "ada", "why not")
    with pytest.raises(LookupError):
        await request_promotion(app, "nope", "ada", "better")


async def test_a_start_keeps_its_model_until_the_files_change(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await ensure_live_model(app, print)
    assert (await ensure_live_model(app, print)).id == first.id
    monkeypatch.setattr(ensure, "files_version", lambda: "0" * 32)
    said: list[str] = []
    second = await ensure_live_model(app, said.append)
    assert second.id != first.id
    assert said[0].startswith("The files changed since the live model was made.")
    assert await states(app) == {first.id: "retired", second.id: "live"}
