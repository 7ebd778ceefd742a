"""After a resolution: the one question, and what follows from its answer, tapped or said in words."""

from __future__ import annotations

import re
from typing import Any

from actions.base import Option, RapportAction, Turn
from actions.options import NOT_YET, PERSON, SOLVED
from actions.pending import Pending, pending, read_pending
from bot.domain.spoken_score import NoScoreReason, parse_spoken_score
from bot.domain.surveys import SCALES, Band, SurveyKind
from bot.services import advocacy, surveys
from bot.store.engine import Tx

SAVE = Option("option_save", "affirm")
DO_NOT_SAVE = Option("option_no", "deny")
SHOWN_COMMENT = 200
_NOT_NOW = re.compile(
    r"\W*(?:(?:no+|nope|nah|not now|not today|(?:i'?d )?rather not|skip|skip it|pass|maybe later|later|no rating"
    r"|thanks?|thank you|please|sorry)[\s,.!]*)+\W*",
    re.IGNORECASE,
)
_WANTS_TO_RATE = re.compile(
    r"\b(?:rat(?:e|ing)|scor(?:e|ing)|grade|mark|stars|points|feedback|survey)\b", re.IGNORECASE
)
_JUST_THANKS = re.compile(r"\W*(?:(?:thanks?|thank you|please|sorry)\W*)+", re.IGNORECASE)


class AfterResolution(RapportAction):
    """The case is resolved: a form's open question is over; ask one of our own if the budget allows it."""

    keeps_pending = True

    def name(self) -> str:
        return "action_after_resolution"

    async def handle(self, turn: Turn) -> None:
        async def work(tx: Tx) -> dict[str, Any]:
            asked = await surveys.ask(turn.runtime.app, tx, turn.context.case_id)
            return {"survey": asked.survey_id, "handler": asked.handler, "solved": asked.reason != "not_resolved"}

        asked = await turn.once(work)
        if asked["solved"]:
            # What was asked before a person took the case would be asked again after this.
            turn.leave_loop()
        if asked["survey"] is None:
            return
        key = "survey_after_person" if asked["handler"] == surveys.HUMAN else "survey_after_bot"
        turn.utter(turn.text(key), survey=asked["survey"])
        turn.set(survey=asked["survey"])


class AfterSurvey(RapportAction):
    """A survey was answered: apologise, ask back or thank, then make the offer that everybody gets, always last."""

    keeps_pending = True

    def name(self) -> str:
        return "action_after_survey"

    async def handle(self, turn: Turn) -> None:
        survey_id = str(turn.context.entity("survey") or "")

        async def work(tx: Tx) -> dict[str, Any]:
            reaction = await advocacy.react(turn.runtime.app, tx, survey_id)
            return {
                "band": reaction.band.value,
                "score": reaction.score,
                "top": reaction.top,
                "changed": reaction.changed,
                "commented": reaction.has_comment,
                "invitation": reaction.invitation_id,
                "invited_to": reaction.invitation_kind,
                "review": reaction.review_id,
            }

        done = await turn.once(work)
        turn.set(survey=None)
        self._answer(turn, done)
        if done["invitation"]:
            turn.utter(turn.text(f"invite_{done['invited_to']}"), invitation=done["invitation"])
        if done["review"]:
            turn.utter(turn.text("review_offer"), invitation=done["review"])

    def _answer(self, turn: Turn, done: dict[str, Any]) -> None:
        said = {"score": done["score"], "top": done["top"]}
        if done["changed"]:
            turn.say("rating_changed", **said)
        if done["band"] == Band.LOW:
            turn.say("survey_low", hours=f"{turn.runtime.settings.recovery_hours:g}")
            if not done["commented"]:
                turn.say("survey_low_why")
        elif done["band"] == Band.MIDDLE:
            turn.say("survey_middle" if not done["commented"] else "survey_middle_commented", **said)
        else:
            turn.say("survey_high", **said)


