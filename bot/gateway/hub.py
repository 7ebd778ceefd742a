"""Who is connected to this gateway, and waking them when their conversation moved.

Wake-ups are hints: a session that wakes reads the store. A poll behind the hints finds what a lost one would have told.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import structlog
from sqlalchemy import bindparam, select

from bot.services.app import App
from bot.store.tables import Conversation

log = structlog.get_logger()

POLL_S = 1.0
CHUNK = 500
LISTENERS_LIMIT = 50
"""For one conversation: its tabs and devices, and old connections that are not yet known to be dead."""

_NEWEST = select(Conversation.id, Conversation.last_seq).where(Conversation.id.in_(bindparam("ids", expanding=True)))


class Listener(Protocol):
    """A connected browser."""

    sent_seq: int

    def wake(self) -> None:
        """Look at the store soon."""

    def push(self, frame: dict[str, Any]) -> None:
        """An unnumbered frame, best effort: typing, queue."""


class Hub:
    """Sockets by conversation, and staff sockets."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._staff: set[Callable[[str, str], None]] = set()

    def is_crowded(self, conversation_id: str) -> bool:
        """Whether no more browsers may join: each message wakes all of them."""
        return len(self._listeners.get(conversation_id, ())) >= LISTENERS_LIMIT

    def join(self, conversation_id: str, listener: Listener) -> None:
        self._listeners[conversation_id].add(listener)

    def leave(self, conversation_id: str, listener: Listener) -> None:
        group = self._listeners.get(conversation_id)
        if group is not None:
            group.discard(listener)
            if not group:
                del self._listeners[conversation_id]

    def join_staff(self, tell: Callable[[str, str], None]) -> None:
        self._staff.add(tell)

    def leave_staff(self, tell: Callable[[str, str], None]) -> None:
        self._staff.discard(tell)

    @property
    def count(self) -> int:
        return sum(len(group) for group in self._listeners.values())

    def connected(self) -> list[str]:
        """The conversations with at least one browser here."""
        return list(self._listeners)

    def hint(self, topic: str, subject: str) -> None:
        """Something changed: `conversation` wakes its browsers; everything is passed on to the staff's sockets."""
        if topic == "conversation":
            for listener in list(self._listeners.get(subject, ())):
                listener.wake()
        elif topic == "erased":
            self.push(subject, {"type": "erased", "conversation": subject})
        elif topic == "bot_typing":
            self.push(subject, {"type": "typing", "author": "bot"})
            return
        for tell in list(self._staff):
            tell(topic, subject)

    def push(self, conversation_id: str, frame: dict[str, Any], but: Listener | None = None) -> None:
        """Give an unnumbered frame to a conversation's browsers."""
        for listener in list(self._listeners.get(conversation_id, ())):
            if listener is not but:
                listener.push(frame)

    async def poll_forever(self) -> None:
        """Behind the hints: once a second, wake whoever is behind the store."""
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._poll()
            except Exception as error:  # the edge of a background task: log and go on polling
                log.warning("hub.poll_failed", error=str(error))

    async def _poll(self) -> None:
        ids = self.connected()
        for start in range(0, len(ids), CHUNK):
            async with self._app.read() as tx:
                rows: Iterable[Any] = (await tx.execute(_NEWEST, {"ids": ids[start : start + CHUNK]})).all()
            found = {conversation_id for conversation_id, _ in rows}
            for conversation_id in ids[start : start + CHUNK]:
                if conversation_id not in found:
                    self.hint("erased", conversation_id)
            for conversation_id, last_seq in rows:
                for listener in list(self._listeners.get(conversation_id, ())):
                    if listener.sent_seq < last_seq:
                        listener.wake()
