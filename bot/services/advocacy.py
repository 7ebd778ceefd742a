"""What follows an answered survey: recovery for the low, one invitation for promoters, the same review offer for all.

The public review link is never gated by score: everybody who answered gets the same text, sites and place, once, and
the equal-offer ledger (`ReviewOffer`) proves it. What a promoter alone is offered is a referral or a testimonial.
"""

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.domain.advocacy import AdvocacyFacts, InvitationKind, choose_invitation, promoter_eligibility
from bot.domain.ask_budget import AskKind
from bot.domain.conversation import CaseStatus, Resolution
from bot.domain.surveys import SCALES, Band, SurveyKind, band
from bot.services import texts
from bot.services.app import App
from bot.services.asks import ask_facts, has_other_open_case, judge, record
from bot.services.cases import lock_case
from bot.services.health import health_of
from bot.services.invitations import add_invitation, refused_kinds
from bot.services.money import money
from bot.services.recoveries import open_recovery
from bot.services.referrals import link_of, link_url
from bot.services.reviews import offer_review
from bot.services.surveys import SurveyNotFound
from bot.store.engine import Tx
from bot.store.tables import (
    Case,
    Customer,
    Invitation,
    ReferralLink,
    Response,
    Survey,
    Testimonial,
)


@dataclass(frozen=True)
class Reaction:
    """What one answer led to; ids of rows to show, None where there is nothing to show."""

    kind: SurveyKind
    score: int
    top: int
    band: Band
    changed: bool
    """It is not the score that was given first."""
    has_comment: bool
    recovery_id: str | None
    owned: bool
    """The recovery has an owner already: the agent who handled the case."""
    invitation_id: str | None
    invitation_kind: str | None
    review_id: str | None


async def react(app: App, tx: Tx, survey_id: str) -> Reaction:
    """Carry out what follows from a survey's present answer. Doing it again for the same answer adds nothing.

    A score changed to high closes no recovery; a score changed to low opens one if there is none. Never two promoter
    invitations nor two review offers for one survey. Raises SurveyNotFound when it is unknown or unanswered.
    """
    survey = await tx.get(Survey, survey_id)
    response = await tx.get(Response, survey_id)
    if survey is None or response is None:
        raise SurveyNotFound(f"There is no answered survey {survey_id}.")
    case = await lock_case(tx, survey.case_id)
    kind = SurveyKind(survey.kind)
    found = band(kind, response.score)
    recovery = await open_recovery(app, tx, survey) if found is Band.LOW else None
    invitation = await _invite_promoter(app, tx, case, survey, response.score) if found is Band.HIGH else None
    review = await offer_review(app, tx, case, survey)
    return Reaction(
        kind=kind,
        score=response.score,
        top=SCALES[kind].maximum,
        band=found,
        changed=response.score != response.first_score,
        has_comment=response.comment is not None,
        recovery_id=recovery.id if recovery else None,
        owned=bool(recovery and recovery.staff_id),
        invitation_id=invitation.id if invitation else None,
        invitation_kind=invitation.kind if invitation else None,
        review_id=review.id if review else None,
    )


async def share_referral(app: App, tx: Tx, case: Case) -> Invitation:
    """The customer asked for their referral link: always given, whatever the budget says."""
    return await _referral_invitation(app, tx, case, survey_id=None)


