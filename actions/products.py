"""Is it in stock, and what does it cost? The shop is asked, because an article can only say where to look.

What is ordered in the chat is shown likewise, with the way to the checkout: nothing is bought from here. A finish that
is asked for besides ("black bulbs") is looked for among the words of the product's page. Anything else about a product
(sizes, other countries, what it can do) stays a question for the articles.
"""

from __future__ import annotations

import re
from typing import Any

import structlog

from actions.base import Turn
from actions.deed import did_it_help
from bot.adapters.shop import Product, ShopRefused, ShopUnavailable

log = structlog.get_logger()

ASKED_BY = frozenset({"product_availability", "price_or_promo_problem", "place_order"})
"""Intents with which somebody asks for stock or price."""
MOST = 3
"""Products told of at once; a word that fits more of them says too little."""
LISTED = 6
_TOLD = ("product_in_stock", "product_in_stock_unpriced", "product_sold_out")
_LONGEST_FOLLOW_UP = 8
_LOOKS_BACK = 1
_AND = re.compile(
    r"^\W*(?:(?:ok|okay|thanks|thank you|great|cool)\b[\s,.!]*)?(?:and|what about|how about|also)\b", re.I
)
_AND_THE = re.compile(
    r"\W*(?:(?:ok|okay|thanks|thank you|great|cool)\b[\s,.!]*)?(?:and|what about|how about|also)\s+"
    r"(?:for )?(?:the|a|an|your|\d+) (?P<name>\w+(?: \w+)?)\W*",
    re.IGNORECASE,
)
_ASKS_HOW = re.compile(r"\b(?:how|where|who|whom|what|steps?|procedure|can|could|without)\b|\?", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|that one|this one|that|this)\b", re.IGNORECASE)
_LOOKED_AT = 20
_STOCK = re.compile(
    r"\b(?:stock|availab\w+|left|sold out|restock\w*|run out|on the shelf|for sale|pre-?order|backorder\w*"
    r"|do you (?:still )?(?:have|sell|carry|stock)|do u (?:have|sell)|have you (?:still )?got|you got|got any"
    r"|(?:be|come|coming|is it|it be) back|more in|can i (?:buy|get|order)|obtainable|deliverable)\b",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"\bhow much (?:is|are|for|does|do|would)\b|\bprices? (?:of|for)\b|\bwhat(?:'s|s| is| are) the prices?\b"
    r"|\bwhat do(?:es)? (?:the|a|an|your|one) .{2,40} cost\b|^\W*(?:the )?price\b.{0,30}\?",
    re.IGNORECASE,
)
_VARIANT = re.compile(
    r"\b(?:colou?rs?|sizes?|smaller|bigger|larger|refurbished|used|second.?hand|spare|replacement|filters?|brush(?:es)?"
    r"|parts?|model|version|generation|pack|discount|code|voucher|basket|checkout|charged|paid|cheaper|dearer"
    r"|in (?!stock\b|store\b|right now\b|now\b|at all\b|the (?:next|coming)\b)\w+)\b",
    re.IGNORECASE,
)
"""Words of questions that neither a price nor a stock level answers."""
_FINISH = re.compile(
    r"\b(?:black|white|red|green|blue|yellow|orange|purple|pink|gr[ea]y|brown|beige|gold(?:en)?|silver|brass|copper|"
    r"bronze|graphite|chrome|steel|wooden|oak|walnut|marble|glass|transparent|matte?|glossy)\b",
    re.IGNORECASE,
)
"""Colours and materials: being in stock says nothing about them."""


def asks_stock_or_price(text: str) -> bool:
    """Whether a price or "in stock" is all that the message wants to know."""
    plain = text.replace("\u2019", "'")
    return (_STOCK.search(plain) or _PRICE.search(plain)) is not None and _VARIANT.search(plain) is None


