"""Screenshots of every state in every look, one sheet a look, for a person to look at.

`python -m tests.browser.widget.contact_sheet [--to FOLDER] [--look NAME ...] [--state NAME ...]`
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright

from tests.browser.widget.conftest import CHROMIUM, FLAGS
from tests.browser.widget.fake_gateway import ROOT, FakeGateway
from tests.browser.widget.states import LOOKS, STATES, Stage

COLUMNS = 7
GAP = 16
LABEL = 22
CELL = 420
"""The width of one picture on the sheet; all are brought to it."""


def sheet(pictures: dict[str, bytes]) -> Image.Image:
    """All pictures beside and below each other, each under its name."""
    cells = []
    for name, data in pictures.items():
        image = Image.open(io.BytesIO(data)).convert("RGB")
        cells.append((name, image.resize((CELL, round(image.height * CELL / image.width)))))
    height = max(image.height for _, image in cells) + LABEL + GAP
    columns = min(COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    page = Image.new("RGB", (columns * (CELL + GAP) + GAP, rows * height + GAP), "#888888")
    pen = ImageDraw.Draw(page)
    for i, (name, image) in enumerate(cells):
        x, y = GAP + (i % columns) * (CELL + GAP), GAP + (i // columns) * height
        pen.text((x, y), name, fill="white", font_size=16)
        page.paste(image, (x, y + LABEL))
    return page


def main(arguments: list[str] | None = None) -> None:
    """Write `FOLDER/LOOK.png` for each look. Needs Chromium and the installed browser libraries."""
    parser = argparse.ArgumentParser(prog="contact_sheet", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "artifacts" / "contact-sheet")
    parser.add_argument("--look", action="append", choices=sorted(LOOKS))
    parser.add_argument("--state", action="append", choices=sorted(STATES))
    chosen = parser.parse_args(arguments)
    chosen.to.mkdir(parents=True, exist_ok=True)
    gateway = FakeGateway()
    gateway.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name in chosen.look or LOOKS:
                stage = Stage(browser, gateway, LOOKS[name])
                pictures = {}
                for state in chosen.state or STATES:
                    stage.reach(state)
                    pictures[state] = stage.page.screenshot()
                stage.context.close()
                path = chosen.to / f"{name.replace(', ', '-').replace(' ', '-').lower()}.png"
                sheet(pictures).save(path)
                sys.stdout.write(f"{path}\n")
            browser.close()
    finally:
        gateway.stop()


if __name__ == "__main__":
    main()
