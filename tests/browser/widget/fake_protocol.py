"""The fake server's side of the visitor protocol: what it stores, answers and sends."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.browser.widget.fake_content import SPECIAL
from tests.browser.widget.fake_uploads import LIMITS, FakeUploads

Frame = dict[str, Any]


@dataclass
class Talk:
    """One conversation: its numbered log, what was received, and the sockets that listen."""

    id: str = field(default_factory=lambda: str(uuid4()))
    log: list[Frame] = field(default_factory=list)
    receipts: dict[str, int] = field(default_factory=dict)
    received: list[Frame] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    owner: str = "bot"
    agent: str | None = None


@dataclass
class Faults:
    """What goes wrong; tests set these from their own thread."""

    refuse_sockets: bool = False
    kill_after_commit: int = 0
    kill_before_commit: int = 0
    silent_bot: bool = False
    bad_tokens: bool = False
    drop_frames: int = 0
    hold_welcome: bool = False
    unavailable: int = 0


class FakeProtocol:
    """The conversations, and one method for each thing that can happen to them."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.tokens: dict[str, Talk] = {}
        self.people: dict[str, Talk] = {}
        self.faults = Faults()
        self.hellos: list[Frame] = []
        self.uploads = FakeUploads()

    def greet(self, frame: Frame) -> tuple[Frame, Talk | None]:
        self.hellos.append(frame)
        token = frame.get("token")
        if token and (self.faults.bad_tokens or token not in self.tokens):
            self.faults.bad_tokens = False
            return {"type": "error", "code": "bad_token", "message": "This chat is not known any more."}, None
        subject = _subject(frame.get("identity"))
        if subject == "forged":
            refusal = {"type": "error", "code": "bad_token", "message": "The identity is not valid.", "of": "identity"}
            return refusal, None
        talk = self.people.get(subject) if subject else None
        talk = talk or (self.tokens[token] if token else Talk())
        self.talks[talk.id] = talk
        if subject:
            self.people[subject] = talk
        token = token if token and self.tokens[token] is talk else uuid4().hex
        self.tokens[token] = talk
        welcome = {
            "type": "welcome", "token": token, "conversation": talk.id, "case": None, "seq": len(talk.log),
            "owner": talk.owner, "agent": talk.agent, "customer": subject,
            "uploads": LIMITS,
        }  # fmt: skip
        return welcome, talk

    async def greeted(self, many: int) -> None:
        while len(self.hellos) < many:
            await asyncio.sleep(0.02)

    async def take(self, talk: Talk, frame: Frame) -> Frame | None:
        """Store a frame and answer it; None when the connection shall break instead."""
        cid = frame["cid"]
        if self.faults.kill_before_commit:
            self.faults.kill_before_commit -= 1
            return None
        if self.faults.unavailable:
            self.faults.unavailable -= 1
            return {"type": "error", "code": "unavailable", "message": "It will be sent again.", "cid": cid}
        if cid not in talk.receipts:
            if frame["type"] == "send" and frame.get("text") == "refuse this":
                return {"type": "error", "code": "bad_frame", "message": "This cannot be sent.", "cid": cid}
            talk.received.append(frame)
            talk.receipts[cid] = len(talk.log) + 1
            await self._react(talk, frame)
        if self.faults.kill_after_commit:
            self.faults.kill_after_commit -= 1
            return None
        return {"type": "ack", "cid": cid, "seq": talk.receipts[cid]}

    async def _react(self, talk: Talk, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "send":
            text = self._title(talk, frame["choice"]) if frame.get("choice") else frame.get("text", "")
            files = [self.uploads.files[upload] for upload in frame.get("attachments", [])]
            await self.message(talk, "customer", text, cid=frame["cid"], attachments=files)
            if frame.get("choice"):
                await self._update(talk, self._offer(talk, frame["choice"]), chosen=frame["choice"])
            if talk.owner == "bot" and not self.faults.silent_bot:
                await self._answer(talk, text)
        elif kind == "survey":
            of = next(m["seq"] for m in talk.log if (m.get("survey") or {}).get("id") == frame["survey"])
            answered = {"answered": frame.get("score"), "comment": frame.get("comment")}
            changed = {"id": frame["survey"]} | ({"skipped": True} if frame.get("skip") else answered)
            await self._update(talk, of, survey=changed)
        elif kind == "invitation":
            of = next(m["seq"] for m in talk.log if (m.get("invitation") or {}).get("id") == frame["invitation"])
            words = {"words": frame.get("words")} if "words" in frame or frame["answer"] == "later" else {}
            changed = {"id": frame["invitation"], "answered": frame["answer"], **words}
            await self._update(talk, of, invitation=changed)
        elif kind == "human":
            await self.message(talk, "customer", "Talk to a person", cid=frame["cid"])
            await self.state(talk, "queue", None, 2)
        elif kind == "end":
            await self.message(talk, "system", "You ended this chat. Write any time to start a new one.")
            await self.state(talk, "nobody", None, None)

    async def _answer(self, talk: Talk, text: str) -> None:
        await self.send(talk, {"type": "typing", "author": "bot"})
        for said, parts in SPECIAL.get(text.lower(), [(f"You said: {text}", {})]):
            fresh = json.loads(json.dumps(parts))
            for part in ("survey", "invitation"):
                if part in fresh:
                    fresh[part]["id"] = str(uuid4())
            await self.message(talk, "bot", said, **fresh)

    def _title(self, talk: Talk, choice: str) -> str:
        return next(str(c["title"]) for m in talk.log for c in m.get("choices") or [] if c["id"] == choice)

    def _offer(self, talk: Talk, choice: str) -> int:
        return next(int(m["seq"]) for m in talk.log for c in m.get("choices") or [] if c["id"] == choice)

    async def message(self, talk: Talk, author: str, text: str, cid: str | None = None, **parts: Any) -> None:
        names = {"bot": "Lumi", "agent": talk.agent}
        row = {
            "type": "message", "id": str(uuid4()), "cid": cid, "author": author, "name": names.get(author),
            "text": text, "choices": [], "card": None, "survey": None, "invitation": None,
            "at": datetime.now(UTC).isoformat(), **parts,
        }  # fmt: skip
        await self._append(talk, row)

    async def _update(self, talk: Talk, of: int, **changes: Any) -> None:
        await self._append(talk, {"type": "update", "of": of, **changes})

    async def state(self, talk: Talk, owner: str, agent: str | None, position: int | None) -> None:
        talk.owner, talk.agent = owner, agent
        await self._append(
            talk, {"type": "state", "case": "case", "owner": owner, "agent": agent, "case_status": "open"}
        )
        if position:
            await self.send(talk, {"type": "queue", "position": position, "wait_s": 180})

    async def _append(self, talk: Talk, row: Frame) -> None:
        row["seq"] = len(talk.log) + 1
        talk.log.append(row)
        if self.faults.drop_frames:
            self.faults.drop_frames -= 1
            return
        await self.send(talk, row)

    async def send(self, talk: Talk, frame: Frame) -> None:
        for socket in list(talk.sockets):
            try:
                await socket.send_json(frame)
            except (ConnectionError, RuntimeError):
                talk.sockets.remove(socket)

    async def kill_sockets_now(self) -> None:
        for talk in self.talks.values():
            for socket in list(talk.sockets):
                self.abort(socket)

    def abort(self, socket: web.WebSocketResponse) -> None:
        """The cable is cut: no closing handshake."""
        transport = socket.get_extra_info("socket") and socket._req and socket._req.transport
        if transport:
            transport.abort()


def _subject(identity: str | None) -> str | None:
    if not identity:
        return None
    payload = identity.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])
