"""The visitor protocol against a model of it: whatever happens in whatever order, its promises hold.

`RAPPORT_PROTOCOL_EXAMPLES` asks for more examples than CI's; they are then drawn anew in each run, and a failure prints
how to repeat it.
"""

import asyncio
import contextlib
import os

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.services import desk
from bot.services.app import App
from bot.services.desk import DeskRefused
from bot.settings import Settings
from bot.store.engine import Store
from tests.integration.conftest import MovableClock
from tests.integration.protocol.model import Model
from tests.integration.protocol.world import World

EXAMPLES = int(os.environ.get("RAPPORT_PROTOCOL_EXAMPLES", "0"))
IN_CI = 20
STEPS = 30

TABS = st.integers(0, 2)
WAYS = st.sampled_from(["arrives", "arrives", "arrives twice", "lost before", "lost after"])
REPLIES = st.sampled_from(["words", "options", "options", "survey", "passes on", "nothing", "fails"])


class Protocol(Model):
    """What may happen, and what is looked at after each step."""

    @initialize()
    def open_three_tabs(self) -> None:
        async def connect() -> None:
            await self.world.forget_jobs()
            first = self.world.tab(None)
            await first.connect()
            self.tabs = [first, self.world.tab(first.token), self.world.tab(first.token, over_http=True)]
            for tab in self.tabs[1:]:
                await tab.connect()
            self.conversation = first.welcome["conversation"]

        self.world.turn = None
        self.do(connect())

    # What the customer does ------------------------------------------------------------------------------------------

    @rule(tab=TABS, way=WAYS)
    def say(self, tab: int, way: str) -> None:
        self.do(self._put(self.tabs[tab], self._frame("send", text=f"words {self.number}"), way))

    @rule(tab=TABS)
    def say_two_in_the_wrong_order(self, tab: int) -> None:
        first, second = (self._frame("send", text=f"words {self.number}") for _ in range(2))
        for frame in (second, first):
            self.do(self._put(self.tabs[tab], frame, "arrives"))

    @rule(one=TABS, other=TABS)
    def say_in_two_tabs_at_once(self, one: int, other: int) -> None:
        frames = [self._frame("send", text=f"words {self.number}") for _ in range(2)]
        self.do(self._put_together([self.tabs[one], self.tabs[other]], frames))

    @precondition(lambda self: self.known)
    @rule(tab=TABS, which=st.integers(0, 1000))
    def send_something_again(self, tab: int, which: int) -> None:
        self.do(self._put(self.tabs[tab], self.known[which % len(self.known)], "arrives"))

    @rule(one=TABS, other=TABS, options=st.tuples(st.integers(0, 1), st.integers(0, 1)))
    def click_an_option_in_two_tabs(self, one: int, other: int, options: tuple[int, int]) -> None:
        offers = [row for row in self.do(self.world.messages(self.conversation)) if row.parts.get("choices")]
        if offers:
            choices = offers[-1].parts["choices"]
            frames = [self._frame("send", choice=choices[option]["id"]) for option in options]
            answers = self.do(self._put_together([self.tabs[one], self.tabs[other]], frames))
            self.chosen[offers[-1].id] += sum(answer["type"] == "ack" for answer in answers)
            assert self.chosen[offers[-1].id] <= 1, "a question was answered twice"

    @rule(one=TABS, other=TABS, scores=st.tuples(st.integers(1, 7), st.integers(1, 7)))
    def answer_a_survey_in_two_tabs(self, one: int, other: int, scores: tuple[int, int]) -> None:
        messages = self.do(self.world.messages(self.conversation))
        shown = [row.parts["survey"]["id"] for row in messages if row.parts.get("survey")]
        if shown:
            frames = [self._frame("survey", survey=shown[-1], score=score) for score in scores]
            answers = self.do(self._put_together([self.tabs[one], self.tabs[other]], frames))
            assert [answer["type"] for answer in answers] == ["ack", "ack"]
            given = zip((answer["seq"] for answer in answers), scores, strict=True)
            self.scores.setdefault(shown[-1], []).extend(given)

    @rule(tab=TABS, way=WAYS)
    def ask_for_a_person(self, tab: int, way: str) -> None:
        self.do(self._put(self.tabs[tab], self._frame("human"), way))

    @rule(tab=TABS, way=WAYS)
    def end_the_chat(self, tab: int, way: str) -> None:
        self.do(self._put(self.tabs[tab], self._frame("end"), way))

    @rule(tab=TABS)
    def lose_the_connection(self, tab: int) -> None:
        self.do(self.tabs[tab].drop())

    # What the bot does -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.world.turn is None)
    @rule()
    def a_turn_begins(self) -> None:
        self.world.clock.forward(seconds=1)
        self.do(self.world.begin_turn())

    @precondition(lambda self: self.world.turn is None)
    @rule(tab=TABS)
    def a_turn_begins_at_once(self, tab: int) -> None:
        self.say(tab, "arrives")
        self.a_turn_begins()

    @precondition(lambda self: self.world.turn is not None)
    @rule()
    def no_second_turn_can_begin(self) -> None:
        self.world.clock.forward(seconds=1)
        assert self.do(self.world.claim("turn", "system_turn")) is None, "two turns of one conversation at a time"

    @precondition(lambda self: self.world.turn is not None)
    @rule(replies=REPLIES)
    def the_turn_ends(self, replies: str) -> None:
        self.do(self._end_turn(replies))

    @precondition(lambda self: self.world.turn is not None)
    @rule(deed=st.sampled_from(["an agent", "an agent", "the customer", "the button"]), replies=REPLIES)
    def somebody_comes_in_between(self, deed: str, replies: str) -> None:
        if deed == "an agent":
            self.the_agent_acts("claim")
        elif deed == "the customer":
            self.do(self._put(self.tabs[0], self._frame("end"), "arrives"))
        else:
            self.do(self._put(self.tabs[0], self._frame("human"), "arrives"))
        self.do(self._check())
        self.do(self._end_turn(replies))

    @rule()
    def the_bot_recovers(self) -> None:
        self.world.clock.forward(seconds=1)
        self.do(self.world.recover())

    # What the agent does ---------------------------------------------------------------------------------------------

    @rule(deed=st.sampled_from(["claim", "claim", "say", "hand back", "resolve"]))
    def the_agent_acts(self, deed: str) -> None:
        case = self.do(self._case())
        if case is None:
            return
        world, who = self.world, self.world.agent
        deeds = {
            "claim": lambda: desk.claim(world.app, who, case.id),
            "say": lambda: desk.post_message(world.app, who, case.id, self._cid(), "Let me look."),
            "hand back": lambda: desk.hand_back(world.app, who, case.id, ""),
            "resolve": lambda: desk.resolve(world.app, who, case.id, "done", survey=False),
        }
        with contextlib.suppress(DeskRefused):
            self.do(deeds[deed]())

    # What must hold --------------------------------------------------------------------------------------------------

    @invariant()
    def the_promises_hold(self) -> None:
        if hasattr(self, "conversation"):
            self.do(self._check())

    def teardown(self) -> None:
        if hasattr(self, "conversation"):
            self.do(self._finish())


def _thoroughness() -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=EXAMPLES or IN_CI,
        stateful_step_count=STEPS,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        print_blob=True,
        # A failure is shown as it was found: making it shorter takes hundreds of runs, which CI has no time for.
        phases=[hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if EXAMPLES else [])],
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def test_the_promises_hold_whatever_happens_in_whatever_order(
    store_url: str, settings: Settings, clock: MovableClock
) -> None:
    quiet = settings.model_copy(update={"send_limit": 100_000, "demo": False, "public_url": ""})
    with asyncio.Runner() as runner:

        async def world() -> World:
            made = World(App(settings=quiet, store=Store(store_url), clock=clock), clock)
            await made.open()
            return made

        Protocol.runner = runner
        Protocol.world = runner.run(world())
        try:
            run_state_machine_as_test(Protocol, settings=_thoroughness())
        finally:
            runner.run(Protocol.world.close())
