"""The public pages: home, shelf, product, basket, sign-in, parcel tracking."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from demo import delivery, purchase, sessions
from demo.catalogue import CATEGORIES
from demo.keys import DATABASE, SENDER, SETTINGS
from demo.orders import is_late, normalise_email
from demo.render import offer_code, page, referral_code
from demo.store import Customer, Order, Product
from demo.views import money


async def home(request: web.Request) -> web.Response:
    """GET /: also where a friend's link lands (?ref=CODE)."""
    async with request.app[DATABASE].read() as session:
        best = select(Product).where(Product.bestseller).order_by(Product.position)
        return await page(request, "home.html", products=list(await session.scalars(best)))


async def shelf(request: web.Request) -> web.Response:
    """GET /products?category=: everything, or one category."""
    category = request.query.get("category", "")
    query = select(Product).order_by(Product.position)
    if category in CATEGORIES:
        query = query.where(Product.category == category)
    async with request.app[DATABASE].read() as session:
        products = list(await session.scalars(query))
    return await page(request, "shelf.html", products=products, category=category)


async def product(request: web.Request) -> web.Response:
    """GET /products/{id}"""
    async with request.app[DATABASE].read() as session:
        found = await session.get(Product, request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound()
        others = select(Product).where(Product.id != found.id).order_by(Product.position)
        # Its own shelf first, then what sells best.
        ranked = sorted(await session.scalars(others), key=lambda p: (p.category != found.category, not p.bestseller))
        more = ranked[:4]
    expected = delivery.expected_day("standard", request.app[SETTINGS].clock())
    shown = {"product": {"id": found.sku, "name": found.name, "price": money(found.price_cents)}}
    return await page(request, "product.html", shown=shown, product=found, more=more, expected=expected)


async def basket(request: web.Request) -> web.Response:
    """GET /basket"""
    visitor = await sessions.load_visitor(request)
    way = delivery.usual_way(visitor.customer.address.get("country", "") if visitor.customer else "")
    offer = request.app[SETTINGS].friend_reward if await offer_code(request) else 0
    async with request.app[DATABASE].read() as session:
        priced = await purchase.quote(session, visitor.basket, delivery=way, offer=offer)
    shown = {"cart": {"items": visitor.pieces, "total": money(priced.total)}} if visitor.pieces else None
    return await page(request, "basket.html", shown=shown, quote=priced, way=way)


async def change_basket(request: web.Request) -> web.StreamResponse:
    """POST /basket {product, quantity, add?}: put some in (`add`), or set how many (0 takes it out)."""
    form = await request.post()
    name, raw = str(form.get("product", "")), str(form.get("quantity", "1"))
    count = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 1
    visitor = await sessions.load_visitor(request)
    async with request.app[DATABASE].write() as session:
        found = await session.get(Product, name)
        if found is None:
            raise web.HTTPNotFound()
        new = dict(visitor.basket)
        wanted = new.get(name, 0) + count if form.get("add") else count
        new[name] = min(wanted, found.stock, purchase.MOST_PIECES)
        token = await sessions.set_basket(session, request, {key: n for key, n in new.items() if n > 0})
    response = see_other("/basket")
    sessions.set_cookie(request, response, sessions.COOKIE, token)
    return response


async def sign_in_page(request: web.Request) -> web.Response:
    """GET /sign-in"""
    return await _sign_in_page(request)


async def _sign_in_page(request: web.Request, error: str = "", status: int = 200) -> web.Response:
    async with request.app[DATABASE].read() as session:
        people = list(await session.scalars(select(Customer).where(Customer.sample).order_by(Customer.created_at)))
    target = safe_target(request.query.get("next", ""))
    return await page(request, "sign_in.html", status=status, people=people, error=error, target=target)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """POST /sign-in {customer} | {email} | {email, name, create}: no password, this is a sample shop."""
    form = await request.post()
    now = request.app[SETTINGS].clock()
    email, name = normalise_email(str(form.get("email", ""))), " ".join(str(form.get("name", "")).split())
    async with request.app[DATABASE].write() as session:
        if form.get("customer"):
            who = await session.get(Customer, str(form["customer"]))
        else:
            who = await session.scalar(select(Customer).where(Customer.email == email))
        error = ""
        if form.get("create"):
            error = check_person(name, email)
            if who is not None:
                error = "There is an account with this e-mail address already; sign in below with it."
            elif not error:
                who = await purchase.find_or_make_customer(session, name=name, email=email, guest=False, now=now)
        elif who is None:
            error = "Nobody has an account with this e-mail address. Create one, it takes a moment."
        if error or who is None:
            token = ""
        else:
            who.guest = False
            code = referral_code(request)
            if code and not await purchase.has_ordered(session, who.email):
                await purchase.report_sign_up(session, request.app[SETTINGS], who, code)
            token = await sessions.sign_in(session, request, who)
    if not token:
        return await _sign_in_page(request, error, 422)
    request.app[SENDER].nudge()
    response = see_other(safe_target(str(form.get("next", ""))) or "/account")
    sessions.set_cookie(request, response, sessions.COOKIE, token)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    """POST /sign-out"""
    response = see_other("/")
    await sessions.sign_out(request, response)
    return response


async def track(request: web.Request) -> web.Response:
    """GET /track/{tracking}: where a parcel is, and nothing about whose it is."""
    async with request.app[DATABASE].read() as session:
        order = await session.scalar(select(Order).where(Order.tracking == request.match_info["tracking"]))
    if order is None:
        raise web.HTTPNotFound()
    return await page(request, "track.html", order=order, late=is_late(order, request.app[SETTINGS].clock()))


async def about(request: web.Request) -> web.Response:
    """GET /help: delivery, returns and how to reach us."""
    return await page(request, "help.html")


def check_person(name: str, email: str) -> str:
    """What is wrong with a name or an e-mail address, as a sentence; empty when both are fine."""
    if not 2 <= len(name) <= 80:
        return "Please tell us your name (2 to 80 characters)."
    try:
        # Only the form is checked: example.com is fine in a sample shop, and the network is not asked.
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "This does not look like an e-mail address."
    return ""


def safe_target(target: str) -> str:
    """A path inside the shop, or empty: an address elsewhere must not be redirected to."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if inside and target.isprintable() else ""


def see_other(path: str) -> web.Response:
    """303: the browser goes on with a GET, so reloading sends nothing twice."""
    return web.Response(status=303, headers={"Location": path})
