"""What an answer leads to: recovery, one invitation for promoters, the same review offer for everybody."""

import pytest
from sqlalchemy import func, select

from bot.domain.recovery import RecoveryRefused
from bot.services import advocacy, recoveries, reviews, surveys
from bot.services.app import App
from bot.services.asking import answer_invitation, attach_invitation
from bot.services.timeline import append_message
from bot.store.base import new_id
from bot.store.tables import AskDecision, Case, Invitation, Message, Recovery, ReferralLink, ReviewOffer
from tests.integration.loyalty.conftest import HARD, Person, World


async def count(app: App, table: type) -> int:
    async with app.read() as tx:
        return int((await tx.execute(select(func.count()).select_from(table))).scalar_one())


async def invitation(app: App, invitation_id: str | None) -> Invitation:
    async with app.read() as tx:
        row = await tx.get(Invitation, invitation_id)
        assert row is not None
        return row


async def reason(app: App, kind: str) -> tuple[bool, str]:
    async with app.read() as tx:
        query = select(AskDecision).where(AskDecision.kind == kind).order_by(AskDecision.id.desc()).limit(1)
        row = (await tx.execute(query)).scalar_one()
        return row.asked, row.reason


async def tap(world: World, person: Person, invitation_id: str, answer: str) -> None:
    async with world.app.write() as tx:
        message = await append_message(
            tx, world.app.now(), person.conversation_id, case_id=None, author="bot", text="An invitation"
        )
        await attach_invitation(tx, world.app.now(), invitation_id, message.id)
    await answer_invitation(world.app, person.conversation_id, new_id(), invitation_id, answer)


async def test_a_promoter_is_thanked_with_one_referral_invitation_and_the_review_offer(world: World) -> None:
    reaction = await world.answered(await world.customer(), 7, effort=HARD)
    assert (reaction.band, reaction.recovery_id, reaction.invitation_kind) == ("high", None, "referral")
    referral = await invitation(world.app, reaction.invitation_id)
    assert referral.code is not None
    assert referral.url == f"https://chat.example.com/r/{referral.code}"
    assert "£5" in referral.text and "£10" in referral.text
    assert reaction.review_id is not None
    assert await reason(world.app, "referral") == (True, "follows_answer")
    assert await reason(world.app, "review") == (True, "follows_answer")


async def test_everybody_who_answers_gets_the_same_review_offer_whatever_the_score(world: World) -> None:
    offers = []
    for score in (1, 3, 5):
        reaction = await world.answered(await world.customer(), score)
        offers.append(await invitation(world.app, reaction.review_id))
    assert len({(row.title, row.text, row.url, str(row.sites)) for row in offers}) == 1
    assert [site["name"] for site in offers[0].sites] == ["Trustpilot", "Google"]
    assert await count(world.app, ReviewOffer) == 3


