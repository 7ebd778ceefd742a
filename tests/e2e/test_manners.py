"""The craft of the conversation over the socket: heard in full, in mood and language, and as it is meant."""

from datetime import datetime

from tests.support.shop import identity_of, order_of
from tests.support.system import System
from tests.support.visitor import Frame, Visitor


def words(frames: list[Frame]) -> str:
    return " ".join(frame["text"] for frame in frames)


def offered(frames: list[Frame]) -> list[str]:
    return [choice["title"] for frame in frames for choice in frame.get("choices") or []]


def shown_orders(frames: list[Frame]) -> list[str]:
    return [frame["card"]["number"] for frame in frames if (frame.get("card") or {}).get("kind") == "order"]


async def ask(system: System, visitor: Visitor, text: str) -> list[Frame]:
    """Everything that is said to `text`."""
    return await whole_turn(system, visitor, await visitor.say(text))


async def tap(system: System, visitor: Visitor, title: str) -> list[Frame]:
    return await whole_turn(system, visitor, await visitor.choose(title))


async def whole_turn(system: System, visitor: Visitor, cid: str) -> list[Frame]:
    """The frames of a turn, whose messages are stored together but arrive one by one."""
    answers = await visitor.answers_to(cid)
    stored = system.rows(
        "SELECT b.seq FROM rp_message b JOIN rp_message c ON b.reply_to = c.id WHERE c.cid = ? ORDER BY b.seq", cid
    )
    if not stored:
        return answers
    last = stored[-1]["seq"]
    await visitor.until(lambda: last in visitor.frames, f"all of the answer to {visitor.sent[cid]}")
    return await visitor.answers_to(cid)


