"""What the gateway's handlers share, as typed application keys."""

from aiohttp import web

from bot.gateway.admission import Admission
from bot.gateway.door import Door
from bot.gateway.hub import Hub
from bot.gateway.limiter import Limiter
from bot.gateway.worker_client import WorkerClient
from bot.services.app import App

APP = web.AppKey("app", App)
HUB = web.AppKey("hub", Hub)
WORKER = web.AppKey("worker", WorkerClient)
DOOR = web.AppKey("door", Door)
ADMISSION = web.AppKey("admission", Admission)
LIMITER = web.AppKey("limiter", Limiter)
