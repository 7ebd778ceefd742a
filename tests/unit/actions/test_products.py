"""Stock and price from the shop, and only where that is all that was asked."""

from __future__ import annotations

import pytest

from actions.products import asks_stock_or_price
from bot.adapters.shop import Product
from tests.unit.actions.fakes import Dialogue, FakeKnowledge, FakeShop, a_runtime, envelope, texts

SHELF = [
    Product(sku="CAM", name="Nook Camera", tagline="Sees in the dark", price_text="€99.00", available=True),
    Product(sku="ALM", name="Whisper Smoke Alarm", price_text="€79.00", available=False),
    Product(sku="HUB", name="Hearth Hub", tagline="For lamp, lock and camera", price_text="€129.00", available=True),
    *(Product(sku=f"L{n}", name=f"Lumen Lamp {n}", price_text="€29.00", available=True) for n in range(4)),
]


@pytest.fixture
def shop() -> FakeShop:
    shop = FakeShop()
    shop.shelf = list(SHELF)
    return shop


def talk_with(shop: FakeShop) -> Dialogue:
    return Dialogue(a_runtime(shop, FakeKnowledge("stock", "much", "black")))


def names(talk: Dialogue, *products: str) -> Dialogue:
    """What was heard last names several products."""
    talk.latest["entities"] = [{"entity": "product", "value": product} for product in products]
    return talk


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("is the camera in stock", True),
        ("Do you have the thermostat available?", True),
        ("have you got any smart plugs left", True),
        ("how much is the hub", True),
        ("what does the smoke alarm cost?", True),
        ("price of the doorbell?", True),
        ("when will the doorbell be back", True),
        ("do you have the camera in black", False),
        ("is the robot vacuum obtainable in the US shop", False),
        ("do you carry replacement filters for the vacuum", False),
        ("will your thermostat work with my old gas boiler", False),
        ("my discount code does not work for the camera", False),
        ("can the camera be used in the dark", False),
    ],
)
def test_only_stock_and_price_are_asked_of_the_shop(text: str, asks: bool) -> None:
    assert asks_stock_or_price(text) is asks


async def test_what_is_on_the_shelf_is_told_with_its_price(shop: FakeShop) -> None:
    talk = talk_with(shop).hears("is the camera in stock", "product_availability", product="camera")
    said = await talk.runs("action_answer_question")
    assert "Nook Camera is in stock right now, for €99.00" in texts(said) and "Hearth" not in texts(said)
    assert envelope(said)["card"] == {
        "kind": "product", "title": "Nook Camera", "text": "Sees in the dark", "price": "€99.00", "url": None,
    }  # fmt: skip
    assert talk.slots["pending"] == "helped"


async def test_two_prices_asked_in_one_sentence_are_both_told(shop: FakeShop) -> None:
    asked = "how much is the hub and what does the camera cost?"
    talk = names(talk_with(shop).hears(asked, "price_or_promo_problem"), "hub", "camera", "hearth hub")
    said = texts(await talk.runs("action_answer_question"))
    assert said.count("Hearth Hub") == 1 and "find" not in said
    assert "Hearth Hub is in stock right now, for €129.00" in said
    assert "Nook Camera is in stock right now, for €99.00" in said


async def test_beside_a_clear_product_one_of_many_and_one_of_none_are_told_too(shop: FakeShop) -> None:
    asked = "how much is the hub, how much is a lamp and how much is the piano?"
    talk = names(talk_with(shop).hears(asked, "price_or_promo_problem"), "hub", "lamp", "piano")
    said = texts(await talk.runs("action_answer_question"))
    assert "Hearth Hub" in said and "Lumen Lamp 0 (€29.00), Lumen Lamp 1 (€29.00)" in said
    assert 'don\'t find "piano"' in said


async def test_what_is_sold_out_is_said_to_be(shop: FakeShop) -> None:
    talk = talk_with(shop).hears("any smoke alarm left?", "product_availability", product="smoke alarm")
    assert "Whisper Smoke Alarm is sold out" in texts(await talk.runs("action_answer_question"))


@pytest.mark.parametrize(
    ("text", "product", "why"),
    [
        ("is the siren in stock", "siren", "nothing of that name"),
        ("how much is a lamp", "lamp", "too many to tell of"),
        ("do you have the camera in black", "camera", "a colour is asked for"),
    ],
)
async def test_an_article_answers_what_the_shop_cannot(shop: FakeShop, text: str, product: str, why: str) -> None:
    talk = talk_with(shop).hears(text, "product_availability", product=product)
    assert "By card or PayPal" in texts(await talk.runs("action_answer_question")), why


async def test_a_shop_that_is_down_leaves_it_to_the_article(shop: FakeShop) -> None:
    shop.down = True
    talk = talk_with(shop).hears("is the camera in stock", "product_availability", product="camera")
    assert "By card or PayPal" in texts(await talk.runs("action_answer_question"))


@pytest.mark.parametrize(
    ("said", "entities", "name"),
    [
        ("and the valve", {}, "Ember Valve"),
        ("and 12 valves", {}, "Ember Valve"),
        ("is it still in stock?", {}, "Ember Thermostat"),
    ],
)
async def test_a_price_is_followed_by_the_next_thing_or_its_stock(
    said: str, entities: dict[str, str], name: str
) -> None:
    shop = FakeShop()
    shop.shelf = [
        Product(sku=name[-3:], name=name, price_text="€1.00", available=True)
        for name in ("Ember Thermostat", "Ember Valve")
    ]
    talk = Dialogue(a_runtime(shop))
    talk.slots["product"] = "thermostat"
    first = talk.hears("how much is the thermostat", "price_or_promo_problem", product="thermostat")
    assert "Ember Thermostat" in texts(await first.runs("action_answer_question"))
    answer = texts(await talk.hears(said, "nlu_fallback", **entities).runs("action_fallback"))
    assert name in answer and "in stock" in answer


@pytest.mark.parametrize(
    ("asked", "told"), [("black", "can't see from here"), ("brass", "is among what its page says")]
)
async def test_stock_says_nothing_of_a_finish_that_was_asked_for(shop: FakeShop, asked: str, told: str) -> None:
    shop.shelf = [Product(sku="BLB", name="Lumen Bulb", tagline="Brass foot", price_text="€9.00", available=True)]
    talk = talk_with(shop).hears(f"do you have {asked} bulbs?", "product_availability", product="bulb")
    said = texts(await talk.runs("action_answer_question"))
    assert "Lumen Bulb is in stock" in said and told in said and asked in said


async def test_what_is_ordered_in_the_chat_is_shown_with_the_way_to_the_checkout(shop: FakeShop) -> None:
    talk = talk_with(shop).hears("two black cameras please", "place_order", product="camera")
    said = await talk.runs("action_answer_question")
    assert "€99.00" in texts(said) and "black" in texts(said) and "Checkout" in texts(said)


async def test_how_to_order_is_still_answered_by_the_article(shop: FakeShop) -> None:
    talk = talk_with(shop).hears("how do I buy a camera", "place_order", product="camera")
    assert "€99.00" not in texts(await talk.runs("action_answer_question"))
