"""Every state in every look: no accessibility rule broken, nothing cut off, nothing too small to hit."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import AXE
from tests.browser.widget.states import LOOKS, STATES, Stage

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

AUDIT = (Path(__file__).parent / "audit.js").read_text()


@pytest.mark.parametrize("name", LOOKS)
def test_no_state_breaks_an_accessibility_rule_or_cuts_anything_off(
    browser: Browser, gateway: FakeGateway, name: str
) -> None:
    stage = Stage(browser, gateway, LOOKS[name])
    try:
        broken: dict[str, Any] = {}
        for state in STATES:
            stage.reach(state)
            stage.page.evaluate(AXE.read_text())
            if found := stage.page.evaluate(AUDIT, TAGS):
                broken[state] = found
        assert broken == {}
    finally:
        stage.context.close()
        gateway.reset()
