"""The data a model is made from: its version, the snapshot, and what is refused."""

from pathlib import Path

import pytest
import yaml

from bot.training.dataset import (
    DatasetRefused,
    Taught,
    data_version,
    files_version,
    is_of_files,
    leave_out_unfinished,
    plain,
    short_version,
    write_folder,
)

FIVE = tuple((f"please fit it, {word}", "book_visit") for word in ("now", "today", "soon", "later", "friday"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small assistant."""
    root = tmp_path / "assistant"
    for folder in ("data/nlu", "data/rules", "data/stories"):
        (root / folder).mkdir(parents=True)
    (root / "data/nlu/README.md").write_text("not data")
    phrases = "".join(f"    - hello {number}\n" for number in range(6))
    (root / "data/nlu/talk.yml").write_text(f'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n{phrases}')
    (root / "data/rules/talk.yml").write_text('version: "3.1"\nrules: []\n')
    (root / "domain.yml").write_text('version: "3.1"\nintents:\n- greet\n- choose_article\n')
    (root / "config.yml").write_text("recipe: default.v1\n")
    return root


def test_the_version_changes_with_every_file_and_with_what_was_taught(root: Path) -> None:
    before = data_version(Taught(), root)
    assert len(before) == 64
    assert data_version(Taught((("hi there", "greet"),)), root) != before
    files = files_version(root)
    (root / "config.yml").write_text("recipe: default.v1\nlanguage: en\n")
    assert files_version(root) != files
    assert short_version(data_version(Taught(), root)) != short_version(before)


def test_a_readme_is_no_data(root: Path) -> None:
    before = files_version(root)
    (root / "data/nlu/README.md").write_text("changed")
    assert files_version(root) == before


def test_what_was_taught_does_not_make_the_files_others(root: Path) -> None:
    assert is_of_files(data_version(Taught((("hi there", "greet"),)), root), files_version(root))


def test_the_snapshot_holds_the_files_and_nothing_else(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    target.mkdir()
    arguments = write_folder(target, Taught(), root)
    assert arguments == ["--domain", "domain.yml", "--config", "config.yml", "--data", "data/nlu", "data/rules"]
    assert not (target / "data/nlu/README.md").exists()


def test_a_new_intent_comes_with_its_answer_and_a_rule(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    target.mkdir()
    arguments = write_folder(target, Taught(FIVE, {"book_visit": "We fit it for you."}), root)
    assert arguments[:2] == ["--domain", "domain"]
    domain = yaml.safe_load((target / "domain/taught.yml").read_text())
    assert domain["intents"] == ["book_visit"]
    assert domain["responses"]["utter_book_visit"] == [{"text": "We fit it for you."}]
    rules = yaml.safe_load((target / "data/taught/rules.yml").read_text())["rules"]
    assert rules[0]["steps"] == [{"intent": "book_visit"}, {"action": "utter_book_visit"}]
    nlu = yaml.safe_load((target / "data/taught/examples.yml").read_text())["nlu"]
    assert nlu[0]["examples"].count("- please fit it") == 5


def test_a_new_intent_without_an_answer_is_answered_from_the_articles(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    target.mkdir()
    write_folder(target, Taught(FIVE, {"book_visit": None}), root)
    rules = yaml.safe_load((target / "data/taught/rules.yml").read_text())["rules"]
    assert rules[0]["steps"][1] == {"action": "action_answer_question"}
    assert yaml.safe_load((target / "domain/taught.yml").read_text())["responses"] == {}


def test_an_intent_with_four_phrases_is_refused_with_what_to_do(root: Path, tmp_path: Path) -> None:
    taught = Taught(FIVE[:4], {"book_visit": "We fit it."})
    with pytest.raises(DatasetRefused, match="'book_visit' has 4 examples and needs at least 5"):
        write_folder(tmp_path, taught, root)
    assert leave_out_unfinished(taught, root)[0] == Taught((), {})


def test_an_intent_that_left_the_domain_is_refused_by_name(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetRefused, match=r"'gone', but domain\.yml has no such intent"):
        write_folder(tmp_path, Taught((("x", "gone"),)), root)


def test_an_intent_that_moved_into_the_files_is_not_written_twice(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    target.mkdir()
    write_folder(target, Taught((("hi there", "greet"),), {"greet": "Hello!"}), root)
    assert not (target / "domain/taught.yml").exists() or "greet" not in (target / "domain/taught.yml").read_text()


def test_a_customers_words_cannot_become_markup_or_a_command() -> None:
    assert plain("  /restart [me](email)\n{now} ") == "restart (me)(email) (now)"
