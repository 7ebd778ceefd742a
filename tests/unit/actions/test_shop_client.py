"""The shop's client against a real HTTP server: typed answers, refusals, and every way a shop can fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.shop import ShopClient, ShopRefused, ShopUnavailable
from tests.unit.actions.fakes import an_order

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def shop_with():  # type: ignore[no-untyped-def]  # a factory that owns what it makes
    made: list[ShopClient | TestServer] = []

    async def make(handler: Handler, timeout_s: float = 1.0) -> ShopClient:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        client = ShopClient(str(server.make_url("")), "secret", timeout_s)
        made.extend((client, server))
        return client

    yield make
    for thing in made:
        await thing.close()


async def test_order_is_read_and_the_token_sent(shop_with) -> None:  # type: ignore[no-untyped-def]
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(f"{request.headers['Authorization']} {request.path}")
        return web.json_response(an_order().model_dump(mode="json"))

    order = await (await shop_with(answer)).order("LH-100234")
    assert order is not None and order.items[0].name == "Glow Lamp"
    assert seen == ["Bearer secret /api/orders/LH-100234"]


async def test_unknown_order_is_none(shop_with) -> None:  # type: ignore[no-untyped-def]
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"code": "not_found", "detail": "no"}, status=404)

    assert await (await shop_with(answer)).order("LH-1") is None


async def test_refusal_keeps_its_code(shop_with) -> None:  # type: ignore[no-untyped-def]
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"code": "not_cancellable", "detail": "left"}, status=409)

    with pytest.raises(ShopRefused) as refused:
        await (await shop_with(answer)).cancel("LH-1", "reason", 0, "key")
    assert refused.value.code == "not_cancellable"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, "Internal Server Error"),
        (503, "{}"),
        (401, "{}"),
        (200, "<html>"),
        (200, "[]"),
        (200, '{"number": 7}'),
    ],
)
async def test_nonsense_and_errors_of_the_shop_are_unavailable(shop_with, status: int, body: str) -> None:  # type: ignore[no-untyped-def]
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    with pytest.raises(ShopUnavailable):
        await (await shop_with(answer)).order("LH-1")


async def test_slow_shop_is_unavailable_in_time(shop_with) -> None:  # type: ignore[no-untyped-def]
    import asyncio

    async def answer(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(ShopUnavailable):
        await (await shop_with(answer, 0.05)).order("LH-1")


async def test_lost_answer_is_asked_for_again_with_the_same_key(shop_with) -> None:  # type: ignore[no-untyped-def]
    keys: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(an_order(status="cancelled").model_dump(mode="json"))

    order = await (await shop_with(answer)).cancel("LH-100234", "reason", 0, "m1:action_cancel_order")
    assert order.status == "cancelled"
    assert keys == ["m1:action_cancel_order"] * 2


async def test_shop_that_is_gone_is_unavailable() -> None:
    client = ShopClient("http://127.0.0.1:9", "secret", 1.0)
    with pytest.raises(ShopUnavailable):
        await client.order("LH-1")
    await client.close()


@pytest.mark.parametrize(
    "deed",
    [
        lambda shop: shop.order("LH-999999"),
        lambda shop: shop.cancel("LH-100234", "reason", 0, "key"),
        lambda shop: shop.change_items("LH-100234", {"LAMP": 0}, 100, "key"),
        lambda shop: shop.change_address("LH-100234", {"line1": "5 Quay"}, "key"),
        lambda shop: shop.credit("LH-100234", 500, "reason", "key"),
        lambda shop: shop.give_voucher("LH-100234", 500, "reason", "key"),
        lambda shop: shop.open_return("LH-100234", {}, "reason", "key"),
        lambda shop: shop.quote("LH-100234", {"LAMP": 0}),
        lambda shop: shop.invoice("LH-100234", 1),
        lambda shop: shop.set_newsletter("cus_mira", True, "key"),
    ],
)
async def test_a_friendly_answer_that_does_not_show_the_deed_done_is_no_success(
    shop_with,  # type: ignore[no-untyped-def]
    deed: Callable[[ShopClient], Awaitable[object]],
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(an_order().model_dump(mode="json"))

    with pytest.raises(ShopUnavailable):
        await deed(await shop_with(answer))


async def test_a_voucher_over_another_amount_is_no_success(shop_with) -> None:  # type: ignore[no-untyped-def]
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"code": "V", "amount_cents": 50_000})

    with pytest.raises(ShopUnavailable, match="50000"):
        await (await shop_with(answer)).give_voucher("LH-100234", 500, "reason", "key")
