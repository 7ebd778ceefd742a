"""What the model of the protocol knows, how it learns it from the gateway's answers, and what must hold of it."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import select

from bot.adapters.rasa import BotReply, Button
from bot.store.tables import Case, Conversation, Response, Survey
from tests.integration.protocol.world import Frame, Tab, World

STEP_WITHIN_S = 30.0
"""A step that takes longer hangs."""


class Model(RuleBasedStateMachine):
    """One conversation in three tabs (the third without sockets), its bot and an agent.

    What the model knows is `accepted`, the frames that were committed, in order, with the `seq` of their ack.
    """

    runner: asyncio.Runner
    world: World
    tabs: list[Tab]
    conversation: str

    def __init__(self) -> None:
        super().__init__()
        self.accepted: dict[str, int] = {}
        self.spoken: list[str] = []
        self.known: list[Frame] = []
        self.person_since: int | None = None
        self.number = 0
        self.chosen: Counter[str] = Counter()
        self.scores: dict[str, list[tuple[int, int]]] = {}

    def do(self, work: Any) -> Any:
        return self.runner.run(asyncio.wait_for(work, STEP_WITHIN_S))

    async def _check(self) -> None:
        timeline = await self.world.timeline(self.conversation)
        assert [frame["seq"] for frame in timeline] == list(range(1, len(timeline) + 1)), "the numbers have a hole"
        messages = await self.world.messages(self.conversation)
        case = await self._case()
        if case is None or case.owner != "agent":
            self.person_since = None
        elif self.person_since is None:
            self.person_since = len(timeline)
        spoken = [row.cid for row in messages if row.author == "customer"]
        assert spoken == self.spoken, "what was acked is not what is stored, once each and in order"
        assert await self.world.receipts(self.conversation) == self.accepted
        for tab in self.tabs:
            if tab.connected:
                await tab.catch_up(len(timeline))
                assert [tab.frames[seq] for seq in sorted(tab.frames)] == timeline, "a tab shows something else"
        if self.person_since is not None:
            late = [row for row in messages if row.author == "bot" and row.seq > self.person_since]
            assert not late, "the bot spoke after a person had taken over"
        for survey, given in self.scores.items():
            async with self.world.app.read() as tx:
                score = (await tx.execute(select(Response.score).where(Response.survey_id == survey))).scalar_one()
            assert score == max(given)[1], "the last score is not the one that counts"

    async def _finish(self) -> None:
        """Everybody connects again, the bot answers what is left; then each message has one outcome."""
        for tab in self.tabs:
            if not tab.connected:
                await self._connect(tab)
        if self.world.turn is not None:
            await self._end_turn("words")
        self.world.clock.forward(seconds=1)
        while await self.world.begin_turn():
            if self.world.turn is not None:
                await self._end_turn("words")
        await self._check()
        messages = await self.world.messages(self.conversation)
        for row in messages:
            if row.author != "customer":
                continue
            replies = [reply for reply in messages if reply.reply_to == row.id]
            assert row.outcome in {"bot", "queue", "agent", "ticket", "nobody"}, "a message has no outcome"
            assert not replies or row.outcome == "bot", "the bot answered what had gone to somebody else"
        for tab in self.tabs:
            await tab.drop()

    # How it is done --------------------------------------------------------------------------------------------------

    def _cid(self) -> str:
        self.number += 1
        return str(UUID(int=(0x4 << 76) | (0x8 << 60) | self.number))

    def _frame(self, kind: str, **fields: Any) -> Frame:
        return {"type": kind, "cid": self._cid(), **fields}

    async def _put(self, tab: Tab, frame: Frame, way: str) -> None:
        if not tab.connected:
            await self._connect(tab)
        if way == "lost before":
            await tab.lose_before(frame)
        elif way == "lost after":
            self._note(frame, await tab.lose_after(frame))
        else:
            self._note(frame, await tab.deliver(frame))
            if way == "arrives twice":
                self._note(frame, await tab.deliver(frame))

    async def _put_together(self, tabs: list[Tab], frames: list[Frame]) -> list[Frame]:
        for tab in tabs:
            if not tab.connected:
                await self._connect(tab)
        answers = await asyncio.gather(*(tab.deliver(frame) for tab, frame in zip(tabs, frames, strict=True)))
        for frame, answer in sorted(zip(frames, answers, strict=True), key=lambda pair: pair[1].get("seq", 0)):
            self._note(frame, answer)
        return answers

    async def _connect(self, tab: Tab) -> None:
        waiting = list(tab.outbox.values())
        await tab.connect()
        for frame in waiting:
            self._note(frame, tab.answers[frame["cid"]])

    def _note(self, frame: Frame, answer: Frame) -> None:
        """What the server answered becomes what the model knows, and must fit what it knew."""
        cid = frame["cid"]
        if frame not in self.known:
            self.known.append(frame)
        if answer["type"] == "error":
            assert cid not in self.accepted, "what was acked once is refused now"
            assert answer["code"] in {"bad_choice"}, answer
            return
        if cid in self.accepted:
            assert answer["seq"] == self.accepted[cid], "a repeated frame got another number"
            return
        self.accepted[cid] = answer["seq"]
        if frame["type"] in {"send", "human"}:
            self.spoken.append(cid)

    async def _end_turn(self, kind: str) -> None:
        turn = self.world.turn
        assert turn is not None and turn.rasa.body is not None
        replies: list[BotReply] | None = [BotReply(text="Here is what I found.")]
        if kind == "options":
            options = [Button(title="Yes", payload="/affirm"), Button(title="No", payload="/deny")]
            replies = [BotReply(text="Did that help?", buttons=options)]
        elif kind == "survey":
            survey = await self._survey(turn.rasa.body["case_id"])
            replies = [BotReply(text="One question", custom={"rapport": {"survey": survey}})]
        elif kind == "passes on":
            wanted = {"to": "queue", "reason": "asked_for_person"}
            replies = [BotReply(text="I'll get somebody.", custom={"rapport": {"transition": wanted}})]
        elif kind == "nothing":
            replies = []
        elif kind == "fails":
            replies = None
        await self.world.end_turn(replies)

    async def _survey(self, case_id: str) -> str:
        async with self.world.app.write() as tx:
            case = await tx.get(Case, case_id)
            assert case is not None
            survey = Survey(
                case_id=case.id, conversation_id=case.conversation_id, customer_id=case.customer_id, kind="ces",
                question="How easy was it?", handler="bot", created_at=self.world.app.now(),
            )  # fmt: skip
            tx.add(survey)
            await tx.flush()
            return survey.id

    async def _case(self) -> Case | None:
        async with self.world.app.read() as tx:
            conversation = await tx.get(Conversation, self.conversation)
            assert conversation is not None
            return await tx.get(Case, conversation.case_id) if conversation.case_id else None
