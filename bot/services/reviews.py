"""The public review offer: the same text, sites and place for everybody who answered, once, and a ledger proves it.

Nothing here may look at a score, nor at anything that goes with the mood.
"""

import structlog
from sqlalchemy import select

from bot.domain.ask_budget import AskFacts, AskKind
from bot.domain.reviews import ReviewConfiguration, ReviewConfigurationRefused, review_configuration
from bot.services import texts
from bot.services.app import App
from bot.services.asking import attach_invitation
from bot.services.asks import judge, record
from bot.services.cases import lock_case
from bot.services.invitations import add_invitation, refused_kinds
from bot.services.timeline import append_message
from bot.settings import Settings
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Case, Customer, Invitation, Response, ReviewOffer, Survey

log = structlog.get_logger()


def review_sites(settings: Settings) -> ReviewConfiguration | None:
    """The review offer as configured; None when there is none, or when it would break the rules (logged)."""
    sites = []
    for entry in settings.review_sites.split():
        name, _, url = entry.partition("=")
        sites.append({"name": name.replace("_", " "), "url": url})
    if not sites:
        return None
    try:
        return review_configuration({"sites": sites})
    except ReviewConfigurationRefused as error:
        log.error("reviews.configuration_refused", why=str(error))
        return None


async def offer_review(app: App, tx: Tx, case: Case, survey: Survey) -> Invitation | None:
    """The same offer for everybody surveyed. What is looked at here must have nothing to do with the score."""
    already = await tx.execute(select(ReviewOffer.id).where(ReviewOffer.survey_id == survey.id))
    if already.scalar_one_or_none() is not None:
        return None
    now = app.now()
    configured = review_sites(app.settings)
    if configured is None:
        record(tx, now, case, AskKind.REVIEW, asked=False, reason="no_review_site", detail="No review site is set up.")
        return None
    customer = await tx.get(Customer, case.customer_id)
    assert customer is not None
    # Open cases and the like go with the mood, so here they do not stand in the way: only the person's own word does.
    facts = AskFacts(spam=case.spam, stop_asking=customer.stop_asking_at is not None)
    verdict = await judge(tx, now, app.settings, case, AskKind.REVIEW, facts, group=survey.id)
    refused = "review" in await refused_kinds(tx, case.customer_id)
    if refused or not verdict.asked:
        reason = "declined_for_good" if refused else verdict.reason.value
        detail = "The customer does not want to be asked for reviews." if refused else verdict.detail
        record(tx, now, case, AskKind.REVIEW, asked=False, reason=reason, detail=detail)
        return None
    record(tx, now, case, AskKind.REVIEW, asked=True, reason=verdict.reason.value, detail=verdict.detail)
    invitation = await _review_invitation(app, tx, case, configured, survey_id=survey.id)
    tx.add(ReviewOffer(survey_id=survey.id, customer_id=case.customer_id, invitation_id=invitation.id, offered_at=now))
    return invitation


async def take_review(app: App, tx: Tx, case: Case) -> Invitation | None:
    """The customer asked where to leave a review: the same offer as everybody's; None when no site is set up."""
    configured = review_sites(app.settings)
    return await _review_invitation(app, tx, case, configured, survey_id=None) if configured else None


async def settle_unspoken(app: App, tx: Tx, survey_id: str) -> None:
    """React to an answer that comes while the bot may not speak: the case is closed, or a person has it.

    The recovery stands already (`asking.store_answer`). The review offer is owed to whoever answers, so the product
    itself shows it; invitations are the bot's own and are left out. Nothing happens for an unknown survey.
    """
    survey = await tx.get(Survey, survey_id)
    if survey is None or await tx.get(Response, survey_id) is None:
        return
    case = await lock_case(tx, survey.case_id)
    review = await offer_review(app, tx, case, survey)
    if review is None:
        return
    now, message_id = app.now(), new_id()
    await append_message(
        tx, now, case.conversation_id, case_id=case.id, author="system",
        text=texts.say(app.settings, texts.THANKS_UNSPOKEN), message_id=message_id,
        parts={"invitation": await attach_invitation(tx, now, review.id, message_id)},
    )  # fmt: skip


async def _review_invitation(
    app: App, tx: Tx, case: Case, configured: ReviewConfiguration, *, survey_id: str | None
) -> Invitation:
    sites = [{"name": site.name, "url": site.url} for site in configured.sites]
    return await add_invitation(
        tx, app.now(), case, survey_id=survey_id, kind="review",
        title=texts.say(app.settings, texts.REVIEW_TITLE), text=configured.text, url=sites[0]["url"], sites=sites,
    )  # fmt: skip
