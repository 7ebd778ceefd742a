"""Starts the processes in health-gated order, keeps them running, switches Rasa to another model, stops them all.

The switch is blue/green: a second Rasa loads the new model, proves itself, the worker's upstream file is replaced, and
the old one ends after the turns it had begun. No message is lost: a turn that failed in between is tried again, and
the channel knows the ids it has answered.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import structlog
from sqlalchemy import select

from bot.adapters.rasa import RasaClient, Upstream
from bot.processes.child import Child
from bot.processes.liveness import end_when_hung
from bot.services.app import App
from bot.settings import ROOT
from bot.store.tables import Model, Promotion
from bot.training.promote import finish_promotion

log = structlog.get_logger()

READY_WITHIN_S = 180.0
POLL_S = 0.1
RESTART_MAX_S = 10.0

Say = Callable[[str], None]
Probe = Callable[[], Awaitable[bool]]


class StartFailed(Exception):
    """A process did not become healthy; the text says which and shows its last words."""


class Supervisor:
    """All children of one installation."""

    def __init__(self, app: App, rasa_python: Path, model: Model, say: Say) -> None:
        self._app = app
        self._settings = app.settings
        self._rasa_python = rasa_python
        self._say = say
        self._token = app.settings.secret("internal_token")
        self._logs = app.settings.data / "logs"
        self._run = app.settings.data / "run"
        self._children: list[Child] = []
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._model = model
        self._rasa_port = app.settings.ports.rasa
        self._http: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Bring everything up. Raises StartFailed, after stopping what was started."""
        self._http = aiohttp.ClientSession(
            headers={"X-Rapport-Token": self._token}, timeout=aiohttp.ClientTimeout(total=2)
        )
        ports = self._settings.ports
        try:
            self._point_to(ports.rasa)
            rasa_answers = self._rasa_answers(ports.rasa)
            rasa = await self._spawn(self._rasa(self._model.path, ports.rasa), rasa_answers)
            shop_answers = self._answers(f"{self._settings.shop_url}/healthz")
            worker_answers = self._answers(f"http://127.0.0.1:{ports.worker}/healthz")
            if self._settings.demo:
                shop = await self._spawn(self._shop(), shop_answers)
            worker = await self._spawn(self._python("worker", "bot.processes.worker"), worker_answers)
            if self._settings.demo:
                await self._until(shop, shop_answers)
            await self._until(worker, worker_answers)
            self._say(f"loading the model {self._model.id} ...")
            await self._until(rasa, rasa_answers)
            # Not its health, which waits for the others: it is alive also while they are not.
            alive = self._answers(f"{self._settings.local_url}/widget.js")
            gateway = await self._spawn(self._python("gateway", "bot.processes.gateway"), alive)
            await self._until(gateway, self._answers(f"{self._settings.local_url}/readyz"))
        except BaseException:
            await self.stop()
            raise

    async def run(self) -> None:
        """Carry out promotions until cancelled; the keepers restart what ends."""
        while True:
            try:
                await self._promote_wanted()
            except Exception as error:  # the edge of a background task
                log.warning("supervisor.poll_failed", error=repr(error))
            await asyncio.sleep(1)

    async def stop(self) -> None:
        """End every child, the gateway first, so that nobody is told a lie by a half-stopped system."""
        for keeper in self._keepers.values():
            keeper.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)
        for child in reversed(self._children):
            await child.stop()
        if self._http is not None:
            await self._http.close()

    # ---- children

    def _env(self) -> dict[str, str]:
        ports = self._settings.ports
        return {
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "RAPPORT_DATA": str(self._settings.data),
            "RAPPORT_HOST": self._settings.host,
            "RAPPORT_PORT": str(ports.gateway),
            "RAPPORT_WORKER_PORT": str(ports.worker),
            "RAPPORT_RASA_PORT": str(ports.rasa),
            "RAPPORT_SHOP_PORT": str(ports.shop),
            "RAPPORT_HINT_PORT": str(ports.hints),
            "RAPPORT_INTERNAL_TOKEN": self._token,
        }

    def _python(self, name: str, module: str, *args: str, env: dict[str, str] | None = None) -> Child:
        return Child(name, [sys.executable, "-m", module, *args], {**self._env(), **(env or {})}, self._logs)

    def _rasa(self, model: str, port: int) -> Child:
        command = [str(self._rasa_python), "-m", "bot.rasa_runtime.serve", "--model", model, "--port", str(port)]
        env = {
            **self._env(),
            "RAPPORT_ACTION_URL": f"http://127.0.0.1:{self._settings.ports.worker}/webhook",
            "RAPPORT_TRACKER_URL": self._settings.tracker_url or f"sqlite:///{self._settings.data / 'rasa.db'}",
            "RAPPORT_TURN_TIMEOUT": str(self._settings.turn_timeout_s - 2),
            "RAPPORT_ACTION_TIMEOUT": str(self._settings.turn_timeout_s - 3),
            "RASA_TELEMETRY_ENABLED": "false",
            "OMP_NUM_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        return Child(f"rasa-{port}", command, env, self._logs)

    def _shop(self) -> Child:
        env = {
            "RAPPORT_IDENTITY_SECRET": self._settings.secret("identity_secret"),
            "RAPPORT_ORDERS_TOKEN": self._settings.secret("orders_token"),
            "RAPPORT_SHOP_SECRET": self._settings.secret("shop_secret"),
            "RAPPORT_FRIEND_REWARD": str(self._settings.friend_reward),
        }
        ports = self._settings.ports
        arguments = ["--port", str(ports.shop), "--data", str(self._settings.data / "shop")]
        arguments += ["--rapport-url", self._settings.origin, "--events-url", self._settings.local_url]
        if os.environ.get("RAPPORT_SHOP_CHAOS"):
            arguments.append("--chaos")
        return self._python("shop", "demo", *arguments, env=env)

    async def _spawn(self, child: Child, answers: Probe) -> Child:
        await child.start()
        self._adopt(child, answers)
        return child

    def _adopt(self, child: Child, answers: Probe) -> None:
        self._children.append(child)
        (self._run / f"{child.name}.pid").write_text(str(child.pid))
        self._keepers[child.name] = asyncio.create_task(self._look_after(child, answers))

    async def _look_after(self, child: Child, answers: Probe) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(child))
            group.create_task(end_when_hung(child, answers))

    async def _keep(self, child: Child) -> None:
        """Restart a child that ends, sooner when it had run long, later when it keeps ending."""
        pause = 0.1
        while True:
            started = time.monotonic()
            code = await child.wait()
            log.warning("supervisor.child_ended", child=child.name, code=code)
            pause = 0.1 if time.monotonic() - started > 20 else min(pause * 2, RESTART_MAX_S)
            await asyncio.sleep(pause)
            await child.start()
            (self._run / f"{child.name}.pid").write_text(str(child.pid))

    async def _end(self, child: Child) -> None:
        keeper = self._keepers.pop(child.name, None)
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        await child.stop()
        self._children.remove(child)

    # ---- health

    def _rasa_answers(self, port: int) -> Probe:
        return self._answers(f"http://127.0.0.1:{port}/webhooks/rapport/health")

    def _answers(self, url: str) -> Probe:
        async def ask() -> bool:
            assert self._http is not None
            try:
                async with self._http.get(url) as response:
                    return response.status == 200
            except (aiohttp.ClientError, TimeoutError, OSError):
                return False

        return ask

    async def _until(self, child: Child, healthy: Probe, within_s: float = READY_WITHIN_S) -> None:
        deadline = time.monotonic() + within_s
        first_pid = child.pid
        while not await healthy():
            # Its keeper restarts it; a process that ends while it starts will do so again.
            if child.pid != first_pid or not child.running:
                raise StartFailed(f"{child.name} ended while starting:\n{child.last_words()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{child.name} was not ready within {within_s:.0f} s:\n{child.last_words()}")
            await asyncio.sleep(POLL_S)

    # ---- models

    def _point_to(self, port: int) -> None:
        """Tell the worker where the live Rasa is; replaced atomically, so that it is never read half-written."""
        self._run.mkdir(parents=True, exist_ok=True)
        path = self._run / "upstream.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"url": f"http://127.0.0.1:{port}"}))
        fresh.replace(path)
        self._rasa_port = port

    async def _promote_wanted(self) -> None:
        async with self._app.read() as tx:
            row = (
                await tx.execute(
                    select(Promotion, Model)
                    .join(Model, Model.id == Promotion.model_id)
                    .where(Promotion.state == "wanted")
                    .order_by(Promotion.created_at)
                    .limit(1)
                )
            ).first()
        if row is None:
            return
        promotion, model = row
        try:
            await self._switch(model)
        except (StartFailed, OSError) as error:
            await finish_promotion(self._app, promotion.id, ok=False, error=str(error))
            return
        await finish_promotion(self._app, promotion.id, ok=True, error=None)

    async def _switch(self, model: Model) -> None:
        """Blue/green. Raises StartFailed with the live model still answering when the new one does not prove itself."""
        ports = self._settings.ports
        port = ports.rasa_next if self._rasa_port == ports.rasa else ports.rasa
        old = next(child for child in self._children if child.name == f"rasa-{self._rasa_port}")
        fresh = self._rasa(model.path, port)
        await fresh.start()
        try:
            await self._until(fresh, self._rasa_answers(port))
            await self._prove(port)
        except StartFailed:
            await fresh.stop()
            raise
        self._adopt(fresh, self._rasa_answers(port))
        self._point_to(port)
        self._model = model
        # Turns begun on the old model may still be running there.
        await asyncio.sleep(self._settings.turn_timeout_s + 1)
        await self._end(old)

    async def _prove(self, port: int) -> None:
        """A canned message must be understood and answered before a customer meets the new model."""
        client = RasaClient(Upstream(self._run / "none.json", f"http://127.0.0.1:{port}"), self._token)
        try:
            understood = await client.parse(["hello"])
            if not understood or understood[0].intent is None:
                raise StartFailed("the new model understood nothing of a plain hello")
        except Exception as error:
            raise StartFailed(f"the new model did not pass its smoke test: {error}") from error
        finally:
            await client.close()
