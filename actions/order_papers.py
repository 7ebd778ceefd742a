"""The invoice: a link that soon ends, or an e-mail to the address the order was placed with and to no other."""

from __future__ import annotations

import re

from actions.base import Option, Turn
from actions.deed import is_that_all
from actions.options import PERSON
from actions.order_card import day, order_card
from actions.support import offer_person
from bot.adapters.shop import Invoice, Order, ShopRefused, ShopUnavailable
from bot.domain.address import names_address

_OTHER_DETAILS = re.compile(
    r"\b(?:vat|tax|ust|btw)[ -]?(?:number|no|id|nr|registration)\b"
    r"|\b(?:company|firm|business)(?:'s|s)? (?:name|details|address)\b"
    r"|\b(?:to|for|on|in) (?:my|our|the) (?:company|firm|business)\b(?! card)"
    r"|\b(?:company|firm|business) (?:on|in) (?:the|my|our|it)\b",
    re.IGNORECASE,
)
"""The invoice is to name somebody else, or a number for the tax office."""
_DETAILS = re.compile(
    r"\b[A-Z]{2} ?[A-Z0-9]?\d{7,12}[A-Z0-9]{0,3}\b"
    r"|(?<!\d )\b(?:GmbH|AG|KG|UG|BV|B\.V\.|NV|AB|AS(?! [A-Z])|A/S|"
    r"ApS|Oy|SA|SAS|SARL|S\.?r\.?l\.?|S\.?L\.?|Ltd|Limited|LLC|Inc|PLC|plc)(?!\w)"
)
"""A company's name or its number, as it stands on an invoice."""
_ABOUT_PARCEL = re.compile(r"\b(?:deliver\w*|ship\w*|parcel|package|send|redirect)\b", re.IGNORECASE)
"""An address with such a word is where a parcel should go, and not what the invoice should say."""
_LOOKS_BACK = 2
_DETAILS_WITHIN = 4
"""Messages: the name, the address and the number may come one by one."""
LINK_HOURS = 1
MAIL_HOURS = 72
"""An e-mail is read later than a chat."""
_BY_MAIL = re.compile(
    r"\b(?:e-?mail (?:it|me|the|my)|(?:by|via|per|in an) e-?mail|to my (?:e-?mail|inbox|mailbox))\b", re.IGNORECASE
)


async def invoice(turn: Turn, order: Order) -> None:
    """The link, with the e-mail one tap away; at once by e-mail when that was asked for."""
    if _can_mail(turn, order) and turn.context.typed and _BY_MAIL.search(turn.context.text):
        await send_invoice(turn, order)
        return
    found = await _invoice(turn, order, LINK_HOURS)
    by_mail = Option(f"Send it to {masked(order.email or '')}", "send_invoice", (("order_number", order.number),))
    turn.say(
        "invoice", number=found.number, order=order.number, total=found.total_text, url=found.url,
        options=[by_mail] if _can_mail(turn, order) else (),
    )  # fmt: skip
    asked = (turn.context.text, *turn.earlier_texts()[-_LOOKS_BACK:])
    if any(_OTHER_DETAILS.search(text.replace("\u2019", "'")) for text in asked):
        turn.say("invoice_details", options=[PERSON])
    else:
        is_that_all(turn)


async def take_invoice_details(turn: Turn) -> bool:
    """The company's name and number, written because they were asked for: a person makes out the invoice anew."""
    texts = turn.runtime.texts
    asked = turn.messages_since(lambda event: texts.said("invoice_details", str(event.get("text") or "")) is not None)
    if asked is None or asked > _DETAILS_WITHIN:
        return False
    text = turn.context.text
    if not _DETAILS.search(text) and (_ABOUT_PARCEL.search(text) or not names_address(text)):
        return False
    offer_person(turn, "invoice_details_noted")
    return True


async def check_payment(turn: Turn, order: Order) -> None:
    """What was charged for an order is compared by a person, who pays back what is too much."""
    turn.utter(turn.text("payment_found", number=order.number, total=order.total_text), card=order_card(order))
    offer_person(turn, "payment_problem")


async def send_invoice(turn: Turn, order: Order) -> None:
    """Mail it to the address on file; an address that was typed is no reason to send it elsewhere."""
    if not _can_mail(turn, order):
        turn.say("invoice_cannot_mail")
        await invoice(turn, order)
        return
    assert order.email is not None
    found = await _invoice(turn, order, MAIL_HOURS)
    await turn.runtime.desk.owe_mail(
        turn.context.message_id, turn.context.case_id, order.email,
        turn.text("invoice_mail_subject", number=found.number, order=order.number), _mail(turn, order, found),
    )  # fmt: skip
    asked_for = turn.context.entity("email")
    elsewhere = asked_for is not None and str(asked_for).casefold() != order.email.casefold()
    turn.say("invoice_mailed_only" if elsewhere else "invoice_mailed", number=found.number, email=masked(order.email))
    is_that_all(turn)


def masked(email: str) -> str:
    """`m•••@example.com`: enough to know one's own address, too little to learn somebody's."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"


def _can_mail(turn: Turn, order: Order) -> bool:
    return bool(order.email and turn.runtime.settings.smtp_url)


async def _invoice(turn: Turn, order: Order, hours: int) -> Invoice:
    try:
        return await turn.runtime.shop.invoice(order.number, hours)
    except ShopRefused as refused:
        raise ShopUnavailable(f"no invoice: {refused.code}") from refused


def _mail(turn: Turn, order: Order, found: Invoice) -> str:
    lines = [f"{line.quantity} x {line.name}: {line.line_total_text}" for line in found.items]
    until = f" until {day(found.url_expires_at)}" if found.url_expires_at else ""
    return turn.text(
        "invoice_mail", number=found.number, order=order.number, lines="\n".join(lines), total=found.total_text,
        vat=found.vat_text, url=found.url, until=until,
    )  # fmt: skip
