"""One running product for the walks, started as a customer of ours would start it: nobody has an account yet."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright import async_api, sync_api

from tests.support.browser import WAIT_MS, People, people
from tests.support.system import System

async_api.expect.set_options(timeout=WAIT_MS)
sync_api.expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Started by `./rapport up` on an empty data folder; stopped by Ctrl-C.

    What it trains is not left in the user's cache, so that the next run trains as well.
    """
    running = System(tmp_path_factory.mktemp("rapport")).start()
    try:
        yield running
        taught = running.rows("SELECT data_version FROM rp_training WHERE author LIKE '%@%' AND data_version != ''")
    finally:
        code = running.stop()
    for row in taught:
        _cached(running, row["data_version"]).unlink(missing_ok=True)
    assert code in {0, 130}, running.printed()


def _cached(system: System, version: str) -> Path:
    base = system.env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "rapport" / "models" / f"{version}.tar.gz"


@pytest.fixture
async def crowd() -> AsyncIterator[People]:
    """Everybody who sits at a screen in this test."""
    async with people() as everybody:
        yield everybody
