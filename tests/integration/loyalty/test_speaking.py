"""The actions around surveys and advocacy: what they say, show and store, through the worker's own frame."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import func, select

from actions import advocacy, surveys
from actions.base import RapportAction
from actions.resolution import Affirm, Deny
from actions.runtime import Runtime
from actions.wording import Wording
from bot.domain.effort import EffortLedger
from bot.services.texts import texts_of
from bot.store.base import new_id
from bot.store.tables import Customer, Invitation, Job, Recovery, Response, Survey
from bot.store.tables import Testimonial as Quote
from tests.integration.loyalty.conftest import HARD, Person, World


@dataclass
class Chat:
    """One case's dialogue: slots live on from turn to turn as they do in a tracker."""

    world: World
    person: Person
    case_id: str
    runtime: Runtime
    slots: dict[str, Any] = field(default_factory=dict)
    loop: str | None = None

    async def run(
        self,
        action: type[RapportAction],
        text: str = "",
        intent: str = "",
        message_id: str | None = None,
        typed: bool = False,
        **entities: Any,
    ) -> list[dict[str, Any]]:
        """The replies of one action."""
        metadata = {
            "message_id": message_id or new_id(),
            "case_id": self.case_id,
            "conversation_id": self.person.conversation_id,
            "customer_id": self.person.customer_id,
        }
        latest = {
            "text": text,
            "intent": {"name": intent, "confidence": 1.0},
            "intent_ranking": [{"name": name, "confidence": 0.5} for name in (intent, "greet")] if typed else [],
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "metadata": metadata,
        }
        dispatcher = CollectingDispatcher()
        tracker = Tracker(
            self.case_id, dict(self.slots), latest, [], False, None, {"name": self.loop} if self.loop else {}, None
        )
        for event in await action(self.runtime).run(dispatcher, tracker, {}):
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.loop = event["name"]
        return cast(list[dict[str, Any]], dispatcher.messages)


def envelope(reply: dict[str, Any]) -> dict[str, Any]:
    return cast(dict[str, Any], (reply.get("custom") or {}).get("rapport", {}))


async def begin(world: World, effort: EffortLedger = HARD, **case: Any) -> Chat:
    settings = world.app.settings
    texts = texts_of(settings)
    none = cast(Any, None)
    runtime = Runtime(app=world.app, shop=none, desk=none, texts=texts, wording=Wording.load(), knowledge=none)
    person = await world.customer()
    return Chat(world, person, await world.case(person, effort=effort, **case), runtime)


async def surveyed(world: World, effort: EffortLedger = HARD) -> tuple[Chat, str]:
    chat = await begin(world, effort)
    [reply] = await chat.run(surveys.AfterResolution, intent="EXTERNAL_case_resolved")
    survey_id = str(envelope(reply)["survey"])
    await world.show(survey_id)
    return chat, survey_id


async def count(world: World, table: type) -> int:
    async with world.app.read() as tx:
        return int((await tx.execute(select(func.count()).select_from(table))).scalar_one())


async def test_after_a_resolution_the_survey_comes_with_a_warm_line(world: World) -> None:
    chat = await begin(world)
    [reply] = await chat.run(surveys.AfterResolution, message_id="job:1")
    assert "tap" in reply["text"]
    assert chat.slots["survey"] == envelope(reply)["survey"]
    [again] = await chat.run(surveys.AfterResolution, message_id="job:1")
    assert envelope(again) == envelope(reply)
    assert await count(world, Survey) == 1


@pytest.mark.parametrize("how", [{}, {"resolution": "assumed"}])
async def test_what_a_form_asked_before_the_resolution_is_not_asked_again(world: World, how: dict[str, Any]) -> None:
    chat = await begin(world, **how)
    chat.loop, chat.slots["requested_slot"] = "order_form", "order_number"
    await chat.run(surveys.AfterResolution, intent="EXTERNAL_case_resolved")
    assert (chat.loop, chat.slots["requested_slot"]) == (None, None)


async def test_a_case_that_was_opened_again_keeps_the_form_that_is_under_way(world: World) -> None:
    chat = await begin(world, status="open")
    chat.loop = "order_form"
    assert await chat.run(surveys.AfterResolution, intent="EXTERNAL_case_resolved") == []
    assert chat.loop == "order_form"


