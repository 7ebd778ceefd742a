"""What an intent is called when the assistant offers it."""

from actions.wording import Wording


def test_an_intent_of_the_files_goes_by_its_title_and_one_without_is_never_offered() -> None:
    wording = Wording.load()
    assert wording.title("cancel_order") == "Cancel an order"
    assert [wording.title(name) for name in ("greet", "choose_article", "EXTERNAL_proactive", "nlu_fallback")] == [
        None
    ] * 4


def test_a_taught_intent_goes_by_its_name_in_plain_words() -> None:
    assert Wording.load().title("gift_wrap_order") == "Gift wrap order"
