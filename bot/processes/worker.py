"""`python -m bot.processes.worker`: bot turns, jobs and the custom actions, behind one loopback door."""

import asyncio
import sys
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from actions.registry import build_executor
from actions.runtime import make_runtime
from bot.adapters.hints import DatagramHints, HintListener
from bot.adapters.loopback import require_token
from bot.bootstrap import build_app, build_rasa
from bot.jobs.queue import Lease
from bot.jobs.runner import Handler, JobRunner
from bot.logs import configure_logs
from bot.processes.ask import ask_route
from bot.processes.garbage import keep_loaded
from bot.processes.stopping import run_until_told
from bot.processes.webhook import ActionRunner, action_route
from bot.services.app import Clock, utc_now
from bot.services.articles import TOPIC
from bot.services.erase_traces import run_erase
from bot.services.goodwill import release_unanswered, run_goodwill
from bot.services.mail import send_mail
from bot.services.relationship import ask_relationship_questions
from bot.services.schedules import close_and_assume, recover_bot, remove_done_jobs
from bot.services.system_events import put_back
from bot.services.turns import run_system_turn, run_turn
from bot.services.upload_sweep import queue_sweep, sweep_uploads
from bot.settings import Settings, load_settings
from bot.training.train import run_training

log = structlog.get_logger()

TURN_SLOTS = 16
SLOW_SLOTS = 2
TICK_S = 20.0


async def serve(settings: Settings, clock: Clock = utc_now) -> None:
    """Run until cancelled."""
    token = settings.secret("internal_token")
    hints = DatagramHints([settings.ports.hints], token)
    app = build_app(settings, hints=hints, clock=clock)
    rasa = build_rasa(settings)
    runtime = make_runtime(settings, app, rasa.parse)
    actions = ActionRunner(build_executor(runtime), runtime.knowledge.remember)
    rasa.answers_calls_by(actions.run)

    async def recovery(lease: Lease) -> None:
        await recover_bot(app, rasa, lease)

    async def system_turn_again(lease: Lease) -> None:
        await put_back(app, lease)

    async def mail(lease: Lease) -> None:
        await send_mail(app, lease)

    async def training(lease: Lease) -> None:
        await run_training(app, lease)

    turn_kinds: dict[str, Handler] = {
        "turn": partial(run_turn, app, rasa),
        "system_turn": partial(run_system_turn, app, rasa),
    }
    turns = JobRunner(app.store, app.now, turn_kinds, TURN_SLOTS, "turns")
    slow_kinds: dict[str, Handler] = {
        "bot_recovery": recovery,
        "erase": partial(run_erase, app, rasa, runtime.knowledge.forget),
        "goodwill": partial(run_goodwill, app, runtime.shop),
        "mail": mail,
        "sweep_uploads": partial(sweep_uploads, app),
        "system_turn_again": system_turn_again,
        "training": training,
    }
    slow = JobRunner(app.store, app.now, slow_kinds, SLOW_SLOTS, "slow")

    def hear(topic: str, subject: str) -> None:
        if topic == "jobs":
            turns.wake(subject)
            slow.wake(subject)
        elif topic == TOPIC:
            runtime.knowledge.wake()

    hints.local = hear

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "breaker": rasa.breaker.state.value})

    inner = web.Application(middlewares=[require_token(token)], client_max_size=16 * 1024 * 1024)
    inner.router.add_routes(
        [
            action_route(actions),
            ask_route(runtime.knowledge, rasa),
            web.get("/healthz", healthz),
        ]
    )
    runner = web.AppRunner(inner, access_log=None)
    await runner.setup()
    await runtime.warm_up()
    keep_loaded()
    await web.TCPSite(runner, "127.0.0.1", settings.ports.worker).start()
    await hints.open()
    listener = await HintListener.listen(settings.ports.worker, token, hear)
    log.info("worker.ready", port=settings.ports.worker)
    try:
        async with asyncio.TaskGroup() as group:
            for work in (
                turns.run(), slow.run(), runtime.knowledge.watch(), rasa.breaker.watch(rasa.proves_itself), _tick(app),
            ):  # fmt: skip
                group.create_task(work)
    finally:
        listener.close()
        hints.close()
        await runner.cleanup()
        await runtime.close()
        await rasa.close()
        await app.close()


async def _tick(app: Any) -> None:
    """What is due by the clock and not by an event."""
    while True:
        try:
            await close_and_assume(app)
            await ask_relationship_questions(app)
            await release_unanswered(app)
            await queue_sweep(app)
            await remove_done_jobs(app)
        except Exception as error:  # the edge of a background task
            log.warning("worker.tick_failed", error=repr(error))
        await asyncio.sleep(TICK_S)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load_settings()
    configure_logs(settings.log_level)
    try:
        run_until_told(serve(settings))
    except* OSError as group:
        error = group.exceptions[0]
        sys.exit(f"The worker cannot run on 127.0.0.1:{settings.ports.worker}: {error}")


if __name__ == "__main__":
    main()
