"""Troubleshooting over the socket: begun by words, answered in words, interrupted, given up to a person."""

import aiohttp

from tests.support.system import StaffClient, System
from tests.support.visitor import Frame, Visitor


def step_of(visitor: Visitor) -> Frame:
    """The newest step's card."""
    return next(frame["card"] for frame in reversed(visitor.messages) if (frame["card"] or {}).get("kind") == "guide")


async def says(visitor: Visitor, text: str, *expected: str) -> None:
    """Say something and wait until the answer, of one message or several, holds or offers all of `expected`."""
    cid = await visitor.say(text)
    await visitor.until(lambda: cid in visitor.acks, "the ack")

    def shown() -> bool:
        new = [frame for frame in visitor.messages if frame["seq"] > visitor.acks[cid]]
        words = [*(frame["text"] for frame in new), *titles(new)]
        return all(any(wanted in each for each in words) for wanted in expected)

    await visitor.until(shown, f"{expected} after {text!r}")


def titles(frames: list[Frame]) -> list[str]:
    return [choice["title"] for frame in frames for choice in frame["choices"]]


async def test_a_guide_is_walked_in_words_interrupted_and_ends_with_a_person_who_sees_the_steps(
    system: System, agent: tuple[str, str]
) -> None:
    async with StaffClient(system, *agent) as desk, Visitor(system.base) as visitor:
        await desk.go_on_duty()
        await says(
            visitor, "my smart plug is offline, it lost the wifi connection", "From what you wrote", "There is power"
        )
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

        await says(visitor, "what do you mean?", "lamp in the same place")
        await says(visitor, "yes there is power", "count to ten")

        await says(visitor, "how long does delivery take?", "working days", "count to ten", "Stop the steps")

        await says(visitor, "i did that already", "Did that bring it back?")
        await says(visitor, "nope still nothing", "Last remedy")
        await says(visitor, "it cannot be added, error", "A colleague will take over")
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


async def test_the_button_for_a_person_takes_the_steps_along_and_a_vague_trouble_is_asked_about(
    system: System, agent: tuple[str, str]
) -> None:
    async with StaffClient(system, *agent) as desk, Visitor(system.base) as visitor:
        await says(visitor, "it doesn't work", "A device is offline")
        await says(visitor, "the hub", "what does it do")
        await says(visitor, "it is offline", "What does the ring of light on the hub look like?")
        await says(visitor, "its blinking red now", "The ring is white")
        assert step_of(visitor)["picture"] == "hub_restart.svg"
        await visitor.post({"type": "human"})
        await visitor.until(lambda: visitor.said_by("system"), "the queue or a ticket")
        case = next(f["case"] for f in reversed(visitor.frames.values()) if f["type"] == "state")
        packet = (await desk.call("GET", f"/api/v1/desk/cases/{case}"))["packet"]
        assert [step["answer"] for step in packet["steps_tried"]] == ["The hub itself", "Red"]


async def test_a_guide_that_was_left_is_taken_up_where_it_stopped(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await says(visitor, "several of my devices are offline", "Several or all")
        await says(visitor, "2", "mobile data switched off")
        await says(visitor, "never mind", "Go on with the steps")
        await says(visitor, "which ways to pay do you have?", "Go on with the steps")
        await says(visitor, "my devices are offline again", "go on where we stopped")
        await says(visitor, "yes please", "mobile data switched off")
        await says(visitor, "start again", "Several or all")
        assert step_of(visitor)["step"] == 1


async def test_words_about_lights_and_tries_stay_in_the_guide_and_good_news_ends_it(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await says(visitor, "my smart plug doesnt respond in the app anymore", "There is power")
        await says(visitor, "it's blinking red", "count to ten")
        await says(visitor, "how long should i wait?", "one minute", "I cannot do that")
        await says(visitor, "done, still red", "Last remedy")
        await says(visitor, "an elephant on the roof", "It cannot be added")
        await says(visitor, "a second elephant", "let a person take over")
        await says(visitor, "and a third elephant", "Shall I get a person?", "No, go on")
        await visitor.choose("No, go on")
        await says(visitor, "it works now!!", "Lovely, it is back")
