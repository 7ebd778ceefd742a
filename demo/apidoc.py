"""The orders API in OpenAPI 3.1, short enough to be read whole."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
CENTS = {"type": "integer"}
CHANGES = "`not_changeable`: it has left already. `nothing_left`: cancel it instead. `sold_out`: not enough in stock."


def _answer(description: str, kind: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": {"type": "object"}}}}


def _parameter(name: str, where: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "description": description, "schema": TEXT}


def _get(summary: str, *query: tuple[str, str], path: str | None = None) -> dict[str, Any]:
    parameters = [_parameter(path, "path", f"The {path}.")] if path else []
    parameters += [_parameter(name, "query", text) for name, text in query]
    answers = {"200": _answer(summary), "default": _answer("RFC 9457 problem", "application/problem+json")}
    return {"get": {"summary": summary, "parameters": parameters, "responses": answers}}


def _post(
    summary: str, fields: dict[str, Any], required: list[str], refusal: str = "", path: str = "number"
) -> dict[str, Any]:
    schema = {"type": "object", "properties": fields, "required": required}
    answers = {"2XX": _answer("Done"), "default": _answer("RFC 9457 problem", "application/problem+json")}
    if refusal:
        answers["409"] = _answer(refusal, "application/problem+json")
    return {
        "post": {
            "summary": summary,
            "parameters": [
                *([_parameter(path, "path", f"The {path}.")] if path else []),
                _parameter("Idempotency-Key", "header", "A repeat with the same key gets the first answer."),
            ],
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": answers,
        }
    }


def describe(public_url: str) -> dict[str, Any]:
    """The whole document; `public_url` is where the shop is reached."""
    paging = (("limit", "1 to 100, 20 if absent."), ("cursor", "`next` of the answer before."))
    items = {"type": "array", "items": {"type": "object", "properties": {"sku": TEXT, "quantity": {"type": "integer"}}}}
    address = dict.fromkeys(("name", "line1", "line2", "postcode", "city", "country"), TEXT)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lumen & Hearth orders", "version": "1", "description": "For trusted servers only."},
        "servers": [{"url": public_url}],
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/api/orders": _get(
                "A customer's orders, newest first", ("email", "Their e-mail."), ("customer", "Their id."), *paging
            ),
            "/api/orders/{number}": _get("One order", path="number"),
            "/api/orders/{number}/invoice": _get(
                "Its invoice, with a link that ends", ("hours", "How long the link is good, 1 to 72."), path="number"
            ),
            "/api/orders/{number}/refund": _get("Where its refund is", path="number"),
            "/api/orders/{number}/verify": _post("Does the e-mail belong to the order?", {"email": TEXT}, ["email"]),
            "/api/orders/{number}/cancel": _post(
                "Cancel it and owe the refund, less the fee",
                {"reason": TEXT, "expect_fee_cents": CENTS},
                [],
                "`not_cancellable`: it has left already. `fee_changed`: look at `cancel_fee` again.",
            ),
            "/api/orders/{number}/quote": _post(
                "What it would cost with other quantities; changes nothing", {"items": items}, ["items"], CHANGES
            ),
            "/api/orders/{number}/items": _post(
                "Change quantities, 0 takes a line out",
                {"items": items, "expect_total_cents": CENTS},
                ["items"],
                f"{CHANGES} `total_changed`: ask for the quote again.",
            ),
            "/api/orders/{number}/credit": _post(
                "Owe part of the money as a gesture",
                {"amount_cents": CENTS, "reason": TEXT},
                ["amount_cents"],
                "`too_much`: more than the order cost.",
            ),
            "/api/orders/{number}/returns": _post(
                "Open a return; without items, of everything",
                {"items": items, "reason": TEXT},
                [],
                "`not_delivered`, `return_window_closed` or `already_returned`.",
            ),
            "/api/orders/{number}/address": _post(
                "Send it elsewhere",
                address,
                ["line1", "postcode", "city", "country"],
                "`address_locked`: it has left already. `not_served`, `other_delivery`: not to this country.",
            ),
            "/api/customers/{id}": _get("One customer", path="id"),
            "/api/customers/{id}/newsletter": _post(
                "Subscribe or unsubscribe", {"subscribed": {"type": "boolean"}}, ["subscribed"], path="id"
            ),
            "/api/vouchers": _get("The vouchers given for an order", ("order", "Its number."))
            | _post(
                "Give a voucher to who placed the order",
                {"order": TEXT, "amount_cents": CENTS, "reason": TEXT},
                ["order", "amount_cents"],
                path="",
            ),
            "/api/products": _get("The catalogue, or what matches", ("q", "Words that must all occur."), *paging),
        },
    }
