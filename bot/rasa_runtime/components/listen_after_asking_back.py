"""After the bot has asked back, it listens.

RulePolicy predicts the core fallback action whenever no rule applies. Rasa's own fallback action removes the
customer's message from the dialogue, which ends that state; ours keeps the message, because misses are counted and
learnt from, so RulePolicy would predict it again and again until Rasa breaks the circuit.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

from rasa.core.constants import POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.features import Features


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class ListenAfterAskingBack(Policy):
    """Predicts `action_listen` right after `after_action`, and nothing at any other time.

    Its priority is the lowest, so a rule or a story that knows better goes first.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`after_action` must be RulePolicy's `core_fallback_action_name`."""
        return {POLICY_PRIORITY: 1, "after_action": "action_fallback"}

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ListenAfterAskingBack:
        """Nothing is stored, so nothing is read."""
        return cls(config, model_storage, resource, execution_context)

    def train(
        self,
        training_trackers: List[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Nothing is learnt."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: Optional[Dict[Text, Any]] = None,
        precomputations: Optional[Dict[Text, List[Features]]] = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """See the class."""
        probabilities = self._default_predictions(domain)
        if tracker.latest_action_name == self.config["after_action"]:
            probabilities[domain.index_for_action(ACTION_LISTEN_NAME)] = 1.0
        return self._prediction(probabilities)