class RateInWords(RapportAction):
    """A score in the customer's own words: read back and confirmed before anything is stored."""

    def name(self) -> str:
        return "action_rate_in_words"

    async def handle(self, turn: Turn) -> None:
        open_survey = await self._open(turn)
        if open_survey is None and turn.context.entity("order_number"):
            # A bare order number can look like a rating to the classifier.
            turn.set(order_task=turn.slot("order_task") or "track_order")
            await turn.run_other("action_order")
            return
        if open_survey is None:
            # The action that asks back looks whether a rating is awaited; none is.
            turn.set(survey=None, pending=None)
            if parse_spoken_score(turn.context.text, SurveyKind.CSAT).score is not None:
                turn.say("nothing_to_rate")
            elif _WANTS_TO_RATE.search(turn.context.text):
                turn.say("rating_when_solved", options=[SOLVED, NOT_YET, PERSON])
            else:
                await turn.run_other("action_fallback")
            return
        scale = SCALES[open_survey.kind]
        spoken = parse_spoken_score(turn.context.text, open_survey.kind)
        if spoken.score is None:
            ask_for_number(turn, open_survey.kind, spoken.reason)
            return
        comment = spoken.comment_rest.strip()
        key = "confirm_rating_comment" if comment else "confirm_rating"
        turn.say(key, score=spoken.score, top=scale.maximum, comment=_short(comment), options=[SAVE, DO_NOT_SAVE])
        turn.set(pending=pending(Pending.RATING, open_survey.id, str(spoken.score), comment), survey=open_survey.id)

    async def _open(self, turn: Turn) -> surveys.OpenSurvey | None:
        if turn.context.conversation_id is None:
            return None
        async with turn.runtime.app.read() as tx:
            return await surveys.open_survey(tx, turn.context.conversation_id)


class ConfirmRating(RapportAction):
    """Yes or no to the score that was read back."""

    def name(self) -> str:
        return "action_confirm_rating"

    async def handle(self, turn: Turn) -> None:
        _, arguments = read_pending(turn.slot("pending"))
        if len(arguments) < 2 or not arguments[1].isdigit():
            # "Yes" to "please give me the number": the number is still wanted.
            turn.say("rating_number_wanted")
            turn.set(pending=pending(Pending.RATING))
            return
        survey_id, score = arguments[0], int(arguments[1])
        if turn.context.intent == "deny":
            turn.say("rating_not_saved")
            turn.set(pending=pending(Pending.RATING))
            return
        comment = ":".join(arguments[2:]) or None

        async def work(tx: Tx) -> dict[str, Any]:
            conversation = turn.context.conversation_id or ""
            try:
                await surveys.answer_in_words(turn.runtime.app, tx, conversation, survey_id, score, comment)
            except surveys.SurveyNotFound:
                return {"saved": False}
            return {"saved": True}

        done = await turn.once(work)
        turn.say("rating_saved" if done["saved"] else "nothing_to_rate")


class StopAsking(RapportAction):
    """No more questions, for good."""

    def name(self) -> str:
        return "action_stop_asking"

    async def handle(self, turn: Turn) -> None:
        async def work(tx: Tx) -> dict[str, Any]:
            since = await surveys.stop_asking_of_case(turn.runtime.app, tx, turn.context.case_id)
            return {"since": since.isoformat()}

        await turn.once(work)
        turn.set(survey=None)
        turn.say("stopped_asking")


def says_not_now(text: str) -> bool:
    """Whether the words only put the question off: "no", "nope, thanks", "not now"; "no it didn't" says something."""
    plain = text.replace("\u2019", "'")
    return _NOT_NOW.fullmatch(plain) is not None and _JUST_THANKS.fullmatch(plain) is None


async def take_decline(turn: Turn) -> bool:
    """Take a bare "no" below a question that waits for a rating as "not now"; False when it answers something else."""
    kind, arguments = read_pending(turn.slot("pending"))
    asked = (
        turn.slot("survey") is not None and not turn.loop and (not kind or (kind == Pending.RATING and not arguments))
    )
    if not asked or turn.context.conversation_id is None or not says_not_now(turn.context.text):
        return False
    async with turn.runtime.app.read() as tx:
        waiting = await surveys.open_survey(tx, turn.context.conversation_id)
    if waiting is None:
        return False

    async def work(tx: Tx) -> dict[str, Any]:
        await surveys.skip(turn.runtime.app, tx, waiting.id)
        return {"skipped": waiting.id}

    await turn.once(work)
    turn.set(survey=None, pending=None)
    turn.say("rating_declined")
    return True


def ask_for_number(turn: Turn, kind: SurveyKind, reason: NoScoreReason | None) -> None:
    """Say why no score was read and which numbers there are; the next answer is taken as the rating."""
    scale = SCALES[kind]
    key = {
        NoScoreReason.OUT_OF_RANGE: "rating_out_of_range",
        NoScoreReason.OTHER_SCALE: "rating_out_of_range",
        NoScoreReason.SEVERAL: "rating_several",
        NoScoreReason.NOT_WHOLE: "rating_not_whole",
    }.get(reason or NoScoreReason.NOT_A_SCORE, "rating_which_number")
    turn.say(key, bottom=scale.minimum, top=scale.maximum, low=scale.low_label.lower(), high=scale.high_label.lower())
    turn.set(pending=pending(Pending.RATING))


def _short(comment: str) -> str:
    return comment if len(comment) <= SHOWN_COMMENT else f"{comment[:SHOWN_COMMENT].rstrip()}…"
