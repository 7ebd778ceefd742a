"""What each list of surveys and advocacy holds: where its rows come from, their order, and their fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from bot.domain.recovery import RecoveryState, RecoveryStatus, is_overdue
from bot.domain.surveys import SurveyKind, band
from bot.store.tables import (
    AskDecision,
    Case,
    Customer,
    Goodwill,
    Invitation,
    Recovery,
    Referral,
    ReferralLink,
    Response,
    ReviewOffer,
    Survey,
    Testimonial,
)


@dataclass(frozen=True)
class Listed:
    """How one list is made: its query, the time and id it is ordered by (newest first), and a row's fields."""

    query: Any
    """A select; its rows' type differs from list to list."""
    at: ColumnElement[datetime]
    id: ColumnElement[str]
    fields: Callable[[Any, datetime], dict[str, Any]]


def _response(row: Any, _now: datetime) -> dict[str, Any]:
    response, survey, number = row
    return {
        "id": survey.id,
        "kind": survey.kind,
        "score": response.score,
        "first_score": response.first_score,
        "band": band(SurveyKind(survey.kind), response.score).value,
        "comment": response.comment,
        "via": response.via,
        "case": survey.case_id,
        "number": number,
        "customer": survey.customer_id,
        "handler": survey.handler,
        "agent": survey.agent_id,
        "model": survey.model_id,
        "intent": survey.intent,
        "asked_at": survey.created_at,
        "at": response.created_at,
        "changed_at": response.updated_at,
    }


def _referral(row: Any, _now: datetime) -> dict[str, Any]:
    referral, link = row
    return {
        "id": referral.id,
        "code": referral.code,
        "advocate": link.customer_id,
        "case": link.case_id,
        "friend": referral.friend,
        "state": referral.state,
        "reason": referral.reason,
        "order": referral.order_number,
        "order_total": referral.order_total,
        "signed_up_at": referral.signed_up_at,
        "qualified_at": referral.qualified_at,
        "rewarded_at": referral.rewarded_at,
        "at": referral.created_at,
    }


def _review(row: Any, _now: datetime) -> dict[str, Any]:
    offer, survey, response, invitation = row
    return {
        "id": offer.id,
        "survey": offer.survey_id,
        "kind": survey.kind,
        "score": response.score,
        "band": band(SurveyKind(survey.kind), response.score).value,
        "customer": offer.customer_id,
        "text": invitation.text if invitation else None,
        "sites": ", ".join(site["name"] for site in invitation.sites) if invitation else None,
        "at": offer.offered_at,
        "taken_at": offer.taken_at,
        "done_at": offer.done_at,
    }


def _testimonial(row: Any, _now: datetime) -> dict[str, Any]:
    quote, name = row
    return {
        "id": quote.id,
        "customer": quote.customer_id,
        "first_name": name.split()[0] if name and name.strip() else None,
        "case": quote.case_id,
        "words": quote.words,
        "edited": quote.edited,
        "scope": quote.scope,
        "state": quote.state,
        "consent_at": quote.consent_at,
        "withdrawn_at": quote.withdrawn_at,
        "at": quote.created_at,
    }


def _recovery(row: Any, now: datetime) -> dict[str, Any]:
    recovery, kind, score, comment, number = row
    return {
        "id": recovery.id,
        "case": recovery.case_id,
        "number": number,
        "survey": recovery.survey_id,
        "kind": kind,
        "score": score,
        "comment": comment,
        "customer": recovery.customer_id,
        "owner": recovery.staff_id,
        "state": recovery.state,
        "due_at": recovery.due_at,
        "overdue": is_overdue(RecoveryState(RecoveryStatus(recovery.state)), recovery.due_at, now),
        "cause": recovery.cause,
        "outcome": recovery.outcome,
        "at": recovery.opened_at,
        "closed_at": recovery.closed_at,
    }


def _decision(row: Any, _now: datetime) -> dict[str, Any]:
    (decision,) = row
    return {
        "id": decision.id,
        "customer": decision.customer_id,
        "case": decision.case_id,
        "kind": decision.kind,
        "asked": decision.asked,
        "reason": decision.reason,
        "detail": decision.detail,
        "at": decision.created_at,
    }


def _goodwill(row: Any, _now: datetime) -> dict[str, Any]:
    (entry,) = row
    return {
        "id": entry.id,
        "order": entry.subject,
        "reason": entry.reason,
        "beneficiary": entry.beneficiary,
        "customer": entry.customer_id,
        "case": entry.case_id,
        "kind": entry.kind,
        "amount": entry.amount,
        "currency": entry.currency,
        "days_late": entry.days_late,
        "order_value": entry.order_value,
        "policy": entry.policy_version,
        "state": entry.state,
        "why": entry.why,
        "code": entry.code,
        "at": entry.reserved_at,
        "accepted_at": entry.accepted_at,
        "granted_at": entry.granted_at,
        "released_at": entry.released_at,
    }


LISTED: Mapping[str, Listed] = {
    # The route `/api/v1/surveys/responses` shows these.
    "responses": Listed(
        select(Response, Survey, Case.number)
        .join(Survey, Survey.id == Response.survey_id)
        .join(Case, Case.id == Survey.case_id),
        Response.created_at.expression,
        Response.survey_id.expression,
        _response,
    ),
    "referrals": Listed(
        select(Referral, ReferralLink).join(ReferralLink, ReferralLink.code == Referral.code),
        Referral.created_at.expression,
        Referral.id.expression,
        _referral,
    ),
    "reviews": Listed(
        select(ReviewOffer, Survey, Response, Invitation)
        .join(Survey, Survey.id == ReviewOffer.survey_id)
        .join(Response, Response.survey_id == ReviewOffer.survey_id)
        .outerjoin(Invitation, Invitation.id == ReviewOffer.invitation_id),
        ReviewOffer.offered_at.expression,
        ReviewOffer.id.expression,
        _review,
    ),
    "testimonials": Listed(
        select(Testimonial, Customer.name).join(Customer, Customer.id == Testimonial.customer_id),
        Testimonial.created_at.expression,
        Testimonial.id.expression,
        _testimonial,
    ),
    "recoveries": Listed(
        select(Recovery, Survey.kind, Response.score, Response.comment, Case.number)
        .join(Survey, Survey.id == Recovery.survey_id)
        .join(Response, Response.survey_id == Recovery.survey_id)
        .join(Case, Case.id == Recovery.case_id),
        Recovery.opened_at.expression,
        Recovery.id.expression,
        _recovery,
    ),
    "goodwill": Listed(select(Goodwill), Goodwill.reserved_at.expression, Goodwill.id.expression, _goodwill),
    "asks": Listed(select(AskDecision), AskDecision.created_at.expression, AskDecision.id.expression, _decision),
}
