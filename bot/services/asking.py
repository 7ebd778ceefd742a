"""A survey or an invitation in the thread: shown with a message, answered by one tap.

The answer is stored by the gateway, whether or not the bot is up; what follows from it (thanks, recovery, invitation)
is a system turn of the bot.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.domain.recovery import needs_recovery
from bot.domain.surveys import SCALES, ScoreOutOfRange, SurveyKind, validate_score
from bot.services.app import App, hint
from bot.services.cases import lock_case
from bot.services.receive import Refused, receipt
from bot.services.recoveries import open_recovery
from bot.services.referrals import note_shared
from bot.services.system_events import enqueue_system_turn
from bot.services.testimonials import TestimonialRefused, give_testimonial, take_back
from bot.services.timeline import append_update
from bot.store.engine import Tx
from bot.store.tables import Invitation, Message, Receipt, Response, ReviewOffer, Survey

COMMENT_LIMIT = 2000
ANSWERS = frozenset({"accept", "later", "never", "done"})


async def attach_survey(tx: Tx, now: datetime, survey_id: str, message_id: str) -> dict[str, Any]:
    """The survey as its message carries it; from now on it counts as shown. Raises LookupError for an unknown id."""
    survey = await tx.get(Survey, survey_id)
    if survey is None:
        raise LookupError(f"There is no survey {survey_id}.")
    survey.shown_at = survey.shown_at or now
    survey.message_id = message_id
    scale = SCALES[SurveyKind(survey.kind)]
    return {
        "id": survey.id,
        "kind": survey.kind,
        "question": survey.question,
        "min": scale.minimum,
        "max": scale.maximum,
        "low": scale.low_label,
        "high": scale.high_label,
        "answered": None,
    }


async def attach_invitation(tx: Tx, now: datetime, invitation_id: str, message_id: str) -> dict[str, Any]:
    """The invitation as its message carries it. Raises LookupError for an unknown id."""
    invitation = await tx.get(Invitation, invitation_id)
    if invitation is None:
        raise LookupError(f"There is no invitation {invitation_id}.")
    invitation.shown_at = invitation.shown_at or now
    invitation.message_id = message_id
    return {
        "id": invitation.id,
        "kind": invitation.kind,
        "title": invitation.title,
        "text": invitation.text,
        "url": invitation.url,
        "code": invitation.code,
        "sites": invitation.sites,
        "answered": invitation.answer,
    }


async def answer_survey(
    app: App,
    conversation_id: str,
    cid: str,
    survey_id: str,
    score: int | None,
    comment: str | None,
) -> int:
    """Store a tapped score, a changed one, or a later comment; returns the acked `seq`.

    Raises Refused(`bad_survey`) for a survey of another conversation, a score off the scale, or a comment without any
    score before it.
    """
    async with app.write() as tx:
        _, seq = await receipt(tx, conversation_id, cid)
        if seq is not None:
            return seq
        survey = await survey_shown_in(tx, conversation_id, survey_id)
        seq = await store_answer(app, tx, survey, score, comment, via="control")
        tx.add(Receipt(conversation_id=conversation_id, cid=cid, seq=seq))
        return seq


async def survey_shown_in(tx: Tx, conversation_id: str, survey_id: str) -> Survey:
    """The survey, when this conversation was shown it. Raises Refused(`bad_survey`)."""
    survey = await tx.get(Survey, survey_id)
    if survey is None or survey.conversation_id != conversation_id or survey.shown_at is None:
        raise Refused("bad_survey", "That question does not belong to this chat.")
    return survey


async def store_answer(app: App, tx: Tx, survey: Survey, score: int | None, comment: str | None, via: str) -> int:
    """Insert or change the response and tell the browsers; each new score starts what follows. Returns the `seq`.

    A low score opens its recovery here and now: it must stand even while the bot is down or a person has the case.
    """
    now = app.now()
    response = await tx.get(Response, survey.id, with_for_update=True)
    if score is None and response is None:
        raise Refused("bad_survey", "Please choose a score first; the comment goes with it.")
    if score is not None:
        try:
            validate_score(SurveyKind(survey.kind), score)
        except ScoreOutOfRange as error:
            raise Refused("bad_survey", str(error)) from error
    words = (comment or "").replace("\x00", "").strip()[:COMMENT_LIMIT] or None
    newly_given = score is not None and (response is None or response.score != score)
    if response is None:
        assert score is not None
        response = Response(
            survey_id=survey.id,
            score=score,
            first_score=score,
            comment=words,
            via=via,
            created_at=now,
            updated_at=now,
        )
        tx.add(response)
        await tx.flush()
    else:
        response.score = response.score if score is None else score
        response.comment = words or response.comment
        response.updated_at = now
    if newly_given and needs_recovery(SurveyKind(survey.kind), response.score):
        await open_recovery(app, tx, survey, again=True)
    case = await lock_case(tx, survey.case_id)
    # One reaction for each score given: a changed score is reacted to by the band it is in now.
    await enqueue_system_turn(
        tx, now, case, "EXTERNAL_survey_answered", {"survey": survey.id},
        key=f"answered:{survey.id}:{response.score}",
    )  # fmt: skip
    hint(tx, "desk")
    message = await tx.get(Message, survey.message_id) if survey.message_id else None
    return await append_update(
        tx, now, survey.conversation_id, message.seq if message else 0,
        survey={"id": survey.id, "answered": response.score, "comment": response.comment},
    )  # fmt: skip


async def answer_invitation(
    app: App, conversation_id: str, cid: str, invitation_id: str, answer: str, words: str | None = None
) -> int:
    """Store what the customer made of an invitation; returns the acked `seq`. Raises Refused(`bad_invitation`).

    `words`: the testimonial itself, with `done`. Another `done` replaces them, `later` or `never` takes them back.
    """
    async with app.write() as tx:
        _, seq = await receipt(tx, conversation_id, cid)
        if seq is not None:
            return seq
        invitation = await invitation_shown_in(tx, conversation_id, invitation_id)
        if answer not in ANSWERS:
            raise Refused("bad_invitation", "Answer with accept, later, never or done.")
        now = app.now()
        invitation.answer = answer
        invitation.answered_at = now
        if invitation.kind == "review":
            await _note_review(tx, now, invitation, answer)
        if invitation.kind == "referral" and answer in {"accept", "done"}:
            await note_shared(tx, now, invitation)
        changed: dict[str, Any] = {"id": invitation.id, "answered": answer}
        if invitation.kind == "testimonial":
            changed["words"] = await _note_testimonial(app, tx, invitation, answer, words)
        message = await tx.get(Message, invitation.message_id) if invitation.message_id else None
        seq = await append_update(tx, now, conversation_id, message.seq if message else 0, invitation=changed)
        tx.add(Receipt(conversation_id=conversation_id, cid=cid, seq=seq))
        return seq


async def invitation_shown_in(tx: Tx, conversation_id: str, invitation_id: str) -> Invitation:
    """The invitation, locked, when this conversation was shown it. Raises Refused(`bad_invitation`)."""
    invitation = await tx.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None or invitation.conversation_id != conversation_id or invitation.shown_at is None:
        raise Refused("bad_invitation", "That invitation does not belong to this chat.")
    return invitation


async def _note_testimonial(app: App, tx: Tx, invitation: Invitation, answer: str, words: str | None) -> str | None:
    """What stands as the customer's testimonial of this case from now on; None for nothing."""
    assert invitation.case_id is not None
    case = await lock_case(tx, invitation.case_id)
    if answer != "accept":
        await take_back(app, tx, case)
    if answer != "done":
        return None
    try:
        return (await give_testimonial(app, tx, case, words or "")).words
    except TestimonialRefused as error:
        raise Refused("bad_invitation", str(error)) from error


async def _note_review(tx: Tx, now: datetime, invitation: Invitation, answer: str) -> None:
    offer = (
        await tx.execute(select(ReviewOffer).where(ReviewOffer.invitation_id == invitation.id))
    ).scalar_one_or_none()
    if offer is None:
        return
    if answer in {"accept", "done"}:
        offer.taken_at = offer.taken_at or now
    if answer == "done":
        offer.done_at = offer.done_at or now
