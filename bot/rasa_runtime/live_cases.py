"""The dialogues of active cases, kept in memory from one turn to the next.

Reading a dialogue means decoding and replaying every event of it: most of a long case's turn. A case is taken out of
here for the time of a turn and put back when the turn is saved, so whatever fails in between leaves nothing behind, and
the next turn reads the store. The store is asked for the number of its last event each time: another process may have
written.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Optional, Set, Text

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered

from bot.rasa_runtime.live_tracker import LiveTracker, cut_to_latest
from bot.rasa_runtime.tracker_store import RapportTrackerStore, mark_saved, saved_row
from bot.rasa_runtime.turn_request import MESSAGE_ID

MOST_CASES = 256
"""Each takes up to some 150 KB. A case that was put out costs its next turn a few milliseconds."""
_CUT_ABOVE = 60
_KEPT_EVENTS = 40


@dataclass
class LiveCase:
    """A dialogue with its latest events, and the ids of all messages that were ever answered in it."""

    tracker: LiveTracker
    message_ids: Set[Text]


class LiveCases:
    """For one process and one model. Not for turns of the same case at the same time."""

    def __init__(self, store: RapportTrackerStore, domain: Domain, kept_actions: int) -> None:
        """`kept_actions` is how many actions back any policy looks."""
        self._store = store
        self._domain = domain
        self._kept_actions = kept_actions
        self._cases: OrderedDict[Text, LiveCase] = OrderedDict()

    def take(self, case_id: Text) -> LiveCase:
        """The case as it is stored, a new one if it is not; `put` it back after saving. Raises what the store does."""
        case = self._cases.pop(case_id, None)
        row = self._store.last_row(case_id)
        if case is None or saved_row(case.tracker) != row:
            case = self._read(case_id)
        if len(case.tracker.events) > _CUT_ABOVE:
            latest = cut_to_latest(case.tracker, self._domain, _KEPT_EVENTS, self._kept_actions)
            if latest is not case.tracker:
                mark_saved(latest, row)
                case.tracker = latest
        return case

    def put(self, case: LiveCase) -> None:
        """Keeps a case whose tracker has just been saved."""
        self._cases[case.tracker.sender_id] = case
        if len(self._cases) > MOST_CASES:
            self._cases.popitem(last=False)

    def drop(self, case_id: Text) -> None:
        """Forgets the case; the next turn reads the store."""
        self._cases.pop(case_id, None)

    def whole(self, case_id: Text) -> Optional[LiveTracker]:
        """The dialogue with all its events, read from the store."""
        return self._store.read(case_id)

    def _read(self, case_id: Text) -> LiveCase:
        tracker = self._store.read(case_id) or LiveTracker(case_id, self._domain.slots)
        ids = {event.metadata.get(MESSAGE_ID) for event in tracker.events if isinstance(event, UserUttered)}
        return LiveCase(tracker, {str(each) for each in ids if each})
