"""What Rasa's files and the actions must agree on, so that no turn ends at a name that does not exist."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml
from rasa_sdk import events as sdk_events

from actions import options as option_module
from actions.base import Option
from actions.registry import all_actions, build_executor
from actions.support import DEEDS
from bot.services import texts as product_texts
from bot.services.texts import TEXTS_PATH
from tests.unit.actions.fakes import a_runtime

ROOT = Path(__file__).resolve().parents[3]
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES = [
    rule
    for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "actions").glob("*.py"))}
KNOWN_TO_RASA_3_6 = {"SlotSet", "ActiveLoop"}


def test_every_action_of_the_domain_is_registered_and_the_other_way_round() -> None:
    assert set(build_executor(a_runtime()).actions) == set(DOMAIN["actions"])


def test_every_intent_has_exactly_one_rule_of_its_own() -> None:
    begun = [rule["steps"][0]["intent"] for rule in RULES if "intent" in rule["steps"][0]]
    assert sorted(begun) == sorted(set(begun))
    assert set(begun) == {*DOMAIN["intents"], "nlu_fallback"}


def test_every_intent_that_is_no_option_has_training_phrases() -> None:
    trained = {
        entry["intent"]
        for path in (ROOT / "data" / "nlu").glob("*.yml")
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        if "intent" in entry
    }
    offered = set(re.findall(r'Option\([^)]*?"[^"]*", "([a-z_]+)"[,)]', "\n".join(SOURCES.values())))
    offered |= {intent for _, intent in DEEDS.values()}
    untrained = {name for name in DOMAIN["intents"] if not name.startswith("EXTERNAL_")} - trained
    assert untrained - offered <= {
        "choose_article", "choose_line", "choose_order", "choose_return", "guide_reply", "send_invoice",
    }  # fmt: skip
    assert trained <= set(DOMAIN["intents"])


def test_rules_are_sentences_and_name_only_actions_that_exist() -> None:
    names = [rule["rule"] for rule in RULES]
    assert len(names) == len(set(names))
    assert all(name[0].isupper() and len(name.split()) >= 3 for name in names)
    used = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}
    assert used <= {*DOMAIN["actions"], *DOMAIN["forms"]}


def test_every_option_names_an_intent_of_the_domain_and_its_entities() -> None:
    offered = [value for value in vars(option_module).values() if isinstance(value, Option)]
    offered += [*option_module.DID_IT_HELP, *option_module.START_OPTIONS]
    for option in offered:
        assert option.intent in DOMAIN["intents"], option
        assert {name for name, _ in option.entities} <= set(DOMAIN["entities"])
    assert {intent for _, intent in DEEDS.values()} <= set(DOMAIN["intents"])
    assert a_runtime().wording.intents() <= set(DOMAIN["intents"])


def test_payload_is_the_intent_and_its_entities_as_json() -> None:
    payload = Option("Ümlaut", "choose_order", (("order_number", "LH-1"),)).payload
    intent, brace, rest = payload.partition("{")
    assert (intent, json.loads(brace + rest)) == ("/choose_order", {"order_number": "LH-1"})


def test_every_slot_that_actions_set_is_in_the_domain_and_influences_nothing() -> None:
    used = set(re.findall(r'\.slot\("(\w+)"\)', "\n".join(SOURCES.values())))
    for call in re.findall(r"turn\.set\(([^\n]*)\)", "\n".join(SOURCES.values())):
        used |= set(re.findall(r"(?:^|, )(\w+)=", call))
    assert used - {"requested_slot"} <= set(DOMAIN["slots"])
    assert not any(slot.get("influence_conversation", True) for slot in DOMAIN["slots"].values())


def test_every_text_that_is_said_exists_and_every_wording_has_the_same_blanks() -> None:
    texts = a_runtime().texts
    said = set(re.findall(r'(?:\.say|\.text|offer_person)\(\s*(?:turn, )?"(\w+)"', "\n".join(SOURCES.values())))
    assert said and not [key for key in said if key not in texts]
    own = {"company", "order_example", "support_email", "support_hours", "reply_time"}
    for key in texts.names():
        blanks = [{name for _, name, _, _ in Formatter().parse(text) if name} - own for text in texts.wordings(key)]
        assert all(found == blanks[0] for found in blanks), key


def test_no_text_is_left_that_nobody_says() -> None:
    source = "\n".join([*SOURCES.values(), inspect.getsource(product_texts)])
    unsaid = [key for key in a_runtime().texts.names() if f'"{key}"' not in source]
    made = ("track_", "invite_", "small_talk_", "other_language_")
    unsaid = [key for key in unsaid if not key.startswith(made) and key.removesuffix("_calm") == key]
    assert unsaid == []


def test_texts_are_no_training_data_to_rasa() -> None:
    reserved = {"nlu", "rules", "stories", "responses", "intents", "entities", "slots", "forms", "actions", "version"}
    assert not reserved & set(yaml.safe_load(TEXTS_PATH.read_text(encoding="utf-8")))


def test_only_events_that_rasa_3_6_knows_are_used() -> None:
    imported = set()
    for source in SOURCES.values():
        for line in re.findall(r"from rasa_sdk\.events import (.+)", source):
            imported |= {name.strip() for name in line.split(",")}
    assert imported <= KNOWN_TO_RASA_3_6
    assert all(hasattr(sdk_events, name) for name in imported)


@pytest.mark.parametrize("action", all_actions(a_runtime()), ids=lambda action: action.name())
def test_action_is_documented_and_named_as_rasa_expects(action: Any) -> None:
    assert re.fullmatch(r"(?:action|validate)_[a-z_]+", action.name())
    assert type(action).__doc__


def test_session_never_ends_by_time_because_one_dialogue_is_one_case() -> None:
    assert DOMAIN["session_config"] == {"session_expiration_time": 0, "carry_over_slots_to_new_session": False}
