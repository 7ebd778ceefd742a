"""What Rasa wants of every pipeline step that learns: made, trained and kept, read back, trained anew on new code."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, Optional, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from bot.rasa_runtime.components.fingerprint import code_fingerprint


class LearningComponent(GraphComponent):
    """A step around something of ours that is learnt once and only read afterwards."""

    learns: ClassVar[Type[Any]]
    """What is learnt: it has `save(folder)` and `load(folder)`."""

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Makes a change of the code behind this step train again."""
        return code_fingerprint()

    def __init__(
        self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, learnt: Optional[Any] = None
    ) -> None:
        """`learnt` is None until the step is trained."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._learnt = learnt

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LearningComponent:
        """An untrained step."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LearningComponent:
        """The step with what it learnt."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, cls.learns.load(folder))

    def _keep(self, learnt: Any) -> Resource:
        """Stores what was just learnt: the end of `train`."""
        self._learnt = learnt
        with self._model_storage.write_to(self._resource) as folder:
            learnt.save(folder)
        return self._resource

    def _trained(self) -> Any:
        """What was learnt. Raises RuntimeError before the training."""
        if self._learnt is None:
            raise RuntimeError(f"The step {type(self).__name__} is not trained.")
        return self._learnt
