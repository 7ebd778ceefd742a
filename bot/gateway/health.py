"""Is everything well? For load balancers, for the supervisor and for Prometheus."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.rasa import RasaClient
from bot.gateway.keys import APP, HUB
from bot.services.app import App
from bot.store.tables import Case, Job

SOCKETS = Gauge("rapport_visitor_sockets", "Visitor sockets open on this gateway")
WAITING = Gauge("rapport_cases_waiting", "Cases waiting for a person")
JOBS = Gauge("rapport_jobs", "Jobs in the queue by state", ["state"])
UP = Gauge("rapport_component_up", "1 when the component answers", ["component"])
BREAKER = Gauge("rapport_bot_breaker", "0: turns pass, 1: on probation, 2: Rasa is not asked")
BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}


class Health:
    """Asks the components; remembers which have been up once, for readiness."""

    def __init__(self, rasa: RasaClient, worker_url: str) -> None:
        self._rasa = rasa
        self._worker_url = worker_url
        self._seen: set[str] = set()
        self.breaker = "closed"
        self._http: aiohttp.ClientSession | None = None

    async def components(self, request: web.Request) -> dict[str, str]:
        """Each component: `up` or `down`."""
        checks: dict[str, Awaitable[bool]] = {
            "store": _store_up(request.app[APP]),
            "rasa": self._rasa_up(),
            "worker": self._worker_up(),
        }
        results = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
        results["actions"] = results["worker"]  # the custom actions live in the worker
        self._seen |= {name for name, up in results.items() if up}
        for name, up in results.items():
            UP.labels(name).set(up)
        return {name: "up" if up else "down" for name, up in results.items()}

    @property
    def was_ready(self) -> bool:
        return self._seen >= {"store", "rasa", "worker", "actions"}

    async def _rasa_up(self) -> bool:
        return await self._rasa.health() is not None

    async def _worker_up(self) -> bool:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2))
        try:
            async with self._http.get(f"{self._worker_url}/healthz") as response:
                if response.status != 200:
                    return False
                self.breaker = str((await response.json()).get("breaker", "closed"))
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        BREAKER.set(BREAKER_STATES.get(self.breaker, 0))
        return True

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        await self._rasa.close()


HEALTH = web.AppKey("health", Health)


async def _store_up(app: App) -> bool:
    """Whether it answers, and, when a write has failed, whether it takes one now."""
    try:
        async with asyncio.timeout(3):
            if app.store.write_failed:
                await _write_something(app)
                app.store.write_failed = False
            async with app.read() as tx:
                await tx.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _write_something(app: App) -> None:
    """Take some pages and give them back: a row that fits into a page's rest would prove nothing."""
    async with app.write() as tx:
        now = app.now()
        probe = Job(kind="probe", state="done", payload={"filler": "-" * 65_536}, run_at=now, created_at=now)
        tx.add(probe)
        await tx.flush()
        await tx.delete(probe)


async def healthz(request: web.Request) -> web.Response:
    """200 while messages can be accepted, i.e. while the store answers and takes writes."""
    components = await request.app[HEALTH].components(request)
    body: dict[str, Any] = {
        "status": "ok" if all(state == "up" for state in components.values()) else "degraded",
        "components": components,
        "breaker": request.app[HEALTH].breaker,
    }
    return web.json_response(body, status=200 if components["store"] == "up" else 503)


async def readyz(request: web.Request) -> web.Response:
    """503 until every component has been up once, then 200."""
    health = request.app[HEALTH]
    components = await health.components(request)
    ready = health.was_ready
    return web.json_response({"ready": ready, "components": components}, status=200 if ready else 503)


async def _count(app: App) -> None:
    async with app.read() as tx:
        waiting = select(func.count()).select_from(Case).where(Case.owner == "queue", Case.status == "open")
        WAITING.set((await tx.execute(waiting)).scalar_one())
        counts = dict((await tx.execute(select(Job.state, func.count()).group_by(Job.state))).tuples().all())
    for state in ("ready", "running", "done", "dead"):
        JOBS.labels(state).set(counts.get(state, 0))


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    await request.app[HEALTH].components(request)
    SOCKETS.set(request.app[HUB].count)
    with contextlib.suppress(SQLAlchemyError, OSError):  # that the store is away is what must be told then
        await _count(request.app[APP])
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
