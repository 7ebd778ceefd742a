"""One shape for every error of the API: RFC 9457 problem JSON with a code a program can branch on."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web


class ShopError(Exception):
    """A refusal with its reason. `extra` holds further members of the problem document."""

    def __init__(self, status: int, code: str, title: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The problem as a JSON-able object."""
        return {
            "type": f"urn:lumen-hearth:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }


def bad_request(detail: str, field: str | None = None) -> ShopError:
    """400 `bad_request`; `field` names the member that is wrong."""
    extra = {"field": field} if field else {}
    return ShopError(400, "bad_request", "The request cannot be understood", detail, **extra)


def not_found(what: str) -> ShopError:
    """404 `not_found` for a thing described by `what`."""
    return ShopError(404, "not_found", "Not found", f"There is no {what}.")


def problem_response(error: ShopError) -> web.Response:
    """The HTTP answer for `error`."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return web.Response(
        status=error.status,
        text=json.dumps(error.document()),
        content_type="application/problem+json",
        headers=headers,
    )
