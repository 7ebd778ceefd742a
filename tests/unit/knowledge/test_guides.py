"""Guide files: what is accepted, and that each mistake is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.commands.guides import check_guides
from bot.commands.guides import guides as check_command
from bot.knowledge.guide_check import FORBIDDEN_KEYS, examine_guide, examine_guides, load_guides, parse_guide
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
        ("title: A lamp", "titel: A lamp", 2, "titel: there is no such key"),
        ("text: Is there power?", "text: [1, 2]", 10, "steps.0.text: Input should be a valid string"),
        ("    check: {yes: solved, no: handoff}", "    check: sometimes", 23, "steps.2.check: Input should be"),
        ("next: helped}", "next: 7}", 12, "steps.0.options.0.next: Input should be a valid string"),
        ("means: [nothing]", 'means: ["Yes!"]', 13, "'Yes!' means 'yes' already, not 'no' too"),
        ('label: "No"', 'label: "yes"', 13, "'yes' means 'yes' already"),
        ("different: handoff", "different: handoff\n    skip: fues", 15, "leads to 'fues', which is no step"),
        ("next: fuse, means", "next: handoff, later: true, means", 13, "needs a step to go on with"),
        ("no: handoff}", "no: handoff}\n    listen: true", 21, "can 'listen'"),
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


def test_every_mistake_of_a_file_is_told_with_its_line() -> None:
    text = GOOD.replace("next: fuse, means", "next: fues, means").replace("different: handoff", "different: nowhere")
    _, mistakes = examine_guide(text, "lamp.yml", "lamp")
    assert [mistake.line for mistake in mistakes] == [13, 14]


WITH_PICTURE = GOOD.replace(
    "    text: Is there power?", "    text: Is there power?\n    picture: p.svg\n    alt: A plug"
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is not in"),
        ("<svg><script>alert(1)</script></svg>", "must not run scripts"),
        ('<svg onload="alert(1)"></svg>', "must not run scripts"),
        ('<svg><image href="https://elsewhere.example/p.png"/></svg>', "must not run scripts or load"),
        ("<svg>" + " " * 70_000 + "</svg>", "has 70 kB; at most 60"),
    ],
)
def test_unfit_picture_is_refused_with_its_line(tmp_path: Path, content: str | None, says: str) -> None:
    if content is not None:
        (tmp_path / "p.svg").write_text(content)
    with pytest.raises(KnowledgeFileError) as caught:
        parse_guide(WITH_PICTURE, "lamp.yml", "lamp", tmp_path)
    assert caught.value.line == 11
    assert says in caught.value.message


def test_sound_picture_is_taken(tmp_path: Path) -> None:
    (tmp_path / "p.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>')
    assert parse_guide(WITH_PICTURE, "lamp.yml", "lamp", tmp_path).steps[0].picture == "p.svg"


def test_guide_for_an_intent_nobody_understands_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "lamp.yml").write_text(GOOD)
    guides, mistakes = examine_guides(tmp_path, {"device_offline"})
    assert guides == {}
    assert [(mistake.line, mistake.message) for mistake in mistakes] == [
        (3, "there is no intent called 'lamp_trouble'")
    ]


def test_the_check_command_names_each_mistake_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "domain.yml").write_text("intents: [lamp_trouble, other]")
    folder = tmp_path / "guides"
    folder.mkdir()
    (folder / "lamp.yml").write_text(GOOD)
    assert check_command(folder, tmp_path / "domain.yml") == 0
    (folder / "bad.yml").write_text(GOOD.replace("guide: lamp", "guide: bad").replace("first: power", "first: powr"))
    (folder / "worse.yml").write_text("title: [")
    assert check_command(folder, tmp_path / "domain.yml") == 1
    told = capsys.readouterr().out
    assert "bad.yml:7: 'first' names 'powr', which is no step" in told
    assert "worse.yml:1" in told or "worse.yml:2" in told
    assert check_command(tmp_path / "nowhere", tmp_path / "domain.yml") == 1


def test_every_device_trouble_of_the_shipped_domain_has_its_guide() -> None:
    sound, mistakes = check_guides()
    assert mistakes == []
    assert len(sound) == 8


def test_every_picture_is_used_small_and_described() -> None:
    steps = [step for guide in load_guides(GUIDES).values() for step in guide.steps if step.picture]
    assert {step.picture for step in steps} == {path.name for path in (GUIDES / "pictures").iterdir()}
    for path in (GUIDES / "pictures").iterdir():
        assert path.stat().st_size < 8_000, path
    assert all(len(step.alt or "") > 20 for step in steps)


def test_a_promise_never_counts_as_solved() -> None:
    """Only an answer to a check, or to a plain question whether that is all right, ends a guide as solved."""
    by_option = {
        f"{guide.id}.{step.id}"
        for guide in load_guides(GUIDES).values()
        for step in guide.steps
        for option in step.options
        if option.next == "solved"
    }
    assert by_option == {"device_setup_failed.hub_or_return", "device_noise_or_heat.reassured"}
