"""Rate limits counted in this process: the moments of the last hits, by key.

The library's own store in memory walks through all keys at each hit, with a way to a thread and back for every one of
them, so that each message would cost the more, the more customers write. Here a hit looks at its own key, and at two
others that may have run out.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from limits import RateLimitItem

TIDIED_AT_A_HIT = 2
"""Keys looked at for having run out; more than one, so that there are less and less of them."""


@dataclass(slots=True)
class _Hits:
    window_s: float
    moments: deque[float] = field(default_factory=deque)

    def drop_before(self, now: float) -> None:
        while self.moments and self.moments[0] <= now - self.window_s:
            self.moments.popleft()


class MovingWindow:
    """`limit.amount` hits for each key in any stretch of `limit.get_expiry()` seconds. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._keys: OrderedDict[str, _Hits] = OrderedDict()

    def __len__(self) -> int:
        """The keys that are remembered."""
        return len(self._keys)

    def hit(self, limit: RateLimitItem, *what: str) -> bool:
        """Count one; False, and nothing counted, when there have been as many as the limit allows."""
        now = self._clock()
        self._tidy(now)
        key = limit.key_for(*what)
        hits = self._keys.get(key)
        if hits is None:
            hits = self._keys[key] = _Hits(limit.get_expiry())
        hits.drop_before(now)
        if len(hits.moments) >= limit.amount:
            return False
        hits.moments.append(now)
        return True

    def _tidy(self, now: float) -> None:
        for _ in range(min(TIDIED_AT_A_HIT, len(self._keys))):
            key, hits = next(iter(self._keys.items()))
            hits.drop_before(now)
            if hits.moments:
                self._keys.move_to_end(key)
            else:
                del self._keys[key]
