"""A customer's own words with the consent to show them: given, approved, edited in the open, taken back any time."""

from sqlalchemy import select

from bot.services.app import App, hint
from bot.store.engine import Tx
from bot.store.tables import Case, Response, Survey, Testimonial

WORDS_LIMIT = 1000
SCOPE = "website, with first name"
"""What the customer consents to; it is said in the question."""


class TestimonialRefused(ValueError):
    """The step may not happen; the text says why."""


async def give_testimonial(app: App, tx: Tx, case: Case, words: str) -> Testimonial:
    """Keep the words the customer has just agreed to let us show; a person approves them before they are shown.

    Raises TestimonialRefused for empty or too long words.
    """
    text = words.strip()
    if not text:
        raise TestimonialRefused("There are no words to quote.")
    if len(text) > WORDS_LIMIT:
        raise TestimonialRefused(f"A testimonial has at most {WORDS_LIMIT} characters.")
    now = app.now()
    row = Testimonial(
        customer_id=case.customer_id,
        case_id=case.id,
        words=text,
        scope=SCOPE,
        consent_at=now,
        state="waiting",
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    hint(tx, "desk")
    return row


async def last_comment(tx: Tx, case_id: str) -> str:
    """What the case's customer wrote with the newest answer, unless it was quoted already; empty for nothing."""
    customer = select(Case.customer_id).where(Case.id == case_id).scalar_subquery()
    row = await tx.execute(
        select(Response.comment)
        .join(Survey, Survey.id == Response.survey_id)
        .where(Survey.customer_id == customer, Response.comment.is_not(None))
        .order_by(Response.updated_at.desc())
        .limit(1)
    )
    comment = (row.scalar_one_or_none() or "").strip()[:WORDS_LIMIT]
    quoted = await tx.execute(
        select(Testimonial.id).where(Testimonial.customer_id == customer, Testimonial.words == comment).limit(1)
    )
    return "" if quoted.scalar_one_or_none() else comment


async def judge_testimonial(app: App, testimonial_id: str, *, approve: bool, edited: str | None = None) -> Testimonial:
    """Approve (with an edit that is kept beside the original words) or refuse to show it.

    Raises LookupError for an unknown id, TestimonialRefused for one that was withdrawn.
    """
    async with app.write() as tx:
        row = await _locked(tx, testimonial_id)
        if row.withdrawn_at is not None:
            raise TestimonialRefused("The customer has taken this testimonial back.")
        row.state = "approved" if approve else "refused"
        row.edited = (edited or "").strip() or None
        return row


async def withdraw_testimonial(app: App, testimonial_id: str) -> Testimonial:
    """The customer takes it back: it is not shown any more, from now on. Raises LookupError for an unknown id."""
    async with app.write() as tx:
        row = await _locked(tx, testimonial_id)
        _withdraw(app, row)
        return row


async def take_back(app: App, tx: Tx, case: Case) -> None:
    """Withdraw what the customer of this case let us show about it; nothing happens when there is nothing."""
    rows = await tx.execute(
        select(Testimonial).where(Testimonial.case_id == case.id, Testimonial.withdrawn_at.is_(None)).with_for_update()
    )
    for row in rows.scalars():
        _withdraw(app, row)


def _withdraw(app: App, row: Testimonial) -> None:
    row.withdrawn_at = row.withdrawn_at or app.now()
    row.state = "withdrawn"


async def _locked(tx: Tx, testimonial_id: str) -> Testimonial:
    row = await tx.get(Testimonial, testimonial_id, with_for_update=True)
    if row is None:
        raise LookupError(f"There is no testimonial {testimonial_id}.")
    return row
