"""Is everything well? For load balancers, for the supervisor and for Prometheus."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.rasa import RasaClient
from bot.gateway.keys import APP, HUB
from bot.store.tables import Case, Job

SOCKETS = Gauge("rapport_visitor_sockets", "Visitor sockets open on this gateway")
WAITING = Gauge("rapport_cases_waiting", "Cases waiting for a person")
JOBS = Gauge("rapport_jobs", "Jobs in the queue by state", ["state"])
UP = Gauge("rapport_component_up", "1 when the component answers", ["component"])


class Health:
    """Asks the components; remembers which have been up once, for readiness."""

    def __init__(self, rasa: RasaClient, worker_url: str) -> None:
        self._rasa = rasa
        self._worker_url = worker_url
        self._seen: set[str] = set()
        self._http: aiohttp.ClientSession | None = None

    async def components(self, request: web.Request) -> dict[str, str]:
        """Each component: `up` or `down`."""
        checks: dict[str, Awaitable[bool]] = {
            "store": self._store(request),
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

    async def _store(self, request: web.Request) -> bool:
        try:
            async with asyncio.timeout(3), request.app[APP].read() as tx:
                await tx.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    async def _rasa_up(self) -> bool:
        return await self._rasa.health() is not None

    async def _worker_up(self) -> bool:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2))
        try:
            async with self._http.get(f"{self._worker_url}/healthz") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        await self._rasa.close()


HEALTH = web.AppKey("health", Health)


async def healthz(request: web.Request) -> web.Response:
    """200 while messages can be accepted, i.e. while the store answers."""
    components = await request.app[HEALTH].components(request)
    body: dict[str, Any] = {
        "status": "ok" if all(state == "up" for state in components.values()) else "degraded",
        "components": components,
    }
    return web.json_response(body, status=200 if components["store"] == "up" else 503)


async def readyz(request: web.Request) -> web.Response:
    """503 until every component has been up once, then 200."""
    health = request.app[HEALTH]
    components = await health.components(request)
    ready = health.was_ready
    return web.json_response({"ready": ready, "components": components}, status=200 if ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    SOCKETS.set(request.app[HUB].count)
    async with request.app[APP].read() as tx:
        waiting = select(func.count()).select_from(Case).where(Case.owner == "queue", Case.status == "open")
        WAITING.set((await tx.execute(waiting)).scalar_one())
        counts = dict((await tx.execute(select(Job.state, func.count()).group_by(Job.state))).tuples().all())
    for state in ("ready", "running", "done", "dead"):
        JOBS.labels(state).set(counts.get(state, 0))
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
