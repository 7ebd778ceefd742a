"""A custom action behind the product's own action route: `python -m bench._action_server PORT`."""

import sys
from typing import Any

from aiohttp import web
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from bot.processes.webhook import ActionRunner, action_route


class Answer(Action):
    """Says one sentence, as the templated answers do."""

    def name(self) -> str:
        return "action_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(text="Here is what we can do.")
        return []


class Fallback(Answer):
    def name(self) -> str:
        return "action_fallback"


def main() -> None:
    executor = ActionExecutor()
    for action in (Answer(), Fallback()):
        executor.register_action(action)
    app = web.Application(client_max_size=2**24)
    app.add_routes([action_route(ActionRunner(executor, lambda _text, _vector: None))])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
