"""RulePolicy that looks only at rules which can match.

For each prediction Rasa's RulePolicy walks through all rules twice, once with the words and once with the intent of the
last message, and copies and formats all states of the dialogue for a log line. The rules, what they mean and how they
are chosen stay Rasa's.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, Iterable, List, Optional, Set, Text, Tuple

from rasa.core.policies import rule_policy
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

_Mark = Tuple[Optional[Text], Optional[Text]]


class RulePolicy(rule_policy.RulePolicy):
    """Loads what Rasa's class of this name has trained and predicts the same; its name stands in the events."""

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: Optional[Dict[Text, Any]] = None,
    ) -> List[State]:
        """The latest states only, one more than the longest rule has: none of the others is ever compared."""
        states = super()._prediction_states(tracker, domain, use_text_for_last_user_input, rule_only_data)
        return states[-self.reach :]

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> Tuple[Optional[Text], Optional[Text], bool]:
        """Without the pass over the words of the message when each rule about a message names an intent."""
        message = tracker.latest_message
        if use_text_for_last_user_input and message is not None and message.text and not self._has_rules_on_words():
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _get_possible_keys(self, lookup: Dict[Text, Text], states: List[State]) -> Set[Text]:
        """Rasa's comparison, of those rules whose last state has the present action and intent."""
        return super()._get_possible_keys(dict.fromkeys(self._index(lookup).candidates(states[-1]), ""), states)

    @property
    def reach(self) -> int:
        """How many states back the policy looks."""
        return 1 + max(self._index(lookup).longest for lookup in self._lookups())

    def _has_rules_on_words(self) -> bool:
        return any(self._index(lookup).has_message_without_intent for lookup in self._lookups())

    def _lookups(self) -> List[Dict[Text, Text]]:
        return [self.lookup[RULES], self.lookup[RULES_FOR_LOOP_UNHAPPY_PATH]]

    def _index(self, lookup: Dict[Text, Text]) -> _RuleIndex:
        indexes: Dict[int, _RuleIndex] = self.__dict__.setdefault("_indexes", {})
        if id(lookup) not in indexes:
            indexes[id(lookup)] = _RuleIndex({key: self._rule_key_to_state(key) for key in lookup})
        return indexes[id(lookup)]


class _RuleIndex:
    """Rules by the action and the intent of their last state; None stands for any."""

    def __init__(self, rules: Dict[Text, List[State]]) -> None:
        self.longest = max((len(states) for states in rules.values()), default=0)
        self.has_message_without_intent = False
        self._keys: Dict[_Mark, List[Text]] = defaultdict(list)
        for key, states in rules.items():
            action, intent = _mark(states[-1])
            self._keys[(action, intent)].append(key)
            if action == ACTION_LISTEN_NAME and intent is None:
                self.has_message_without_intent = True

    def candidates(self, state: State) -> Iterable[Text]:
        action, intent = _mark(state)
        for mark in {(action, intent), (action, None), (None, intent), (None, None)}:
            yield from self._keys.get(mark, ())


def _mark(state: State) -> _Mark:
    action = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
    intent = state.get(USER, {}).get(INTENT)
    return (action if isinstance(action, str) else None), (intent if isinstance(intent, str) else None)
