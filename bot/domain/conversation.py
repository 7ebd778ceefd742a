"""Who is in control of a case, and how that changes: the one transition function.

`owner` is the authority (Rasa's own pause is not). Every change of owner or agent raises `epoch`, so that a
bot turn which began under an older epoch can be recognised and discarded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.domain.control_events import (
    BotRecovered,
    BotUnavailable,
    Claim,
    Close,
    ControlEvent,
    EndByCustomer,
    Escalate,
    HandBack,
    Reopen,
    ResolveAssumed,
    ResolveByAgent,
    ResolveConfirmed,
    Transfer,
    Withdraw,
)
from bot.domain.refusal import Refusal

__all__ = [
    "BOT_UNAVAILABLE_REASON",
    "BotRecovered",
    "BotUnavailable",
    "CaseStatus",
    "Claim",
    "Close",
    "ControlEvent",
    "ControlState",
    "EndByCustomer",
    "Escalate",
    "HandBack",
    "Owner",
    "Reopen",
    "Resolution",
    "ResolveAssumed",
    "ResolveByAgent",
    "ResolveConfirmed",
    "Transfer",
    "TransitionRefused",
    "Withdraw",
    "bot_may_speak",
    "transition",
]

BOT_UNAVAILABLE_REASON = "bot_unavailable"


class Owner(StrEnum):
    """Who may speak for the company now."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    NOBODY = "nobody"


