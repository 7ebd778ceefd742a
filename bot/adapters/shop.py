"""The shop's orders API, seen from here: typed answers, short waits, and one error for "the shop cannot be asked".

A changing request carries an Idempotency-Key, so sending it again after a lost answer does nothing twice.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

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


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class OrderLine(_Answer):
    sku: str
    name: str
    quantity: int
    price_text: str = ""


class Refund(_Answer):
    status: str
    amount_text: str = ""
    expected_by: date | None = None
    paid_at: datetime | None = None


class Return(_Answer):
    number: str
    status: str
    amount_text: str = ""


class Order(_Answer):
    """One order; `customer` is the id the site signs for its user."""

    number: str
    status: str
    customer: str | None = None
    placed_at: datetime
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    returned_at: datetime | None = None
    expected_delivery: date | None = None
    late: bool = False
    days_late: int = 0
    delay_reason: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    items: list[OrderLine]
    total_text: str = ""
    can_cancel: bool = False
    can_return: bool = False
    return_until: date | None = None
    returns: list[Return] = []
    refund: Refund | None = None
    url: str | None = None


class Match(_Answer):
    match: bool
    customer: str | None = None


class Invoice(_Answer):
    number: str
    total_text: str = ""
    url: str


class ReturnOpened(_Answer):
    """A return that was opened; `label_url` is where its free label is."""

    opened: Return
    order: Order
    label_url: str | None = None


class _OrderPage(_Answer):
    items: list[Order]


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
            return _read(Order, await self._ask("GET", f"/api/orders/{quote(number, safe='')}"))
        except ShopRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def orders_of(self, customer: str, limit: int = 5) -> list[Order]:
        """A signed-in customer's newest orders, newest first. Raises ShopUnavailable."""
        page = await self._ask("GET", "/api/orders", params={"customer": customer, "limit": str(limit)})
        return _read(_OrderPage, page).items

    async def verify(self, number: str, email: str) -> Match:
        """Whether the order was placed with this address; no order is no match. Raises ShopUnavailable."""
        return _read(Match, await self._ask("POST", f"/api/orders/{quote(number, safe='')}/verify", {"email": email}))

    async def cancel(self, number: str, reason: str, key: str) -> Order:
        """Cancel an order, once for each `key`. Raises ShopRefused(`not_cancellable`) and ShopUnavailable."""
        path = f"/api/orders/{quote(number, safe='')}/cancel"
        return _read(Order, await self._ask("POST", path, {"reason": reason}, key=key))

    async def open_return(self, number: str, sku: str | None, reason: str, key: str) -> ReturnOpened:
        """Open a return of one article, or of everything for None, once for each `key`.

        Raises ShopRefused (`not_delivered`, `return_window_closed`, `already_returned`) and ShopUnavailable.
        """
        body: dict[str, Any] = {"reason": reason}
        if sku is not None:
            body["items"] = [sku]
        answer = await self._ask("POST", f"/api/orders/{quote(number, safe='')}/returns", body, key=key)
        return _read(ReturnOpened, {**answer, "opened": answer.get("return")})

    async def invoice(self, number: str) -> Invoice:
        """The order's invoice with a link that opens it. Raises ShopRefused and ShopUnavailable."""
        return _read(Invoice, await self._ask("GET", f"/api/orders/{quote(number, safe='')}/invoice"))

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
