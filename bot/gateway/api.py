"""The route layer: a handler declares its models, and they validate its input and describe it in OpenAPI."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.gateway.bodies import read_body
from bot.gateway.problems import Problem

MAX_BODY_BYTES = 64 * 1024

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL in JSON text, and not a backslash followed by `u0000`."""

ApiHandler = Callable[["Call"], Awaitable[BaseModel | dict[str, Any] | web.StreamResponse | None]]
Guard = Callable[[web.Request, str], Awaitable[Any]]
"""Given the request and the route's `auth`, returns who is calling, or raises Problem 401 or 403."""


@dataclass
class Call:
    """What a handler gets: the request, its checked body and query, and who is calling."""

    request: web.Request
    body: Any
    query: Any
    who: Any

    def path(self, name: str) -> str:
        return self.request.match_info[name]


@dataclass(frozen=True)
class Route:
    """One declared operation."""

    method: str
    path: str
    handler: ApiHandler
    summary: str
    auth: str | None
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: type[BaseModel] | None
    errors: tuple[int, ...]
    tag: str
    takes_file: bool = False
    """The body is a file; the handler reads it."""


@dataclass
class Api:
    """Collects operations; `mount` adds them to an aiohttp application."""

    routes: list[Route] = field(default_factory=list)

    def route(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        tag: str,
        auth: str | None = None,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        returns: type[BaseModel] | None = None,
        errors: tuple[int, ...] = (),
        takes_file: bool = False,
    ) -> Callable[[ApiHandler], ApiHandler]:
        """Declare an operation. `auth`: None (public), `visitor`, `agent`, `supervisor` or `admin`."""

        def add(handler: ApiHandler) -> ApiHandler:
            self.routes.append(
                Route(method, path, handler, summary, auth, body, query, returns, errors, tag, takes_file)
            )
            return handler

        return add

    def mount(self, application: web.Application, guard: Guard) -> None:
        for route in self.routes:
            application.router.add_route(route.method, route.path, _serve(route, guard))


def _serve(route: Route, guard: Guard) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        who = await guard(request, route.auth) if route.auth else None
        body = await _body(request, route.body) if route.body else None
        query = _checked(route.query, dict(request.query), "query") if route.query else None
        result = await route.handler(Call(request, body, query, who))
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=204)
        if isinstance(result, BaseModel):
            return web.Response(text=result.model_dump_json(by_alias=True), content_type="application/json")
        return web.json_response(result)

    return serve


async def _body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    if request.content_type not in {"application/json", "application/octet-stream"}:
        raise Problem(415, "unsupported_media_type", "Send JSON with Content-Type: application/json.")
    raw = await read_body(request, MAX_BODY_BYTES)
    if _NUL.search(raw):
        raise Problem(422, "invalid", "body: NUL characters cannot be stored; leave them out.")
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from error


def _checked(model: type[BaseModel], data: dict[str, Any], where: str) -> BaseModel:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _invalid(error, where) from error


def _invalid(error: ValidationError, where: str) -> Problem:
    errors = [
        {"where": ".".join([where, *(str(part) for part in item["loc"])]), "problem": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = errors[0]
    return Problem(422, "invalid", f"{first['where']}: {first['problem']}", errors=errors)