async def tell_of_products(turn: Turn) -> bool:
    """Say price and stock of the product that is named, as the shop has them now.

    False when none is named or asked about, none is found, or the shop cannot be asked: then the articles answer.
    """
    context = turn.context
    named = list(dict.fromkeys(str(value) for name, value in context.entities if name == "product"))
    orders = _orders(turn)
    if context.intent not in ASKED_BY or not named or turn.loop or not (orders or asks_stock_or_price(context.text)):
        return False
    found: dict[str, list[Product]] = {}
    told: set[str] = set()
    try:
        for words in named[:MOST]:
            fitting = await _named(turn, words)
            if fitting and all(each.sku in told for each in fitting):
                continue  # "hub" after "Hearth Hub" is the same one
            found[words] = [each for each in fitting if each.sku not in told]
            told |= {each.sku for each in fitting}
    except (ShopUnavailable, ShopRefused) as error:
        log.warning("products.shop_not_asked", case=context.case_id, why=str(error))
        return False
    if not any(0 < len(products) <= MOST for products in found.values()):
        return False
    for words, products in found.items():
        _tell(turn, words, products)
    await _tell_of_finish(turn, [each for products in found.values() if len(products) <= MOST for each in products])
    if orders:
        turn.say("order_it_yourself")
    did_it_help(turn)
    turn.set(problem_open=True)
    return True


def _orders(turn: Turn) -> bool:
    """ "Two black lamps please": a thing is ordered in few words, and not asked how that is done."""
    text = turn.context.text
    return (
        turn.context.intent == "place_order" and len(text.split()) <= _LONGEST_FOLLOW_UP and not _ASKS_HOW.search(text)
    )


async def take_follow_up(turn: Turn) -> bool:
    """ "And the valve?", "is it in stock?" right after a price was told; False when it is no such question."""
    context = turn.context
    if turn.loop or len(context.text.split()) > _LONGEST_FOLLOW_UP or not _told_last(turn):
        return False
    named = context.entity("product") or _bare_name(context.text)
    if named is None and _IT.search(context.text) and asks_stock_or_price(context.text):
        named = turn.slot("product")
    elif not _AND.search(context.text):
        return False
    if named is None:
        return False
    turn.take_as(context.as_understood("product_availability", text="how much is it", entities={"product": str(named)}))
    if await tell_of_products(turn):
        return True
    turn.take_as(context)
    return False


def _bare_name(text: str) -> str | None:
    """The one or two words of "and the valve?", or of "and 12 valves" for one of them."""
    match = _AND_THE.fullmatch(text)
    return re.sub(r"(?<=\w{3})s\b", "", match["name"]) if match else None


def _told_last(turn: Turn) -> bool:
    texts = turn.runtime.texts
    since = turn.messages_since(lambda e: any(texts.said(key, str(e.get("text") or "")) is not None for key in _TOLD))
    return since is not None and since <= _LOOKS_BACK


def _tell(turn: Turn, words: str, products: list[Product]) -> None:
    """Each with its card; in one line where a word fits many, which happens beside a product that is clear."""
    if not products:
        turn.say("product_not_found", name=words)
    elif len(products) > MOST:
        listed = [f"{each.name} ({each.price_text})" if each.price_text else each.name for each in products[:LISTED]]
        turn.say("product_several", name=words, products=", ".join(listed))
    else:
        for product in products:
            turn.utter(_stock_words(turn, product), card=product_card(product))


async def _tell_of_finish(turn: Turn, products: list[Product]) -> None:
    """ "Do you have black bulbs?": what the products' pages say of the finish that was asked for, if anything."""
    asked = _FINISH.search(turn.original.text)
    if asked is None:
        return
    finish = asked[0].lower()
    for product in products:
        try:
            named = await turn.runtime.shop.products(f"{finish} {product.name}", _LOOKED_AT)
        except (ShopUnavailable, ShopRefused) as error:
            log.warning("products.finish_not_asked", case=turn.context.case_id, why=str(error))
            named = []
        if any(each.sku == product.sku for each in named):
            turn.say("product_finish_named", name=product.name, finish=finish)
        else:
            turn.say("product_finish_unknown", name=product.name, finish=finish)


def _stock_words(turn: Turn, product: Product) -> str:
    if not product.available:
        return turn.text("product_sold_out", name=product.name)
    if not product.price_text:
        return turn.text("product_in_stock_unpriced", name=product.name)
    return turn.text("product_in_stock", name=product.name, price=product.price_text)


async def _named(turn: Turn, words: str) -> list[Product]:
    """The products called so; those that only mention the word in their texts when none is."""
    everything = await turn.runtime.shop.products(words, _LOOKED_AT)
    called = [each for each in everything if all(word in each.name.lower() for word in words.lower().split())]
    return called or everything


def product_card(product: Product) -> dict[str, Any]:
    """The envelope's `card`."""
    return {
        "kind": "product",
        "title": product.name,
        "text": product.tagline,
        "price": product.price_text or None,
        "url": product.url,
    }
