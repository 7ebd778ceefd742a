"""The words in which the plan of an erasure is written: how a table's rows are found, and what becomes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What happens to the person's rows of a table."""

    GONE = "gone"
    COUNTED = "counted"
    """Copied without words onto the stand-in, then deleted."""
    BLANKED = "blanked"
    """Stays where it is, because its id must; the person's part is taken out."""
    OTHERS = "others"
    """Holds nothing of a customer."""


class Whose(StrEnum):
    """The kinds of ids by which a person's rows are found."""

    CUSTOMER = "customer"
    CONVERSATION = "conversation"
    CASE = "case"
    MESSAGE = "message"
    SURVEY = "survey"
    INVITATION = "invitation"
    CODE = "code"
    REFERRAL = "referral"
    GOODWILL = "goodwill"
    MAIL = "mail"
    UPLOAD = "upload"
    """The files themselves are deleted by the job."""
    EXTERNAL = "external"
    """The site's own id of the customer."""
    ADDRESS = "address"


@dataclass(frozen=True)
class Hand:
    """What a blank may be filled with besides a constant."""

    now: datetime
    blind: Callable[[str], str]
    """A keyed fingerprint: it tells whether the same was there before, and nothing else."""
    number: Callable[[], str]
    """A new case number."""


Fill = Callable[[Any, Hand], Any]
"""Given the old row, the new value of a column."""


@dataclass(frozen=True)
class Rule:
    """How one table's rows are found and what becomes of them."""

    fate: Fate
    by: tuple[tuple[str, Whose], ...] = ()
    """Columns and the ids to look for in them; any one match makes the row the person's."""
    move: Mapping[str, Whose | None] = field(default_factory=dict)
    """Columns that get the stand-in's id of this kind; None: a fresh random one."""
    blank: Mapping[str, Any] = field(default_factory=dict)
    """Columns with their new value, or a `Fill`."""
    keep: tuple[str, ...] = ()
    only: Callable[[Any], bool] | None = None
    """Which rows are worth counting; the others go."""
