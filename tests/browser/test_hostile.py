"""Everything a stranger writes is shown as what it is: in the chat, at the desk, in the studio, in mails and in CSV."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from bot.gateway.app import build_gateway
from bot.gateway.keys import APP
from bot.jobs.queue import claim
from bot.services.mail import send_mail
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.migrate import migrate
from tests.support.browser import WITHIN_MS, People, until
from tests.support.hostile import FORMULAS, FOUND, PRELUDE, VECTORS
from tests.support.hostile_store import FRIEND, PASSWORD, Seeded, seed
from tests.support.mailbox import Mailbox
from tests.support.system import free_base_port

STUDIO = [
    "/studio",
    "/studio/inbox",
    "/studio/taught",
    "/studio/models",
    "/studio/models/hostile",
    "/studio/articles",
    "/studio/articles?ask=%3Cimg+class%3Dhit+src%3Dx+onerror%3Dhit()%3E",
    "/studio/articles/new",
    "/studio/goodwill",
]
LISTS = ["surveys/responses", "surveys/asks", "referrals", "reviews", "testimonials", "goodwill", "recoveries"]


@pytest.fixture
def mailbox() -> AsyncIterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
async def server(tmp_path: Path, mailbox: Mailbox) -> AsyncIterator[TestServer]:
    """The gateway over a store of its own."""
    settings = Settings(data=tmp_path, port=free_base_port(), demo=False, smtp_url=mailbox.url, send_limit=10_000)
    store = Store(settings.store_url)
    await migrate(store)
    await store.close()
    application = build_gateway(settings)
    application.router.add_get("/host", host_page)
    async with TestServer(application) as running:
        yield running


async def host_page(_request: web.Request) -> web.Response:
    """A website with the widget, and without any policy that could stop what gets through."""
    page = "<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1><script src='/widget.js' async></script>"
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": "base-uri *"})


@pytest.fixture
async def seeded(server: TestServer) -> Seeded:
    return await seed(server.app[APP])


class Watch:
    """What a page does that it should not: dialogs, requests to elsewhere, elements that came from text."""

    def __init__(self, page: Page, port: int) -> None:
        self._page = page
        self.seen: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._request(request.url, port))
        page.on("popup", lambda opened: self.seen.append(f"popup {opened.url}"))

    async def _dialog(self, dialog) -> None:  # type: ignore[no-untyped-def]  # Playwright's own
        self.seen.append(f"dialog {dialog.message}")
        await dialog.dismiss()

    def _request(self, url: str, port: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"} and (parts.hostname, parts.port) != ("127.0.0.1", port):
            self.seen.append(f"request {url[:120]}")

    async def judge(self) -> list[str]:
        return [f"{self._page.url}: {each}" for each in [*await self._page.evaluate(FOUND), *self.seen]]


async def watched(crowd: People, server: TestServer) -> tuple[Page, Watch]:
    page = await crowd.page()
    await page.add_init_script(PRELUDE)
    return page, Watch(page, server.port or 0)


async def signed_in(crowd: People, server: TestServer, email: str, path: str) -> tuple[Page, Watch]:
    page, watch = await watched(crowd, server)
    await page.goto(str(server.make_url(path)))
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{path}")
    return page, watch


async def test_the_widget_shows_hostile_words_as_words(server: TestServer, seeded: Seeded, crowd: People) -> None:
    page, watch = await watched(crowd, server)
    await page.goto(str(server.make_url("/host")))
    await page.get_by_role("button", name="Open chat").click()
    panel = page.locator("dialog.panel")
    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible(timeout=WITHIN_MS)
    for text in VECTORS:
        if text.strip():
            await page.get_by_role("textbox", name="Your message").fill(text)
            await page.get_by_role("textbox", name="Your message").press("Enter")
    typed = panel.locator(".message.customer")
    expected = sum(bool(text.strip()) for text in VECTORS)
    await expect(typed).to_have_count(expected, timeout=WITHIN_MS)
    await seeded.tell_bot_messages(server.app[APP])
    await expect(panel.locator(".message.bot").first).to_be_visible(timeout=WITHIN_MS)
    await expect(panel.locator(".message.agent").first).to_be_visible(timeout=WITHIN_MS)
    for button in await panel.locator(".message.bot a").all():
        assert (await button.get_attribute("href") or "").startswith(("https://", "http://"))
    assert await watch.judge() == []


async def test_the_desk_shows_hostile_words_as_words(server: TestServer, seeded: Seeded, crowd: People) -> None:
    page, watch = await signed_in(crowd, server, "agent@team.example.com", "/desk")
    await expect(page.get_by_text(seeded.number).first).to_be_visible(timeout=WITHIN_MS)
    await page.goto(str(server.make_url(f"/desk#case={seeded.case}")))
    await page.get_by_text(seeded.number).first.click()
    await expect(page.get_by_text(VECTORS[0], exact=False).first).to_be_visible(timeout=WITHIN_MS)
    await until(lambda: page.evaluate("document.body.innerText.length > 3000"), "the thread")
    assert await watch.judge() == []


async def test_the_studio_shows_hostile_words_as_words(server: TestServer, seeded: Seeded, crowd: People) -> None:
    page, watch = await signed_in(crowd, server, "admin@team.example.com", "/studio")
    for path in [*STUDIO, *(f"/studio/articles/{slug}" for slug in seeded.articles)]:
        answer = await page.goto(str(server.make_url(path)))
        assert answer is not None and answer.status < 500, path
        assert await watch.judge() == []
    await page.goto(str(server.make_url(f"/r/{FRIEND}")))
    await expect(page.get_by_text("<img sent you here")).to_be_visible()
    assert await watch.judge() == []
    await page.goto(str(server.make_url(f"/signin?next=javascript:hit()//{VECTORS[0]}")))
    assert await watch.judge() == []


async def test_a_spreadsheet_runs_nothing(server: TestServer, seeded: Seeded) -> None:
    body = {"email": "admin@team.example.com", "password": PASSWORD}
    filled = 0
    async with ClientSession() as session:
        async with session.post(server.make_url("/api/v1/session"), json=body) as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/csv"}
        for name in LISTS:
            async with session.get(server.make_url(f"/api/v1/{name}?limit=500"), headers=headers) as answer:
                assert answer.status == 200
                assert answer.headers["Content-Disposition"].startswith("attachment")
                rows = list(csv.reader(io.StringIO(await answer.text(), newline="")))
            for cell in (cell for row in rows[1:] for cell in row):
                filled += 1
                bare = cell.lstrip(" \t\r\n\u200b\ufeff")
                is_number = bare.lstrip("-").replace(".", "", 1).isdigit()
                assert is_number or not bare.startswith(("=", "+", "-", "@", "\uff1d")), (name, cell)
                assert ";=" not in cell, (name, cell)
    assert filled > len(FORMULAS) * 5


async def test_a_mail_has_one_receiver_and_our_own_headers(
    server: TestServer, seeded: Seeded, mailbox: Mailbox
) -> None:
    app = server.app[APP]
    owed = await seeded.owe_mails(app)
    for _ in range(owed + 200):
        async with app.write() as tx:
            lease = await claim(tx, app.now(), "me", ["mail"])
        if lease is None:
            break
        await send_mail(app, lease)
    assert mailbox.mails
    for mail in mailbox.mails:
        assert set(mail.keys()) <= {
            "From", "To", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Date",
            "X-Peer", "X-MailFrom", "X-RcptTo",
        }  # fmt: skip
        assert mail["To"].count("@") == 1, mail["To"]
        assert "evil.example" not in str(mail["To"])
        assert mail.get_content_type() == "text/plain"
    said = "".join(mail.get_content() for mail in mailbox.mails)
    assert VECTORS[0] in said
