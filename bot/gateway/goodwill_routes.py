"""The goodwill policy: read and changed over the API, and on the studio's page beside its ledger."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from bot.domain.goodwill import BadPolicy, GestureKind, GoodwillPolicy, GoodwillReason, GoodwillRule
from bot.gateway.api import Api, Call
from bot.gateway.bodies import read_form
from bot.gateway.keys import APP
from bot.gateway.pages import render, require_page_staff
from bot.gateway.problems import Problem
from bot.services.goodwill_policy import PolicyView, current_policy, save_policy
from bot.services.listings import page
from bot.services.money import money
from bot.services.staff import StaffMember

SHOWN = 100
BLANK_ROWS = 2


class RuleModel(BaseModel):
    """One row of the table; amounts in minor units."""

    model_config = ConfigDict(extra="forbid")

    reason: GoodwillReason
    days_late: int
    order_value: int = Field(description="For orders of at least this value.")
    kind: GestureKind
    amount: int


class PolicyIn(BaseModel):
    """The whole policy; what it replaces is kept as an older version."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool
    monthly_budget: int
    customer_cap: int = Field(description="The most one customer gets in `customer_days`.")
    customer_days: int
    rules: list[RuleModel] = Field(max_length=100)


class PolicyOut(PolicyIn):
    """The policy in force, with its version and this month's figures."""

    version: int
    author: str
    changed_at: datetime
    currency: str
    month: str
    granted: int
    reserved: int


def add_goodwill_routes(application: web.Application, api: Api) -> None:
    """`/api/v1/goodwill/policy` and `/studio/goodwill`; the ledger itself is one of the lists."""

    @api.route(
        "GET", "/api/v1/goodwill/policy", tag="stored", auth="supervisor", returns=PolicyOut,
        summary="The goodwill policy in force and what of this month's budget is used.",
    )  # fmt: skip
    async def policy(call: Call) -> PolicyOut:
        return await _out(call.request)

    @api.route(
        "PUT", "/api/v1/goodwill/policy", tag="stored", auth="admin", body=PolicyIn, returns=PolicyOut, errors=(422,),
        summary="Put another goodwill policy in force; the older ones are kept.",
    )  # fmt: skip
    async def change(call: Call) -> PolicyOut:
        wanted: PolicyIn = call.body
        try:
            await save_policy(
                call.request.app[APP], GoodwillPolicy.from_json(wanted.model_dump()), call.who.email, call.who.id
            )
        except BadPolicy as error:
            raise Problem(422, "bad_policy", str(error)) from error
        return await _out(call.request)

    application.router.add_get("/studio/goodwill", _look)
    application.router.add_post("/studio/goodwill", _save)


async def _out(request: web.Request) -> PolicyOut:
    app = request.app[APP]
    view = await current_policy(app)
    return PolicyOut.model_validate(
        {
            **view.policy.to_json(), "version": view.version, "author": view.author, "changed_at": view.changed_at,
            "currency": app.settings.currency, "month": view.month, "granted": view.granted, "reserved": view.reserved,
        }
    )  # fmt: skip


async def _look(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    view = await current_policy(request.app[APP])
    return await _page(request, member, view, _fields(view.policy))


async def _save(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    app = request.app[APP]
    form = {name: str(value) for name, value in (await read_form(request)).items()}
    try:
        await save_policy(app, _read(form), member.email, member.id)
    except BadPolicy as error:
        return await _page(request, member, await current_policy(app), form, str(error), 422)
    raise web.HTTPSeeOther("/studio/goodwill")


async def _page(
    request: web.Request,
    member: StaffMember,
    view: PolicyView,
    fields: dict[str, str],
    problem: str | None = None,
    status: int = 200,
) -> web.Response:
    app = request.app[APP]
    ledger = await page(app, "goodwill", limit=SHOWN)
    rows = max((int(name.rpartition("_")[2]) for name in fields if name.startswith("days_late_")), default=0)
    return render(
        request, "studio/goodwill.html", status=status, problem=problem, may_act=member.may("admin"), view=view,
        fields=fields, rows=rows, ledger=ledger["items"], more=ledger["next"] is not None, money=money,
        currency=app.settings.currency, reasons=list(GoodwillReason), kinds=list(GestureKind),
    )  # fmt: skip


def _fields(policy: GoodwillPolicy) -> dict[str, str]:
    """The policy as the form shows it: amounts in whole units with cents, a few blank rows below."""
    fields = {
        "enabled": "yes" if policy.enabled else "",
        "monthly_budget": _shown(policy.monthly_budget),
        "customer_cap": _shown(policy.customer_cap),
        "customer_days": str(policy.customer_days),
    }
    for number, rule in enumerate(policy.rules, 1):
        fields |= {
            f"reason_{number}": rule.reason.value, f"days_late_{number}": str(rule.days_late),
            f"order_value_{number}": _shown(rule.order_value), f"kind_{number}": rule.kind.value,
            f"amount_{number}": _shown(rule.amount),
        }  # fmt: skip
    for number in range(len(policy.rules) + 1, len(policy.rules) + 1 + BLANK_ROWS):
        fields[f"days_late_{number}"] = ""
    return fields


def _read(form: dict[str, str]) -> GoodwillPolicy:
    """The policy that the form describes; a row without an amount is left out. Raises BadPolicy naming the field."""
    numbers = sorted(
        int(name.removeprefix("amount_"))
        for name, value in form.items()
        if name.startswith("amount_") and name.removeprefix("amount_").isdecimal() and value.strip()
    )
    rules = tuple(
        GoodwillRule(
            reason=_one_of(GoodwillReason, form.get(f"reason_{number}", ""), f"Row {place}: the reason"),
            days_late=_whole(form.get(f"days_late_{number}", ""), f"Row {place}: the days late"),
            order_value=_cents(form.get(f"order_value_{number}") or "0", f"Row {place}: the order's value"),
            kind=_one_of(GestureKind, form.get(f"kind_{number}", ""), f"Row {place}: the kind"),
            amount=_cents(form[f"amount_{number}"], f"Row {place}: the amount"),
        )
        for place, number in enumerate(numbers, 1)
    )
    return GoodwillPolicy(
        enabled=form.get("enabled") == "yes",
        monthly_budget=_cents(form.get("monthly_budget", ""), "The monthly budget"),
        customer_cap=_cents(form.get("customer_cap", ""), "The cap for a customer"),
        customer_days=_whole(form.get("customer_days", ""), "The days of the cap"),
        rules=rules,
    )


def _shown(amount: int) -> str:
    return f"{amount / 100:.2f}"


def _cents(text: str, what: str) -> int:
    try:
        value = Decimal(text.strip().replace(",", ".")) * 100
        if not value.is_finite() or value != value.to_integral_value() or abs(value) > 10**12:
            raise InvalidOperation
    except InvalidOperation as error:
        raise BadPolicy(f"{what} must be an amount such as 5 or 12.50.") from error
    return int(value)


def _whole(text: str, what: str) -> int:
    if not (text.strip().isdecimal() and len(text) < 9):
        raise BadPolicy(f"{what} must be a whole number.")
    return int(text)


def _one_of(kind: Any, text: str, what: str) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise BadPolicy(f"{what} must be one of {', '.join(kind)}.") from error
