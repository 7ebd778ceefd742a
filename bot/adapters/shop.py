"""The shop's orders API, seen from here: typed answers, short waits, and one error for "the shop cannot be asked".

A changing request carries an Idempotency-Key, so sending it again after a lost answer does nothing twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ValidationError

from bot.adapters.shop_answers import (
    Invoice,
    InvoiceLine,
    Match,
    Order,
    OrderLine,
    OrderPage,
    Product,
    ProductPage,
    Quote,
    Refund,
    Return,
    ReturnOpened,
    Subscribed,
    Voucher,
)

TIMEOUT_S = 2.5
"""For one request: two of them and a retry must fit into a bot turn."""

_Model = TypeVar("_Model", bound=BaseModel)


class ShopUnavailable(Exception):
    """The shop did not answer in time, answered with an error of its own, or answered nonsense."""


class ShopRefused(Exception):
    """The shop understood and said no; `code` is its reason, such as `not_cancellable`."""

    def __init__(self, code: str, detail: str, status: int) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status


class ShopClient:
    """Speaks to the orders API with a bearer token over kept-alive connections. Close it when done."""

    def __init__(self, base_url: str, token: str, timeout_s: float = TIMEOUT_S) -> None:
        self._base = base_url.rstrip("/")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def order(self, number: str) -> Order | None:
        """The order, or None when the shop has none of this number. Raises ShopUnavailable."""
        try:
            return _of(number, _read(Order, await self._ask("GET", _path(number))))
        except ShopRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def orders_of(self, customer: str, limit: int = 5) -> list[Order]:
        """A signed-in customer's newest orders, newest first. Raises ShopUnavailable."""
        page = await self._ask("GET", "/api/orders", params={"customer": customer, "limit": str(limit)})
        return _read(OrderPage, page).items

    async def products(self, words: str, limit: int = 5) -> list[Product]:
        """What the catalogue finds for `words`, in its own order. Raises ShopUnavailable."""
        page = await self._ask("GET", "/api/products", params={"q": words, "limit": str(limit)})
        return _read(ProductPage, page).items

    async def verify(self, number: str, email: str) -> Match:
        """Whether the order was placed with this address; no order is no match. Raises ShopUnavailable."""
        return _read(Match, await self._ask("POST", _path(number, "verify"), {"email": email}))

    async def cancel(self, number: str, reason: str, fee_cents: int, key: str) -> Order:
        """Cancel an order for the fee that was agreed to, once for each `key`.

        Raises ShopRefused (`not_cancellable`, `fee_changed`) and ShopUnavailable.
        """
        body = {"reason": reason, "expect_fee_cents": fee_cents}
        order = _of(number, _read(Order, await self._ask("POST", _path(number, "cancel"), body, key=key)))
        return _done(order, order.status == "cancelled", "cancelled")

    async def quote(self, number: str, quantities: Mapping[str, int]) -> Quote:
        """What the order would cost with these quantities by sku. Changes nothing.

        Raises ShopRefused (`not_changeable`, `nothing_left`, `sold_out`) and ShopUnavailable.
        """
        return _read(Quote, await self._ask("POST", _path(number, "quote"), {"items": _lines(quantities)}))

    async def change_items(self, number: str, quantities: Mapping[str, int], total_cents: int, key: str) -> Order:
        """Change quantities (0 takes a line out) for the total that was agreed to, once for each `key`.

        Raises ShopRefused (those of `quote`, `total_changed`) and ShopUnavailable.
        """
        body = {"items": _lines(quantities), "expect_total_cents": total_cents}
        order = _of(number, _read(Order, await self._ask("POST", _path(number, "items"), body, key=key)))
        kept = {line.sku: line.quantity for line in order.items}
        return _done(order, all(kept.get(sku, 0) == count for sku, count in quantities.items()), "changed")

    async def change_address(self, number: str, address: Mapping[str, str], key: str) -> Order:
        """Send the parcel elsewhere, once for each `key`.

        Raises ShopRefused (`address_locked`, `not_served`, `other_delivery`, `bad_request`) and ShopUnavailable.
        """
        answer = await self._ask("POST", _path(number, "address"), {"address": dict(address)}, key=key)
        order = _of(number, _read(Order, answer))
        same = all(order.address.get(part) == value for part, value in address.items() if value)
        return _done(order, same, "sent to the new address")

    async def open_return(self, number: str, items: Mapping[str, int | None], reason: str, key: str) -> ReturnOpened:
        """Open a return of so many of each sku (None: all of them), or of everything for none, once for each `key`.

        Raises ShopRefused (`not_delivered`, `return_window_closed`, `already_returned`) and ShopUnavailable.
        """
        body: dict[str, Any] = {"reason": reason}
        if items:
            body["items"] = [sku if n is None else {"sku": sku, "quantity": n} for sku, n in items.items()]
        answer = await self._ask("POST", _path(number, "returns"), body, key=key)
        return _read(ReturnOpened, {**answer, "opened": answer.get("return")})

    async def invoice(self, number: str, hours: int) -> Invoice:
        """The order's invoice with a link that opens it for `hours`. Raises ShopRefused and ShopUnavailable."""
        return _read(Invoice, await self._ask("GET", _path(number, "invoice"), params={"hours": str(hours)}))

    async def give_voucher(self, number: str, amount_cents: int, reason: str, key: str) -> Voucher:
        """A voucher for who placed the order, once for each `key`. Raises ShopRefused and ShopUnavailable."""
        body = {"order": number, "amount_cents": amount_cents, "reason": reason}
        voucher = _read(Voucher, await self._ask("POST", "/api/vouchers", body, key=key))
        if voucher.amount_cents != amount_cents:
            raise ShopUnavailable(f"a voucher over {voucher.amount_cents} cents was given instead of {amount_cents}")
        return voucher

    async def credit(self, number: str, amount_cents: int, reason: str, key: str) -> Order:
        """Give part of the price back, once for each `key`. Raises ShopRefused(`too_much`) and ShopUnavailable."""
        body = {"amount_cents": amount_cents, "reason": reason}
        order = _of(number, _read(Order, await self._ask("POST", _path(number, "credit"), body, key=key)))
        return _done(order, order.refund is not None, "credited")

    async def set_newsletter(self, customer: str, subscribed: bool, key: str) -> None:
        """Subscribe or unsubscribe a customer, once for each `key`. Raises ShopRefused and ShopUnavailable."""
        path = f"/api/customers/{quote(customer, safe='')}/newsletter"
        answer = _read(Subscribed, await self._ask("POST", path, {"subscribed": subscribed}, key=key))
        if answer.subscribed is not subscribed:
            raise ShopUnavailable("the newsletter was not switched")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._token}"}, timeout=self._timeout
            )
        return self._session

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        params: dict[str, str] | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        try:
            status, text = await self._send(method, path, body, params, key)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # The connection broke: a restart, or an answer lost on its way. The key makes asking again safe.
            status, text = await self._send_again(method, path, body, params, key)
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            raise ShopUnavailable(f"{method} {path}: {type(error).__name__}") from error
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise ShopUnavailable(f"{method} {path}: {status} and no JSON") from error
        if not isinstance(answer, dict) or status >= 500 or status in {401, 403, 429}:
            raise ShopUnavailable(f"{method} {path}: {status}")
        if status >= 400:
            raise ShopRefused(str(answer.get("code", "refused")), str(answer.get("detail", "")), status)
        return answer

    async def _send_again(
        self, method: str, path: str, body: dict[str, Any] | None, params: dict[str, str] | None, key: str | None
    ) -> tuple[int, str]:
        try:
            return await self._send(method, path, body, params, key)
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            raise ShopUnavailable(f"{method} {path}: {type(error).__name__}") from error

    async def _send(
        self, method: str, path: str, body: dict[str, Any] | None, params: dict[str, str] | None, key: str | None
    ) -> tuple[int, str]:
        headers = {"Idempotency-Key": key} if key else None
        async with self._http().request(
            method, f"{self._base}{path}", json=body, params=params, headers=headers
        ) as response:
            return response.status, await response.text()


def _read(model: type[_Model], answer: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise ShopUnavailable(f"the shop's answer is not an {model.__name__}: {error.error_count()} faults") from error


def _path(number: str, deed: str = "") -> str:
    path = f"/api/orders/{quote(number, safe='')}"
    return f"{path}/{deed}" if deed else path


def _lines(quantities: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": count} for sku, count in sorted(quantities.items())]


def _of(number: str, order: Order) -> Order:
    """The order when it is the one that was asked for; another one must be shown to nobody."""
    if _digits(order.number) != _digits(number):
        raise ShopUnavailable("the shop answered with another order than the one asked for")
    return order


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number) or number


def _done(order: Order, as_wanted: bool, what: str) -> Order:
    """A friendly status alone proves nothing: the order must look as if the work was done."""
    if not as_wanted:
        raise ShopUnavailable(f"the shop agreed, but order {order.number} is not {what}")
    return order


__all__ = [
    "Invoice",
    "InvoiceLine",
    "Match",
    "Order",
    "OrderLine",
    "Product",
    "Quote",
    "Refund",
    "Return",
    "ReturnOpened",
    "ShopClient",
    "ShopRefused",
    "ShopUnavailable",
    "Voucher",
]
