"""Hits are counted by key, in a window that moves, and keys that have run out are forgotten."""

from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond

from bot.gateway.moving_window import MovingWindow

THREE_IN_TEN = RateLimitItemPerSecond(3, 10)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_over_the_limit_is_refused_and_not_counted() -> None:
    clock = Clock()
    window = MovingWindow(clock)
    assert [window.hit(THREE_IN_TEN, "send", "a") for _ in range(5)] == [True, True, True, False, False]
    clock.now += 10
    assert window.hit(THREE_IN_TEN, "send", "a")


def test_the_window_moves_with_each_hit() -> None:
    clock = Clock()
    window = MovingWindow(clock)
    for _ in range(3):
        assert window.hit(THREE_IN_TEN, "a")
        clock.now += 4
    assert window.hit(THREE_IN_TEN, "a")  # the first is twelve seconds old
    assert not window.hit(THREE_IN_TEN, "a")
    clock.now += 2.5
    assert window.hit(THREE_IN_TEN, "a")  # the second has gone by now, the third has not
    assert not window.hit(THREE_IN_TEN, "a")


def test_keys_are_counted_apart() -> None:
    window = MovingWindow(Clock())
    for _ in range(3):
        assert window.hit(THREE_IN_TEN, "send", "a")
    assert window.hit(THREE_IN_TEN, "page", "a")
    assert window.hit(THREE_IN_TEN, "send", "b")
    assert not window.hit(THREE_IN_TEN, "send", "a")


def test_keys_that_have_run_out_are_forgotten_beside_the_others() -> None:
    clock = Clock()
    window = MovingWindow(clock)
    for number in range(1000):
        window.hit(THREE_IN_TEN, str(number))
    clock.now += 11
    for _ in range(600):
        window.hit(THREE_IN_TEN, "a")
    assert len(window) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 8)), max_size=60))
def test_no_stretch_holds_more_than_the_limit_and_nothing_is_refused_below_it(steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    window = MovingWindow(clock)
    let_in: dict[str, list[float]] = {}
    for key, pause in steps:
        clock.now += pause
        lately = [at for at in let_in.setdefault(key, []) if at > clock.now - 10]
        allowed = window.hit(THREE_IN_TEN, key)
        assert allowed == (len(lately) < 3)
        if allowed:
            let_in[key].append(clock.now)
