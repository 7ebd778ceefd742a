"""The scores and sets of `bench/nlu.py`."""

import json
from pathlib import Path

import pytest

from bench import nlu
from bench._contestants import Run
from bench._understanding_scores import Answer, accuracy, calibration_error, macro_f1, out_of_scope_scores
from bench._understanding_sets import _COURTESIES, OUT_OF_SCOPE, SETS, Example, SetError, Task


def answers(*found: tuple[str | None, float]) -> list[Answer]:
    return [Answer(intent, confidence, confidence) for intent, confidence in found]


def test_accuracy_and_f1_are_those_counted_by_hand() -> None:
    found = answers(("a", 0.9), ("a", 0.9), ("b", 0.9), (None, 0.0))
    expected = ["a", "b", "b", "b"]
    assert accuracy(found, expected) == 0.5
    # a: one of two right, none missed. b: one right, two missed.
    assert macro_f1(found, expected) == pytest.approx((2 / 3 + 2 / 4) / 2)


def test_honest_confidence_has_no_calibration_error_and_boasting_has() -> None:
    half_right = [("a", 0.5), ("a", 0.5)]
    assert calibration_error(answers(*half_right), ["a", "b"]) == 0
    assert calibration_error(answers(("a", 1.0), ("a", 1.0)), ["a", "b"]) == 0.5


def test_out_of_scope_is_measured_at_a_bar_chosen_elsewhere() -> None:
    known = answers(*(("a", 0.5 + number / 200) for number in range(100)))
    unknown = answers(("a", 0.1), ("a", 0.2), ("a", 0.51), ("a", 0.99))
    scores = out_of_scope_scores(known, unknown, known)
    assert scores["oos_recall"] == 0.75
    assert scores["in_scope_loss"] == 0.03
    assert scores["auroc"] == pytest.approx((100 + 100 + 97.5 + 1.5) / 400)


def test_naming_the_out_of_scope_intent_counts_as_finding_what_is_out_of_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    given = answers(("a", 0.6), ("a", 0.7), (OUT_OF_SCOPE, 0.9), ("a", 0.6), ("a", 0.7))
    monkeypatch.setattr(nlu, "run_contestant", lambda *_: Run(1, 1, 1, 1, 1, given))
    known = [Example("x", "a"), Example("y", "a")]
    scores = nlu.measure("ours", Task(known, known, ["z"], known, []))
    assert (scores["auroc"], scores["oos_recall"]) == (1.0, 1.0)


def test_ten_phrases_of_each_intent_are_drawn_anew_and_repeatably(tmp_path: Path) -> None:
    rows = [f"phrase {number} of {intent},{intent}" for intent in ("x", "y") for number in range(30)]
    for part in ("train", "test"):
        (tmp_path / f"banking77_{part}.csv").write_text("\n".join(["text,category", *rows]))
    first, second = SETS["banking77-10"](tmp_path, 2)
    assert len(first.train) == len(second.train) == 20
    assert first.train != second.train
    assert first.train == next(iter(SETS["banking77-10"](tmp_path, 1))).train


@pytest.mark.parametrize("how", ["slips", "courtesies"])
def test_roughened_phrases_are_the_same_for_everybody_and_differ_from_the_smooth_ones(how: str) -> None:
    smooth = [task.test for name in ("own", "strangers") for task in SETS[name](Path(), 1)]
    wishes = [each for part in smooth for each in part if each.intent not in _COURTESIES]
    first, second = (next(iter(SETS[how](Path(), 1))) for _ in range(2))
    assert first == second
    assert [each.intent for each in first.test] == [each.intent for each in wishes]
    changed = [rough for rough, each in zip(first.test, wishes, strict=True) if rough.text != each.text]
    assert len(changed) > 0.95 * len(wishes)


def test_out_of_scope_phrases_are_trained_only_where_the_set_says_so(tmp_path: Path) -> None:
    parts = {name: [[f"{name} text", "i"]] for name in ("train", "val", "test", "oos_train", "oos_val", "oos_test")}
    (tmp_path / "clinc150_full.json").write_text(json.dumps(parts))
    (without,) = SETS["clinc150"](tmp_path, 1)
    (with_them,) = SETS["clinc150-oos"](tmp_path, 1)
    assert [example.intent for example in without.train] == ["i"]
    assert [example.intent for example in with_them.train] == ["i", OUT_OF_SCOPE]
    assert without.test_out_of_scope == ["oos_test text"]


def test_a_missing_set_says_which_file_and_option(tmp_path: Path) -> None:
    with pytest.raises(SetError, match=r"clinc150_full\.json.*--data"):
        list(SETS["clinc150"](tmp_path, 1))


def test_the_table_shows_the_newest_result_of_each_contestant(tmp_path: Path) -> None:
    figures = {"macro_f1": 0.5, "ece": 0.01, "train_wall_s": 2, "train_cpu_s": 1, "ms_per_message": 3}
    figures |= {"cpu_ms_per_message": 2, "model_mb": 4, "set": "own"}
    rows = [{**figures, "contestant": name, "accuracy": value} for name, value in (("ours", 0.1), ("ours", 0.75))]
    file = tmp_path / "results.jsonl"
    rows += [{**rows[0], "contestant": "nlpjs"}, {**rows[0], "contestant": "diet", "epochs": 20}]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    lines = nlu.table(file).splitlines()
    named = [line.split("|")[1].strip() for line in lines[2:]]
    assert named == ["Rasa's default pipeline (DIET), 20 epochs", "nlp.js 4.27.0", "ours"]
    assert "75.00%" in lines[4]
    assert "AUROC" not in lines[0]
