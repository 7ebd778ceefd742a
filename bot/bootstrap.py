"""The one composition root: builds each process's adapters from the settings. Nothing is shared at import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.adapters.rasa import RasaClient, Upstream
from bot.services.app import App, Clock, Hints, NoHints, utc_now
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.migrate import migrate


def build_app(settings: Settings, *, hints: Hints | None = None, clock: Clock = utc_now) -> App:
    """The store and the ways out of this process; close it in a `finally`."""
    return App(settings=settings, store=Store(settings.store_url), clock=clock, hints=hints or NoHints())


@asynccontextmanager
async def ready_app(settings: Settings) -> AsyncIterator[App]:
    """The same for a command: with the store brought up to date, and closed at the end."""
    app = build_app(settings)
    try:
        await migrate(app.store)
        yield app
    finally:
        await app.close()


def build_rasa(settings: Settings) -> RasaClient:
    """The client of whichever Rasa is live now."""
    upstream = Upstream(settings.data / "run" / "upstream.json", f"http://127.0.0.1:{settings.ports.rasa}")
    return RasaClient(upstream, settings.secret("internal_token"))