async def _invite_promoter(app: App, tx: Tx, case: Case, survey: Survey, score: int) -> Invitation | None:
    made = await _invitation_for(tx, survey.id, tuple(kind.value for kind in InvitationKind))
    if made is not None:
        return None
    now = app.now()
    customer = await tx.get(Customer, case.customer_id)
    assert customer is not None
    facts = await ask_facts(tx, case, customer)
    budget = await judge(tx, now, app.settings, case, AskKind.REFERRAL, facts, group=survey.id)
    verdict = promoter_eligibility(
        AdvocacyFacts(
            resolution=Resolution(case.resolution) if case.resolution else None,
            survey_kind=SurveyKind(survey.kind),
            score=score,
            has_open_case=case.status == CaseStatus.OPEN.value or await has_other_open_case(tx, case),
            health=(await health_of(tx, case.customer_id)).level,
            invitations_for_case=await _promoter_invitations_of(tx, case.id),
            budget=budget,
        )
    )
    if not verdict.eligible:
        reason = budget.reason.value if verdict.reasons[0].value == "ask_budget" else verdict.reasons[0].value
        record(tx, now, case, AskKind.REFERRAL, asked=False, reason=reason, detail=verdict.sentence)
        return None
    chosen = choose_invitation(
        verdict,
        declined_for_good=await _declined(tx, case.customer_id),
        already_done=await _done(tx, case.customer_id),
    )
    if chosen is None:
        detail = "The customer has done or refused each of our invitations."
        record(tx, now, case, AskKind.REFERRAL, asked=False, reason="nothing_left_to_ask", detail=detail)
        return None
    detail = f"{verdict.sentence} {budget.detail}"
    record(tx, now, case, AskKind(chosen.value), asked=True, reason=budget.reason.value, detail=detail)
    if chosen is InvitationKind.REFERRAL:
        return await _referral_invitation(app, tx, case, survey_id=survey.id)
    return await add_invitation(
        tx,
        now,
        case,
        survey_id=survey.id,
        kind="testimonial",
        title=texts.say(app.settings, texts.TESTIMONIAL_TITLE),
        text=texts.say(app.settings, texts.TESTIMONIAL_TEXT),
    )


async def _referral_invitation(app: App, tx: Tx, case: Case, *, survey_id: str | None) -> Invitation:
    now = app.now()
    link = await link_of(tx, now, case.customer_id, case.id)
    advocate = money(app.settings.referral_reward, app.settings.currency)
    friend = money(app.settings.friend_reward, app.settings.currency)
    return await add_invitation(
        tx, now, case, survey_id=survey_id, kind="referral",
        title=texts.say(app.settings, texts.REFERRAL_TITLE, friend=friend, advocate=advocate),
        text=texts.say(app.settings, texts.REFERRAL_TEXT, friend=friend, advocate=advocate),
        url=link_url(app.settings, link.code), code=link.code,
    )  # fmt: skip


async def _invitation_for(tx: Tx, survey_id: str, kinds: tuple[str, ...]) -> Invitation | None:
    found = await tx.execute(
        select(Invitation).where(Invitation.survey_id == survey_id, Invitation.kind.in_(kinds)).limit(1)
    )
    return found.scalar_one_or_none()


async def _promoter_invitations_of(tx: Tx, case_id: str) -> int:
    kinds = [kind.value for kind in InvitationKind]
    found = await tx.execute(
        select(func.count()).select_from(Invitation).where(Invitation.case_id == case_id, Invitation.kind.in_(kinds))
    )
    return int(found.scalar_one())


async def _declined(tx: Tx, customer_id: str) -> frozenset[InvitationKind]:
    refused = await refused_kinds(tx, customer_id)
    return frozenset(kind for kind in InvitationKind if kind.value in refused)


async def _done(tx: Tx, customer_id: str) -> frozenset[InvitationKind]:
    """A link that was shared needs no second invitation, nor does a story that was told."""
    done = set()
    shared = await tx.execute(select(ReferralLink.shared_at).where(ReferralLink.customer_id == customer_id))
    if shared.scalar_one_or_none() is not None:
        done.add(InvitationKind.REFERRAL)
    told = await tx.execute(
        select(func.count())
        .select_from(Testimonial)
        .where(Testimonial.customer_id == customer_id, Testimonial.withdrawn_at.is_(None))
    )
    if told.scalar_one():
        done.add(InvitationKind.TESTIMONIAL)
    return frozenset(done)
