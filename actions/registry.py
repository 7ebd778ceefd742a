"""All actions by name: the one list that the worker, the tests and Rasa's own tools agree on."""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor

from actions import (
    account,
    advocacy,
    goodwill,
    guides,
    handoff,
    order_changes,
    order_deeds,
    order_returns,
    orders,
    resolution,
    small_talk,
    support,
    surveys,
)
from actions.base import RapportAction
from actions.runtime import Runtime

MODULES = (
    account, advocacy, goodwill, guides, handoff, order_changes, order_deeds, order_returns, orders, resolution,
    small_talk, support, surveys,
)  # fmt: skip


def action_classes() -> list[type[RapportAction]]:
    """Every concrete action defined in the modules above, in their order."""
    found: list[type[RapportAction]] = []
    for module in MODULES:
        for value in vars(module).values():
            is_action = isinstance(value, type) and issubclass(value, RapportAction)
            if is_action and value.__module__ == module.__name__ and not value.__abstractmethods__:
                found.append(value)
    return found


def all_actions(runtime: Runtime) -> list[RapportAction]:
    """One instance of each action over `runtime`. Raises ValueError when two have the same name."""
    actions = [kind(runtime) for kind in action_classes()]
    names = [action.name() for action in actions]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two actions are called {', '.join(doubled)}")
    return actions


def build_executor(runtime: Runtime) -> ActionExecutor:
    """What the worker's `POST /webhook` runs: `await executor.run(body)` with the JSON that Rasa sends."""
    executor = ActionExecutor()
    for action in all_actions(runtime):
        executor.register_action(action)
    return executor
