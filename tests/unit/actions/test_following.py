"""Which messages need the one before them to be understood."""

import pytest

from actions.following import leans
from bot.knowledge.ranking import Intents
from bot.knowledge.retrieval import Answer
from tests.unit.actions.fakes import Dialogue, FakeKnowledge, a_runtime, texts


@pytest.mark.parametrize(
    "text",
    [
        "and how long does that take?",
        "what about worn filters?",
        "ok, so is it free",
        "for a lamp",
        "the other one too?",
    ],
)
def test_a_message_that_points_back_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        "One more thing, how do I return a lamp?",
        "ok, and one last question: which delivery companies do you work with",
        "hm, something else. who repairs the hub",
        "different topic, is there a phone line",
        "where is my order",
    ],
)
def test_a_message_that_announces_another_subject_does_not(text: str) -> None:
    assert not leans(text)


class WarrantyOfLamps(FakeKnowledge):
    """Finds its article only where the question and the thing come together."""

    async def answer(self, text: str, intents: Intents = ()) -> Answer:
        found = "covered" in text and "glow lamp" in text
        return await super().answer("pay" if found else "zxqv", intents)


async def test_thing_that_is_named_after_a_question_belongs_to_it_and_is_no_praise() -> None:
    talk = Dialogue(a_runtime(knowledge=WarrantyOfLamps("pay")))
    talk.hears("is that still covered after 14 months", "warranty_claim")
    await talk.runs("action_answer_question")
    said = texts(await talk.hears("it's the glow lamp", "praise", product="lamp").runs("action_praise"))
    assert "By card" in said and "lovely" not in said


async def test_praise_of_a_thing_stays_praise() -> None:
    talk = Dialogue(a_runtime(knowledge=WarrantyOfLamps("pay")))
    talk.hears("is that still covered after 14 months", "warranty_claim")
    await talk.runs("action_answer_question")
    said = texts(await talk.hears("it's the best lamp", "praise", product="lamp").runs("action_praise"))
    assert "By card" not in said
