"""Reading what a request carries: all of it, not more than its limit, and not for ever."""

import asyncio

from aiohttp import web
from multidict import MultiDictProxy

from bot.gateway.problems import Problem

READ_WITHIN_S = 30.0
MAX_FORM_BYTES = 256 * 1024
Form = MultiDictProxy[str | bytes | bytearray | web.FileField]

_FORM: web.RequestKey[Form] = web.RequestKey("form", MultiDictProxy)


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises Problem 413 when it has more than `limit` bytes, 408 when it does not come."""
    parts: list[bytes] = []
    size = 0
    try:
        # One deadline for all of it: a byte now and then must not hold the request open.
        async with asyncio.timeout(READ_WITHIN_S):
            async for part in request.content.iter_any():
                size += len(part)
                if size > limit:
                    raise Problem(413, "too_large", f"The body of this request may have {limit} bytes.")
                parts.append(part)
    except TimeoutError as error:
        raise Problem(408, "too_slow", "The request did not come in time.") from error
    return b"".join(parts)


async def read_form(request: web.Request) -> Form:
    """A page's own form; it may be asked for again. Raises Problem 408, HTTPRequestEntityTooLarge."""
    if _FORM not in request:
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                form: Form = await request.clone(client_max_size=MAX_FORM_BYTES).post()
            request[_FORM] = form
        except TimeoutError as error:
            raise Problem(408, "too_slow", "The form did not come in time.") from error
    return request[_FORM]
