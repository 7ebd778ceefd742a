"""What can happen to the control of a case: one small value per event, applied by
`conversation.transition`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Escalate:
    """To a person: asked for, offered and accepted, a guide's dead end. Asking twice changes nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent takes the case, from the queue or from the bot in mid-turn."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class HandBack:
    """The owning agent (or, with None, a supervisor) gives the case back to the bot."""

    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """To another agent, or with None back into the queue. `by` is the acting agent (None: a supervisor)."""

    agent_id: str | None
    by: str | None = None
    reason: str = "transferred"


@dataclass(frozen=True, slots=True)
class ResolveConfirmed:
    """The customer says that it is solved."""


@dataclass(frozen=True, slots=True)
class ResolveByAgent:
    """The owning agent sets the case resolved and says why."""

    agent_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResolveAssumed:
    """Nobody confirmed in time (24 hours by default); only while the bot has the case."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """By a new message of the customer (agent_id None, resolved cases only) or by an agent (closed ones
    too).
    """

    reason: str
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Ends a resolved case, or with a reason an open one that only the bot has.

    Never one that waits for a person.
    """

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EndByCustomer:
    """The customer ends the chat; works whoever has the case."""


@dataclass(frozen=True, slots=True)
class BotUnavailable:
    """The bot cannot answer: its open case goes to the queue."""


@dataclass(frozen=True, slots=True)
class BotRecovered:
    """The bot answers again: it takes back only what was queued for its absence and nobody has claimed."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The customer takes the request back before a person answered."""


ControlEvent = (
    Escalate
    | Claim
    | HandBack
    | Transfer
    | ResolveConfirmed
    | ResolveByAgent
    | ResolveAssumed
    | Reopen
    | Close
    | EndByCustomer
    | BotUnavailable
    | BotRecovered
    | Withdraw
)
