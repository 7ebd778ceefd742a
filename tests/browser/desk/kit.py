"""A shop whose customers write at chosen times, and agents at the desk who read them."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.services.app import App, utc_now
from bot.services.receive import receive_human, receive_text
from bot.services.timeline import append_message, frames_after
from bot.services.visitors import open_visit
from bot.store.tables import Case, Conversation, Customer, Message, Recovery, Response, Staff, Survey
from tests.support.browser import WAIT_MS

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


async def sign_in(browser: Browser, origin: str, name: str, *, path: str = "/desk", **context: object) -> Page:
    """A page at the desk; anything the page complains about fails the test."""
    page = await (await browser.new_context(**context)).new_page()
    page.set_default_timeout(WAIT_MS)
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
