"""The order of the inbox: damage x uncertainty x frequency, near-identical messages as one decision."""

from bot.domain.inbox import Candidate, Trouble, Why, arrange, ranking_of

NONE = Trouble()


def candidate(
    text: str, *guesses: float, trouble: Trouble = NONE, understood: str = "greet", id_: str | None = None
) -> Candidate:
    ranking = tuple((f"intent_{place}", value) for place, value in enumerate(guesses))
    return Candidate(id_ or text, text, ranking, understood, trouble)


def test_what_was_understood_without_doubt_is_not_shown() -> None:
    assert arrange([candidate("hello", 0.95, 0.02)]) == []


def test_a_sure_message_in_a_case_that_went_wrong_is_not_suspected() -> None:
    assert arrange([candidate("a person please", 0.98, 0.01, trouble=Trouble(escalated=True))]) == []


def test_an_answer_that_did_not_help_is_shown_however_sure_the_bot_was() -> None:
    (group,) = arrange([candidate("blinks like a disco", 0.98, 0.01, trouble=Trouble(not_helpful=True))])
    assert group.reasons == (Why.WENT_WRONG,)


def test_a_small_lead_is_unsure_and_a_fallback_not_understood() -> None:
    groups = arrange([candidate("a b", 0.7, 0.6), candidate("c d", 0.3, 0.2, understood="nlu_fallback")])
    assert {group.first.text: group.reasons for group in groups} == {
        "a b": (Why.UNSURE,),
        "c d": (Why.NOT_UNDERSTOOD,),
    }


def test_damage_puts_a_message_before_a_harmless_one() -> None:
    groups = arrange(
        [
            candidate("quiet miss", 0.3, 0.2, understood="nlu_fallback"),
            candidate("angry miss", 0.3, 0.2, understood="nlu_fallback", trouble=Trouble(low_survey=True)),
        ]
    )
    assert [group.first.text for group in groups] == ["angry miss", "quiet miss"]


def test_what_many_wrote_comes_before_what_one_wrote() -> None:
    groups = arrange(
        [
            candidate("something else entirely", 0.4, 0.35),
            *(candidate(text, 0.4, 0.35) for text in ("install it, please", "please install it", "Install it please!")),
        ]
    )
    assert [len(group.others) for group in groups] == [2, 0]


def test_the_fallback_is_no_guess() -> None:
    nlu = {
        "ranking": [
            {"intent": "nlu_fallback", "confidence": 0.3},
            {"intent": "greet", "confidence": 0.1},
            {"intent": "thank", "confidence": 0.2},
        ]
    }
    assert ranking_of(nlu) == (("thank", 0.2), ("greet", 0.1))
    assert ranking_of(None) == ()
