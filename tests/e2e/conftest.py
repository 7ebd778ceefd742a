"""One running product for the whole suite; tests use customers and agents of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mailbox import Mailbox
from tests.support.system import System


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """Where the product's e-mails arrive."""
    with Mailbox() as box:
        yield box


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[System]:
    """Started by `./rapport up` on an empty data folder; stopped by Ctrl-C, which must end well and leave nothing."""
    data: Path = tmp_path_factory.mktemp("rapport")
    env = {"RAPPORT_SHOP_CHAOS": "1", "RAPPORT_ASK_HOURS": "24", "RAPPORT_SMTP_URL": mailbox.url}
    running = System(data, env).start()
    running.add_user(*("agent@example.com", "agent", "correct horse battery", "Ana"))
    running.add_user(*("admin@example.com", "admin", "correct horse battery", "Ada"))
    children = running.children()
    try:
        yield running
    finally:
        code = running.stop()
    left = [each for each in children if each.is_running() and each.status() != "zombie"]
    assert code in {0, 130}, running.printed()
    assert not left, f"orphans: {left}"


@pytest.fixture
def agent(system: System) -> tuple[str, str]:
    return ("agent@example.com", "correct horse battery")


@pytest.fixture
def admin(system: System) -> tuple[str, str]:
    return ("admin@example.com", "correct horse battery")
