"""Guide files: what is accepted, and that each mistake is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.knowledge.guides import FORBIDDEN_KEYS, load_guides, parse_guide
from bot.knowledge.marked_yaml import KnowledgeFileError

GUIDES = Path(__file__).parents[3] / "data" / "knowledge" / "guides"

GOOD = """guide: lamp
title: A lamp
intent: lamp_trouble
opening: Let us look.
solved: Good.
handoff: A person of {company} takes over.
first: power
steps:
  - id: power
    text: Is there power?
    options:
      - {id: yes, label: "Yes", next: helped}
      - {id: no, label: "No", next: fuse, means: [nothing]}
    different: handoff
  - id: fuse
    text: Switch the fuse on.
    options:
      - id: done
        label: Done
        next: helped
  - id: helped
    text: Did that help?
    check: {yes: solved, no: handoff}
"""


def test_sound_guide_is_read_and_yes_and_no_stay_words() -> None:
    guide = parse_guide(GOOD, "lamp.yml", "lamp")
    power = guide.step("power")
    assert power is not None
    assert [choice.id for choice in power.choices()] == ["yes", "no", "different"]
    check = guide.step("helped")
    assert check is not None
    assert {choice.id: choice.next for choice in check.choices()} == {
        "yes": "solved",
        "no": "handoff",
        "partly": "handoff",
    }


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("next: fuse, means", "next: fues, means", 13, "leads to 'fues', which is no step"),
        ("different: handoff", "different: nowhere", 14, "leads to 'nowhere'"),
        ("next: fuse, means", "next: helped, means", 15, "no answer leads to the step 'fuse'"),
        ("first: power", "first: powr", 7, "'powr', which is no step"),
        ("check: {yes: solved, no: handoff}", "check: {yes: solved, no: power}", None, None),
        ("id: fuse\n", "id: power\n", 15, "second step is called 'power'"),
        ("id: fuse\n", "id: solved\n", 15, "an ending"),
        ("text: Switch the fuse on.", "txt: Switch the fuse on.", 16, "txt"),
        ("    check: {yes: solved, no: handoff}\n", "", 21, "either 'options' or a 'check'"),
        ("guide: lamp", "guide: lump", 1, "its file 'lamp'"),
        ("{company}", "{compny}", 6, "unknown placeholder {compny}"),
        ("title: A lamp", "title: A lamp\ntitle: B", 3, "given twice"),
        ("title: A lamp", "stories: []", 2, "Rasa"),
        ("title: A lamp", "title: [A lamp", 3, "not valid YAML"),
        ("id: done", "id: Done!", 18, "pattern"),
        ("    text: Is there power?", "    text: Is there power?\n    picture: hub.svg", 9, "alt"),
        ('{id: no, label: "No"', '{id: yes, label: "No"', 9, "same id"),
    ],
)
def test_mistake_in_a_guide_is_refused_with_its_line(old: str, new: str, line: int | None, says: str | None) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    if line is None or says is None:
        parse_guide(text, "lamp.yml", "lamp")  # a loop is fine as long as a way leads out of it
        return
    with pytest.raises(KnowledgeFileError) as caught:
        parse_guide(text, "lamp.yml", "lamp")
    assert says in caught.value.message
    assert caught.value.line == line
    assert str(caught.value).startswith(f"lamp.yml:{line}: ")


def test_loop_without_a_way_to_a_person_is_refused() -> None:
    trapped = GOOD.replace("    different: handoff\n", "").replace("no: handoff}", "no: fuse}")
    with pytest.raises(KnowledgeFileError, match="no way leads to a person"):
        parse_guide(trapped, "lamp.yml", "lamp")


def test_guide_that_can_never_be_solved_is_refused() -> None:
    with pytest.raises(KnowledgeFileError, match="ends with 'solved'"):
        parse_guide(GOOD.replace("yes: solved", "yes: handoff"), "lamp.yml", "lamp")


def test_two_guides_for_one_intent_are_refused(tmp_path: Path) -> None:
    (tmp_path / "lamp.yml").write_text(GOOD)
    (tmp_path / "lump.yml").write_text(GOOD.replace("guide: lamp", "guide: lump"))
    with pytest.raises(KnowledgeFileError, match="for the intent lamp_trouble too"):
        load_guides(tmp_path)


def test_every_shipped_guide_is_sound_and_invisible_to_rasa() -> None:
    guides = load_guides(GUIDES)
    device_intents = {
        "device_offline",
        "device_setup_failed",
        "app_login_problem",
        "firmware_update_problem",
        "battery_problem",
        "device_noise_or_heat",
        "automation_not_running",
        "voice_assistant_link",
    }
    assert {guide.intent for guide in guides.values()} == device_intents
    forbidden = re.compile(rf"^(?:{'|'.join(FORBIDDEN_KEYS)})\s*:", re.MULTILINE)
    for path in GUIDES.glob("*.yml"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path
    for guide in guides.values():
        assert len(guide.steps) >= 6, guide.id
        assert any(step.check for step in guide.steps), f"{guide.id} never asks whether it helped"
        for step in guide.steps:
            assert 2 <= len(step.choices()) <= 6, f"{guide.id}.{step.id}"
            assert len(step.text) <= 420, f"{guide.id}.{step.id} is too much to read at once"
            labels = [choice.label.casefold() for choice in step.choices()]
            assert len(set(labels)) == len(labels), f"{guide.id}.{step.id}"
