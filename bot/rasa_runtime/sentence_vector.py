"""The present message's sentence vector, for the custom actions.

The articles are searched by the vector of what the customer wrote, and understanding has just made it: handing it over
saves encoding the same words again, which takes longer than everything else an answer from an article does. It belongs
to the turn and not to the dialogue, so it is never stored.
"""

from __future__ import annotations

import base64
from contextvars import ContextVar
from typing import Any, Optional

import numpy as np

SENTENCE_VECTOR = "sentence_vector"
"""The name in what understanding says of a message, and in the call of an action."""

present_vector: ContextVar[Optional[str]] = ContextVar("present_vector", default=None)
"""The vector of the message whose turn this task runs, packed; None for a tapped option."""


def pack(vector: np.ndarray) -> str:
    """384 half-precision numbers, little endian, as base64."""
    return base64.b64encode(vector.astype("<f2").tobytes()).decode("ascii")


def take_out(parse_data: dict[str, Any]) -> None:
    """Move the vector from what was understood to the present turn."""
    present_vector.set(parse_data.pop(SENTENCE_VECTOR, None))
