"""Articles between files and the store: what is taken over, what stands, and that nothing is lost on the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge.articles import ArticleStatus
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.services.app import App
from bot.services.article_files import FAQ, Taken, export_articles, import_articles, seed_articles
from bot.services.articles import all_articles, edit_article, history, set_status, stamp
from tests.integration.knowledge.conftest import Folder, an_article


async def versions(app: App, id_: str = "gift-wrap") -> list[tuple[int, str, str]]:
    return [(row.version, row.origin, row.status) for row in await history(app, id_)]


async def test_the_shipped_articles_go_through_the_store_and_come_back_byte_for_byte(app: App, tmp_path: Path) -> None:
    taken = await seed_articles(app, FAQ)
    assert len(taken.added) >= 60
    await export_articles(app, tmp_path / "out")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == {
        p.name: p.read_bytes() for p in FAQ.glob("*.md")
    }


async def test_seeding_again_changes_nothing(app: App, folder: Folder) -> None:
    folder.put(an_article(), an_article("other", version=4))
    assert (await seed_articles(app, folder.path)).added == ("gift-wrap", "other")
    before = await stamp(app)
    assert await seed_articles(app, folder.path) == Taken()
    assert await stamp(app) == before
    assert [article.version for article in await all_articles(app)] == [1, 4]


async def test_a_changed_file_is_a_new_version_of_an_article_nobody_edited(app: App, folder: Folder) -> None:
    folder.put(an_article())
    await seed_articles(app, folder.path)
    folder.put(an_article(body="Not any more."))
    assert (await seed_articles(app, folder.path)).changed == ("gift-wrap",)
    assert await versions(app) == [(2, "file", "published"), (1, "file", "published")]
    assert (await all_articles(app))[0].body == "Not any more."


async def test_a_file_never_overwrites_an_edit_and_says_so_until_somebody_decides(app: App, folder: Folder) -> None:
    folder.put(an_article())
    await seed_articles(app, folder.path)
    await edit_article(app, "ada@example.com", an_article(body="Only in December."))
    assert await seed_articles(app, folder.path) == Taken(), "an unchanged file says nothing against the edit"
    folder.put(an_article(body="Never."))
    for _ in range(2):
        assert await seed_articles(app, folder.path) == Taken(held_back=("gift-wrap",))
    assert (await all_articles(app))[0].body == "Only in December."

    await export_articles(app, folder.path)
    assert await seed_articles(app, folder.path) == Taken()
    folder.put(an_article(body="Never, really."))
    assert (await seed_articles(app, folder.path)).changed == ("gift-wrap",), "once they agree, files lead again"


async def test_importing_takes_the_files_over_edits_and_keeps_the_edit_as_an_old_version(
    app: App, folder: Folder
) -> None:
    folder.put(an_article())
    await seed_articles(app, folder.path)
    await edit_article(app, "ada@example.com", an_article(body="Only in December."))
    folder.put(an_article(body="Never."), an_article("new", version=3))
    assert await import_articles(app, folder.path, "ops") == Taken(added=("new",), changed=("gift-wrap",))
    assert await versions(app) == [(3, "import", "published"), (2, "studio", "published"), (1, "file", "published")]
    assert await seed_articles(app, folder.path) == Taken()
    assert await import_articles(app, folder.path, "ops") == Taken()


async def test_a_store_exported_and_imported_elsewhere_exports_the_same_files(
    app: App, folder: Folder, tmp_path: Path
) -> None:
    folder.put(an_article(version=7, title='Gifts: a "tale" — näher?', status=ArticleStatus.DRAFT, tags=()))
    await import_articles(app, folder.path, "ops")
    await export_articles(app, tmp_path / "again")
    assert {p.name: p.read_text("utf-8") for p in (tmp_path / "again").iterdir()} == folder.texts()
    assert await export_articles(app, tmp_path / "again") == []


async def test_a_file_that_is_gone_archives_its_article_and_coming_back_publishes_it(app: App, folder: Folder) -> None:
    folder.put(an_article(), an_article("other"))
    await seed_articles(app, folder.path)
    folder.remove("other")
    assert (await seed_articles(app, folder.path)).archived == ("other",)
    assert await seed_articles(app, folder.path) == Taken()
    folder.put(an_article("other"))
    assert (await seed_articles(app, folder.path)).changed == ("other",)
    assert [status for _, _, status in await versions(app, "other")] == ["published", "archived", "published"]


async def test_an_empty_folder_and_an_edited_article_archive_nothing(app: App, folder: Folder) -> None:
    folder.put(an_article(), an_article("other"))
    await seed_articles(app, folder.path)
    await set_status(app, "ada@example.com", "other", ArticleStatus.DRAFT)
    folder.remove("other")
    assert await seed_articles(app, folder.path) == Taken()
    folder.remove("gift-wrap")
    assert await seed_articles(app, folder.path) == Taken()


async def test_a_broken_file_changes_nothing_and_is_named_with_its_line(app: App, folder: Folder) -> None:
    folder.put(an_article())
    (folder.path / "zz.md").write_text("---\ntitle: x\nquestion: [a]\n---\nText\n")
    for take in (seed_articles(app, folder.path), import_articles(app, folder.path, "ops")):
        with pytest.raises(KnowledgeFileError, match=r"zz\.md:3: question"):
            await take
    assert await all_articles(app) == []


async def test_a_new_version_in_the_file_alone_is_no_change(app: App, folder: Folder) -> None:
    folder.put(an_article())
    await seed_articles(app, folder.path)
    folder.put(replace(an_article(), version=9))
    assert await seed_articles(app, folder.path) == Taken()
