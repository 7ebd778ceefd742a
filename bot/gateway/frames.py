"""The visitor socket's client frames: one Pydantic model each, and the one function that reads a frame.

The same models validate the HTTP fallback and generate its part of the OpenAPI document.
"""

import json
import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

MAX_FRAME_BYTES = 32 * 1024
MAX_TEXT = 2000
MAX_LOCALE = 35
UUID_LENGTH = 36

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class FrameError(Exception):
    """A frame that cannot be taken: a code of the contract, a sentence, and the `cid` when it could be read."""

    def __init__(self, code: str, sentence: str, cid: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.cid = cid

    def frame(self) -> dict[str, Any]:
        return {"type": "error", "code": self.code, "message": str(self), "cid": self.cid}


def too_large() -> FrameError:
    """What a frame over `MAX_FRAME_BYTES` is answered with, whether it was read or refused unread."""
    return FrameError("too_large", "That is too large to send here; a message may have 2,000 characters.")


def clean_text(text: str) -> str:
    """The words without what no database or screen can hold: control characters and halves of surrogate pairs."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", whole)


def _uuid_as_written(value: Any) -> Any:
    # Kept as it came: the client knows its message by exactly these characters, capitals included.
    if not isinstance(value, str) or len(value) != UUID_LENGTH:
        raise ValueError("must be a UUID of 36 characters")
    UUID(value)
    return value


Cid = Annotated[str, BeforeValidator(_uuid_as_written), Field(description="UUID made by the client; a repeat is safe.")]
Clean = Annotated[str, AfterValidator(clean_text)]
PageValue = Annotated[
    Any,  # the page must not cost a customer the chat: `read_page` takes what it can use
    Field(description="The address, or an object with url, title, product, cart, order, data; cut to its limits."),
]
Locale = Annotated[Clean, AfterValidator(lambda locale: locale[:MAX_LOCALE])]
OpaqueId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]


class ClientFrame(BaseModel):
    """What all client frames share; unknown fields are ignored, so that older gateways serve newer widgets."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Hello(ClientFrame):
    type: Literal["hello"] = "hello"
    # However long: what cannot be one of ours is a bad token, which a browser can forget, and no bad frame.
    token: Clean | None = None
    identity: Clean | None = None
    last_seq: int = Field(default=0, ge=0)
    locale: Locale | None = None
    page: PageValue = None


class Send(ClientFrame):
    type: Literal["send"] = "send"
    cid: Cid
    text: Clean | None = None
    choice: OpaqueId | None = None
    attachments: list[OpaqueId] = Field(default=[], max_length=10)


class SurveyAnswer(ClientFrame):
    type: Literal["survey"] = "survey"
    cid: Cid
    survey: OpaqueId
    score: int | None = None
    comment: Annotated[Clean, Field(max_length=2000)] | None = None
    skip: bool = Field(default=False, description='"Not now": the question is put off instead of answered.')


class InvitationAnswer(ClientFrame):
    type: Literal["invitation"] = "invitation"
    cid: Cid
    invitation: OpaqueId
    answer: Literal["accept", "later", "never", "done"]
    words: Annotated[Clean, Field(max_length=1000)] | None = Field(
        default=None, description="With `done` of a testimonial: what the customer lets us show."
    )


class Human(ClientFrame):
    type: Literal["human"] = "human"
    cid: Cid


class End(ClientFrame):
    type: Literal["end"] = "end"
    cid: Cid


class Typing(ClientFrame):
    type: Literal["typing"] = "typing"


class Page(ClientFrame):
    """The customer went to another page; no `cid` and no ack, for the next hello tells it again."""

    type: Literal["page"] = "page"
    page: PageValue


class Ping(ClientFrame):
    """Asks for a `pong`: scripts in a browser cannot see the protocol's own pings."""

    type: Literal["ping"] = "ping"


class Read(ClientFrame):
    type: Literal["read"] = "read"
    seq: int = Field(ge=0, le=2**53)


FRAMES: dict[str, type[ClientFrame]] = {
    "hello": Hello,
    "send": Send,
    "survey": SurveyAnswer,
    "invitation": InvitationAnswer,
    "human": Human,
    "end": End,
    "typing": Typing,
    "read": Read,
    "ping": Ping,
    "page": Page,
}

_BAD = {"survey": "bad_survey", "invitation": "bad_invitation"}


def read_frame(raw: str | bytes, default_type: str | None = None) -> ClientFrame:
    """A client's frame, checked. Raises FrameError with the contract's code; never anything else."""
    size = len(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))
    if size > MAX_FRAME_BYTES:
        raise too_large()
    try:
        data = _parse(raw)
    except ValueError as error:
        raise FrameError("bad_json", f"That was not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise FrameError("bad_frame", "A frame must be a JSON object with a type.")
    cid = data.get("cid") if isinstance(data.get("cid"), str) and len(data["cid"]) <= 64 else None
    kind = data.get("type", default_type)
    model = FRAMES.get(kind) if isinstance(kind, str) else None
    if model is None:
        code = "bad_frame" if kind is None else "unknown_type"
        raise FrameError(code, f"Frames of type {str(kind)[:40]!r} are not known here.", cid)
    try:
        frame = model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "frame"
        code = _BAD.get(str(kind), "bad_frame") if first["loc"][:1] not in {("cid",), ("type",)} else "bad_frame"
        if first["loc"][:1] == ("attachments",):
            code = "bad_attachment"
        raise FrameError(code, f"{where}: {first['msg']}", cid) from error
    if isinstance(frame, Send):
        _check_send(frame)
    return frame


def _parse(raw: str | bytes) -> Any:
    """The JSON value. Raises ValueError.

    A browser that cuts a text inside an emoji writes half a surrogate pair as an escape. The strict parser refuses
    it, without a `cid`, so that the message would be sent again for ever; `clean_text` mends it instead.
    """
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        if not _HALF_PAIR.search(raw if isinstance(raw, str) else raw.decode("utf-8", "replace")):
            raise
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def _check_send(frame: Send) -> None:
    if frame.text is not None and frame.choice is not None:
        raise FrameError("bad_frame", "Send either text or a choice.", frame.cid)
    if frame.text is None and frame.choice is None and not frame.attachments:
        raise FrameError("bad_frame", "Send text, a choice, or files.", frame.cid)
    if frame.text is not None and not frame.text.strip() and not frame.attachments:
        raise FrameError("empty_text", "That message is empty; write something first.", frame.cid)
    if frame.text is not None and len(frame.text) > MAX_TEXT:
        raise FrameError("too_long", "That message is longer than 2,000 characters; please shorten it.", frame.cid)
