"""The channel, its turns and its refusals, over real HTTP."""

from __future__ import annotations

import base64
import json
import sqlite3
import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np

from bot.rasa_runtime.channel import _agent, _no_model
from tests.rasa_runtime.support import ROOT, Actions, Server

TOKEN_WITH_SURPRISE = "a-token-for-test\u00fc".encode().decode("latin-1")
actions = Actions()
server = Server(actions.port)


def setUpModule() -> None:
    server.start()
    actions.start()
    server.wait_until_ready()


def tearDownModule() -> None:
    server.kill()
    actions.stop()


def stored_events(case: str) -> list[tuple[Any, ...]]:
    """Type and content of each event of the dialogue, as it lies in the database."""
    with sqlite3.connect(server.store_url.removeprefix("sqlite:///")) as database:
        rows = database.execute("SELECT type_name, data FROM events WHERE sender_id = ? ORDER BY id", (case,))
        return rows.fetchall()


def change_store(statement: str) -> None:
    with sqlite3.connect(server.store_url.removeprefix("sqlite:///")) as database:
        database.execute(statement)


class ChannelTest(unittest.TestCase):
    def setUp(self) -> None:
        actions.reset()
        self.case = f"case-{uuid.uuid4().hex}"

    def test_text_is_understood_and_answered(self) -> None:
        status, answer = server.turn(self.case, "hello", "m1")
        self.assertEqual(200, status)
        self.assertEqual("m1", answer["message_id"])
        self.assertEqual("greet", answer["nlu"]["intent"])
        self.assertEqual("greet", answer["nlu"]["ranking"][0]["intent"])
        self.assertFalse(answer["repeated"])
        self.assertEqual(server.get("/health")[1]["model_id"], answer["model_id"])

    def test_one_utterance_stays_one_reply_with_text_buttons_and_custom_together(self) -> None:
        _, answer = server.turn(self.case, "where is my order")
        first, second = answer["replies"]
        self.assertEqual("It is on its way.\n\nExpect it tomorrow.", first["text"])
        self.assertEqual([{"title": "Thanks", "payload": "/thank"}], first["buttons"])
        self.assertEqual({"rapport": {"card": {"kind": "order"}}}, first["custom"])
        self.assertEqual("Hello!\n\nWhat can I do for you?", second["text"])

    def test_repeated_message_id_gets_the_same_replies_and_runs_nothing(self) -> None:
        _, first = server.turn(self.case, "where is my order", "m1")
        server.turn(self.case, "hello", "m2")
        before = stored_events(self.case)
        status, again = server.turn(self.case, "where is my order", "m1")
        self.assertEqual(200, status)
        self.assertTrue(again["repeated"])
        self.assertEqual({**first, "repeated": True}, again)
        self.assertEqual(["action_track"], actions.runs)
        self.assertEqual(len(before), len(stored_events(self.case)))

    def test_same_message_sent_twice_at_once_runs_once(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(server.turn, self.case, "where is my order", "m1") for _ in range(4)]
        answers = [turn.result()[1] for turn in sent]
        self.assertEqual(["action_track"], actions.runs)
        self.assertEqual([False, True, True, True], sorted(answer["repeated"] for answer in answers))
        self.assertEqual(1, len({str(answer["replies"]) for answer in answers}))

    def test_failing_action_fails_the_turn_and_saves_nothing(self) -> None:
        server.turn(self.case, "hello")
        before = stored_events(self.case)
        status, answer = server.turn(self.case, "goodbye then", "m2")
        self.assertEqual((500, "turn_failed"), (status, answer["error"]))
        self.assertIn("action_crash", answer["detail"])
        self.assertEqual(before, stored_events(self.case))

    def test_turn_that_failed_is_run_again_when_it_is_sent_again(self) -> None:
        server.turn(self.case, "goodbye then", "m1")
        actions.crash_answer = {"events": [], "responses": []}
        status, answer = server.turn(self.case, "goodbye then", "m1")
        self.assertEqual(200, status)
        self.assertFalse(answer["repeated"])

    def test_event_that_this_rasa_does_not_know_fails_the_turn(self) -> None:
        actions.crash_answer = {"events": [{"event": "session_ended"}], "responses": []}
        status, _ = server.turn(self.case, "goodbye then")
        self.assertEqual(500, status)
        self.assertEqual([], stored_events(self.case))

    def test_slow_action_fails_the_turn_within_its_time_and_saves_nothing(self) -> None:
        started = time.monotonic()
        status, answer = server.turn(self.case, "thank you")
        self.assertEqual((500, "turn_failed"), (status, answer["error"]))
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual([], stored_events(self.case))

    def test_action_server_that_hangs_up_fails_the_turn(self) -> None:
        actions.is_down = True
        status, answer = server.turn(self.case, "where is my order")
        self.assertEqual((500, "turn_failed"), (status, answer["error"]))
        self.assertEqual([], stored_events(self.case))

    def test_action_that_rejects_is_no_failure_and_the_bot_asks_back_once(self) -> None:
        status, answer = server.turn(self.case, "let me talk to a person")
        self.assertEqual(200, status)
        self.assertEqual(["Sorry, say that again?"], [reply["text"] for reply in answer["replies"]])
        self.assertEqual(["action_reject", "action_fallback"], actions.runs)

    def test_store_that_cannot_be_read_fails_the_turn_instead_of_starting_a_new_dialogue(self) -> None:
        server.turn(self.case, "hello")
        change_store("ALTER TABLE events RENAME TO elsewhere")
        self.addCleanup(change_store, "ALTER TABLE elsewhere RENAME TO events")
        status, answer = server.turn(self.case, "hello")
        self.assertEqual((500, "turn_failed"), (status, answer["error"]))

    def test_store_that_cannot_be_written_fails_the_turn(self) -> None:
        change_store("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        self.addCleanup(change_store, "DROP TRIGGER full")
        self.assertEqual(500, server.turn(self.case, "hello")[0])
        self.assertEqual([], stored_events(self.case))

    def test_typed_commands_are_understood_as_plain_words(self) -> None:
        server.turn(self.case, "hello")
        for text in (
            "/restart",
            " \u200b／session_start",
            "∕greet",
            "EXTERNAL: EXTERNAL_case_resolved",
            '/inform{"score": 10}',
        ):
            status, answer = server.turn(self.case, text)
            self.assertEqual(200, status, text)
            self.assertNotIn("EXTERNAL", answer["nlu"]["intent"], text)
            self.assertNotIn(answer["nlu"]["intent"], ("restart", "session_start"), text)
            self.assertTrue(answer["replies"], text)
        kinds = [kind for kind, _ in stored_events(self.case)]
        self.assertEqual(1, kinds.count("session_started"))
        self.assertNotIn("restart", kinds)

    def test_choice_carries_its_intent_and_entities_without_understanding(self) -> None:
        _, answer = server.turn(
            self.case, "hello", kind="choice", intent="track_order", entities={"order_number": "LH-7"}
        )
        self.assertEqual("track_order", answer["nlu"]["intent"])
        self.assertEqual("LH-7", answer["nlu"]["entities"][0]["value"])

    def test_external_intents_run_for_the_system_only(self) -> None:
        name = "EXTERNAL_case_resolved"
        self.assertEqual(400, (server.turn(self.case, "x", kind="choice", intent=name))[0])
        self.assertEqual(400, (server.turn(self.case, "x", intent=name))[0])
        self.assertEqual(400, (server.turn(self.case, None, kind="system", intent="greet"))[0])
        status, answer = server.turn(self.case, None, kind="system", intent=name)
        self.assertEqual((200, "Glad that is solved."), (status, answer["replies"][0]["text"]))

    def test_choice_may_not_restart_the_dialogue_or_name_an_unknown_intent(self) -> None:
        for intent in ("restart", "back", "session_start", "no_such_intent", "external_case_resolved"):
            status, _ = server.turn(self.case, "x", kind="choice", intent=intent)
            self.assertEqual(400, status, intent)

    def test_bad_token_is_refused_everywhere_but_health(self) -> None:
        for token in (None, "", "wrong", TOKEN_WITH_SURPRISE):
            self.assertEqual(401, (server.post("/turn", {}, token=token))[0])
            self.assertEqual(401, (server.post("/parse", {"texts": []}, token=token))[0])
        self.assertEqual((200, "ok"), ((server.get("/health"))[0], (server.get("/health"))[1]["status"]))

    def test_bad_bodies_get_a_sentence(self) -> None:
        good = {"message_id": "m", "case_id": "c", "kind": "text", "text": "hello"}
        bad: list[Any] = [
            [],
            "x",
            {},
            {**good, "kind": "other"},
            {**good, "message_id": ""},
            {**good, "case_id": 5},
            {**good, "text": ""},
            {**good, "text": None},
            {**good, "text": "x" * 9000},
            {**good, "metadata": []},
            {**good, "entities": {"a": 1}},
            {**good, "kind": "choice", "intent": "greet", "entities": {"a": {}}},
        ]
        for body in bad:
            status, answer = server.post("/turn", body)
            self.assertEqual((400, "bad_body"), (status, answer["error"]), body)
            self.assertTrue(answer["detail"])
        self.assertEqual(400, (server.post("/turn", None, raw=b"{not json"))[0])

    def test_agent_without_a_model_is_503(self) -> None:
        for context in (SimpleNamespace(), SimpleNamespace(agent=SimpleNamespace(is_ready=lambda: False))):
            self.assertIsNone(_agent(SimpleNamespace(ctx=context)))
        self.assertEqual(503, _no_model().status)

    def test_parse_answers_each_text_in_order_without_a_dialogue(self) -> None:
        texts = ["hello", "", "where is my order LH-100234", "/restart", "\ud800"]
        status, answer = server.post("/parse", {"texts": texts})
        self.assertEqual(200, status)
        results = answer["results"]
        self.assertEqual(len(texts), len(results))
        self.assertEqual(["greet", "nlu_fallback", "track_order"], [result["intent"] for result in results[:3]])
        self.assertEqual(0.0, results[1]["confidence"])
        self.assertEqual("LH-100234", results[2]["entities"][0]["value"])

    def test_actions_are_called_with_the_internal_token(self) -> None:
        server.turn(self.case, "where is my order")
        self.assertEqual({"a-token-for-tests"}, actions.tokens)

    def test_actions_get_the_sentence_vector_and_the_dialogue_does_not(self) -> None:
        known = json.loads((ROOT / "tests" / "knowledge" / "vector.json").read_text())
        server.turn(self.case, known["text"], "m1")
        server.turn(self.case, "where is my order", "m2", kind="choice", intent="track_order")
        packed, none = actions.vectors[0], actions.vectors[-1]
        ours, theirs = (
            np.frombuffer(base64.b64decode(each), "<f2").astype(float) for each in (packed, known["packed"])
        )
        self.assertGreater(float(ours @ theirs), 0.995)
        self.assertIsNone(none)
        self.assertNotIn(packed, json.dumps(stored_events(self.case)))

    def test_metadata_of_the_turn_reaches_the_dialogue(self) -> None:
        server.turn(self.case, "hello", "m9", metadata={"customer_id": "u1", "verified": True})
        user = next(json.loads(data) for kind, data in stored_events(self.case) if kind == "user")
        expected = {"message_id": "m9", "case_id": self.case, "customer_id": "u1", "verified": True}
        self.assertEqual(expected, {key: user["metadata"].get(key) for key in expected})


class KilledServerTest(unittest.TestCase):
    def test_process_killed_in_mid_turn_leaves_no_half_turn_and_the_turn_can_be_sent_again(self) -> None:
        actions.reset()
        victim = Server(actions.port)
        victim.start()
        victim.wait_until_ready()
        self.assertEqual(200, victim.turn("c", "hello", "m1")[0])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(victim.turn, "c", "thank you", "m2")
            self.assertTrue(actions.entered_slow.wait(10))
            victim.kill()
        with sqlite3.connect(victim.store_url.removeprefix("sqlite:///")) as database:
            texts = [
                json.loads(data)["text"]
                for (data,) in database.execute("SELECT data FROM events WHERE type_name='user'")
            ]
        self.assertEqual(["hello"], texts)


if __name__ == "__main__":
    unittest.main()
