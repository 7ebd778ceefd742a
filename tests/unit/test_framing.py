"""Frames arrive whole, in order and once, however the stream is cut; what is no frame ends the line."""

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.framing import MOST_BYTES, Framed, Kind

Frame = tuple[Kind, int, int, bytes]
FRAMES = st.lists(
    st.tuples(
        st.sampled_from(Kind), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1), st.binary(max_size=70),
    ),
    max_size=8,
)  # fmt: skip


class Pipe(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_cut = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_cut

    def abort(self) -> None:
        self.is_cut = True


class End(Framed):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Frame] = []
        self.pipe = Pipe()
        self.connection_made(self.pipe)

    def frame_received(self, kind: Kind, status: int, number: int, payload: bytes) -> None:
        self.heard.append((kind, status, number, payload))


@given(FRAMES, st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_frames_arrive_as_they_were_sent_however_they_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    one, other = End(), End()
    for kind, status, number, payload in frames:
        one.send(kind, number, payload, status)
    stream, turn = one.pipe.written, 0
    while stream:
        size = cuts[turn % len(cuts)]
        other.data_received(stream[:size])
        stream, turn = stream[size:], turn + 1
    assert other.heard == frames


@pytest.mark.parametrize("header", [(MOST_BYTES + 1, Kind.TURN, 200, 1), (0, 99, 200, 1)])
def test_what_is_no_frame_ends_the_line(header: tuple[int, int, int, int]) -> None:
    end = End()
    end.data_received(struct.pack(">IBHI", *header) + b"rest")
    assert end.pipe.is_cut
    assert end.heard == []


def test_nothing_is_written_on_a_closed_line() -> None:
    end = End()
    end.hang_up()
    end.send(Kind.TURN, 1, b"{}")
    assert end.pipe.written == b""
    assert not end.is_open
