"""The copy of a conversation that its customer takes away or has sent: what both sides said, and nothing else.

What agents write for each other is in another table and never looked at here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from bot.domain.surveys import SCALES, SurveyKind
from bot.services import texts
from bot.services.app import App
from bot.services.mail import owe_mail
from bot.services.people import UnknownCustomer
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Customer, Mail, Message, Response

Say = Callable[..., str]
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)")
_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")


class BadZone(ValueError):
    """The time zone is not known; the text says what one looks like."""


class MailRefused(ValueError):
    """The copy cannot be sent: `code` says why in one word, the text in a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Line:
    """One thing that was said; `more` are its card, links, rating and attachments, each in a line."""

    at: datetime
    who: str
    side: str
    """`customer`, `bot`, `agent` or `system`."""
    text: str
    more: tuple[str, ...]
    day: str
    """Its heading, with the abbreviation of the time zone, which may change within the conversation."""


@dataclass(frozen=True)
class Transcript:
    """A conversation as of now, in one time zone; `language` is that of the words around it."""

    language: str
    title: str
    times: str
    empty: str
    made_at: datetime
    lines: tuple[Line, ...]

    def days(self) -> list[tuple[str, list[Line]]]:
        """The lines by day, each with its heading."""
        return [(day, list(lines)) for day, lines in groupby(self.lines, key=lambda line: line.day)]

    def as_text(self) -> str:
        """The whole as plain text, a day's heading before its lines."""
        parts = [self.title, self.times, ""]
        for day, lines in self.days():
            parts += [day, ""]
            for line in lines:
                parts.append(f"{line.at:%H:%M}  {f'{line.who}: ' if line.who else ''}{line.text}".rstrip())
                parts += [*(f"       {more}" for more in line.more), ""]
        return "\n".join(parts if self.lines else [*parts, self.empty]).rstrip() + "\n"


async def transcript(app: App, conversation_id: str, zone: str | None) -> Transcript:
    """The conversation, its times in `zone` (the support team's without one). Raises BadZone, UnknownCustomer."""
    name = zone or app.settings.time_zone
    try:
        its = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadZone("Give a time zone by its name, such as Europe/London.") from error
    async with app.report() as tx:
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None:
            raise UnknownCustomer("This conversation is not there any more.")
        customer = await tx.get(Customer, conversation.customer_id)
        rows = (
            (await tx.execute(select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)))
            .scalars()
            .all()
        )
        answers = await _answers(tx, rows)
    language = texts.language_of(customer.locale if customer else None)
    say = partial(texts.say_in, app.settings, language)
    return Transcript(
        language=language,
        title=say(texts.TRANSCRIPT_TITLE),
        times=say(texts.TRANSCRIPT_TIMES, zone=name),
        empty=say(texts.TRANSCRIPT_EMPTY),
        made_at=app.now().astimezone(its),
        lines=tuple(_line(say, row, answers, its) for row in rows),
    )


async def copy_address(app: App, conversation_id: str, cid: str, email: str | None) -> tuple[str, bool]:
    """Where a copy asked for with this `cid` goes, `email` or the known address, and whether it is owed already.

    Raises MailRefused(`mail_off`, `no_address`, `bad_address`), UnknownCustomer.
    """
    if not app.settings.smtp_url:
        raise MailRefused("mail_off", "E-mail is not set up here. You can download the copy instead.")
    async with app.read() as tx:
        owed = await tx.get(Mail, _mail_of(conversation_id, cid))
        if owed is not None:
            return owed.recipient, True
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None:
            raise UnknownCustomer("This conversation is not there any more.")
        return _address(email or await _known_address(tx, conversation)), False


async def mail_transcript(app: App, conversation_id: str, cid: str, address: str, zone: str | None) -> None:
    """Owe the customer the copy by e-mail, once for each `cid`. Raises BadZone, UnknownCustomer."""
    copy = await transcript(app, conversation_id, zone)
    mail_id = _mail_of(conversation_id, cid)
    async with app.write() as tx:
        conversation = await tx.get(Conversation, conversation_id, with_for_update=True)
        if conversation is None:
            raise UnknownCustomer("This conversation is not there any more.")
        if await tx.get(Mail, mail_id) is None:
            said = copy.as_text().strip()
            await owe_mail(
                tx, app.now(), recipient=address, subject=copy.title, case_id=conversation.case_id, mail_id=mail_id,
                text=texts.say_in(app.settings, copy.language, texts.TRANSCRIPT_MAIL, transcript=said),
            )  # fmt: skip


