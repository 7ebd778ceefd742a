"""Runs a model's component graph one node after the other.

Rasa hands each message's graph to dask, which sorts it, builds a scheduler with queues and callbacks, and then runs it
in the same thread all the same: twice for understanding and each action, an eighth of a turn. The order never changes,
so it is found once for each set of targets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Text, Tuple

from rasa.core.policies import rule_policy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

from bot.rasa_runtime.rule_policy import RulePolicy

# Components of Rasa that are run by a quicker one of ours.
_QUICKER = {rule_policy.RulePolicy: RulePolicy}
_Step = Tuple[Text, GraphNode, Tuple[Text, ...]]


class SequentialGraphRunner(GraphRunner):
    """Gives the same results and errors as Rasa's `DaskGraphRunner`."""

    def __init__(self, schema: GraphSchema, nodes: Mapping[Text, GraphNode]) -> None:
        """`nodes` are the loaded components of `schema`, by name."""
        self._schema = schema
        self._nodes = nodes
        self._plans: Dict[Tuple[Text, ...], List[_Step]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: Optional[List[GraphNodeHook]] = None,
    ) -> SequentialGraphRunner:
        """Loads the components. Raises what they raise."""
        nodes = {
            name: GraphNode.from_schema_node(
                name, replace(node, uses=_QUICKER.get(node.uses, node.uses)), model_storage, execution_context, hooks
            )
            for name, node in graph_schema.nodes.items()
        }
        return cls(graph_schema, nodes)

    def run(self, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None) -> Dict[Text, Any]:
        """The output of each target. `inputs` are outputs that are there already, by the name nodes ask for.

        Raises GraphRunError for a missing input or a name that is an input and a node, else what the components raise.
        """
        wanted = tuple(targets or self._schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._sorted(wanted)
        results: Dict[Text, Any] = dict(inputs or {})
        for name, node, needs in plan:
            if name in results:
                raise GraphRunError(f"The input '{name}' has the name of a component.")
            try:
                results[name] = node(*[(need, results[need]) for need in needs if need in results])[1]
            except RuntimeError as error:
                raise GraphRunError(f"The component '{name}' failed.") from error
        return {name: results[name] for name in wanted}

    def components(self) -> List[Any]:
        """The loaded components."""
        return [node._component for node in self._nodes.values()]

    def components_for(self, target: Text) -> List[Any]:
        """Those that `target` needs."""
        return [node._component for _, node, _ in self._sorted([target])]

    def _sorted(self, targets: Sequence[Text]) -> List[_Step]:
        """The nodes that the targets need, each after all that it needs itself."""
        nodes = self._schema.minimal_graph_schema(list(targets)).nodes
        plan: List[_Step] = []
        done: set[Text] = set()

        def visit(name: Text) -> None:
            if name in done or name not in nodes:
                return
            done.add(name)
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                visit(need)
            plan.append((name, self._nodes[name], needs))

        for target in targets:
            visit(target)
        return plan
