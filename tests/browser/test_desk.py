"""The agent's desk in a real browser over a real store: the fast loop, two agents at once, both themes, a phone."""

import io
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import select

from bot.adapters.pictures import Pictures
from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.desk_routes import add_desk_routes
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, HUB, LIMITER
from bot.gateway.limiter import Limiter
from bot.gateway.problems import problem_middleware
from bot.gateway.security import security_middleware
from bot.gateway.staff_auth import add_session_routes, guard, staff_of
from bot.gateway.upload_routes import add_upload_routes
from bot.gateway.visitor_routes import add_visitor_routes
from bot.services import passwords
from bot.services.app import App, utc_now
from bot.services.receive import receive_human, receive_text
from bot.services.staff import create_account
from bot.services.timeline import append_message, frames_after
from bot.services.uploads import take_upload
from bot.services.visitors import open_visit
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.tables import Case, Conversation, Customer, Message, Recovery, Response, Staff, Survey

PASSWORD = "a long enough secret"
SHOTS = os.environ.get("RAPPORT_SHOTS", "")


class Shop:
    """The store with customers who write at chosen times."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.ago = timedelta()

    def clock(self):
        return utc_now() - self.ago

    async def arrive(self, name: str | None, *lines: tuple[str, str], ago: float, person: bool = True) -> str:
        """A thread of (author, text) that began `ago` minutes ago; returns the case's id."""
        self.ago = timedelta(minutes=ago)
        visit = await open_visit(
            self.app, token=None, identity=None, last_seq=0, locale="en-GB", page="https://shop.example/help/hub"
        )
        for author, text in lines:
            if author == "customer":
                await receive_text(self.app, visit.conversation_id, str(uuid4()), text)
            else:
                async with self.app.write() as tx:
                    conversation = await tx.get(Conversation, visit.conversation_id)
                    await append_message(
                        tx, self.clock(), visit.conversation_id, case_id=conversation.case_id, author=author, text=text
                    )
            self.ago -= timedelta(seconds=20)
        async with self.app.write() as tx:
            conversation = await tx.get(Conversation, visit.conversation_id)
            case = await tx.get(Case, conversation.case_id)
            case.intent = "device_offline"
            customer = await tx.get(Customer, conversation.customer_id)
            if name:
                customer.name, customer.external_id = name, str(uuid4())
                customer.email = f"{name.split()[0].lower()}@example.com"
            for message in (
                await tx.execute(select(Message).where(Message.case_id == case.id, Message.author == "customer"))
            ).scalars():
                message.nlu = {"intent": "device_offline", "confidence": 0.91}
        if person:
            await receive_human(self.app, visit.conversation_id, str(uuid4()))
        self.ago = timedelta()
        return case.id

    async def conversation(self, case_id: str) -> str:
        async with self.app.read() as tx:
            return (await tx.get(Case, case_id)).conversation_id

    async def says(self, case_id: str, text: str) -> None:
        await receive_text(self.app, await self.conversation(case_id), str(uuid4()), text)

    async def texts(self, case_id: str) -> list[str]:
        conversation = await self.conversation(case_id)
        async with self.app.read() as tx:
            return [frame["text"] for frame in await frames_after(tx, conversation, 0) if frame["type"] == "message"]


class LocalHints:
    local = None

    def publish(self, topic: str, subject: str) -> None:
        if self.local is not None:
            self.local(topic, subject)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Shop, str]]:
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()
    settings = Settings(data=tmp_path, demo=False, company="Lumen & Hearth")
    hints = LocalHints()
    app = App(settings=settings, store=Store(f"sqlite+aiosqlite:///{tmp_path / 'rapport.db'}"), hints=hints)
    shop = Shop(app)
    app.clock = shop.clock
    await migrate(app.store)
    hub = Hub(app)
    hints.local = hub.hint
    application = web.Application(middlewares=[security_middleware(settings), problem_middleware])
    application[APP], application[HUB], application[LIMITER] = app, hub, Limiter(settings)
    api = Api()
    add_visitor_routes(application, api)
    add_session_routes(application, api)
    add_upload_routes(application, api, staff_of)
    add_desk_routes(application, api)
    api.mount(application, guard)
    add_asset_routes(application)
    for name, role in (("Ana", "agent"), ("Ben", "supervisor")):
        await create_account(app, email=f"{name.lower()}@team.example.com", role=role, name=name, password=PASSWORD)
    async with TestServer(application) as server:
        yield shop, f"http://127.0.0.1:{server.port}"
    await app.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
        )
        yield launched
        await launched.close()