class CaseStatus(StrEnum):
    """Where a case is on its way; nothing leaves `closed` but an agent's reopening."""

    OPEN = "open"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Resolution(StrEnum):
    """How we know that a case is resolved; the three are counted apart."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class ControlState:
    """The control fields of one case. `queue_reason` says why it last went to the queue."""

    owner: Owner = Owner.BOT
    epoch: int = 0
    agent_id: str | None = None
    status: CaseStatus = CaseStatus.OPEN
    resolution: Resolution | None = None
    resolution_reason: str | None = None
    queue_reason: str | None = None


class TransitionRefused(Refusal):
    """The event does not fit the state. `agent_id` is who has the case."""

    def __init__(self, reason: str, sentence: str, agent_id: str | None = None) -> None:
        super().__init__(reason, sentence)
        self.agent_id = agent_id


def transition(state: ControlState, event: ControlEvent) -> ControlState:
    """The state after `event`; raises TransitionRefused when it may not happen.

    Pure, and the only way to change.

    The epoch rises by one exactly when owner or agent changes. Events that ask for what already is so
    (claiming one's own case, asking twice for a person, confirming twice) return the state unchanged.
    """
    if state.status is CaseStatus.CLOSED and not isinstance(event, Reopen):
        raise TransitionRefused("case_closed", "This case is closed. Reopen it or begin a new one.")
    after = _RULES[type(event)](state, event)
    if (after.owner, after.agent_id) != (state.owner, state.agent_id):
        return replace(after, epoch=state.epoch + 1)
    return after


def bot_may_speak(now: ControlState, epoch_at_start: int) -> bool:
    """True when a bot turn begun at `epoch_at_start` may still be committed."""
    return now.owner is Owner.BOT and now.epoch == epoch_at_start


def _to_bot(state: ControlState, **changes: Any) -> ControlState:
    return replace(state, owner=Owner.BOT, agent_id=None, queue_reason=None, **changes)


def _to_nobody(state: ControlState, reason: str | None) -> ControlState:
    return replace(
        state,
        owner=Owner.NOBODY,
        agent_id=None,
        queue_reason=None,
        status=CaseStatus.CLOSED,
        resolution_reason=state.resolution_reason or reason,
    )


def _require_open(state: ControlState) -> None:
    if state.status is not CaseStatus.OPEN:
        raise TransitionRefused("not_open", f"This case is {state.status.value}. Reopen it first.")


def _require_owning_agent(state: ControlState, agent_id: str | None) -> None:
    if state.owner is not Owner.AGENT:
        raise TransitionRefused("not_claimed", "No agent has this case. Claim it first.")
    if agent_id is not None and agent_id != state.agent_id:
        raise TransitionRefused("not_your_case", "Another agent has this case.", state.agent_id)


def _escalate(state: ControlState, event: Escalate) -> ControlState:
    _require_text(event.reason, "an escalation")
    if state.owner is Owner.AGENT:
        raise TransitionRefused("already_with_agent", "A person already has this case.", state.agent_id)
    if state.owner is Owner.QUEUE and state.queue_reason not in (None, BOT_UNAVAILABLE_REASON):
        return state
    # A person asked for after the resolution means that it was not resolved.
    return replace(
        state,
        owner=Owner.QUEUE,
        agent_id=None,
        queue_reason=event.reason,
        status=CaseStatus.OPEN,
        resolution=None,
        resolution_reason=None,
    )


def _claim(state: ControlState, event: Claim) -> ControlState:
    _require_open(state)
    if state.owner is Owner.AGENT:
        if state.agent_id == event.agent_id:
            return state
        raise TransitionRefused("already_claimed", "Another agent was faster.", state.agent_id)
    return replace(state, owner=Owner.AGENT, agent_id=event.agent_id)


def _hand_back(state: ControlState, event: HandBack) -> ControlState:
    _require_open(state)
    _require_owning_agent(state, event.agent_id)
    return _to_bot(state)


def _transfer(state: ControlState, event: Transfer) -> ControlState:
    _require_open(state)
    if state.owner is not Owner.QUEUE or event.agent_id is None:
        _require_owning_agent(state, event.by)
    if event.agent_id is None:
        return replace(state, owner=Owner.QUEUE, agent_id=None, queue_reason=event.reason)
    if event.agent_id == state.agent_id:
        raise TransitionRefused("same_agent", "This agent already has the case.", state.agent_id)
    return replace(state, owner=Owner.AGENT, agent_id=event.agent_id)


def _resolve_confirmed(state: ControlState, event: ResolveConfirmed) -> ControlState:
    # An agent's or an assumed resolution that the customer confirms afterwards becomes a confirmed one.
    return _to_bot(state, status=CaseStatus.RESOLVED, resolution=Resolution.CONFIRMED)


def _resolve_by_agent(state: ControlState, event: ResolveByAgent) -> ControlState:
    _require_open(state)
    _require_owning_agent(state, event.agent_id)
    _require_text(event.reason, "a resolution by an agent")
    return _to_bot(
        state, status=CaseStatus.RESOLVED, resolution=Resolution.AGENT, resolution_reason=event.reason.strip()
    )


def _resolve_assumed(state: ControlState, event: ResolveAssumed) -> ControlState:
    _require_open(state)
    if state.owner is not Owner.BOT:
        raise TransitionRefused("waits_for_person", "A case that waits for a person is never assumed resolved.")
    return replace(state, status=CaseStatus.RESOLVED, resolution=Resolution.ASSUMED)


def _reopen(state: ControlState, event: Reopen) -> ControlState:
    _require_text(event.reason, "a reopening")
    if state.status is CaseStatus.OPEN:
        raise TransitionRefused("already_open", "This case is open.")
    opened = replace(state, status=CaseStatus.OPEN, resolution=None, resolution_reason=None)
    if event.agent_id is not None:
        return replace(opened, owner=Owner.AGENT, agent_id=event.agent_id)
    if state.status is CaseStatus.CLOSED:
        raise TransitionRefused("case_closed", "A new message after closing begins a new case.")
    return _to_bot(opened)


def _close(state: ControlState, event: Close) -> ControlState:
    if state.status is CaseStatus.OPEN:
        if state.owner is not Owner.BOT:
            raise TransitionRefused("waits_for_person", "A case that waits for a person cannot be closed.")
        _require_text(event.reason or "", "closing an open case")
    return _to_nobody(state, event.reason)


def _end_by_customer(state: ControlState, event: EndByCustomer) -> ControlState:
    return _to_nobody(state, "ended_by_customer")


def _withdraw(state: ControlState, event: Withdraw) -> ControlState:
    _require_open(state)
    if state.owner is Owner.AGENT:
        raise TransitionRefused("already_with_agent", "A person already has this case.", state.agent_id)
    return _to_nobody(state, "withdrawn")


def _bot_unavailable(state: ControlState, event: BotUnavailable) -> ControlState:
    _require_open(state)
    if state.owner is not Owner.BOT:
        return state
    return replace(state, owner=Owner.QUEUE, queue_reason=BOT_UNAVAILABLE_REASON)


def _bot_recovered(state: ControlState, event: BotRecovered) -> ControlState:
    # Whoever asked for a person stays with the queue: the bot never takes such a case back.
    if state.owner is Owner.QUEUE and state.queue_reason == BOT_UNAVAILABLE_REASON:
        return _to_bot(state)
    return state


def _require_text(text: str, what: str) -> None:
    if not text.strip():
        raise TransitionRefused("reason_missing", f"Give a reason for {what}.")


_RULES: dict[type, Callable[[ControlState, Any], ControlState]] = {
    Escalate: _escalate,
    Claim: _claim,
    HandBack: _hand_back,
    Transfer: _transfer,
    ResolveConfirmed: _resolve_confirmed,
    ResolveByAgent: _resolve_by_agent,
    ResolveAssumed: _resolve_assumed,
    Reopen: _reopen,
    Close: _close,
    EndByCustomer: _end_by_customer,
    BotUnavailable: _bot_unavailable,
    BotRecovered: _bot_recovered,
    Withdraw: _withdraw,
}
