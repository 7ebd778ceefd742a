"""A process that answers nothing any more is ended, and only then."""

import asyncio

import pytest

from bot.processes import liveness
from bot.processes.liveness import HUNG_AFTER, STOPPED_AFTER, end_when_hung


class FakeChild:
    """Answers as it is told to, one probe after the other, and counts how often it was ended."""

    name = "rasa"

    def __init__(self, answers: list[bool], work_s: float) -> None:
        self.pid: int | None = 1
        self.cpu_s = 0.0
        self._work_s = work_s
        self.ended = 0
        self._answers = answers
        self.asked = asyncio.Event()

    def kill(self) -> None:
        self.ended += 1

    async def answer(self) -> bool:
        self.cpu_s += self._work_s
        if not self._answers:
            self.asked.set()
            await asyncio.Event().wait()
        return self._answers.pop(0)


async def ended(monkeypatch: pytest.MonkeyPatch, answers: list[bool], work_s: float = 1.0) -> int:
    """How often it is ended that answers so and works so much from one probe to the next."""
    monkeypatch.setattr(liveness, "EVERY_S", 0)
    child = FakeChild(list(answers), work_s)
    watching = asyncio.create_task(end_when_hung(child, child.answer))
    async with asyncio.timeout(30):
        await child.asked.wait()
    watching.cancel()
    return child.ended


async def test_a_process_that_hangs_is_ended_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ended(monkeypatch, [True, *[False] * (HUNG_AFTER + 3)]) == 1


async def test_a_process_that_answers_now_and_then_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ended(monkeypatch, [True, *[False] * (HUNG_AFTER - 1)] * 3) == 0


@pytest.mark.parametrize(("work_s", "times"), [(0.0, 1), (0.5, 0)])
async def test_one_that_does_not_even_work_is_ended_sooner(
    monkeypatch: pytest.MonkeyPatch, work_s: float, times: int
) -> None:
    assert await ended(monkeypatch, [True, True, *[False] * STOPPED_AFTER, *[True] * 3], work_s) == times
    assert await ended(monkeypatch, [True, True, *[False] * (STOPPED_AFTER - 1), *[True] * 3], work_s) == 0


async def test_a_process_that_is_still_starting_is_given_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ended(monkeypatch, [False] * (HUNG_AFTER * 3)) == 0
