"""Articles in a store and in a folder of the test's own."""

import shutil
from pathlib import Path

import pytest

from actions.knowledge import StoredKnowledge
from bot.knowledge.articles import Article, to_markdown
from bot.services.app import App
from bot.settings import ROOT


def an_article(id_: str = "gift-wrap", **changes: object) -> Article:
    """An article as a file would hold it."""
    values = {
        "title": "Do you wrap gifts?",
        "body": "Yes, says {company}.\n\nTick *gift* at the checkout.",
        "tags": ("gifts",),
        "questions": ("Can you wrap it?", "Gift paper"),
        "intents": ("gift_card",),
    }
    return Article(id=id_, **(values | changes))


class Folder:
    """Article files that a test writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def put(self, *articles: Article) -> None:
        for article in articles:
            (self.path / f"{article.id}.md").write_text(to_markdown(article), encoding="utf-8")

    def remove(self, id_: str) -> None:
        (self.path / f"{id_}.md").unlink()

    def texts(self) -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self.path.glob("*"))}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "faq")


@pytest.fixture
async def knowledge(app: App, folder: Folder, tmp_path: Path) -> StoredKnowledge:
    """The knowledge as the worker has it, with the real sentence model and two articles."""
    (folder.path.parent / "guides").mkdir()
    shutil.copy(ROOT / "data" / "knowledge" / "off_topic.yml", folder.path.parent)
    folder.put(
        an_article(), an_article("parking", title="Where can I park?", questions=("Parking spaces",), intents=())
    )
    made = StoredKnowledge(app, folder.path.parent, tmp_path / "cache")
    await made.load()
    return made
