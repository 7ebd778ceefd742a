"""The bodies of the desk's JSON routes."""

from typing import Annotated

from pydantic import BaseModel, Field, RootModel, StringConstraints, model_validator

from bot.services.desk_case import CaseDetail
from bot.services.desk_queue import Queue
from bot.services.desk_recoveries import RecoveryLine
from bot.services.recoveries import RecoveryView

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
OptionalWords = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class QueueOut(RootModel[Queue]):
    """Who waits for a person, longest first; and this agent's, the colleagues' and the bot's open cases."""


class CaseOut(RootModel[CaseDetail]):
    """One case with its packet, thread, customer, ask decisions and recoveries."""


class RecoveriesOut(BaseModel):
    items: list[RecoveryLine]
    next: str | None = None


class RecoveryOut(RootModel[RecoveryView]):
    """One recovery."""


class QueueQuery(BaseModel):
    limit: int = Field(default=100, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=120)
    watching: bool = Field(default=True, description="False: look without counting as on duty.")


class Say(BaseModel):
    cid: str = Field(min_length=1, max_length=50, description="Made by the client; a repeated one changes nothing.")
    text: OptionalWords = Field(default="", description="May be empty when there are attachments.")
    attachments: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=10)

    @model_validator(mode="after")
    def _something(self) -> "Say":
        if not self.text and not self.attachments:
            raise ValueError("write something, or attach a file")
        return self


class Said(BaseModel):
    cid: str
    seq: int


class NoteIn(BaseModel):
    text: Words


class NoteOut(BaseModel):
    id: str


class HandBackIn(BaseModel):
    note: OptionalWords = ""


class TransferIn(BaseModel):
    """Exactly one of `agent` (account id or e-mail) and `team` (back into the queue; "" for anyone)."""

    agent: str | None = Field(default=None, max_length=320)
    team: str | None = Field(default=None, max_length=60)
    note: OptionalWords = ""


class ResolveIn(BaseModel):
    reason: Reason
    survey: bool = Field(default=True, description="False: the customer is not asked; that is recorded.")
    note: OptionalWords = ""


class ReopenIn(BaseModel):
    reason: Reason


class CloseRecovery(BaseModel):
    cause: str = Field(max_length=60)
    outcome: Words


class Colleague(BaseModel):
    id: str
    name: str
    role: str
    present: bool


class Colleagues(BaseModel):
    items: list[Colleague]
    next: str | None = None