async def test_another_open_case_takes_the_review_offer_from_nobody(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    await world.case(person, status="open")
    await world.answer(person, survey_id, 5)
    reaction = await world.react(survey_id)
    assert reaction.review_id is not None
    assert reaction.invitation_id is None
    assert await reason(world.app, "referral") == (False, "open_case")


async def test_a_low_answer_opens_a_recovery_with_the_agents_name_and_a_deadline(world: World) -> None:
    person, agent = await world.customer(), await world.agent()
    case = await world.case(person, effort=HARD, resolution="agent")
    await world.agent_writes(person, case, agent)
    survey_id = await world.surveyed(case)
    await world.answer(person, survey_id, 2, "Too slow.")
    reaction = await world.react(survey_id)
    assert (reaction.band, reaction.invitation_id, reaction.owned) == ("low", None, True)
    [view] = await recoveries.open_recoveries(world.app)
    assert (view.id, view.staff_id, view.state) == (reaction.recovery_id, agent, "open")
    assert (view.due_at - world.app.now()).total_seconds() == 48 * 3600


async def test_a_low_answer_opens_its_recovery_even_when_the_bot_never_reacts(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    await world.answer(person, survey_id, 1)
    [view] = await recoveries.open_recoveries(world.app)
    assert view.survey_id == survey_id
    await world.answer(person, survey_id, 1, "And a word on why.")
    assert len(await recoveries.open_recoveries(world.app)) == 1


async def test_a_late_word_of_explanation_does_not_open_a_closed_recovery_again(world: World) -> None:
    person, agent = await world.customer(), await world.agent()
    survey_id = await world.surveyed(await world.case(person))
    await world.answer(person, survey_id, 1)
    [view] = await recoveries.open_recoveries(world.app)
    await recoveries.mark_contacted(world.app, view.id, agent)
    await recoveries.close_recovery(world.app, view.id, agent, "other", "Called.")
    await world.answer(person, survey_id, 1, "Thank you for calling.")
    await world.react(survey_id)
    assert await recoveries.open_recoveries(world.app) == []


@pytest.mark.parametrize("score", [1, 3, 5])
async def test_who_answers_after_the_case_was_closed_gets_the_review_offer_too(world: World, score: int) -> None:
    person = await world.customer()
    case_id = await world.case(person)
    survey_id = await world.surveyed(case_id)
    async with world.app.write() as tx:
        (await tx.get_one(Case, case_id)).owner = "nobody"
    await world.answer(person, survey_id, score)
    for _ in range(2):
        async with world.app.write() as tx:
            await reviews.settle_unspoken(world.app, tx, survey_id)
    async with world.app.read() as tx:
        query = select(Message).where(Message.conversation_id == person.conversation_id, Message.author == "system")
        [message] = (await tx.execute(query)).scalars()
    assert message.parts["invitation"]["kind"] == "review"
    assert await count(world.app, Invitation) == 1
    assert await count(world.app, Recovery) == (score == 1)


async def test_the_bots_own_failures_wait_for_somebody_to_take_them(world: World) -> None:
    reaction = await world.answered(await world.customer(), 1)
    assert reaction.recovery_id is not None and not reaction.owned


async def test_a_middle_answer_opens_and_invites_nothing_but_the_review(world: World) -> None:
    reaction = await world.answered(await world.customer(), 4)
    assert (reaction.band, reaction.recovery_id, reaction.invitation_id) == ("middle", None, None)
    assert reaction.review_id is not None


async def test_reacting_again_to_the_same_answer_adds_nothing(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    await world.answer(person, survey_id, 5)
    await world.react(survey_id)
    again = await world.react(survey_id)
    assert (again.invitation_id, again.review_id) == (None, None)
    assert await count(world.app, Invitation) == 2


async def test_a_score_changed_to_high_invites_but_leaves_the_recovery_open(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    await world.answer(person, survey_id, 1)
    await world.react(survey_id)
    await world.answer(person, survey_id, 5)
    reaction = await world.react(survey_id)
    assert reaction.invitation_kind == "referral"
    assert reaction.review_id is None, "it was offered with the first answer"
    [standing] = await recoveries.open_recoveries(world.app)
    assert standing.state == "open"


async def test_a_score_changed_to_low_opens_a_recovery_once(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    for score in (5, 1, 2):
        await world.answer(person, survey_id, score)
        reaction = await world.react(survey_id)
    assert reaction.recovery_id is not None
    assert await count(world.app, Recovery) == 1
    assert await count(world.app, Invitation) == 2


@pytest.mark.parametrize(
    ("columns", "why"),
    [({"resolution": "agent"}, "resolution_not_confirmed"), ({"spam": True}, None)],
)
async def test_only_a_confirmed_resolution_leads_to_an_invitation(
    world: World, columns: dict[str, object], why: str | None
) -> None:
    person = await world.customer()
    case_id = await world.case(person)
    survey_id = await world.surveyed(case_id)
    async with world.app.write() as tx:
        case = await tx.get(Case, case_id)
        assert case is not None
        for name, value in columns.items():
            setattr(case, name, value)
    await world.answer(person, survey_id, 5)
    reaction = await world.react(survey_id)
    assert reaction.invitation_id is None
    assert await reason(world.app, "referral") == (False, why or "spam")


async def test_never_is_heard_and_the_next_promoter_moment_asks_for_a_story_instead(world: World) -> None:
    person = await world.customer()
    first = await world.answered(person, 5)
    assert first.invitation_id is not None and first.review_id is not None
    await tap(world, person, first.invitation_id, "never")
    await tap(world, person, first.review_id, "never")
    world.clock.forward(days=8)
    second = await world.answered(person, 5)
    assert second.invitation_kind == "testimonial"
    assert second.review_id is None
    assert await reason(world.app, "review") == (False, "declined_for_good")


async def test_a_shared_link_is_noted_and_not_invited_to_again(world: World) -> None:
    person = await world.customer()
    first = await world.answered(person, 5)
    assert first.invitation_id is not None
    await tap(world, person, first.invitation_id, "done")
    async with world.app.read() as tx:
        link = (await tx.execute(select(ReferralLink))).scalar_one()
    assert link.shared_at == world.app.now()
    world.clock.forward(days=8)
    assert (await world.answered(person, 5)).invitation_kind == "testimonial"


async def test_who_asks_for_the_link_always_gets_the_same_one(world: World) -> None:
    person = await world.customer()
    case_id = await world.case(person, status="open")
    async with world.app.write() as tx:
        await surveys.stop_asking(world.app, tx, person.customer_id)
        case = await tx.get(Case, case_id)
        assert case is not None
        first = await advocacy.share_referral(world.app, tx, case)
        second = await advocacy.share_referral(world.app, tx, case)
    assert first.code == second.code and first.code is not None
    assert len(first.code) == 14, "31 symbols to the 14th power are 69 bits"
    assert await count(world.app, ReferralLink) == 1


async def test_what_the_customer_asked_for_does_not_spend_the_ask_budget(world: World) -> None:
    person = await world.customer()
    case_id = await world.case(person)
    async with world.app.write() as tx:
        case = await tx.get(Case, case_id)
        assert case is not None
        await advocacy.share_referral(world.app, tx, case)
        assert await reviews.take_review(world.app, tx, case) is not None
    reaction = await world.answered(person, 5)
    assert reaction.invitation_id is not None


async def test_a_review_configuration_that_breaks_the_rules_offers_to_nobody(world: World) -> None:
    world.app.settings = world.app.settings.model_copy(update={"review_sites": "Site=http://plain.example.com"})
    reaction = await world.answered(await world.customer(), 5)
    assert reaction.review_id is None
    assert await reason(world.app, "review") == (False, "no_review_site")


async def test_a_review_taken_and_done_is_in_the_ledger(world: World) -> None:
    person = await world.customer()
    reaction = await world.answered(person, 1)
    assert reaction.review_id is not None
    await tap(world, person, reaction.review_id, "accept")
    await answer_invitation(world.app, person.conversation_id, new_id(), reaction.review_id, "done")
    async with world.app.read() as tx:
        offer = (await tx.execute(select(ReviewOffer))).scalar_one()
    assert offer.taken_at is not None and offer.done_at is not None


async def test_a_recovery_goes_from_claim_to_contact_to_close(world: World) -> None:
    person, agent = await world.customer(), await world.agent()
    reaction = await world.answered(person, 1)
    assert reaction.recovery_id is not None
    key = reaction.recovery_id
    assert (await recoveries.claim_recovery(world.app, key, agent)).staff_id == agent
    with pytest.raises(RecoveryRefused, match="Contact the customer"):
        await recoveries.close_recovery(world.app, key, agent, "long_wait", "Apologised.")
    await recoveries.mark_contacted(world.app, key, agent)
    with pytest.raises(RecoveryRefused, match="Choose one of these causes"):
        await recoveries.close_recovery(world.app, key, agent, "moon", "Apologised.")
    closed = await recoveries.close_recovery(world.app, key, agent, "long_wait", "Apologised and sent a lamp.")
    assert (closed.state, closed.cause, closed.closed_at) == ("resolved", "long_wait", world.app.now())
    assert await recoveries.open_recoveries(world.app) == []
    with pytest.raises(recoveries.RecoveryNotFound):
        await recoveries.claim_recovery(world.app, "none", agent)


async def test_a_recovery_is_overdue_after_its_deadline(world: World) -> None:
    await world.answered(await world.customer(), 1)
    world.clock.forward(hours=48)
    assert not (await recoveries.open_recoveries(world.app))[0].overdue
    world.clock.forward(seconds=1)
    assert (await recoveries.open_recoveries(world.app))[0].overdue


async def test_a_low_score_after_the_recovery_was_closed_begins_it_again(world: World) -> None:
    person, agent = await world.customer(), await world.agent()
    survey_id = await world.surveyed(await world.case(person))
    await world.answer(person, survey_id, 1)
    key = (await world.react(survey_id)).recovery_id
    assert key is not None
    await recoveries.mark_contacted(world.app, key, agent)
    await recoveries.close_recovery(world.app, key, agent, "other", "Called.")
    await world.answer(person, survey_id, 2)
    assert (await world.react(survey_id)).recovery_id == key
    [again] = await recoveries.open_recoveries(world.app)
    assert (again.state, again.staff_id, again.outcome) == ("open", agent, None)