async def test_second_miss_offers_a_person_and_no_third_please_rephrase(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await ask(system, visitor, "zxqv blorp")
        second = await ask(system, visitor, "grumf wibblet")
        assert "Yes, talk to a person" in offered(second), words(second)
        third = await ask(system, visitor, "fnord quux")
        assert "Yes, talk to a person" in offered(third), words(third)
        assert words(second) != words(third)


async def test_same_question_again_is_not_answered_with_the_same_article(system: System) -> None:
    async with Visitor(system.base) as visitor:
        first = await ask(system, visitor, "how long does delivery take?")
        article = max((frame["text"] for frame in first), key=len)
        again = await ask(system, visitor, "how long does the delivery take")
        assert article not in [frame["text"] for frame in again]
        assert any("person" in title.lower() for title in offered(again))


async def test_sarcasm_softens_the_tone_and_anger_brings_a_person_without_losing_the_answer(system: System) -> None:
    async with Visitor(system.base) as visitor:
        soft = await ask(system, visitor, "great, just great. how long does delivery take?")
        assert "sorry" in words(soft).lower()
        assert len(words(soft)) > 100, "the question is answered too"
        angry = await ask(system, visitor, "THIS IS RIDICULOUS!!! how can i pay, you useless bot")
        assert any("person" in title.lower() for title in offered(angry)), words(angry)


async def test_order_is_corrected_by_the_other_one_and_chosen_by_its_place(system: System) -> None:
    async with Visitor(system.base, identity=await identity_of(system, 0)) as visitor:
        asked = await ask(system, visitor, "where is my order?")
        numbers = [title[:9] for title in offered(asked) if title.startswith("LH-")]
        assert len(numbers) >= 2, words(asked)
        chosen = await ask(system, visitor, "the second one")
        assert shown_orders(chosen) == [numbers[1]], words(chosen)
        corrected = await ask(system, visitor, f"sorry, wrong number: {numbers[0]}")
        assert shown_orders(corrected) == [numbers[0]], words(corrected)
        other = await ask(system, visitor, "no, the other order")
        found = shown_orders(other) or [title[:9] for title in offered(other) if title.startswith("LH-")]
        assert found and numbers[0] not in found, words(other)


async def test_numbers_addresses_and_days_are_understood_as_they_are_typed(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await ask(system, visitor, "status of LH-100-238 pls")
        assert shown_orders(await ask(system, visitor, "aiko.tanaka @ example.com")) == ["LH-100238"]
        assert "e-mail" in words(await ask(system, visitor, "and one zero zero two three one?"))
    came = datetime.fromisoformat((await order_of(system, "LH-100228"))["delivered_at"])
    async with Visitor(system.base, await identity_of(system, 4)) as aiko:
        found = await ask(system, aiko, f"where is the order that came on {came.day}/{came.month}")
        assert shown_orders(found) == ["LH-100228"], words(found)


async def test_a_yes_that_names_another_deed_does_not_do_the_one_that_was_asked(system: System) -> None:
    before = await order_of(system, "LH-100244")
    async with Visitor(system.base) as visitor:
        wish = "I need to change the delivery address of order LH-100244, my email is lena.baumann@example.com"
        assert "Where should it go" in words(await ask(system, visitor, wish))
        asked = await ask(system, visitor, "Ahornweg 9, 10435 Berlin")
        assert "Yes, change it" in offered(asked), words(asked)
        instead = await ask(system, visitor, "ok cancel then")
        assert "Yes, cancel it" in offered(instead), words(instead)
        await tap(system, visitor, "No, keep it")
    after = await order_of(system, "LH-100244")
    assert (after["address"], after["status"]) == (before["address"], before["status"])


async def test_one_of_two_goes_back_when_one_is_meant(system: System) -> None:
    async with Visitor(system.base) as visitor:
        wish = "i want to return the lamps of LH-100228, my email is aiko.tanaka@example.com"
        assert "2 × Glow Table Lamp" in words(await ask(system, visitor, wish))
        one = await ask(system, visitor, "just one of them")
        assert "a return for Glow Table Lamp" in words(one), words(one)
        await tap(system, visitor, "Yes, return it")
    (opened,) = (await order_of(system, "LH-100228"))["returns"]
    assert [item["quantity"] for item in opened["items"]] == [1]


async def test_a_thumb_answers_the_open_question(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await ask(system, visitor, "how long does delivery take?")
        await ask(system, visitor, "👍")
        assert (await visitor.survey())["kind"] == "csat"


async def test_two_questions_in_one_message_are_both_answered(system: System) -> None:
    async with Visitor(system.base) as visitor:
        both = await ask(system, visitor, "can i pay with paypal? also, how do i reset my password?")
        assert "by **card**" in words(both) and "reset" in words(both).lower(), words(both)
        assert "other" in words(both)


async def test_second_wish_is_remembered_until_the_first_is_done(system: System) -> None:
    async with Visitor(system.base, identity=await identity_of(system, 1)) as visitor:
        first = await ask(system, visitor, "cancel my order please, and where is my refund for the other one?")
        assert "one after the other" in words(first).lower(), words(first)
        said: list[Frame] = first
        for _ in range(4):
            if "other question" in words(visitor.messages) or "other thing you asked" in words(visitor.messages):
                break
            said = await _decline_or_choose(system, visitor, said)
        everything = words(visitor.messages)
        assert "other question" in everything or "other thing you asked" in everything, everything


async def _decline_or_choose(system: System, visitor: Visitor, said: list[Frame]) -> list[Frame]:
    titles = offered(said)
    no = next((title for title in titles if title.startswith("No")), None)
    order = next((title for title in titles if title.startswith("LH-")), None)
    assert titles, words(said)
    return await tap(system, visitor, no or order or titles[-1])


async def test_small_talk_abuse_and_the_bot_question_get_one_calm_line(system: System) -> None:
    async with Visitor(system.base) as visitor:
        assert len(await ask(system, visitor, "how are you?")) == 1
        calm = words(await ask(system, visitor, "you stupid piece of shit"))
        assert "language" not in calm.lower() and calm
        wanted = await ask(system, visitor, "just tell me how to pay with paypal, damn")
        assert "by **card**" in words(wanted), words(wanted)
        honest = words(await ask(system, visitor, "are you a real person?")).lower()
        assert "bot" in honest or "software" in honest


async def test_other_languages_get_an_honest_line(system: System) -> None:
    async with Visitor(system.base) as visitor:
        for text, line in (
            ("Wo ist meine Bestellung?", "Englisch"),
            ("¿Dónde está mi pedido?", "inglés"),
            ("где мой заказ", "по-английски"),
        ):
            said = await ask(system, visitor, text)
            assert line in words(said) and "English" in words(said), words(said)
        assert any("person" in title.lower() for title in offered(visitor.messages))


async def test_stop_asking_is_confirmed_in_one_line_and_honoured_for_good(system: System) -> None:
    async with Visitor(system.base) as visitor:
        said = await ask(system, visitor, "please stop asking me for ratings")
        assert len(said) == 1, words(said)
        await ask(system, visitor, "what is your return policy?")
        assert await ask(system, visitor, "that helped, thanks")
        decided = await visitor.until(
            lambda: system.rows(
                "SELECT d.* FROM rp_ask_decision d JOIN rp_message m ON m.case_id = d.case_id WHERE m.text = ?",
                "please stop asking me for ratings",
            ),
            "the recorded decision",
        )
        assert {(row["asked"], row["reason"]) for row in decided} == {(0, "stop_asking")}
        assert not any(frame.get("survey") or frame.get("invitation") for frame in visitor.messages)


async def test_stop_asking_ends_the_question_of_a_form_and_did_that_help(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await ask(system, visitor, "where is my order")
        stopped = await ask(system, visitor, "stop asking me that")
        assert "we won't ask" in words(stopped) and "order number" not in words(stopped), words(stopped)
        answer = await ask(system, visitor, "how long does delivery take?")
        assert "working days" in words(answer) and not words(answer).rstrip().endswith("?"), words(answer)


async def test_what_is_out_of_scope_is_said_with_what_can_be_done_instead(system: System) -> None:
    async with Visitor(system.base) as visitor:
        said = await ask(system, visitor, "what will the weather be like tomorrow in Rome")
        assert {"Track an order", "Talk to a person"} <= set(offered(said)), words(said)


async def test_too_long_is_no_goodbye_and_another_language_is_met_with_an_honest_line(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await ask(system, visitor, "how long does delivery take?")
        objected = await ask(system, visitor, "Thats too long!")
        assert "Before you go" not in words(objected)
        assert "Yes, talk to a person" in offered(objected), words(objected)
    async with Visitor(system.base) as visitor:
        for asked in ("do you speak German?", "ich brauche hilfe"):
            assert "verstehe leider nur Englisch" in words(await ask(system, visitor, asked))


async def test_stock_of_a_product_promises_no_colour_that_its_page_does_not_name(system: System) -> None:
    async with Visitor(system.base) as visitor:
        said = words(await ask(system, visitor, "do you have black bulbs?"))
        assert "in stock" in said and "comes in black I can't see" in said
