"""The sentences the product itself says in a conversation. `{company}` and the like are filled by `say`."""

from bot.settings import Settings

ASK_FOR_PERSON = "Talk to a person"
"""What the button of that name is shown as in the thread."""

WAITING = "I'm passing you to a person now. You'll be answered here; everything you've told me goes with you."
TICKET = (
    "Nobody from the team is here right now, so I've opened ticket {number} for you with everything you've told me. "
    "We'll reply within {reply_time}{where}."
)
BOT_DOWN = (
    "Sorry, I'm having technical trouble and can't answer properly right now. "
    "I've saved your message and asked the team to look at it."
)
BOT_BACK = "I'm back, and sorry about that interruption."
HANDED_BACK = "{agent} has handed you back to me, the assistant. I'm here if there's anything else."
JOINED = "{agent} has joined the chat."
TRANSFERRED = "You're now with {agent}, who can see everything you've told us."
REQUEUED = "You're being passed to a colleague. Everything you've told us goes with you."
TICKET_SUBJECT = "Re: your request {number}"
TICKET_MAIL = """{words}

{agent}, {company}

This answers your request {number}. You can go on in the chat on our website, where your whole conversation is kept.
"""
RESOLVED = "{agent} has marked this as solved. If anything is still open, just write here."
ENDED = "You ended this chat. Write any time to start a new one."
ALREADY_WAITING = "You're already in the queue; a person will answer you here."


def say(settings: Settings, text: str, **values: str) -> str:
    """The sentence with its blanks filled; settings give the company's name and addresses."""
    return text.format(
        company=settings.company,
        support_email=settings.support_email,
        reply_time=settings.reply_time,
        **values,
    )