def _mail_of(conversation_id: str, cid: str) -> str:
    """The id of the e-mail that a request makes, so that the repeated request makes no other."""
    return str(uuid5(UUID(conversation_id), cid))


async def _known_address(tx: Tx, conversation: Conversation) -> str | None:
    customer = await tx.get(Customer, conversation.customer_id)
    if customer is not None and customer.email:
        return customer.email
    case = await tx.get(Case, conversation.case_id) if conversation.case_id else None
    return case.reply_email if case else None


def _address(given: str | None) -> str:
    if not given:
        raise MailRefused("no_address", "We do not know your e-mail address yet. Please type it.")
    try:
        return validate_email(given.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise MailRefused("bad_address", "That is not a whole e-mail address. Please check it.") from error


async def _answers(tx: Tx, rows: Sequence[Message]) -> dict[str, Response]:
    surveys = [row.parts["survey"]["id"] for row in rows if row.parts.get("survey")]
    found = await tx.execute(select(Response).where(Response.survey_id.in_(surveys)))
    return {response.survey_id: response for response in found.scalars()}


def _line(say: Say, row: Message, answers: dict[str, Response], zone: ZoneInfo) -> Line:
    names = {
        "customer": say(texts.TRANSCRIPT_YOU),
        "bot": say(texts.TRANSCRIPT_BOT),
        "agent": row.name or say(texts.TRANSCRIPT_AGENT),
        "system": "",
    }
    more = tuple(_more(say, row.parts, answers))
    at = row.created_at.astimezone(zone)
    return Line(at, names.get(row.author, ""), row.author, _plain(row.text), more, _spoken_day(say, at))


def _spoken_day(say: Say, at: datetime) -> str:
    """`Wednesday 15 July 2026, BST`."""
    weekday = say(texts.TRANSCRIPT_WEEKDAYS).split(", ")[at.weekday()]
    month = say(texts.TRANSCRIPT_MONTHS).split(", ")[at.month - 1]
    zone = f"{at:%Z}"
    return say(texts.TRANSCRIPT_DAY, weekday=weekday, day=at.day, month=month, year=at.year, zone=zone)


def _plain(text: str) -> str:
    """The few marks our own texts have, as plain words."""
    return _STRONG.sub(r"\1", _LINK.sub(r"\1 (\2)", text))


def _more(say: Say, parts: dict[str, Any], answers: dict[str, Response]) -> list[str]:
    found: list[str] = []
    card = parts.get("card") or {}
    if card.get("number"):
        title = say(texts.TRANSCRIPT_ORDER, number=card["number"])
        found.append(": ".join(str(each) for each in (title, card.get("status")) if each))
    elif card:
        found += [str(card[name]) for name in ("title", "text") if card.get(name)]
    found += [str(card[name]) for name in ("url", "tracking_url") if card.get(name)]
    survey = parts.get("survey")
    if survey:
        found.append(str(survey["question"]))
        found += _answered(say, answers.get(survey["id"]), survey["kind"])
    invitation = parts.get("invitation")
    if invitation:
        found += [str(invitation[name]) for name in ("title", "text") if invitation.get(name)]
        if isinstance(invitation.get("url"), str):
            found.append(invitation["url"])
        if invitation.get("code"):
            found.append(say(texts.TRANSCRIPT_CODE, code=invitation["code"]))
    for attached in parts.get("attachments") or []:
        found.append(say(texts.TRANSCRIPT_ATTACHMENT, name=attached["name"]))
    return found


def _answered(say: Say, response: Response | None, kind: str) -> list[str]:
    if response is None:
        return []
    best = SCALES[SurveyKind(kind)].maximum
    lines = [say(texts.TRANSCRIPT_SCORE, score=response.score, best=best)]
    if response.comment:
        lines.append(say(texts.TRANSCRIPT_COMMENT, comment=response.comment))
    return lines
