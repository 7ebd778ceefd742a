"""Training runs: real stages, verbatim errors, cancelling, a worker that dies, the cache."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.jobs.queue import claim
from bot.services.app import App
from bot.store.tables import Example, Job, Model, Training
from bot.training.registry import file_sha256
from bot.training.train import TrainingFailed, cancel_training, request_training, run_training, train

DEADLINE_S = 20


async def only(app: App, table: type) -> list:
    async with app.read() as tx:
        return list((await tx.execute(select(table).order_by(table.created_at))).scalars())


async def lease_of(app: App, owner: str = "worker"):
    async with app.write() as tx:
        lease = await claim(tx, app.now(), owner, ["training"])
    assert lease is not None
    return lease


async def test_a_run_tells_its_stages_and_leaves_a_measured_candidate(app: App, tmp_path: Path) -> None:
    said: list[str] = []
    model = await train(app, "ada", said.append)
    assert "read 10 examples of 2 intents, 1 rules, 0 stories" in said
    assert "trained Second (2 of 2)" in said
    assert model.state == "candidate"
    assert model.scores["accuracy"] == 1.0
    assert model.scores["measured"] == {"examples": 10}
    path = tmp_path / "models" / f"{model.id}.tar.gz"
    assert file_sha256(path) == model.sha256
    (run,) = await only(app, Training)
    assert (run.state, run.model_id, run.progress) == ("done", model.id, 1.0)
    assert "packing the model" in run.log


async def test_the_same_data_is_not_trained_twice(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await train(app, "ada", print)
    monkeypatch.setenv("STAND_IN", "broken")
    second = await train(app, "ada", print)
    assert second.sha256 == first.sha256
    assert second.id != first.id
    with pytest.raises(TrainingFailed):
        await train(app, "ada", print, force=True)


async def test_an_error_is_kept_word_for_word_with_its_place(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "broken")
    with pytest.raises(TrainingFailed, match=r"data/rules/orders\.yml:12: Contradicting rules were found"):
        await train(app, "ada", print)
    (run,) = await only(app, Training)
    assert (run.state, run.error) == ("failed", "data/rules/orders.yml:12: Contradicting rules were found")
    assert await only(app, Model) == []


async def test_a_trainer_that_is_killed_says_how_it_ended(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "crash")
    with pytest.raises(TrainingFailed, match=r"killed by signal 9; its last words: out of memory"):
        await train(app, "ada", print)


async def test_cancelling_ends_the_process_and_leaves_no_model(
    app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    monkeypatch.setenv("STAND_IN", "hang")
    monkeypatch.setenv("STAND_IN_PID", str(pid_file))
    run = await request_training(app, "ada")
    job = asyncio.create_task(run_training(app, await lease_of(app)))
    async with asyncio.timeout(DEADLINE_S):
        while not pid_file.exists() or not pid_file.read_text():
            await asyncio.sleep(0.05)
        assert await cancel_training(app, run.id)
        await job
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    (row,) = await only(app, Training)
    assert row.state == "cancelled"
    assert await only(app, Model) == []
    assert not await cancel_training(app, run.id)


async def test_a_run_that_works_is_not_doubled(app: App) -> None:
    first = await request_training(app, "ada")
    assert (await request_training(app, "bob")).id == first.id


async def test_the_job_trains_and_is_done(app: App) -> None:
    run = await request_training(app, "ada")
    await run_training(app, await lease_of(app))
    (row,) = await only(app, Training)
    assert (row.id, row.state) == (run.id, "done")
    (job,) = await only(app, Job)
    assert job.state == "done"


async def test_a_failed_run_is_not_tried_again_and_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "broken")
    await request_training(app, "ada")
    await run_training(app, await lease_of(app))
    (job,) = await only(app, Job)
    assert job.state == "done"


async def test_a_run_whose_worker_died_is_failed_and_begun_afresh_at_most_twice(app: App) -> None:
    await request_training(app, "ada")
    for _ in range(3):
        lease = await lease_of(app)
        async with app.write() as tx:
            # As a killed worker leaves it.
            await tx.execute(update(Training).where(Training.id == lease.payload["training"]).values(state="running"))
        await run_training(app, lease)
    rows = await only(app, Training)
    assert [row.state for row in rows] == ["failed", "failed", "failed"]
    assert "started afresh" in (rows[0].error or "") or "started afresh" in (rows[1].error or "")
    assert sum("three times in a row" in (row.error or "") for row in rows) == 1


async def test_words_taught_in_the_studio_are_part_of_the_data(app: App) -> None:
    before = await train(app, "ada", print)
    async with app.write() as tx:
        tx.add(Example(id="1", text="heya", intent="greet", author="ada", created_at=app.now()))
    after = await train(app, "ada", print)
    assert after.data_version[:32] == before.data_version[:32]
    assert after.data_version != before.data_version


async def test_an_unfinished_intent_stops_a_run_and_not_a_start(app: App) -> None:
    async with app.write() as tx:
        tx.add(Example(id="1", text="fit it for me", intent="book_visit", author="ada", created_at=app.now()))
    with pytest.raises(TrainingFailed, match="'book_visit'"):
        await train(app, "ada", print)
    said: list[str] = []
    await train(app, "ada", said.append, finished_only=True)
    assert any(line.startswith("left out: ") for line in said)