async def test_when_the_budget_forbids_it_nothing_is_said(world: World) -> None:
    chat = await begin(world, resolution="assumed")
    assert await chat.run(surveys.AfterResolution) == []


async def test_a_high_answer_is_thanked_invited_and_offered_a_review_in_this_order(world: World) -> None:
    chat, survey_id = await surveyed(world)
    await world.answer(chat.person, survey_id, 7)
    thanks, invited, review = await chat.run(surveys.AfterSurvey, survey=survey_id, message_id="job:2")
    assert "7 out of 7" in thanks["text"]
    async with world.app.read() as tx:
        kinds = [(await tx.get_one(Invitation, envelope(reply)["invitation"])).kind for reply in (invited, review)]
    assert kinds == ["referral", "review"]
    assert [envelope(reply) for reply in await chat.run(surveys.AfterSurvey, survey=survey_id, message_id="job:2")] == [
        envelope(reply) for reply in (thanks, invited, review)
    ]
    assert await count(world, Invitation) == 2


async def test_a_low_answer_is_apologised_for_with_a_promise_that_stands_in_the_store(world: World) -> None:
    chat, survey_id = await surveyed(world)
    await world.answer(chat.person, survey_id, 2)
    sorry, why, review = await chat.run(surveys.AfterSurvey, survey=survey_id)
    assert "sorry" in sorry["text"] and "48 hours" in sorry["text"]
    assert "what went wrong" in why["text"]
    assert envelope(review)["invitation"]
    assert await count(world, Recovery) == 1


async def test_the_review_offer_reads_the_same_for_the_angry_and_the_happy(world: World) -> None:
    offers = []
    for score in (1, 4, 7):
        chat, survey_id = await surveyed(world)
        await world.answer(chat.person, survey_id, score)
        offers.append((await chat.run(surveys.AfterSurvey, survey=survey_id))[-1]["text"])
    assert len(set(offers)) == 1


async def test_a_middle_answer_is_asked_what_was_missing(world: World) -> None:
    chat, survey_id = await surveyed(world)
    await world.answer(chat.person, survey_id, 4)
    asked, _review = await chat.run(surveys.AfterSurvey, survey=survey_id)
    assert "7 out of 7" in asked["text"] and "?" in asked["text"]


async def test_a_changed_score_is_answered_as_a_change(world: World) -> None:
    chat, survey_id = await surveyed(world)
    await world.answer(chat.person, survey_id, 2)
    await chat.run(surveys.AfterSurvey, survey=survey_id)
    await world.answer(chat.person, survey_id, 6)
    changed, thanks, invited = await chat.run(surveys.AfterSurvey, survey=survey_id)
    assert "changed" in changed["text"] and "6 out of 7" in changed["text"]
    assert thanks["text"] and envelope(invited)["invitation"]


@pytest.mark.parametrize(
    ("said", "effort", "score", "comment"),
    [
        ("a 6", HARD, 6, None),
        ("5 stars", EffortLedger(customer_messages=1), 5, None),
        ("it was a pain, 2", HARD, 2, "it was a pain"),
    ],
)
async def test_a_score_in_words_is_stored_only_after_a_yes(
    world: World, said: str, effort: EffortLedger, score: int, comment: str | None
) -> None:
    chat, survey_id = await surveyed(world, effort)
    [question] = await chat.run(surveys.RateInWords, said, "rate_experience")
    assert f"{score} out of" in question["text"]
    assert [button["payload"] for button in question["buttons"]] == ["/affirm", "/deny"]
    assert await count(world, Response) == 0
    [saved] = await chat.run(Affirm, "Yes, save it", "affirm")
    assert "Saved" in saved["text"]
    async with world.app.read() as tx:
        response = await tx.get_one(Response, survey_id)
        jobs = list((await tx.execute(select(Job.payload))).scalars())
    assert (response.score, response.comment, response.via) == (score, comment, "words")
    assert [job["intent"] for job in jobs] == ["EXTERNAL_survey_answered"]
    assert chat.slots["pending"] is None


