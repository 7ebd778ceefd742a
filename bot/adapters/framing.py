"""Frames on a stream of bytes: the line on which the worker and Rasa ask each other, many things at once.

Rasa's process uses it too, so it needs nothing but Python 3.10. A frame is a header of twelve bytes and a payload: its
length, what kind of frame it is, a status as HTTP's (200 for what is no answer), and the number of the question, which
its answer repeats. Those who ask count for themselves.
"""

from __future__ import annotations

import asyncio
import enum
import struct
from abc import ABC, abstractmethod
from typing import cast

MOST_BYTES = 16 * 1024 * 1024
"""Of one payload; whoever says that more comes is cut off."""
_HEADER = struct.Struct(">IBHI")


class Kind(enum.IntEnum):
    """What a frame is."""

    HELLO = 0
    """The internal token, first of all frames of whoever opened the line."""
    TURN = 1
    TURN_ANSWER = 2
    CALL = 3
    """Of a custom action, in the midst of a turn."""
    CALL_ANSWER = 4


_KINDS = frozenset(Kind)


class Framed(asyncio.Protocol, ABC):
    """One end of a line."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether something may still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEADER.size:
            length, kind, status, number = _HEADER.unpack_from(self._buffer, start)
            if length > MOST_BYTES or kind not in _KINDS:
                self.hang_up()
                return
            end = start + _HEADER.size + length
            if len(self._buffer) < end:
                break
            payload = bytes(self._buffer[start + _HEADER.size : end])
            start = end
            self.frame_received(Kind(kind), status, number, payload)
        del self._buffer[:start]

    @abstractmethod
    def frame_received(self, kind: Kind, status: int, number: int, payload: bytes) -> None:
        """What this end does with a frame."""

    def send(self, kind: Kind, number: int, payload: bytes, status: int = 200) -> None:
        """Send a frame; into nothing when the line is closed, as `connection_lost` has told or will."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_HEADER.pack(len(payload), kind, status, number) + payload)

    def close(self) -> None:
        """Close when all that was sent is on its way."""
        if self._transport is not None:
            self._transport.close()

    def hang_up(self) -> None:
        """Close at once."""
        self._buffer.clear()
        if self._transport is not None:
            self._transport.abort()
