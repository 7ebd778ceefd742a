"""Troubleshooting over the socket: begun by words, answered in words, interrupted, given up to a person."""

import asyncio
import re

import aiohttp

from tests.support.system import StaffClient, System
from tests.support.visitor import Frame, Visitor


def step_of(visitor: Visitor) -> Frame:
    """The newest step's card."""
    return next(frame["card"] for frame in reversed(visitor.messages) if (frame["card"] or {}).get("kind") == "guide")


def titles(frames: list[Frame]) -> list[str]:
    return [choice["title"] for frame in frames for choice in frame["choices"]]


async def test_a_guide_is_walked_in_words_interrupted_and_ends_with_a_person_who_sees_the_steps(
    system: System, agent: tuple[str, str]
) -> None:
    async with StaffClient(system, *agent) as desk, Visitor(system.base) as visitor:
        duty = await desk.socket()
        await asyncio.sleep(0.5)
        begun = await visitor.ask("my smart plug is offline, it lost the wifi connection")
        assert any("From what you wrote" in frame["text"] for frame in begun)
        first = step_of(visitor)
        assert (first["step"], first["picture"]) == (1, "wall_switch.svg")
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{system.base}/static/guides/{first['picture']}") as picture,
        ):
            assert picture.status == 200
            assert picture.content_type == "image/svg+xml"
            assert "max-age" in picture.headers["Cache-Control"] and picture.headers["ETag"]
            assert "default-src 'none'" in picture.headers["Content-Security-Policy"]

        explained = await visitor.ask("what do you mean?")
        assert any("lamp in the same place" in frame["text"] for frame in explained)
        await visitor.ask("yes there is power")
        assert "count to ten" in step_of(visitor)["text"]

        asked = await visitor.ask("how long does delivery take?")
        assert any("days" in frame["text"] for frame in asked), asked
        await visitor.until(lambda: "Stop the steps" in titles(visitor.messages[-1:]), "the step again, with a way out")
        assert "count to ten" in step_of(visitor)["text"]

        await visitor.ask("i did that already")
        assert step_of(visitor)["check"]
        await visitor.ask("nope still nothing")
        over = await visitor.ask("it cannot be added, error")
        assert any("colleague" in frame["text"] for frame in over)
        await visitor.until(lambda: any(f.get("owner") == "queue" for f in visitor.frames.values()), "the queue")
        case = next(f["case"] for f in reversed(visitor.frames.values()) if f["type"] == "state")
        packet = (await desk.call("GET", f"/api/v1/desk/cases/{case}"))["packet"]
        tried = [(step["step"][:12], step["answer"]) for step in packet["steps_tried"]]
        assert [answer for _, answer in tried] == [
            "Just one", "Bulb, lamp, strip or plug", "There is power", "Done before", "No, still the same",
            "It cannot be added",
        ]  # fmt: skip
        await desk.call("POST", f"/api/v1/desk/cases/{case}/claim")
        await desk.call("POST", f"/api/v1/desk/cases/{case}/resolve", {"reason": "answered", "survey": False})
        await duty.close()


async def test_the_button_for_a_person_takes_the_steps_along_and_a_vague_trouble_is_asked_about(
    system: System, agent: tuple[str, str]
) -> None:
    async with StaffClient(system, *agent) as desk, Visitor(system.base) as visitor:
        vague = await visitor.ask("it doesn't work")
        assert "A device is offline" in titles(vague), vague
        await visitor.ask("the hub")
        await visitor.ask("it is offline")
        assert re.search(r"ring of light on the hub", step_of(visitor)["text"]), step_of(visitor)
        await visitor.ask("its blinking red now")
        assert step_of(visitor)["picture"] == "hub_restart.svg"
        await visitor.post({"type": "human"})
        await visitor.until(lambda: visitor.said_by("system"), "the queue or a ticket")
        case = next(f["case"] for f in reversed(visitor.frames.values()) if f["type"] == "state")
        packet = (await desk.call("GET", f"/api/v1/desk/cases/{case}"))["packet"]
        assert [step["answer"] for step in packet["steps_tried"]] == ["The hub itself", "Red"]


async def test_a_guide_that_was_left_is_taken_up_where_it_stopped(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await visitor.ask("several of my devices are offline")
        await visitor.ask("2")
        before = step_of(visitor)["text"]
        left = await visitor.ask("never mind")
        assert "Go on with the steps" in titles(left)
        between = await visitor.ask("which ways to pay do you have?")
        assert "Go on with the steps" in titles(between), between
        again = await visitor.ask("my devices are offline again")
        assert any("go on where we stopped" in frame["text"] for frame in again), again
        await visitor.ask("yes please")
        await visitor.until(lambda: visitor.messages[-1]["card"], "the step")
        assert step_of(visitor)["text"] == before
        await visitor.ask("start again")
        assert step_of(visitor)["step"] == 1
