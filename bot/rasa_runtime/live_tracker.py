"""A tracker whose cost does not grow with the dialogue.

Rasa's tracker is its list of events: a copy replays all of them, and each policy replays them again to learn the states
that led here, several times in each turn and all over again in the next. This one copies its state instead, keeps the
states it has made, and can be cut to its latest events, because no policy looks further back.
"""

from __future__ import annotations

import dataclasses
from itertools import islice, pairwise
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, PREVIOUS_ACTION
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

# Cutting off less would not be worth the replay, nor the next one a turn later.
_LEAST_CUT = 10
_TAKING_BACK = (ActionReverted, UserUtteranceReverted, Restarted, SessionStarted)


class LiveTracker(DialogueStateTracker):
    """Behaves as Rasa's tracker; see `tests/rasa_runtime/test_live_tracker.py` for the comparison."""

    _states: Optional[_States] = None
    _applied: Tuple[Optional[Event], List[Event]] = (None, [])

    def applied_events(self) -> List[Event]:
        """The events that count; found once for the policies of one prediction, as events are only ever added."""
        last = self.events[-1] if self.events else None
        if self._applied[0] is not last or last is None:
            self._applied = (last, super().applied_events())
        return list(self._applied[1])

    def copy(self) -> LiveTracker:
        """A tracker in the same state with the same events, which may be changed without changing this one."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.events = self.events.copy()
        twin.slots = {name: _twin(slot) for name, slot in self.slots.items()}
        twin.active_loop = dataclasses.replace(self.active_loop) if self.active_loop else None
        # As Rasa's copy: the ids are stamped on an event when the real tracker takes it.
        twin.model_id = twin.assistant_id = None
        twin._states = None
        return twin

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: Optional[Dict[Text, Any]] = None,
    ) -> List[State]:
        """The state before each action and the present one; the caller may change what it gets."""
        if omit_unset_slots:
            return super().past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        if self._states is None or self._states.domain is not domain:
            self._states = _States(self, domain)
        moments = self._states.moments(self.applied_events())
        if not ignore_rule_only_turns:
            return [_copied(moment.state) for moment in moments]
        return _states_outside_rules(moments, domain, rule_only_data)


@dataclasses.dataclass(frozen=True)
class _Moment:
    """What Rasa's states are made of, as it was before one action."""

    state: State
    latest_action: Optional[Dict[Text, Text]]
    follows_up: bool
    in_happy_loop: bool
    hidden: bool


class _States:
    """The moments of a dialogue up to the last event seen; goes on from there when events were only added."""

    def __init__(self, tracker: DialogueStateTracker, domain: Domain) -> None:
        self.domain = domain
        self._start = tracker.init_copy()
        self._forget()

    def _forget(self) -> None:
        self._seen: List[Event] = []
        self._before: List[_Moment] = []
        self._now = self._start.init_copy()

    def moments(self, events: List[Event]) -> List[_Moment]:
        """One for each action in `events` (those that count, nothing reverted), and one for the present."""
        seen = len(self._seen)
        if seen > len(events) or any(old is not new for old, new in zip(self._seen, events, strict=False)):
            self._forget()
            seen = 0
        for event in islice(events, seen, None):
            if isinstance(event, ActionExecuted):
                self._before.append(self._moment(event.hide_rule_turn))
            self._now.update(event)
        self._seen = events
        return [*self._before, self._moment(hidden=False)]

    def _moment(self, hidden: bool) -> _Moment:
        now = self._now
        return _Moment(
            state=_copied(self.domain.get_active_state(now)),
            latest_action=now.latest_action,
            follows_up=bool(now.followup_action),
            in_happy_loop=now.latest_action_name == now.active_loop_name,
            hidden=hidden,
        )


def _states_outside_rules(
    moments: List[_Moment], domain: Domain, rule_only_data: Optional[Dict[Text, Any]]
) -> List[State]:
    """What `Domain.states_for_tracker_history` gives a policy that must not see turns of rules, from `moments`."""
    states: List[State] = []
    last_action: Optional[Dict[Text, Text]] = None
    hidden = False
    for moment in moments:
        if not hidden:
            last_action = moment.latest_action
        if not moment.follows_up and not moment.in_happy_loop:
            hidden = moment.hidden
        if hidden:
            continue
        state = _copied(moment.state)
        domain._remove_rule_only_features(state, rule_only_data)
        if states:
            domain._substitute_rule_only_user_input(state, states[-1])
        if last_action:
            state[PREVIOUS_ACTION] = dict(last_action)
        states.append(domain._clean_state(state))
    return states


def _twin(slot: Slot) -> Slot:
    """As `copy.copy`, a third of its time; a turn copies every slot several times."""
    twin = slot.__class__.__new__(slot.__class__)
    twin.__dict__.update(slot.__dict__)
    return twin


def _copied(state: State) -> State:
    return {kind: dict(part) for kind, part in state.items()}


def cut_to_latest(tracker: LiveTracker, domain: Domain, keep_events: int, keep_actions: int) -> LiveTracker:
    """`tracker` as if its dialogue had begun with its latest turns: what was set before is set by events put in front.

    At least `keep_events` events and `keep_actions` actions are kept. The cut is made where the bot waited for a
    message and no form was open. Without such a place, in a paused dialogue, and where something that is kept takes
    back what was before, the tracker itself is given back. It is not changed in any case.
    """
    events = list(tracker.events)
    at = _place_to_cut(events, keep_events, keep_actions)
    if (
        at is None
        or at < _LEAST_CUT
        or tracker.is_paused()
        or any(isinstance(event, _TAKING_BACK) for event in events[at:])
    ):
        return tracker
    before = LiveTracker.from_events(tracker.sender_id, events[:at], domain.slots)
    start: List[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    start += [SlotSet(name, slot.value) for name, slot in before.slots.items() if slot.has_been_set]
    latest = LiveTracker.from_events(tracker.sender_id, [*start, *events[at:]], domain.slots)
    latest.followup_action = tracker.followup_action
    latest.model_id, latest.assistant_id = tracker.model_id, tracker.assistant_id
    return latest


def _place_to_cut(events: List[Event], keep_events: int, keep_actions: int) -> Optional[int]:
    """The index of the latest fitting `action_listen`, or None."""
    actions_left = sum(isinstance(event, ActionExecuted) for event in events)
    loop: Optional[Text] = None
    found: Optional[int] = None
    for index, (event, following) in enumerate(pairwise(events)):
        if len(events) - index < keep_events or actions_left <= keep_actions:
            break
        if isinstance(event, ActiveLoop):
            loop = event.name
        elif isinstance(event, ActionExecuted):
            actions_left -= 1
            if event.action_name == ACTION_LISTEN_NAME and loop is None and isinstance(following, UserUttered):
                found = index
    return found
