"""One error shape everywhere: RFC 9457 problem JSON."""

import html
import json
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

log = structlog.get_logger()

_PAGE = Path(__file__).parent / "static" / "landing" / "page.html"

STORE_AGAIN_S = 2

_SENTENCES = {
    404: "There is nothing at this address. Check that it was copied whole.",
    405: "This address exists, but not for this method.",
    413: "That is larger than what is taken here.",
}
"""What aiohttp's own refusals say, for those that people meet."""


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


def _page(status: int, sentence: str) -> web.Response:
    title = "Page not found" if status == 404 else "That did not work"
    body = f"<h1>{title}</h1><p>{html.escape(sentence)}</p>"
    page = _PAGE.read_text(encoding="utf-8").replace("{title}", title).replace("{body}", body)
    return web.Response(status=status, text=page, content_type="text/html")


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into the one error shape; an unexpected one is logged and hidden behind a plain 500."""
    try:
        if not request.raw_path.startswith("/"):
            # A whole URL as target names a host of the client's own choosing; only forward proxies are asked so.
            raise Problem(400, "bad_address", "Ask for a path, not for a whole address.")
        if "\x00" in request.path or any("\x00" in value for value in request.query.values()):
            # No text of ours holds it, and PostgreSQL refuses to look for it.
            raise Problem(400, "bad_address", "An address must not contain NUL characters.")
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        if error.status < 400 or error.content_type == "text/html":
            raise
        own_words = error.text is None or error.text == f"{error.status}: {error.reason}"
        sentence = _SENTENCES.get(error.status, error.reason) if own_words else error.text or error.reason
        answer = (
            _page(error.status, sentence)
            if wants_page(request)
            else Problem(error.status, error.reason.lower().replace(" ", "_"), sentence).response()
        )
        for name in ("Allow", "Retry-After"):
            if name in error.headers:
                answer.headers[name] = error.headers[name]
        return answer
    except (ConnectionError, TimeoutError):
        raise
    except (OperationalError, InterfaceError, NoConnection) as error:
        # The store is away, full or too busy: nothing was done, and it may be asked again.
        log.error("http.store_away", method=request.method, path=request.path, error=repr(error))
        sentence = "That cannot be done just now; please try again in a moment."
        return Problem(503, "unavailable", sentence, retry_after=STORE_AGAIN_S).response()
    except Exception as error:  # the process edge of a request
        log.exception("http.failed", method=request.method, path=request.path, error=repr(error))
        return Problem(500, "internal", "Something went wrong on our side. Please try again.").response()
