"""A customer erases everything: what they wrote is in no file of the product any more, and it goes on."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from uuid import uuid4

import aiohttp
import jwt

from tests.support.mailbox import Mailbox
from tests.support.system import StaffClient, System
from tests.support.visitor import Visitor

CANARY = "Zq9xCanary"


def identity(system: System) -> str:
    """The site's word on a customer whose id, name and address are unlike any other."""
    secret = (system.data / "secrets" / "identity_secret").read_text().strip()
    claims = {
        "sub": f"sub-{CANARY}", "email": f"{CANARY}@example.com", "name": f"Ms {CANARY}", "exp": time.time() + 600,
    }  # fmt: skip
    return jwt.encode(claims, secret, algorithm="HS256")


def places(folder: Path, word: str) -> list[str]:
    """The files below `folder` in which the word stands in any spelling of its capitals."""
    found = []
    for path in folder.rglob("*"):
        # A store's journal may be gone before it is read.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and word.lower().encode() in path.read_bytes().lower():
                found.append(str(path.relative_to(folder)))
    return sorted(found)


async def test_an_erased_customer_is_found_in_no_file_of_the_product(
    system: System, agent: tuple[str, str], admin: tuple[str, str], mailbox: Mailbox
) -> None:
    async with (
        aiohttp.ClientSession() as http,
        StaffClient(system, *agent) as desk,
        StaffClient(system, *admin) as lead,
        Visitor(system.base, identity=identity(system)) as visitor,
    ):
        bearer = {"Authorization": f"Bearer {visitor.token}"}
        own = f"{system.base}/api/v1/visitor"
        await visitor.raw(json.dumps({"type": "page", "page": {"url": f"/{CANARY}", "title": CANARY}}))
        await visitor.ask(f"my {CANARY} lamp is offline, what can I do?")
        async with http.post(
            f"{own}/uploads", headers={**bearer, "X-File-Name": f"{CANARY}.txt"}, data=f"about {CANARY}".encode()
        ) as answer:
            upload = (await answer.json())["id"]
        cid = await visitor.post({"type": "send", "text": "here it is", "attachments": [upload]})
        await visitor.answers_to(cid)

        await desk.go_on_duty()
        await visitor.post({"type": "human"})
        await visitor.until(lambda: any(f.get("owner") == "queue" for f in visitor.frames.values()), "the queue")
        case = next(f["case"] for f in reversed(visitor.frames.values()) if f["type"] == "state")
        await desk.call("POST", f"/api/v1/desk/cases/{case}/claim")
        await desk.call("POST", f"/api/v1/desk/cases/{case}/notes", {"text": f"note on {CANARY}"})
        await desk.call(
            "POST", f"/api/v1/desk/cases/{case}/messages", {"cid": str(uuid4()), "text": f"Dear {CANARY}, done."}
        )
        await desk.call("POST", f"/api/v1/desk/cases/{case}/resolve", {"reason": "answered", "survey": True})
        survey = await visitor.survey()
        await visitor.post({"type": "survey", "survey": survey["id"], "score": 6, "comment": f"thanks {CANARY}"})
        async with http.post(f"{own}/transcript", headers=bearer, json={"cid": str(uuid4())}) as answer:
            assert answer.status == 200, await answer.text()
        await visitor.until(lambda: mailbox.to(f"{CANARY.lower()}@") or mailbox.to(f"{CANARY}@"), "the copy by e-mail")

        scores = (await lead.call("GET", "/api/v1/metrics"))["scores"]
        before = places(system.data, CANARY)
        assert any(place.startswith("rapport.db") for place in before), before
        assert any(place.startswith("rasa.db") for place in before), before
        assert any(place.startswith("uploads/") for place in before), before
        assert not any(place.startswith("logs/") for place in before), "a log holds what customers write"

        # With a turn on its way, as it may happen.
        await visitor.say(f"one more thing, {CANARY}")
        async with http.delete(f"{own}/data", headers=bearer) as answer:
            assert answer.status == 200, await answer.text()
            erasure = (await answer.json())["id"]

        async def is_done() -> bool:
            async with http.get(f"{own}/erasures/{erasure}") as answer:
                return bool((await answer.json())["state"] == "done")

        async with asyncio.timeout(90):
            while not await is_done():
                await asyncio.sleep(0.2)
        async with http.get(f"{own}/data", headers=bearer) as answer:
            assert answer.status == 401
        kept = {(score["name"], score["handler"]): score["n"] for score in scores}
        after = (await lead.call("GET", "/api/v1/metrics"))["scores"]
        for name in ("ces", "csat", "first_response_s"):
            for handler in ("bot", "human", "all"):
                now = next((s["n"] for s in after if (s["name"], s["handler"]) == (name, handler)), None)
                assert now == kept.get((name, handler)), (name, handler)
    assert places(system.data, CANARY) == []
    assert places(system.data, case) == [place for place in places(system.data, case) if place.startswith("logs/")]
    async with Visitor(system.base) as somebody:
        assert await somebody.ask("how long does delivery take?")
