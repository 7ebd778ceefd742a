"""What all actions share: the store, the shop, the texts, and the knowledge that is loaded on first use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from actions.backing import OrderDesk, Shop, StoreDesk
from actions.knowledge import Knowledge, StoredKnowledge
from actions.routes import load_routes
from actions.wording import Wording
from bot.adapters.rasa import Understanding
from bot.adapters.shop import ShopClient
from bot.bootstrap import build_app
from bot.knowledge.placeholders import fill
from bot.services.app import App
from bot.services.texts import company_words, texts_of
from bot.services.wordings import Texts
from bot.settings import ROOT, Settings, load_settings

if TYPE_CHECKING:
    from actions.base import RapportAction

KNOWLEDGE_PATH = ROOT / "data" / "knowledge"

Understand = Callable[[list[str]], Awaitable[list[Understanding]]]
"""Raises BotUnavailable."""


@dataclass
class Runtime:
    """One for the process. Made by `make_runtime`; tests put fakes in."""

    app: App
    shop: Shop
    desk: OrderDesk
    texts: Texts
    wording: Wording
    knowledge: Knowledge
    understand: Understand | None = None
    """What the live model makes of other texts; None outside the worker, e.g. in `rasa shell`."""
    routes: Mapping[str, str] = field(default_factory=load_routes)
    """Which action answers which intent."""
    _actions: dict[str, RapportAction] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.app.settings

    def action(self, name: str) -> RapportAction:
        """Another action by name. Raises KeyError for one that does not exist."""
        if not self._actions:
            from actions.registry import all_actions

            self._actions = {action.name(): action for action in all_actions(self)}
        return self._actions[name]

    def company_words(self) -> Mapping[str, str]:
        """What fills the blanks of articles and guides."""
        return company_words(self.settings)

    def fill(self, text: str) -> str:
        """An article's or guide's text with the company's name and addresses put in."""
        return fill(text, self.company_words())

    async def warm_up(self) -> None:
        """Load the knowledge now, so that the first customer does not wait for it."""
        await self.knowledge.load()

    async def close(self) -> None:
        """Give back connections. The store stays open when the caller made it."""
        await self.shop.close()


def make_runtime(settings: Settings, app: App | None = None, understand: Understand | None = None) -> Runtime:
    """Everything the actions need; nothing heavy is loaded yet. Raises ValueError for a broken texts file.

    `app` is the worker's own; without it one is made. `understand` asks the live model.
    """
    app = app or build_app(settings)
    shop = ShopClient(settings.orders_base, settings.secret("orders_token"))
    return Runtime(
        app=app,
        shop=shop,
        desk=StoreDesk(app, shop),
        texts=texts_of(settings),
        wording=Wording.load(),
        knowledge=StoredKnowledge(app, KNOWLEDGE_PATH, settings.data / "cache"),
        understand=understand,
    )


@lru_cache(maxsize=1)
def default_runtime() -> Runtime:
    """For `python -m rasa_sdk --actions actions`, which makes each action without arguments."""
    return make_runtime(load_settings())


__all__ = ["Runtime", "default_runtime", "make_runtime"]