async def sign_in(browser: Browser, origin: str, name: str, *, path: str = "/desk", **context: object) -> Page:
    """A page at the desk; anything the page complains about fails the test."""
    page = await (await browser.new_context(**context)).new_page()
    page.set_default_timeout(8000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if line.type == "error" and "409" not in line.text else None,
    )
    page.complaints = complaints
    await page.goto(f"{origin}{path}")
    await page.get_by_label("E-mail").fill(f"{name.lower()}@team.example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("On duty")).to_be_checked()
    return page


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=f"{SHOTS}/{name}.png")


OFFLINE = (
    ("customer", "Hi, my hub has been offline since yesterday evening"),
    ("bot", "I'm sorry about that. Is the light on the front of the hub on, blinking, or off?"),
    ("customer", "It blinks amber. I already restarted it twice!"),
    ("bot", "Thanks. Amber means it cannot reach your router. Has the Wi-Fi name or password changed lately?"),
    ("customer", "No, nothing changed. This is really annoying, I need the heating to work"),
)  # fmt: skip


async def fill(shop: Shop) -> list[str]:
    async with shop.app.write() as tx:
        (await tx.execute(select(Staff).where(Staff.name == "Ben"))).scalar_one().seen_at = utc_now()
    first = await shop.arrive("Mara Lindqvist", *OFFLINE, ago=9)
    async with shop.app.write() as tx:
        case = await tx.get(Case, first)
        case.mood = -0.6
        case.packet = {
            **case.packet,
            "confidence": 0.91,
            "slots": {"product": "Hearth Hub", "order_number": "LH-100234"},
            "steps_tried": [
                {"guide": "A device is offline", "step": "What does the ring look like?", "answer": "Pulsing amber"},
                {"guide": "A device is offline", "step": "Let us restart the hub.", "answer": "Done before"},
            ],
            "open_promises": [{"text": "A replacement if the hub cannot be brought online"}],
        }
    second = await shop.arrive("Tom Okafor", ("customer", "My parcel says delivered but there is nothing here"), ago=3)
    third = await shop.arrive(None, ("customer", "Can I still change the address?"), ago=1)
    await shop.arrive(
        "Ines Duarte",
        ("customer", "Do the bulbs work outdoors?"),
        ("bot", "Most are made for indoors …"),
        ago=2,
        person=False,
    )
    return [first, second, third]


async def owe_recovery(shop: Shop, case_id: str) -> None:
    async with shop.app.write() as tx:
        case = await tx.get(Case, case_id)
        now = utc_now()
        survey = Survey(
            case_id=case.id, conversation_id=case.conversation_id, customer_id=case.customer_id, kind="csat",
            question="How satisfied were you?", handler="bot", created_at=now - timedelta(days=3), shown_at=now,
        )  # fmt: skip
        tx.add(survey)
        await tx.flush()
        tx.add(
            Response(
                survey_id=survey.id,
                score=1,
                first_score=1,
                comment="Nobody called back",
                via="control",
                created_at=now,
                updated_at=now,
            )
        )
        tx.add(
            Recovery(
                case_id=case.id, survey_id=survey.id, customer_id=case.customer_id, state="open",
                due_at=now + timedelta(hours=5), opened_at=now,
            )
        )  # fmt: skip


