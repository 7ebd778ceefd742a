"""Hints: heard by the other process, by nobody without the token, and never in the sender's way."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from bot.adapters.hints import MOST_IN_ONE, DatagramHints, HintListener

TOKEN = "a-token"
Heard = list[tuple[str, str]]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.005)


async def _with_listener(work: Callable[[int, Heard], Awaitable[None]]) -> None:
    heard: Heard = []
    port = free_port()
    listener = await HintListener.listen(port, TOKEN, lambda topic, subject: heard.append((topic, subject)))
    try:
        await work(port, heard)
    finally:
        listener.close()


async def test_what_one_process_publishes_the_other_and_itself_hear_once() -> None:
    async def work(port: int, heard: Heard) -> None:
        own: Heard = []
        hints = DatagramHints([port], TOKEN, lambda topic, subject: own.append((topic, subject)))
        await hints.open()
        hints.publish("conversation", "c1")
        hints.publish("conversation", "c1")
        hints.publish("jobs", "")
        await _until(lambda: len(heard) == 2)
        assert heard == [("conversation", "c1"), ("jobs", "")]
        assert own == [("conversation", "c1"), ("conversation", "c1"), ("jobs", "")]
        hints.close()

    await _with_listener(work)


async def test_a_thousand_hints_in_one_moment_arrive_in_several_datagrams() -> None:
    async def work(port: int, heard: Heard) -> None:
        hints = DatagramHints([port], TOKEN)
        await hints.open()
        many = MOST_IN_ONE * 2 + 1
        for number in range(many):
            hints.publish("conversation", f"01a2b3c4-0000-7000-8000-{number:012}")
        await _until(lambda: len(heard) == many)
        hints.close()

    await _with_listener(work)


@pytest.mark.parametrize("datagram", [b"", b"wrong\n[]", b"a-token\nnot json", b"a-token\n[1]", b"a-token\n[[1,2,3]]"])
async def test_a_datagram_of_a_stranger_or_of_nonsense_is_dropped_and_the_next_is_heard(datagram: bytes) -> None:
    async def work(port: int, heard: Heard) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(datagram, ("127.0.0.1", port))
        hints = DatagramHints([port], TOKEN)
        await hints.open()
        hints.publish("jobs", "")
        await _until(lambda: bool(heard))
        assert heard == [("jobs", "")]
        hints.close()

    await _with_listener(work)


async def test_publishing_to_nobody_before_opening_and_after_closing_harms_nothing() -> None:
    hints = DatagramHints([free_port()], TOKEN)
    hints.publish("jobs", "")
    await hints.open()
    hints.publish("jobs", "")
    await asyncio.sleep(0)
    hints.close()
    hints.publish("jobs", "")
    await asyncio.sleep(0)
