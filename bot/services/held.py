"""What is held about a person, to be read and taken away by them: in a few counts, or everything as it is stored."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from bot.services.app import App
from bot.services.erase_rules import Whose
from bot.services.people import Ids, customer_of, ids_of, rows_of
from bot.store.base import Base
from bot.store.engine import Tx

FORMAT = "rapport-data-1"


@dataclass(frozen=True)
class Part:
    """One part of the file: a table, how its rows are found, in which order, and the columns it gives."""

    name: str
    table: str
    by: tuple[tuple[str, Whose], ...]
    order: str
    columns: tuple[str, ...]
    for_staff: bool = False
    """Only in what a member of staff takes out; it is theirs, too."""


PARTS = (
    Part("person", "rp_customer", (("id", Whose.CUSTOMER),), "created_at",
         ("external_id", "name", "email", "locale", "created_at", "seen_at", "stop_asking_at")),
    Part("conversations", "rp_conversation", (("id", Whose.CONVERSATION),), "created_at", ("id", "page", "created_at")),
    Part("access", "rp_visitor_token", (("conversation_id", Whose.CONVERSATION),), "created_at",
         ("conversation_id", "created_at", "used_at")),
    Part("cases", "rp_case", (("id", Whose.CASE),), "opened_at",
         ("number", "conversation_id", "status", "opened_at", "intent", "escalated_at", "escalation_reason", "ticket",
          "reply_email", "resolved_at", "resolution", "resolution_reason", "closed_at", "effort", "mood", "packet")),
    Part("messages", "rp_message", (("id", Whose.MESSAGE),), "created_at",
         ("conversation_id", "seq", "author", "name", "text", "parts", "nlu", "created_at")),
    Part("files", "rp_upload", (("conversation_id", Whose.CONVERSATION),), "created_at",
         ("id", "name", "kind", "bytes", "created_at")),
    Part("ratings", "rp_survey", (("id", Whose.SURVEY),), "created_at", ("id", "kind", "question", "created_at")),
    Part("answers", "rp_response", (("survey_id", Whose.SURVEY),), "created_at",
         ("survey_id", "score", "comment", "created_at", "updated_at")),
    Part("asked", "rp_ask_decision", (("customer_id", Whose.CUSTOMER),), "created_at",
         ("kind", "asked", "reason", "detail", "created_at")),
    Part("invitations", "rp_invitation", (("id", Whose.INVITATION),), "created_at",
         ("kind", "title", "text", "url", "code", "answer", "created_at", "answered_at")),
    Part("review_offers", "rp_review_offer", (("customer_id", Whose.CUSTOMER),), "offered_at",
         ("site", "offered_at", "taken_at", "done_at")),
    Part("referral_links", "rp_referral_link", (("code", Whose.CODE),), "created_at",
         ("code", "created_at", "shared_at")),
    Part("referrals", "rp_referral", (("id", Whose.REFERRAL),), "created_at",
         ("code", "state", "signed_up_at", "qualified_at", "rewarded_at")),
    Part("rewards", "rp_reward", (("customer_id", Whose.CUSTOMER),), "created_at",
         ("party", "amount", "currency", "created_at")),
    Part("testimonials", "rp_testimonial", (("customer_id", Whose.CUSTOMER),), "created_at",
         ("words", "edited", "scope", "state", "consent_at", "withdrawn_at")),
    Part("recoveries", "rp_recovery", (("customer_id", Whose.CUSTOMER),), "opened_at",
         ("state", "cause", "outcome", "opened_at", "closed_at")),
    Part("goodwill", "rp_goodwill", (("id", Whose.GOODWILL),), "reserved_at",
         ("subject", "reason", "kind", "amount", "currency", "state", "code", "reserved_at", "granted_at")),
    Part("done_for_you", "rp_effect", (("case_id", Whose.CASE),), "created_at", ("action", "result", "created_at")),
    Part("e_mails", "rp_mail", (("id", Whose.MAIL),), "created_at",
         ("recipient", "subject", "text", "created_at", "sent_at")),
    Part("notes", "rp_note", (("case_id", Whose.CASE),), "created_at", ("name", "text", "created_at"), for_staff=True),
)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """How much of what is held; enough for a page in plain words."""

    identified: bool
    name: str | None
    email: str | None
    """Known from the site, else the one given for an answer by e-mail."""
    conversations: int
    messages: int
    ratings: int
    invitations: int
    referrals: int
    testimonials: int
    orders: list[str]
    """The numbers of the orders that were shown."""
    files: int
    e_mails: int
    notes: int
    since: datetime | None
    access_days: float
    """A browser that does not come back for so long loses its way into the conversation."""
    can_mail: bool


async def summary_for_visitor(app: App, conversation_id: str) -> Summary:
    """Raises UnknownCustomer when it was erased meanwhile."""
    return _summary(app, (await _gather(app, conversation_id)))


async def data_for_visitor(app: App, conversation_id: str) -> dict[str, Any]:
    """Everything, as plain JSON; the colleagues' notes about a case are counted only. Raises UnknownCustomer."""
    return _file(app, await _gather(app, conversation_id), for_staff=False)


async def data_of_customers(app: App, customers: Sequence[str]) -> dict[str, Any]:
    """Everything about these customers, for a member of staff."""
    async with app.report() as tx:
        return _file(app, await _rows(tx, await ids_of(tx, customers)), for_staff=True)


async def _gather(app: App, conversation_id: str) -> dict[str, list[Any]]:
    async with app.report() as tx:
        return await _rows(tx, await ids_of(tx, [await customer_of(tx, conversation_id)]))


async def _rows(tx: Tx, ids: Ids) -> dict[str, list[Any]]:
    found = {}
    for part in PARTS:
        table = Base.metadata.tables[part.table]
        rows = await rows_of(tx, table, [(column, ids.get(kind, [])) for column, kind in part.by])
        found[part.name] = sorted(rows, key=attrgetter(part.order))
    return found


def _file(app: App, rows: dict[str, list[Any]], *, for_staff: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "company": app.settings.company,
        "made_at": app.now().isoformat(),
        "summary": _plain(asdict(_summary(app, rows))),
        **{
            part.name: [{name: _plain(getattr(row, name)) for name in part.columns} for row in rows[part.name]]
            for part in PARTS
            if for_staff or not part.for_staff
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _summary(app: App, rows: dict[str, list[Any]]) -> Summary:
    people = rows["person"]
    cards = (message.parts.get("card") or {} for message in rows["messages"])
    orders = [str(card["number"]) for card in cards if card.get("kind") == "order" and card.get("number")]
    replies = [case.reply_email for case in rows["cases"] if case.reply_email]
    return Summary(
        identified=any(person.external_id for person in people),
        name=next((person.name for person in people if person.name), None),
        email=next((person.email for person in people if person.email), replies[-1] if replies else None),
        conversations=len(rows["conversations"]),
        messages=len(rows["messages"]),
        ratings=len(rows["answers"]),
        invitations=len(rows["invitations"]),
        referrals=len(rows["referrals"]),
        testimonials=len(rows["testimonials"]),
        orders=list(dict.fromkeys(orders)),
        files=len(rows["files"]),
        e_mails=len(rows["e_mails"]),
        notes=len(rows["notes"]),
        since=min((person.created_at for person in people), default=None),
        access_days=app.settings.token_days,
        can_mail=bool(app.settings.smtp_url),
    )
