"""No table and no column can be forgotten when a person is erased."""

import pytest

import bot.store.tables  # noqa: F401 -- registers every table
from bot.services.erase_plan import PLAN
from bot.services.erase_rules import Fate
from bot.store.base import Base

TABLES = Base.metadata.tables


def test_every_table_has_its_place_in_the_erase_plan() -> None:
    assert set(PLAN) == set(TABLES), "decide in bot/services/erase_plan.py what happens to the new table"


@pytest.mark.parametrize("name", sorted(PLAN))
def test_every_column_of_a_kept_row_is_decided_about(name: str) -> None:
    for rule in PLAN[name]:
        columns = {column.name for column in TABLES[name].c}
        assert {column for column, _ in rule.by} <= columns
        if rule.fate in {Fate.COUNTED, Fate.BLANKED}:
            decided = [*rule.move, *rule.blank, *rule.keep]
            assert sorted(decided) == sorted(columns), f"{name}: each column moves, is blanked or is kept, once"


@pytest.mark.parametrize("name", sorted(name for name, rules in PLAN.items() if rules[0].fate is Fate.OTHERS))
def test_a_table_that_is_nobodys_refers_to_no_customer(name: str) -> None:
    personal = {"customer_id", "conversation_id", "case_id", "message_id", "external_id", "recipient"}
    assert not personal & {column.name for column in TABLES[name].c}
