"""The sentences the product says to customers: all of them are in data/texts/en.yml, named here by their keys.

Company, addresses and times are settings; `say` puts them in. The assistant's own sentences are said by the actions,
from the same file.
"""

import re
from functools import lru_cache

from bot.services.wordings import Texts
from bot.settings import ROOT, Settings

TEXTS_PATH = ROOT / "data" / "texts" / "en.yml"
LANGUAGES = ("en", "ar", "de", "es", "fr")
"""The files beside it say only what stands around a conversation, for the assistant speaks English."""

ASK_FOR_PERSON = "Talk to a person"
"""How a press of the widget's own button stands in the thread. Kept in rows, by which it is told from typed words."""
WAITING = "waiting"
TICKET = "ticket"
TICKET_ADDED = "ticket_added"
TICKET_WAITS = "ticket_waits"
TICKET_WAITS_AGAIN = "ticket_waits_again"
TICKET_SOLVED = "ticket_solved"
TICKET_SOLVED_NOTE = "ticket_solved_note"
TICKET_WITHDRAWN = "ticket_withdrawn"
TICKET_WITHDRAWN_NOTE = "ticket_withdrawn_note"
WAITING_ADDED = "waiting_added"
BOT_DOWN = "bot_down"
BOT_BACK = "bot_back"
HANDED_BACK = "handed_back"
JOINED = "agent_joined"
TRANSFERRED = "transferred"
REQUEUED = "requeued"
TICKET_SUBJECT = "ticket_mail_subject"
TICKET_MAIL = "ticket_mail"
RESOLVED = "agent_resolved"
ENDED = "chat_ended"
FILE_KEPT = "file_kept"
FILE_GO_ON = "file_go_on"
FILE_TELL = "file_tell"
NPS_LEAD = "nps_lead"
TRANSCRIPT_TITLE = "transcript_title"
TRANSCRIPT_TIMES = "transcript_times"
TRANSCRIPT_DAY = "transcript_day"
TRANSCRIPT_WEEKDAYS = "transcript_weekdays"
TRANSCRIPT_MONTHS = "transcript_months"
TRANSCRIPT_YOU = "transcript_you"
TRANSCRIPT_BOT = "transcript_bot"
TRANSCRIPT_AGENT = "transcript_agent"
TRANSCRIPT_SCORE = "transcript_score"
TRANSCRIPT_COMMENT = "transcript_comment"
TRANSCRIPT_ATTACHMENT = "transcript_attachment"
TRANSCRIPT_ORDER = "transcript_order"
TRANSCRIPT_CODE = "transcript_code"
TRANSCRIPT_EMPTY = "transcript_empty"
TRANSCRIPT_MAIL = "transcript_mail"
REVIEW_TITLE = "review_title"
THANKS_UNSPOKEN = "thanks_unspoken"
TESTIMONIAL_TITLE = "testimonial_title"
TESTIMONIAL_TEXT = "testimonial_text"
REFERRAL_TITLE = "referral_title"
REFERRAL_TEXT = "referral_text"
REFERRAL_LANDING = "referral_landing"
REFERRAL_OFFER = "referral_offer"
REFERRAL_EARNED = "referral_reward_news"


def say(settings: Settings, key: str, **values: object) -> str:
    """The sentence `key` with its blanks filled. Raises TextMissing for an unknown key or a blank without a value."""
    return texts_of(settings).say(key, "", unlike=None, **values)


def say_in(settings: Settings, language: str, key: str, **values: object) -> str:
    """The same in another language, in English where its file lacks the sentence."""
    texts = texts_of(settings, language)
    return texts.say(key, "", unlike=None, **values) if key in texts else say(settings, key, **values)


def language_of(locale: str | None) -> str:
    """Which of the languages we have words in a language tag means; `en` for any other."""
    language = re.split("[-_]", locale or "")[0].lower()
    return language if language in LANGUAGES else "en"


def texts_of(settings: Settings, language: str = "en") -> Texts:
    """All sentences with the company's own words in them. Raises ValueError for a broken texts file."""
    return _load(language, tuple(sorted({**company_words(settings), "reply_time": settings.reply_time}.items())))


@lru_cache(maxsize=8)
def _load(language: str, fixed: tuple[tuple[str, str], ...]) -> Texts:
    return Texts.load(TEXTS_PATH.with_name(f"{language}.yml"), dict(fixed))


def company_words(settings: Settings) -> dict[str, str]:
    """The company's own words in texts, articles and guides."""
    return {
        "company": settings.company,
        "support_email": settings.support_email,
        "order_example": settings.order_example,
        "support_hours": _spoken_hours(settings.opening_hours),
    }


def _spoken_hours(hours: str) -> str:
    """`Mon-Sun 00:00-24:00` as people say it."""
    if hours.replace(" ", "").lower() in {"mon-sun00:00-24:00", "mon-sun0:00-24:00"}:
        return "around the clock, every day"
    return hours.replace("-", "\u2013")
