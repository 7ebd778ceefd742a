"""Starts Rasa for Rapport: one model, one channel, whole turns.

    python -m bot.rasa_runtime.serve --model models/NAME.tar.gz --port 8082

Rasa's own `rasa run` would open more routes, answer failed turns with an empty 200 and fall back to memory when the
store fails. The product starts this instead; the files at the root still work with Rasa's own commands.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any, List, Optional

from bot.rasa_runtime.without_tensorflow import components_of_archive, keep_tensorflow_out

TOKEN_VARIABLE = "RAPPORT_INTERNAL_TOKEN"
DEFAULT_ACTION_URL = "http://127.0.0.1:8081/webhook"
ACTION_URL_VARIABLE = "RAPPORT_ACTION_URL"
TURN_TIMEOUT_VARIABLE = "RAPPORT_TURN_TIMEOUT"
ACTION_TIMEOUT_VARIABLE = "RAPPORT_ACTION_TIMEOUT"
_DEFAULT_ACTION_TIMEOUT = 6.0
_MAX_BODY_BYTES = 4 * 1024 * 1024


class StartError(RuntimeError):
    """The server cannot start; the message says what to do."""


def main(arguments: Optional[List[str]] = None) -> int:
    """Serves until told to stop. Returns 2 for a wrong setting, 1 when the model or the store cannot be opened."""
    options = _options(arguments)
    prepare_environment()
    _log_to_stderr()
    try:
        turn_timeout, action_timeout = _timeouts()
        app = build_app(options.model, turn_timeout, action_timeout)
    except StartError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:
        logging.getLogger(__name__).debug("Start failed", exc_info=True)
        print(f"Rasa cannot start: {error}", file=sys.stderr)
        return 1
    app.run(host=options.host, port=options.port, workers=1, access_log=False, debug=False, motd=False)
    return 0


def prepare_environment() -> None:
    """Settings that libraries read when they are imported: quiet, one thread each, nothing sent anywhere."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    for name, value in {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }.items():
        os.environ.setdefault(name, value)


def build_app(model: str, turn_timeout: float, action_timeout: float) -> Any:
    """The Sanic application with the model loaded. Raises StartError for what the operator can put right."""
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise StartError(f"{TOKEN_VARIABLE} is not set; the product's start command sets it.")
    archive = _model_file(model)
    keep_tensorflow_out(components_of_archive(archive))
    # Imported late: Rasa takes seconds, and a wrong setting should be told at once.
    from rasa.core.lock_store import InMemoryLockStore
    from sanic import Sanic, response

    from bot.rasa_runtime.action_endpoint import ActionEndpoint
    from bot.rasa_runtime.channel import RapportChannel
    from bot.rasa_runtime.line import LineDesk
    from bot.rasa_runtime.processor import AtomicAgent
    from bot.rasa_runtime.tracker_store import RapportTrackerStore

    actions = ActionEndpoint(os.environ.get(ACTION_URL_VARIABLE) or DEFAULT_ACTION_URL, token, action_timeout)
    agent = AtomicAgent(
        tracker_store=RapportTrackerStore(),
        lock_store=InMemoryLockStore(),
        action_endpoint=actions,
    )
    agent.load_model(archive)
    # What is loaded now stays: the collector of garbage need not walk through it again and again.
    gc.collect()
    gc.freeze()

    app = Sanic("rapport_rasa", configure_logging=False)
    app.config.update(
        {
            "REQUEST_MAX_SIZE": _MAX_BODY_BYTES,
            "RESPONSE_TIMEOUT": turn_timeout + 5,
            "KEEP_ALIVE_TIMEOUT": 120,
            "GRACEFUL_SHUTDOWN_TIMEOUT": turn_timeout,
            "FALLBACK_ERROR_FORMAT": "json",
        }
    )
    app.ctx.agent = agent
    channel = RapportChannel(token, turn_timeout)

    async def unused(_message: Any) -> None:
        raise StartError("The atomic agent runs its turns itself.")

    app.blueprint(channel.blueprint(unused), url_prefix=f"/webhooks/{channel.url_prefix()}")

    @app.get("/")
    async def root(_request: Any) -> Any:
        return response.text("Rapport's Rasa")

    async def answer(body: Any) -> tuple[int, dict[str, Any]]:
        return await channel.answer_turn(app, body, unused)

    line_desk = LineDesk(token, answer)

    @app.listener("after_server_start")
    async def open_line(app: Any, _loop: Any) -> None:
        app.ctx.line_port = await line_desk.open()

    @app.listener("before_server_stop")
    async def close_line(_app: Any, _loop: Any) -> None:
        await line_desk.close(turn_timeout)

    @app.listener("after_server_stop")
    async def close(_app: Any, _loop: Any) -> None:
        await actions.close()
        await agent.tracker_store.settle()
        agent.tracker_store.engine.dispose()

    return app


def _model_file(model: str) -> Path:
    path = Path(model)
    if path.is_file():
        return path
    if path.is_dir():
        newest = max(path.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime, default=None)
        if newest is not None:
            return newest
    raise StartError(f"There is no model at {model}; train one first.")


def _timeouts() -> tuple[float, float]:
    turn = _seconds(TURN_TIMEOUT_VARIABLE, 8.0)
    action = _seconds(ACTION_TIMEOUT_VARIABLE, min(_DEFAULT_ACTION_TIMEOUT, turn * 0.75))
    if action >= turn:
        raise StartError(
            f"{ACTION_TIMEOUT_VARIABLE} ({action:g} s) must be below {TURN_TIMEOUT_VARIABLE} ({turn:g} s)."
        )
    return turn, action


def _seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    try:
        value = float(text) if text else default
    except ValueError:
        value = 0.0
    if value <= 0:
        raise StartError(f"{variable} must be a number of seconds above 0, not '{text}'.")
    return value


def _options(arguments: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bot.rasa_runtime.serve", description="Serve one Rasa model to Rapport.")
    parser.add_argument("--model", required=True, help="model archive, or a folder whose newest archive is taken")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="keep it on loopback: Rasa must not be reachable")
    return parser.parse_args(arguments)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("rasa", "matplotlib", "sanic", "asyncio", "tensorflow", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Old libraries of this frozen environment deprecate each other; nobody here can act on it.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", message="Slot auto-fill has been removed")
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
