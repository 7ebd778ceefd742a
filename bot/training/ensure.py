"""Sees to it that there is a live model of today's files before the product starts."""

import asyncio

from bot.services.app import App
from bot.store.tables import Model
from bot.training.dataset import files_version, is_of_files
from bot.training.promote import make_live
from bot.training.registry import file_fault, live_model
from bot.training.train import Say, train

AUTHOR = "rapport"


async def ensure_live_model(app: App, say: Say) -> Model:
    """The model to start with: the live one when it was made from today's files, else one made now and set live.

    What was taught in the studio does not matter here: whoever teaches also trains and promotes, or rolls back.
    Raises TrainingFailed, whose text is one sentence with Rasa's own error.
    """
    async with app.read() as tx:
        live = await live_model(tx)
    reason = await asyncio.to_thread(_why_not, live)
    if live is not None and reason is None:
        return live
    say(f"{reason} Making one from data/, domain.yml and config.yml ...")
    model = await train(app, AUTHOR, lambda stage: say(f"model: {stage}"), finished_only=True)
    return await make_live(app, model.id, AUTHOR, "the files it was made from are the ones of this start")


def _why_not(live: Model | None) -> str | None:
    """Why the live model cannot be started with; None when it can."""
    if live is None:
        return "There is no model yet."
    if not is_of_files(live.data_version, files_version()):
        return "The files changed since the live model was made."
    return file_fault(live)
