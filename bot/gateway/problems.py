"""One error shape everywhere: RFC 9457 problem JSON."""

import json
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

log = structlog.get_logger()


class Problem(Exception):
    """An answer that is an error: HTTP status, a stable code, and a sentence a person can act on."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more

    def response(self) -> web.Response:
        body = {"type": "about:blank", "title": self.code, "status": self.status, "detail": self.detail, **self.more}
        headers = {"Retry-After": str(self.more["retry_after"])} if "retry_after" in self.more else None
        return web.Response(
            status=self.status, text=json.dumps(body), content_type="application/problem+json", headers=headers
        )


def wants_page(request: web.Request) -> bool:
    """A person's browser asks for a page; everything under /api is for programs."""
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into the one error shape; an unexpected one is logged and hidden behind a plain 500."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        if error.status < 400 or wants_page(request):
            raise
        return Problem(error.status, error.reason.lower().replace(" ", "_"), error.text or error.reason).response()
    except (ConnectionError, TimeoutError):
        raise
    except Exception as error:  # the process edge of a request
        log.exception("http.failed", method=request.method, path=request.path, error=repr(error))
        return Problem(500, "internal", "Something went wrong on our side. Please try again.").response()
