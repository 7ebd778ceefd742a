"""Articles in a store and in a folder of the test's own."""

from pathlib import Path

import pytest

from bot.knowledge.articles import Article, to_markdown


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
