"""Whether what a customer's browser shows is exactly what the store keeps: nothing lost, nothing twice."""

from collections import Counter
from typing import Any

from tests.support.system import System
from tests.support.visitor import Visitor


def stored(system: System, visitor: Visitor) -> list[dict[str, Any]]:
    """The conversation's messages as rows, in order."""
    conversation = visitor.welcome["conversation"]
    found = system.rows("SELECT * FROM rp_message WHERE conversation_id = ? ORDER BY seq", conversation)
    return [dict(row) for row in found]


def settled(system: System, visitor: Visitor) -> bool:
    """Everything the visitor sent is stored and has its outcome."""
    mine = [row for row in stored(system, visitor) if row["author"] == "customer"]
    return len(mine) == len(visitor.sent) and all(row["outcome"] for row in mine)


def newest(system: System, visitor: Visitor) -> int:
    """The last `seq` of the visitor's conversation."""
    conversation = visitor.welcome["conversation"]
    return int(system.rows("SELECT last_seq FROM rp_conversation WHERE id = ?", conversation)[0]["last_seq"])


async def settle(system: System, visitor: Visitor, what: str, within_s: float = 60) -> None:
    """Wait until everything sent is acked, decided and shown."""
    await visitor.until(lambda: set(visitor.sent) <= set(visitor.acks), f"all acks ({what})", within_s)
    await visitor.until(lambda: settled(system, visitor), f"all outcomes ({what})", within_s)
    await visitor.until(lambda: newest(system, visitor) == visitor.last_seq, f"the whole thread ({what})", within_s)


def check(system: System, visitor: Visitor) -> None:
    """Every acked message is stored once, shown once, and answered by whom it was for."""
    rows = stored(system, visitor)
    mine = [row for row in rows if row["author"] == "customer"]
    kept = Counter(row["cid"] for row in mine)
    assert kept == Counter(list(visitor.sent)), "an acked message is missing or stored twice"
    assert all(visitor.acks[row["cid"]] == row["seq"] for row in mine), "an ack named another row"
    assert sorted(visitor.frames) == list(range(1, visitor.last_seq + 1)), "the shown thread has holes"
    assert visitor.duplicates == 0, "a frame was shown twice"
    shown = [frame["id"] for frame in visitor.messages]
    assert shown == [row["id"] for row in rows], "the browser's thread is not the stored one"
    answered = Counter(row["outcome"] for row in mine)
    assert set(answered) <= {"bot", "queue", "ticket", "agent"}
    for row in mine:
        replies = [reply for reply in rows if reply["reply_to"] == row["id"]]
        if row["outcome"] == "bot":
            texts = Counter(reply["text"] for reply in replies)
            assert replies and max(texts.values()) == 1, f"a turn was answered {len(replies)} times: {texts}"
        else:
            assert not replies, "a message that went to a person was answered by the bot too"
