"""Whether what a customer's browser shows is exactly what the store keeps: nothing lost, nothing twice.

A customer is given as one visitor or as several: the tabs of one conversation.
"""

from collections import Counter
from functools import partial
from typing import Any

from tests.support.system import System
from tests.support.visitor import Visitor


def stored(system: System, visitor: Visitor) -> list[dict[str, Any]]:
    """The conversation's messages as rows, in order."""
    conversation = visitor.welcome["conversation"]
    return system.rows("SELECT * FROM rp_message WHERE conversation_id = ? ORDER BY seq", conversation)


def settled(system: System, *tabs: Visitor) -> bool:
    """Everything the customer sent is stored and has its outcome, and nothing waits for the bot's return only."""
    mine = [row for row in stored(system, tabs[0]) if row["author"] == "customer"]
    # What the bot takes back is decided anew: until then its outcome is not the last word.
    waiting = system.rows(
        "SELECT 1 FROM rp_case WHERE conversation_id = ? AND owner = 'queue' AND escalation_reason = 'bot_unavailable'",
        tabs[0].welcome["conversation"],
    )
    sent = sum(len(tab.sent) for tab in tabs)
    return not waiting and len(mine) == sent and all(row["outcome"] for row in mine)


def newest(system: System, visitor: Visitor) -> int:
    """The last `seq` of the visitor's conversation."""
    conversation = visitor.welcome["conversation"]
    return int(system.rows("SELECT last_seq FROM rp_conversation WHERE id = ?", conversation)[0]["last_seq"])


async def settle(system: System, *tabs: Visitor, what: str, within_s: float = 60) -> None:
    """Wait until everything sent is acked, decided and shown in every tab."""
    for tab in tabs:
        await tab.until(partial(_is_acked, tab), f"all acks ({what})", within_s)
    await tabs[0].until(lambda: settled(system, *tabs), f"all outcomes ({what})", within_s)
    for tab in tabs:
        await tab.until(partial(_shows_all, system, tab), f"the whole thread ({what})", within_s)


def _is_acked(tab: Visitor) -> bool:
    return set(tab.sent) <= set(tab.acks)


def _shows_all(system: System, tab: Visitor) -> bool:
    return newest(system, tab) == tab.last_seq


def check(system: System, *tabs: Visitor) -> Counter[str]:
    """Every acked message is stored once, shown once, and answered by whom it was for; returns the outcomes."""
    rows = stored(system, tabs[0])
    mine = [row for row in rows if row["author"] == "customer"]
    sent = [cid for tab in tabs for cid in tab.sent]
    acks = {cid: seq for tab in tabs for cid, seq in tab.acks.items()}
    assert Counter(row["cid"] for row in mine) == Counter(sent), "an acked message is missing or stored twice"
    assert all(acks[row["cid"]] == row["seq"] for row in mine), "an ack named another row"
    for tab in tabs:
        assert sorted(tab.frames) == list(range(1, tab.last_seq + 1)), "the shown thread has holes"
        assert tab.duplicates == 0, "a frame was shown twice"
        shown = [frame["id"] for frame in tab.messages]
        assert shown == [row["id"] for row in rows], "the browser's thread is not the stored one"
        places = [tab.acks[cid] for cid in tab.sent]
        assert places == sorted(places), "a tab's messages are stored in another order than they were sent"
    outcomes = Counter(row["outcome"] for row in mine)
    assert set(outcomes) <= {"bot", "queue", "ticket", "agent"}, f"a message has no outcome: {outcomes}"
    for row in mine:
        replies = [reply for reply in rows if reply["reply_to"] == row["id"]]
        if row["outcome"] == "bot":
            texts = Counter(reply["text"] for reply in replies)
            assert replies and max(texts.values()) == 1, f"a turn was answered {len(replies)} times: {texts}"
        else:
            assert not replies, "a message that went to a person was answered by the bot too"
    return outcomes
