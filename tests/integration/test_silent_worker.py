"""A worker that does not move: the gateway tells whoever waits, and nothing is lost or said twice when it wakes."""

import pytest

from bot.adapters.rasa import BotReply
from bot.gateway.worker_watch import WorkerWatch
from bot.services.app import App
from tests.integration.conftest import MovableClock
from tests.integration.test_turns import FakeRasa, HealthyRasa, begin, recover, run_next, texts, the_case


class Worker:
    """Answers the watch or not."""

    def __init__(self) -> None:
        self.well = True

    async def answers(self) -> bool:
        return self.well


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
async def watch(app: App, worker: Worker) -> WorkerWatch:
    """It has seen the worker well."""
    watch = WorkerWatch(app, worker.answers)
    await watch.look()
    return watch


async def looks(watch: WorkerWatch, times: int = 3) -> None:
    for _ in range(times):
        await watch.look()


async def test_who_waits_for_a_silent_worker_is_told_in_time_and_once(
    app: App, clock: MovableClock, watch: WorkerWatch, worker: Worker
) -> None:
    worker.well = False
    await begin(app)
    clock.forward(seconds=5)
    await looks(watch)
    assert await texts(app, "system") == []
    clock.forward(seconds=app.settings.turn_timeout_s - 6)
    await looks(watch)
    assert len(await texts(app, "system")) == 1
    case = await the_case(app)
    assert (case.owner, case.escalation_reason) == ("queue", "bot_unavailable")


@pytest.mark.parametrize("was_well", [True, False])
async def test_nobody_is_told_while_the_worker_answers_or_was_never_there(
    app: App, clock: MovableClock, watch: WorkerWatch, worker: Worker, was_well: bool
) -> None:
    worker.well = was_well
    watch = watch if was_well else WorkerWatch(app, worker.answers)
    await begin(app)
    clock.forward(seconds=60)
    await looks(watch)
    assert await texts(app, "system") == []


async def test_one_question_without_an_answer_proves_nothing(
    app: App, clock: MovableClock, watch: WorkerWatch, worker: Worker
) -> None:
    await begin(app)
    clock.forward(seconds=60)
    for _ in range(3):
        worker.well = False
        await watch.look()
        worker.well = True
        await watch.look()
    assert await texts(app, "system") == []


async def test_a_new_worker_gives_the_message_back_to_the_bot_which_answers_once(
    app: App, clock: MovableClock, watch: WorkerWatch, worker: Worker
) -> None:
    await begin(app)
    clock.forward(seconds=10)
    worker.well = False
    await looks(watch)
    rasa = HealthyRasa(BotReply(text="Here it is."))
    await recover(app, rasa)
    while await run_next(app, rasa):
        pass
    assert await texts(app, "bot") == ["Here it is."]
    assert (await the_case(app)).owner == "bot"


async def test_a_worker_that_wakes_in_the_middle_of_a_turn_adds_nothing_to_what_was_said(
    app: App, clock: MovableClock, watch: WorkerWatch, worker: Worker
) -> None:
    async def sleep() -> None:
        worker.well = False
        clock.forward(seconds=20)
        await looks(watch)

    await begin(app)
    assert await run_next(app, FakeRasa(BotReply(text="Too late."), during=sleep))
    assert await texts(app, "bot") == []
    assert len(await texts(app, "system")) == 1
    assert not await run_next(app, FakeRasa())


async def test_a_turn_during_which_the_case_came_back_is_asked_again(
    app: App, clock: MovableClock, watch: WorkerWatch, worker: Worker
) -> None:
    rasa = HealthyRasa(BotReply(text="Here it is."))

    async def sleep_and_come_back() -> None:
        rasa.during = None
        worker.well = False
        clock.forward(seconds=20)
        await looks(watch)
        await recover(app, rasa)

    rasa.during = sleep_and_come_back
    await begin(app)
    while await run_next(app, rasa):
        pass
    assert await texts(app, "bot") == ["Here it is."]
