"""The disk is full, or the database held for longer than anybody waits: a plain error, no ack, and then all is well.

The whole product with its logs and Rasa's own store; its parts are in tests/integration/test_full_disk.py.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import psutil
import pytest

from tests.support.outage import QUESTION
from tests.support.system import System
from tests.support.visitor import Visitor


@contextmanager
def locked(system: System) -> Iterator[None]:
    """Another process is writing and does not end."""
    other = sqlite3.connect(system.data / "rapport.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@contextmanager
def full(system: System) -> Iterator[None]:
    """No file of the product can grow, its logs included."""
    processes = [psutil.Process(system.pid(name)) for name in ("gateway", "worker", system.rasa_name())]
    before = [process.rlimit(psutil.RLIMIT_FSIZE) for process in processes]
    for process, (_, hard) in zip(processes, before, strict=True):
        process.rlimit(psutil.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        for process, limits in zip(processes, before, strict=True):
            process.rlimit(psutil.RLIMIT_FSIZE, limits)


FAULTS = {"locked": locked, "full": full}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_store_that_takes_no_writes_costs_nothing_and_the_chat_goes_on_by_itself(
    system: System, fault: str
) -> None:
    await system.healthy()
    async with Visitor(system.base) as visitor:
        with FAULTS[fault](system):
            cid = await visitor.say(QUESTION)
            await visitor.until(lambda: visitor.errors, "the word that it cannot be stored", 60)
            assert visitor.errors[0]["code"] == "unavailable"
            assert cid not in visitor.acks
            async with aiohttp.ClientSession() as session, session.get(f"{system.base}/healthz") as health:
                assert health.status == 503
        answers = await visitor.answers_to(cid, 120)
        assert answers
        assert [frame["text"] for frame in visitor.messages if frame["author"] == "customer"] == [QUESTION]
        assert visitor.said_by("bot") == [frame["text"] for frame in answers], "it was answered twice"
    await system.healthy()