async def test_a_no_saves_nothing_and_the_next_number_is_heard(world: World) -> None:
    chat, survey_id = await surveyed(world)
    await chat.run(surveys.RateInWords, "a 2", "rate_experience")
    [reply] = await chat.run(Deny, "No", "deny")
    assert "haven't saved" in reply["text"]
    assert await count(world, Response) == 0
    await chat.run(surveys.RateInWords, "a 7: it was great: really", "rate_experience")
    await chat.run(Affirm, "yes", "affirm")
    async with world.app.read() as tx:
        response = await tx.get_one(Response, survey_id)
    assert response.score == 7
    assert response.comment is not None and ": really" in response.comment


async def test_a_bare_no_below_the_question_is_a_not_now(world: World) -> None:
    chat, survey_id = await surveyed(world)
    [reply] = await chat.run(Deny, "no thanks", "deny", typed=True)
    assert "no rating" in reply["text"]
    async with world.app.read() as tx:
        survey = await tx.get_one(Survey, survey_id)
    assert survey.skipped_at is not None
    assert chat.slots["survey"] is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("10 out of 10", "scale"),
        ("9", "scale"),
        ("6 or 7", "more than one"),
        ("4.5", "whole"),
        ("it was fine", "Which"),
    ],
)
async def test_what_cannot_be_stored_is_asked_again_with_the_scale(world: World, said: str, expected: str) -> None:
    chat, _ = await surveyed(world)
    [reply] = await chat.run(surveys.RateInWords, said, "rate_experience")
    assert expected in reply["text"] and "1 (strongly disagree) to 7 (strongly agree)" in reply["text"]
    [again] = await chat.run(Affirm, "yes", "affirm")
    assert "number" in again["text"]
    assert await count(world, Response) == 0


async def test_who_wants_to_rate_before_being_asked_hears_when(world: World) -> None:
    chat = await begin(world)
    [reply] = await chat.run(surveys.RateInWords, "where can I rate this chat?", "rate_experience")
    assert "once what you came for is solved" in reply["text"]
    assert "/issue_resolved" in [button["payload"] for button in reply["buttons"]]


async def test_a_rating_without_an_open_question_is_thanked_for(world: World) -> None:
    chat = await begin(world)
    [reply] = await chat.run(surveys.RateInWords, "5 stars", "rate_experience")
    assert "Thank you" in reply["text"]


async def test_stop_asking_is_kept(world: World) -> None:
    chat = await begin(world)
    await chat.run(surveys.StopAsking, "stop asking me", "stop_asking")
    async with world.app.read() as tx:
        customer = await tx.get_one(Customer, chat.person.customer_id)
    assert customer.stop_asking_at == world.app.now()


async def test_the_referral_link_and_the_review_page_are_given_to_whoever_asks(world: World) -> None:
    chat = await begin(world, status="open")
    [link] = await chat.run(advocacy.ShareReferral, "my link please", "refer_friend")
    [review] = await chat.run(advocacy.TakeReview, "where can i leave a review", "review")
    assert envelope(link)["invitation"] != envelope(review)["invitation"]


async def test_words_are_quoted_only_after_they_were_read_back_and_agreed_to(world: World) -> None:
    chat, survey_id = await surveyed(world)
    await world.answer(chat.person, survey_id, 7, "Solved in a minute: lovely")
    [question] = await chat.run(advocacy.TakeTestimonial, "you may quote me", "testimonial_offer")
    assert "Solved in a minute: lovely" in question["text"]
    assert await count(world, Quote) == 0
    await chat.run(Affirm, "Yes", "affirm")
    async with world.app.read() as tx:
        row = (await tx.execute(select(Quote))).scalar_one()
    assert (row.words, row.state, row.consent_at) == ("Solved in a minute: lovely", "waiting", world.app.now())
    [asked] = await chat.run(advocacy.TakeTestimonial, "you may quote me", "testimonial_offer")
    assert "My testimonial:" in asked["text"], "these words are given already"


async def test_a_testimonial_may_come_with_the_message_and_may_be_taken_back_with_a_no(world: World) -> None:
    chat = await begin(world)
    [question] = await chat.run(
        advocacy.TakeTestimonial, "My testimonial: They fixed my hub in ten minutes.", "testimonial_offer"
    )
    assert '"They fixed my hub in ten minutes."' in question["text"]
    await chat.run(Deny, "No", "deny")
    assert await count(world, Quote) == 0
