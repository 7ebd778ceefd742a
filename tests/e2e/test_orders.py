"""Order tools through the socket, with the real model, the real shop and a real SMTP server."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.support.mailbox import Mailbox
from tests.support.shop import make_trouble, order_of, vouchers_for
from tests.support.system import System
from tests.support.visitor import Frame, Visitor

AIKO, TOMAS, SAMUEL = "aiko.tanaka@example.com", "tomas.herrera@example.com", "samuel.osei@example.com"
MIRA, LENA, JONAS = "mira.okafor@example.com", "lena.baumann@example.com", "jonas.lindqvist@example.com"


@pytest.fixture
async def trouble(system: System) -> AsyncIterator[System]:
    """The shop is well again afterwards, whatever the test did to it."""
    try:
        yield system
    finally:
        await make_trouble(system, "ok")


async def asked(visitor: Visitor, text: str, words: str) -> str:
    """Say something and wait until what is answered holds these words; all that was answered."""
    cid = await visitor.say(text)
    return await answered(visitor, cid, words)


async def tapped(visitor: Visitor, title: str, words: str) -> str:
    return await answered(visitor, await visitor.choose(title), words)


async def answered(visitor: Visitor, cid: str, words: str) -> str:
    await visitor.answers_to(cid)

    def said() -> list[Frame]:
        return [f for f in visitor.messages if f["seq"] > visitor.acks[cid] and f["author"] != "customer"]

    await visitor.until(lambda: any(words in frame["text"] for frame in said()), f"{words!r}")
    return "\n".join(frame["text"] for frame in said())


def case_of(visitor: Visitor) -> str:
    return str(next(f["case"] for f in reversed(visitor.frames.values()) if f["type"] == "state"))


def promised(system: System, case: str) -> str:
    return str(system.rows("SELECT packet FROM rp_case WHERE id = ?", case)[0]["packet"])


async def test_three_wrong_addresses_bring_a_ticket_and_tell_nothing(system: System) -> None:
    async with Visitor(system.base) as visitor:
        first = await asked(visitor, "where is my order LH-100238? my email is one@evil.example", "can't match")
        second = await asked(visitor, "LH-100238, two@evil.example", "can't match")
        third = await asked(visitor, "LH-100238, three@evil.example", "ticket")
        assert "still can't match" in third
        for text in (first, second, third):
            assert AIKO not in text and "DHL" not in text
        assert not any(frame.get("card") for frame in visitor.messages)
        conversation = visitor.welcome["conversation"]
    tries = system.rows("SELECT * FROM rp_failed_proof WHERE conversation_id = ?", conversation)
    assert len(tries) == 3


async def test_an_order_is_cancelled_after_a_yes_and_not_before(system: System) -> None:
    async with Visitor(system.base) as visitor:
        question = await asked(visitor, f"please cancel my order LH-100240, my email is {TOMAS}", "Cancel order")
        before = await order_of(system, "LH-100240")
        assert before["status"] == "packed" and before["total_text"] in question
        await tapped(visitor, "Yes, cancel it", "is cancelled")
        assert (await order_of(system, "LH-100240"))["status"] == "cancelled"


async def test_an_order_on_its_way_is_not_cancelled_and_the_way_out_is_named(system: System) -> None:
    async with Visitor(system.base) as visitor:
        said = await asked(visitor, f"cancel order LH-100238, my email is {AIKO}", "can't be cancelled")
        assert "30 days" in said
        assert any("return" in choice["title"].lower() for choice in visitor.messages[-1]["choices"])
    assert (await order_of(system, "LH-100238"))["status"] == "shipped"


async def test_an_address_is_read_back_and_changed(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await asked(
            visitor,
            f"I need to change the delivery address of order LH-100241, my email is {SAMUEL}",
            "Where should it",
        )
        await asked(visitor, "22 Harbour View, Cork", "postcode")
        said = await asked(visitor, "T12 W3X8", "Send order LH-100241")
        assert "Samuel Osei, 22 Harbour View, T12 W3X8 Cork, Ireland" in said
        await tapped(visitor, "Yes, change it", "Done")
    address = (await order_of(system, "LH-100241"))["address"]
    assert (address["line1"], address["postcode"], address["city"]) == ("22 Harbour View", "T12 W3X8", "Cork")


async def test_an_invoice_is_mailed_to_the_address_on_file(system: System, mailbox: Mailbox) -> None:
    async with Visitor(system.base) as visitor:
        said = await asked(visitor, f"i need the invoice for order LH-100232, my email is {MIRA}", "INV-100232")
        link = re.search(r"http\S+/orders/LH-100232/invoice\S+", said)
        assert link
        await tapped(visitor, "Send it to m", "on its way to m")
        await visitor.until(lambda: mailbox.to(MIRA), "the mail")
    mails = mailbox.to(MIRA)
    body = mails[0].get_content()
    assert len(mails) == 1 and "INV-100232" in str(mails[0]["Subject"])
    assert "€149.00" in body and "/orders/LH-100232/invoice?until=" in body


async def test_a_late_order_earns_one_voucher_though_asked_twice(system: System) -> None:
    question = f"my order LH-100231 is late, my email is {LENA}"
    async with Visitor(system.base) as visitor:
        said = await asked(visitor, question, "As an apology")
        assert "sorry" in said and "storm" in said
        given = await tapped(visitor, "Yes, please", "voucher THANKS-")
        code = re.search(r"THANKS-\w+", given)
        assert code
        await asked(visitor, "where is order LH-100231, it is still late", code[0])
    async with Visitor(system.base) as again:
        said = await asked(again, question, code[0])
        assert "As an apology" not in said
    assert [voucher["code"] for voucher in await vouchers_for(system, "LH-100231")] == [code[0]]
    rows = system.rows("SELECT state, code FROM rp_goodwill WHERE subject = 'LH-100231'")
    assert [(row["state"], row["code"]) for row in rows] == [("granted", code[0])]


async def test_an_answer_that_gets_lost_makes_a_ticket_and_the_deed_is_done_once(trouble: System) -> None:
    system = trouble
    async with Visitor(system.base) as visitor:
        wish = f"take one Tap Smart Plug out of my order LH-100243 please, my email is {JONAS}"
        await asked(visitor, wish, "Shall I")
        await make_trouble(system, "lost")
        await tapped(visitor, "Yes, change it", "can't say for certain")
        await visitor.until(lambda: any("T-" in text for text in visitor.said_by("system")), "the ticket")
        await make_trouble(system, "ok")
        assert "change order LH-100243" in promised(system, case_of(visitor))
    order = await order_of(system, "LH-100243")
    assert {line["sku"]: line["quantity"] for line in order["items"]}["LH-PLG-T1"] == 2


@pytest.mark.parametrize("mode", ["down", "500", "html", "empty", "garbage"])
async def test_a_shop_that_is_away_or_talks_nonsense_makes_a_ticket_with_the_wish(trouble: System, mode: str) -> None:
    async with Visitor(trouble.base) as visitor:
        await make_trouble(trouble, mode)
        await asked(visitor, "where is my order LH-100238? my email is " + AIKO, "can't reach our order system")
        await visitor.until(lambda: any("T-" in text for text in visitor.said_by("system")), "the ticket")
        packet = promised(trouble, case_of(visitor))
    assert "track order for order LH-100238" in packet
