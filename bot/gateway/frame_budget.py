"""What one socket may send: a token bucket for all of its frames, and a smaller one for those that are no good.

Counting costs two subtractions, so that a flood costs little until its socket is closed. Messages have a limit of their
own for each conversation, over all its sockets (`limiter.py`).
"""

import time
from collections.abc import Callable

WINDOW_S = 10.0


class Bucket:
    """Holds `size` tokens and gets as many back in each `window_s` seconds."""

    __slots__ = ("_at", "_back_a_second", "_clock", "_left", "_size")

    def __init__(self, size: int, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._size = size
        self._back_a_second = size / window_s
        self._left = float(size)
        self._at = clock()

    def take(self) -> bool:
        """Take one; False when none is left."""
        now = self._clock()
        self._left = min(float(self._size), self._left + (now - self._at) * self._back_a_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class FrameBudget:
    """The two buckets of a socket."""

    __slots__ = ("_all", "_bad")

    def __init__(self, frames: int, bad_frames: int) -> None:
        self._all = Bucket(frames)
        self._bad = Bucket(bad_frames)

    def allows_frame(self) -> bool:
        """To be asked for each frame that came, whatever it is."""
        return self._all.take()

    def allows_bad_frame(self) -> bool:
        """To be asked for each frame that was refused."""
        return self._bad.take()
