"""A driver for all tests, the fake gateway, and a browser of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.browser.widget.fake_gateway import FakeGateway
from tests.webkit.driver import Driver, Window, running_driver


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with running_driver(tmp_path_factory.mktemp("webkit")) as running:
        yield running


@pytest.fixture(scope="session")
def dark_driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Whoever sits there has chosen a dark desktop."""
    with running_driver(tmp_path_factory.mktemp("dark"), GTK_THEME="Adwaita:dark") as running:
        yield running


@pytest.fixture(scope="session")
def _gateway() -> Iterator[FakeGateway]:
    server = FakeGateway()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def gateway(_gateway: FakeGateway) -> FakeGateway:
    """Nobody has talked to it yet."""
    _gateway.reset()
    return _gateway


OpenWindow = Callable[..., Window]


@pytest.fixture
def open_window(gateway: FakeGateway) -> Iterator[OpenWindow]:
    """Opens the host page in a fresh browser. In the end none of them may have complained of anything."""
    with ExitStack() as stack:
        opened: list[Window] = []

        def begin(driver: Driver, width: int = 1000, height: int = 850, **options: str) -> Window:
            window = stack.enter_context(driver.window(width, height))
            opened.append(window)
            window.go(gateway.page(**({"company": "Lumen%20Home", "watch": "yes"} | options)))
            return window

        yield begin
        assert [window.js("return window.complaints ?? []") for window in opened] == [[] for _ in opened]
