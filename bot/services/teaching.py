"""Deciding about inbox messages: an intent, a new intent, or nothing to learn; with undo, ten decisions deep."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from bot.adapters.assistant_files import domain_intents, phrases_by_intent
from bot.domain.inbox import normal
from bot.domain.redaction import redact
from bot.services.app import App, hint
from bot.services.staff import StaffMember
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Example, InboxDecision, Message, TaughtIntent

UNDO_DEPTH = 10
MAX_ANSWER = 1000
_NAME = re.compile(r"[a-z]+(?:_[a-z]+)*")
_MARK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


class TeachingRefused(Exception):
    """The decision cannot be taken; the text says why and what to do."""


@dataclass(frozen=True)
class NewIntent:
    """An intent to be made. Without an answer the bot answers it from the articles."""

    name: str
    answer: str | None


@dataclass(frozen=True)
class IntentInfo:
    """An intent one can teach: how many phrases it has in the files, how many were taught, and two of them."""

    name: str
    phrases: int
    taught: int
    samples: tuple[str, ...]
    new: bool


@dataclass(frozen=True)
class Decided:
    """What one decision (or its undoing) touched."""

    messages: tuple[str, ...]
    intent: str | None


async def teach(
    app: App, who: StaffMember, message_ids: Sequence[str], intent: str, *, new: NewIntent | None = None
) -> Decided:
    """Give messages an intent; their redacted words become training examples. Raises TeachingRefused."""
    known = {name for name, phrases in phrases_by_intent().items() if phrases}
    async with app.write() as tx:
        messages = await _messages(tx, message_ids)
        if new is not None:
            await _make_intent(tx, app.now(), who, new, known)
            intent = new.name
        elif intent not in known and not await _is_taught(tx, intent):
            raise TeachingRefused(f"There is no intent '{intent}' to teach; choose one of the list or make it new.")
        _refuse_contradiction([message.text for message in messages], intent)
        at = await _moment(tx, app.now(), who)
        for message in messages:
            example = Example(
                id=new_id(), text=redact(message.text), intent=intent, message_id=message.id,
                staff_id=who.id, author=who.email, created_at=at,
            )  # fmt: skip
            tx.add(example)
            tx.add(_decision(message.id, "intent", who, at, example.id))
        hint(tx, "models")
    return Decided(tuple(message.id for message in messages), intent)


async def set_aside(app: App, who: StaffMember, message_ids: Sequence[str]) -> Decided:
    """Nothing to learn from these messages. Raises TeachingRefused."""
    async with app.write() as tx:
        messages = await _messages(tx, message_ids)
        at = await _moment(tx, app.now(), who)
        tx.add_all([_decision(message.id, "not_useful", who, at, None) for message in messages])
        hint(tx, "models")
    return Decided(tuple(message.id for message in messages), None)


async def undo(app: App, who: StaffMember) -> Decided:
    """Take back this person's last decision, its near-identical messages too. Raises TeachingRefused."""
    async with app.write() as tx:
        moments = await tx.execute(
            select(InboxDecision.created_at, func.max(InboxDecision.undone_at))
            .where(InboxDecision.staff_id == who.id)
            .group_by(InboxDecision.created_at)
            .order_by(InboxDecision.created_at.desc())
            .limit(UNDO_DEPTH)
        )
        last = next((moment for moment, undone in moments if undone is None), None)
        if last is None:
            raise TeachingRefused(f"There is nothing to undo; the last {UNDO_DEPTH} decisions can be taken back.")
        undone = await tx.execute(
            update(InboxDecision)
            .where(InboxDecision.staff_id == who.id, InboxDecision.created_at == last)
            .values(undone_at=app.now())
            .returning(InboxDecision.message_id, InboxDecision.example_id)
        )
        rows = undone.all()
        removed = await tx.execute(
            update(Example)
            .where(Example.id.in_([row.example_id for row in rows if row.example_id]))
            .values(removed_at=app.now())
            .returning(Example.intent)
        )
        intents = set(removed.scalars())
        await _drop_empty_intents(tx, app.now(), intents)
        hint(tx, "models")
    return Decided(tuple(row.message_id for row in rows), next(iter(intents), None))


async def add_example(app: App, who: StaffMember, text: str, intent: str) -> Example:
    """Teach words of one's own, without a message. Raises TeachingRefused."""
    known = {name for name, phrases in phrases_by_intent().items() if phrases}
    words = redact(text).strip()
    if not normal(words):
        raise TeachingRefused("An example needs words.")
    _refuse_contradiction([words], intent)
    async with app.write() as tx:
        if intent not in known and not await _is_taught(tx, intent):
            raise TeachingRefused(f"There is no intent '{intent}' to teach; choose one of the list.")
        example = Example(
            id=new_id(), text=words, intent=intent, staff_id=who.id, author=who.email, created_at=app.now()
        )
        tx.add(example)
        hint(tx, "models")
    return example


