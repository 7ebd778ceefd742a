"""Hundreds of sockets on a gateway process: idle ones cost little, a wave comes back, a deaf one hurts nobody."""

import argparse
import resource
from pathlib import Path

import pytest

from bench._slow_readers import slow_readers
from bench.sockets import AGENT, Crowd, Team, idle, storm
from tests.support.gateway import Gateway

IDLE = 240
CUT = 240


@pytest.fixture(autouse=True)
def files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))


async def test_a_wave_of_hundreds_comes_back_and_loses_nothing(tmp_path: Path) -> None:
    options = argparse.Namespace(idle=IDLE, storm=CUT, watch=2.0, talk=2.0, rate=40.0, calm=1.0)
    gateway = Gateway(tmp_path, send_limit=100_000, frame_limit=100_000, opening_limit=60)
    async with gateway.running(agents=[AGENT]), Crowd(gateway.port) as crowd:
        quiet = await idle(gateway, crowd, options)
        assert quiet["sockets"] == IDLE
        assert quiet["kb_per_socket"] < 60
        assert (quiet["unacked"], quiet["errors"]) == (0, [])
        back = await storm(crowd, Team(gateway), options)
        assert back["answered_503"] > 0, "the door was never full: this test shows nothing"
        assert back["back_s"]["max"] < 30
        assert (back["lost"], back["holes"], back["errors"]) == (0, 0, [])
        assert back["team_meanwhile"]["queue_ms"], "the desk got no answer meanwhile"


async def test_a_socket_that_never_reads_is_dropped_and_its_memory_comes_back(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, send_limit=100_000, frame_limit=100_000)
    async with gateway.running(), Crowd(gateway.port) as crowd:
        await crowd.do("open", count=25, at_once=4)
        found = await slow_readers(gateway, crowd, 4, messages=300, seconds=2.0, settle=0.0)
    assert found["closed"] == 4
    assert found["resident_mb"]["peak"] - found["resident_mb"]["before"] < 40
    assert found["others_ack_ms_beside_deaf"]