async def test_an_agent_works_a_case_by_keyboard_from_claim_to_resolution(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await sign_in(browser, origin, "Ana", viewport={"width": 1440, "height": 900})
    await expect(page.locator('[data-group="waiting"]')).to_have_count(3)
    assert await page.locator('[data-group="waiting"]').first.get_attribute("data-case") == first, (
        "longest waiting first"
    )
    await expect(page).to_have_title("(3) Desk · Lumen & Hearth")
    await page.locator("body").press("j")
    await expect(page.get_by_role("heading", name="Mara Lindqvist")).to_be_visible()
    await expect(page.get_by_text("Claim this case to answer, or leave a note.")).to_be_visible()
    tried = page.get_by_role("complementary", name="Details").get_by_role("listitem")
    await expect(tried.filter(has_text="What does the ring look like?")).to_contain_text("→ Pulsing amber")
    await expect(tried.filter(has_text="Let us restart the hub.")).to_contain_text("→ Done before")
    await shoot(page, "1-waiting")
    await page.keyboard.press("Enter")
    words = page.get_by_label("Answer to the customer")
    await expect(words).to_be_focused()
    await words.type("Hi Mara, I have everything here. Give me two minutes.")
    await shop.says(first, "ok, <b>thank</b> you")
    await expect(page.locator(".said.customer").last).to_contain_text("ok, <b>thank</b> you")
    await expect(words).to_have_value("Hi Mara, I have everything here. Give me two minutes.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".said.agent:not(.pending)")).to_contain_text("two minutes")
    assert "Hi Mara, I have everything here. Give me two minutes." in await shop.texts(first)
    await page.get_by_role("button", name="Note", exact=True).click()
    await page.get_by_label("Note for the team").fill("Her router is the old model; replacement is fine.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".noted")).to_contain_text("old model")
    await shoot(page, "2-mine")
    await page.locator(".log").focus()
    await page.keyboard.press("e")
    await expect(page.get_by_role("dialog", name="Resolve this case")).to_be_visible()
    await page.get_by_label("What was it in the end?").select_option("Replacement sent")
    await shoot(page, "3-resolve")
    await page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    async with shop.app.read() as tx:
        case = await tx.get(Case, first)
        assert (case.status, case.resolution_reason) == ("resolved", "Replacement sent")
    assert not any("old model" in text for text in await shop.texts(first))
    assert page.complaints == []


async def test_two_agents_see_each_others_claims_at_once(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    ana = await sign_in(browser, origin, "Ana", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    ben = await sign_in(browser, origin, "Ben", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    await expect(ben.get_by_role("button", name="Claim")).to_be_visible()
    await ana.get_by_role("button", name="Claim").click()
    await expect(ben.locator(".bar")).to_contain_text("With Ana")
    await expect(ben.get_by_text("Ana has this case. You can leave a note for the team.")).to_be_visible()
    answer = await ben.evaluate(
        """async (id) => {
             const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
             const { act } = await import(loaded.find(name => name.includes('desk/state.mjs')));
             return act('claim');
           }""",
        first,
    )
    assert answer is False
    await expect(ben.get_by_role("alert")).to_contain_text("Ana took this")
    await shoot(ben, "4-conflict")
    await ben.get_by_role("button", name="Pass on").click()
    await expect(ben.get_by_role("dialog", name="Pass this case on")).to_be_visible()
    await shoot(ben, "5-transfer")
    assert ana.complaints == []
    assert ben.complaints == []


async def test_a_recovery_is_contacted_and_closed_with_its_cause(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    await owe_recovery(shop, first)
    page = await sign_in(browser, origin, "Ana", viewport={"width": 1440, "height": 900}, color_scheme="dark")
    await page.get_by_role("button", name="Recoveries").click()
    await page.locator("#lines .line").first.click()
    await expect(page.get_by_role("button", name="Customer contacted")).to_be_visible()
    await shoot(page, "6-recovery-dark")
    await page.get_by_role("button", name="Customer contacted").click()
    await page.get_by_role("button", name="Close it").click()
    await page.get_by_label("What caused it?").select_option("long_wait")
    await page.get_by_label("What was done for the customer?").fill("Called and sent a replacement")
    await page.get_by_role("dialog").get_by_role("button", name="Close it").click()
    await expect(page.locator(".context")).to_contain_text("Called and sent a replacement")
    assert page.complaints == []


async def test_a_lost_connection_is_said_and_caught_up_afterwards(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await (await browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
    sockets = []

    async def through(route) -> None:
        if len(sockets) == 1 and not getattr(page, "may_return", False):
            await route.close(code=1011)
            return
        server = route.connect_to_server()
        sockets.append((route, server))

    await page.route_web_socket("**/ws/staff", through)
    await page.goto(f"{origin}/desk?case={first}")
    await page.get_by_label("E-mail").fill("ana@team.example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_label("Answer to the customer").fill("A half-written answer")
    await sockets[0][0].close(code=1011)
    await expect(page.get_by_text("Connection lost.")).to_be_visible()
    await shop.says(first, "are you still there?")
    page.may_return = True
    await expect(page.get_by_text("Connection lost.")).to_be_hidden(timeout=10000)
    await expect(page.locator(".said.customer").last).to_contain_text("are you still there?")
    await expect(page.locator(".said.customer", has_text="are you still there?")).to_have_count(1)
    await expect(page.get_by_label("Answer to the customer")).to_have_value("A half-written answer")
    await page.reload()
    await expect(page.get_by_label("Answer to the customer")).to_have_value("A half-written answer")


async def test_the_desk_works_on_a_phone_and_has_no_accessibility_faults(desk, browser: Browser) -> None:
    shop, origin = desk
    await fill(shop)
    axe = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()

    async def faults(page: Page) -> list[str]:
        await page.evaluate(f"() => {{ {axe} }}")
        found = await page.evaluate(
            """async () => (await axe.run()).violations.map(
                 v => `${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`)"""
        )
        return list(found)

    page = await sign_in(
        browser, origin, "Ana", viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True
    )
    assert await faults(page) == []
    await shoot(page, "7-phone-list")
    await page.locator('[data-group="waiting"]').first.click()
    await page.get_by_role("button", name="Claim").click()
    await expect(page.get_by_label("Answer to the customer")).to_be_visible()
    await shoot(page, "8-phone-thread")
    assert await faults(page) == []
    await page.get_by_role("button", name="Details").click()
    await expect(page.get_by_role("heading", name="Customer")).to_be_visible()
    await shoot(page, "9-phone-details")
    assert await faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = await sign_in(browser, origin, "Ben", viewport={"width": 1440, "height": 900})
    await wide.locator("#lines .line").first.click()
    await expect(wide.get_by_role("heading", name="Customer")).to_be_visible()
    assert await faults(wide) == []
    await wide.locator("body").press("?")
    await expect(wide.get_by_role("dialog", name="Keys")).to_be_visible()
    await shoot(wide, "10-keys")
    assert await faults(wide) == []


async def test_files_are_shown_downloaded_and_sent_by_an_agent(desk, browser: Browser) -> None:
    shop, origin = desk
    case_id = await shop.arrive("Rosa Lind", ("customer", "It looks like this"), ago=4)
    conversation = await shop.conversation(case_id)

    async def chunks(data: bytes) -> AsyncIterator[bytes]:
        yield data

    drawn = io.BytesIO()
    Image.new("RGB", (900, 600), "#0a7").save(drawn, "PNG")
    files = [
        await take_upload(shop.app, Pictures(), conversation, name, chunks(data))
        for name, data in (("hub.png", drawn.getvalue()), ("log of the hub.txt", b"offline"))
    ]
    await receive_text(shop.app, conversation, str(uuid4()), "", [file.id for file in files])
    page = await sign_in(browser, origin, "Ana", path=f"/desk?case={case_id}", viewport={"width": 1440, "height": 900})
    await expect(page.locator("#lines")).to_contain_text("hub.png, log of the hub.txt")
    picture = page.get_by_role("img", name="hub.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 560
    async with page.expect_download() as download:
        await page.get_by_role("link", name="log of the hub.txt").click()
    assert (await download.value).suggested_filename == "log of the hub.txt"
    await page.get_by_role("button", name="Claim").click()
    await page.locator("input[type=file]").set_input_files(
        [{"name": "steps.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}]
    )
    await expect(page.get_by_role("button", name="Remove steps.pdf")).to_be_visible()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    await shoot(page, "12-files")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".said.agent").get_by_role("link", name="steps.pdf")).to_be_visible()
    for _ in range(2):
        await page.locator("input[type=file]").set_input_files(
            [{"name": "more.png", "mimeType": "image/png", "buffer": drawn.getvalue()}]
        )
        await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
        await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("img", name="more.png")).to_have_count(2)
    await expect(page.get_by_role("img", name="more.png").last).to_be_in_viewport(ratio=0.9)
    await page.locator("input[type=file]").set_input_files(
        [{"name": "page.html", "mimeType": "text/html", "buffer": b"<html><script>1</script>"}]
    )
    await expect(page.get_by_role("alert")).to_contain_text("page.html: That kind of file is not taken here.")
    assert [line for line in page.complaints if "415" not in line] == []


async def test_a_long_name_is_cut_and_does_not_push_the_list_sideways(desk, browser: Browser) -> None:
    shop, origin = desk
    await shop.arrive("Bartholomew " * 12, ("customer", "My hub " + "has been offline for days " * 8), ago=2)
    page = await sign_in(browser, origin, "Ana")
    await expect(page.locator('[data-group="waiting"]')).to_have_count(1)
    fits = (
        "() => { const pane = document.querySelector('.list .scrolls'); return pane.scrollWidth <= pane.clientWidth }"
    )
    assert await page.evaluate(fits)
