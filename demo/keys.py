"""Typed keys of what the application carries, and the two small values every page needs."""

from __future__ import annotations

from aiohttp import web
from jinja2 import Environment

from demo.chaos import Chaos
from demo.events import Sender
from demo.settings import Settings
from demo.store import Database

SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
SENDER: web.AppKey[Sender] = web.AppKey("sender", Sender)
CHAOS: web.AppKey[Chaos] = web.AppKey("chaos", Chaos)
TEMPLATES: web.AppKey[Environment] = web.AppKey("templates", Environment)
