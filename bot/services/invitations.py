"""Making an invitation and knowing which kinds a customer never wants to see again."""

from datetime import datetime

from sqlalchemy import select

from bot.store.engine import Tx
from bot.store.tables import Case, Invitation


async def add_invitation(
    tx: Tx,
    now: datetime,
    case: Case,
    *,
    survey_id: str | None,
    kind: str,
    title: str,
    text: str,
    url: str | None = None,
    code: str | None = None,
    sites: list[dict[str, str]] | None = None,
) -> Invitation:
    """A row to be shown with a message. `survey_id` None: the customer asked for it."""
    invitation = Invitation(
        customer_id=case.customer_id,
        conversation_id=case.conversation_id,
        case_id=case.id,
        survey_id=survey_id,
        kind=kind,
        title=title,
        text=text,
        url=url,
        code=code,
        sites=sites or [],
        created_at=now,
    )
    tx.add(invitation)
    await tx.flush()
    return invitation


async def refused_kinds(tx: Tx, customer_id: str) -> set[str]:
    """The kinds of invitation this customer answered with "never"."""
    found = await tx.execute(
        select(Invitation.kind).where(Invitation.customer_id == customer_id, Invitation.answer == "never")
    )
    return set(found.scalars())


async def shown_link(tx: Tx, conversation_id: str, invitation_id: str) -> str | None:
    """The link an invitation carries, when this conversation was shown it."""
    invitation = await tx.get(Invitation, invitation_id)
    mine = invitation is not None and invitation.conversation_id == conversation_id and invitation.shown_at is not None
    return invitation.url if invitation is not None and mine else None
