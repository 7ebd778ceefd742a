"""The gate between a candidate and the customers."""

from typing import Any

from bot.training.evaluate import score
from bot.training.gate import compare, judge


def scores(accuracy: float, **recalls: tuple[float, int]) -> dict[str, Any]:
    """Scores with that accuracy and (recall, support) by intent."""
    intents = {
        name: {"precision": 1.0, "recall": recall, "f1": recall, "support": support}
        for name, (recall, support) in recalls.items()
    }
    return {"accuracy": accuracy, "macro_f1": accuracy, "n": 100, "intents": intents, "errors": [], "held_out": "a"}


def test_a_model_that_was_never_measured_is_refused() -> None:
    assert judge({}, scores(0.9)) == ["It was not measured on the held-out phrases; evaluate it first."]


def test_without_a_live_model_every_measured_one_may_go_live() -> None:
    assert judge(scores(0.2), None) == []


def test_one_point_less_is_allowed_and_more_is_not() -> None:
    assert judge(scores(0.89), scores(0.90)) == []
    assert judge(scores(0.889), scores(0.90)) == ["Accuracy falls by 1.1 points, from 90.0% to 88.9%."]


def test_an_intent_may_lose_ten_points_of_recall_and_no_more() -> None:
    live = scores(0.9, cancel_order=(0.9, 10))
    assert judge(scores(0.9, cancel_order=(0.8, 10)), live) == []
    (finding,) = judge(scores(0.9, cancel_order=(0.7, 10)), live)
    assert finding == "Of 10 held-out phrases of 'cancel_order' it finds 70% where the live model finds 90%."


def test_an_intent_with_four_held_out_phrases_is_too_few_to_judge() -> None:
    assert judge(scores(0.9, gift_card=(0.0, 4)), scores(0.9, gift_card=(1.0, 4))) == []


def test_an_intent_the_live_model_does_not_know_cannot_have_got_worse() -> None:
    assert judge(scores(0.9, book_visit=(0.0, 9)), scores(0.9)) == []


def test_scores_are_figured_by_intent_and_errors_are_kept() -> None:
    phrases = [("a", "greet"), ("b", "greet"), ("c", "thank"), ("d", "thank")]
    results = [{"intent": name, "confidence": 0.5} for name in ("greet", "thank", "thank", "nlu_fallback")]
    found = score(phrases, results)
    assert found["accuracy"] == 0.5
    assert found["intents"]["greet"] == {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2}
    assert found["intents"]["thank"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert found["macro_f1"] == (2 / 3 + 0.5) / 2
    assert [(error["text"], error["predicted"]) for error in found["errors"]] == [("b", "thank"), ("d", "nlu_fallback")]


def error(text: str) -> dict[str, Any]:
    return {"text": text, "intent": "greet", "predicted": "thank", "confidence": 0.5}


def test_what_broke_and_what_was_repaired_is_told_by_phrase() -> None:
    candidate = scores(0.9) | {"errors": [error("hi"), error("hey")]}
    live = scores(0.9) | {"errors": [error("hey"), error("yo")]}
    found = compare(candidate, live)
    assert [item["text"] for item in found.newly_broken] == ["hi"]
    assert [item["text"] for item in found.newly_right] == ["yo"]


def test_phrases_of_another_held_out_set_are_not_called_broken() -> None:
    candidate = scores(0.9) | {"errors": [error("hi")], "held_out": "b"}
    assert compare(candidate, scores(0.9)).newly_broken == ()


def test_the_largest_loss_stands_first() -> None:
    candidate = scores(0.9, a=(0.9, 9), b=(0.5, 9), c=(1.0, 9))
    live = scores(0.9, a=(0.9, 9), b=(0.9, 9), c=(0.8, 9))
    assert [item.intent for item in compare(candidate, live).intents] == ["b", "a", "c"]