async def remove_example(app: App, example_id: str) -> None:
    """Take an example out of the training data; its message comes back into the inbox. Raises LookupError."""
    async with app.write() as tx:
        example = await tx.get(Example, example_id)
        if example is None or example.removed_at is not None:
            raise LookupError("There is no such example.")
        example.removed_at = app.now()
        await tx.execute(
            update(InboxDecision)
            .where(InboxDecision.example_id == example_id, InboxDecision.undone_at.is_(None))
            .values(undone_at=app.now())
        )
        await tx.flush()
        await _drop_empty_intents(tx, app.now(), {example.intent})


async def intents(app: App) -> list[IntentInfo]:
    """The intents one can teach, in alphabetic order."""
    phrases = {name: found for name, found in phrases_by_intent().items() if found}
    async with app.read() as tx:
        taught = Counter((await tx.execute(select(Example.intent).where(Example.removed_at.is_(None)))).scalars())
        new = set((await tx.execute(select(TaughtIntent.name).where(TaughtIntent.removed_at.is_(None)))).scalars())
    return [
        IntentInfo(
            name,
            len(phrases.get(name, ())),
            taught[name],
            tuple(_MARK.sub(r"\1", phrase) for phrase in phrases.get(name, ())[:2]),
            name not in phrases,
        )
        for name in sorted({*phrases, *new})
    ]


async def _messages(tx: Tx, message_ids: Sequence[str]) -> list[Message]:
    wanted = list(dict.fromkeys(message_ids))
    rows = await tx.execute(
        select(Message).where(Message.id.in_(wanted), Message.author == "customer").with_for_update()
    )
    found = {row.id: row for row in rows.scalars()}
    if not wanted or len(found) != len(wanted):
        raise TeachingRefused("This message is not there any more; reload the inbox.")
    decided = await tx.execute(
        select(InboxDecision.message_id).where(InboxDecision.message_id.in_(wanted), InboxDecision.undone_at.is_(None))
    )
    taken = set(decided.scalars())
    left = [found[message_id] for message_id in wanted if message_id not in taken]
    if not left:
        raise TeachingRefused("Somebody has decided about this message already; reload the inbox.")
    return left


async def _moment(tx: Tx, now: datetime, who: StaffMember) -> datetime:
    """The time of this decision, later than this person's last one: what shares it is undone together."""
    last = await tx.execute(select(func.max(InboxDecision.created_at)).where(InboxDecision.staff_id == who.id))
    before: datetime | None = last.scalar_one_or_none()
    return now if before is None or before < now else before + timedelta(microseconds=1)


def _decision(message_id: str, what: str, who: StaffMember, at: datetime, example_id: str | None) -> InboxDecision:
    return InboxDecision(
        id=new_id(), message_id=message_id, decision=what, example_id=example_id, staff_id=who.id, created_at=at
    )


async def _is_taught(tx: Tx, intent: str) -> bool:
    row = await tx.get(TaughtIntent, intent)
    return row is not None and row.removed_at is None


async def _make_intent(tx: Tx, now: datetime, who: StaffMember, new: NewIntent, known: set[str]) -> None:
    if not _NAME.fullmatch(new.name) or len(new.name) > 60:
        raise TeachingRefused(
            "An intent's name is up to 60 lower-case letters with single underscores, like cancel_order."
        )
    if (
        new.name in known
        or new.name in domain_intents()
        or new.name == "nlu_fallback"
        or await _is_taught(tx, new.name)
    ):
        raise TeachingRefused(f"There is an intent '{new.name}' already; choose it from the list.")
    answer = (new.answer or "").strip() or None
    if answer and len(answer) > MAX_ANSWER:
        raise TeachingRefused(f"An answer may have {MAX_ANSWER} characters; write an article for more.")
    row = await tx.get(TaughtIntent, new.name)
    if row is None:
        tx.add(TaughtIntent(name=new.name, answer=answer, author=who.email, created_at=now))
    else:
        row.answer, row.author, row.created_at, row.removed_at = answer, who.email, now, None


async def _drop_empty_intents(tx: Tx, now: datetime, names: set[str]) -> None:
    """A new intent whose last example was taken back is taken back too."""
    for name in names:
        left = await tx.execute(
            select(func.count()).select_from(Example).where(Example.intent == name, Example.removed_at.is_(None))
        )
        if not left.scalar_one():
            await tx.execute(update(TaughtIntent).where(TaughtIntent.name == name).values(removed_at=now))


def _refuse_contradiction(texts: Sequence[str], intent: str) -> None:
    """The same words under two intents teach neither."""
    theirs = {
        normal(_MARK.sub(r"\1", phrase)): name for name, phrases in phrases_by_intent().items() for phrase in phrases
    }
    for text in texts:
        other = theirs.get(normal(redact(text)))
        if other is not None and other != intent:
            raise TeachingRefused(
                f"These words are a training phrase of '{other}' already, in data/nlu; change it there."
            )
