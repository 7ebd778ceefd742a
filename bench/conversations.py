"""Conversations with the whole product over its socket, written down to be read by a person.

    ./rapport bench conversations [--only WORDS] [--out docs/conversations.md]

What is asked stands in `bench/conversations.yml`. The transcript shows what a customer would have seen.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

import yaml

from demo.samples import PEOPLE
from tests.support.shop import identity_of
from tests.support.system import ROOT, System
from tests.support.visitor import Frame, Visitor

SCRIPT = Path(__file__).with_name("conversations.yml")
SETTLED_S = 0.6
"""Nothing more for this long: the bot has said all of it."""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="those whose title contains these words")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "conversations.md")
    options = parser.parse_args()
    scripts = [each for each in yaml.safe_load(SCRIPT.read_text("utf-8")) if options.only in each["title"]]
    parts = [_head(len(scripts))]
    with tempfile.TemporaryDirectory(prefix="rapport-talk-") as name:
        system = System(Path(name) / "data", {"RAPPORT_SEND_LIMIT": "100000"}).start()
        try:
            for number, script in enumerate(scripts, start=1):
                parts.append(f"## {number}. {script['title']}\n\n" + await _talk(system, script))
        finally:
            system.stop()
    options.out.write_text("\n".join(parts), encoding="utf-8")
    print(f"{len(scripts)} conversations in {options.out}")


async def _talk(system: System, script: dict[str, Any]) -> str:
    who = script.get("who")
    number = next((n for n, person in enumerate(PEOPLE) if who and person.name.startswith(who)), None)
    if who and number is None:
        raise SystemExit(f"{script['title']}: the shop has no sample customer named {who}.")
    identity = await identity_of(system, number) if number is not None else None
    async with Visitor(system.base, identity) as visitor:
        if identity:
            # A known customer has one thread for ever; each conversation begins its own case in it.
            end = await visitor.post({"type": "end"})
            await visitor.until(lambda: end in visitor.acks, "the end of what was before")
        begun = visitor.last_seq
        for line in script["lines"]:
            seen = visitor.last_seq
            if line.startswith("["):
                await visitor.choose(line.strip("[]"))
            else:
                await visitor.say(line)
            await _settle(visitor, seen)
        return (f"*Signed in: {who}*\n\n" if who else "") + "\n".join(
            _line(frame) for frame in visitor.messages if frame["seq"] > begun
        )


async def _settle(visitor: Visitor, seen: int) -> None:
    """Wait for an answer, or for a person to be in charge, and then for quiet."""

    def answered() -> bool:
        new = [frame for seq, frame in visitor.frames.items() if seq > seen]
        return any(frame["type"] == "state" or frame.get("author") not in {None, "customer"} for frame in new) or any(
            frame["type"] == "state" and frame["owner"] != "bot" for frame in visitor.frames.values()
        )

    await visitor.until(answered, "an answer")
    newest = -1
    while newest != visitor.last_seq:
        newest = visitor.last_seq
        await asyncio.sleep(SETTLED_S)


def _line(frame: Frame) -> str:
    said = frame["text"].replace("\n", "\n> ")
    if frame["author"] == "customer":
        return f"**Customer:** {said}\n"
    parts = [f"> {said}" if said else ">"]
    card = frame.get("card")
    if card:
        parts.append(f"> *[card: {card.get('kind')} {card.get('title') or card.get('number') or ''}]*")
    if frame.get("survey"):
        parts.append(f"> *[question: {frame['survey'].get('kind')}]*")
    if frame.get("invitation"):
        parts.append(f"> *[invitation: {frame['invitation'].get('kind')}]*")
    if frame.get("choices"):
        parts.append("> " + " ".join(f"`{choice['title']}`" for choice in frame["choices"]))
    return "\n>\n".join(parts) + "\n"


def _head(count: int) -> str:
    return (
        f"# {count} conversations\n\nWhat customers see, from the running product with the demo shop "
        "(`./rapport bench conversations`). Options to tap are shown as `code`. What reading them changed stands in "
        "[reading.md](reading.md).\n"
    )


if __name__ == "__main__":
    asyncio.run(main())
