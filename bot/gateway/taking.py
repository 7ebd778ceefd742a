"""What a client's frame does: stored and acked. The socket and the HTTP fallback share it."""

from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway.frames import ClientFrame, End, FrameError, Human, InvitationAnswer, Page, Send, SurveyAnswer
from bot.gateway.limiter import Limiter
from bot.services.app import App
from bot.services.asking import answer_invitation, answer_survey
from bot.services.receive import Refused, receive_choice, receive_end, receive_human, receive_text
from bot.services.surveys import put_off
from bot.services.visitors import change_page

log = structlog.get_logger()

TOO_FAST = "That was a lot at once; please wait a few seconds."


async def take_page(app: App, limiter: Limiter, conversation_id: str, frame: Page) -> None:
    """Keep the page the customer is on now. Raises FrameError `too_fast`; a store that is away costs nothing else."""
    if not await limiter.allow_page(conversation_id):
        raise FrameError("too_fast", "This page changes too often; please wait a few seconds.")
    try:
        await change_page(app, conversation_id, frame.page)
    except SQLAlchemyError as error:
        log.warning("visitor.page_not_noted", error=repr(error))


async def take_frame(app: App, conversation_id: str, frame: ClientFrame) -> dict[str, Any]:
    """Store a client's frame and return its ack. Raises FrameError."""
    cid = getattr(frame, "cid", None)
    try:
        match frame:
            case Send(choice=str() as choice):
                seq = await receive_choice(app, conversation_id, frame.cid, choice, frame.attachments)
            case Send():
                seq = await receive_text(app, conversation_id, frame.cid, frame.text or "", frame.attachments)
            case SurveyAnswer(skip=True):
                seq = await put_off(app, conversation_id, frame.cid, frame.survey)
            case SurveyAnswer():
                seq = await answer_survey(app, conversation_id, frame.cid, frame.survey, frame.score, frame.comment)
            case InvitationAnswer():
                seq = await answer_invitation(
                    app, conversation_id, frame.cid, frame.invitation, frame.answer, frame.words
                )
            case Human():
                seq = await receive_human(app, conversation_id, frame.cid)
            case End():
                seq = await receive_end(app, conversation_id, frame.cid)
            case _:
                raise FrameError("unknown_type", "That frame cannot be sent here.", cid)
    except Refused as error:
        raise FrameError(error.code, str(error), cid) from error
    except FrameError:
        raise
    except Exception as error:  # the edge: whatever failed, nothing was committed and the client may send again
        log.error("visitor.frame_failed", conversation=conversation_id, error=repr(error))
        raise FrameError("unavailable", "We could not save that just now; it will be sent again.", cid) from error
    return {"type": "ack", "cid": cid, "seq": seq}
