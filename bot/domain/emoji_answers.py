"""A message of nothing but faces and hands: what it answers. Words beside them say it better and are read instead."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class EmojiAnswer(StrEnum):
    """What is meant by it."""

    YES = "yes"
    NO = "no"
    THANKS = "thanks"
    UNSURE = "unsure"


_YES = frozenset("👍👌✅✔☑🆗💯🤝🫡")
_NO = frozenset("👎❌✖🚫🙅⛔")
_THANKS = frozenset("❤🧡💛💚💙💜🖤🤍🤎🙏😊🙂😀😃😄😁😆🥰😍🤗🎉👏☺😇🤩💐🥳😘")
_UNSURE = frozenset("🤷🤔😕🙄😐😶🫤🤨")
_MODIFIERS = frozenset("\ufe0f\ufe0e\u200d♂♀") | {chr(code) for code in range(0x1F3FB, 0x1F400)}
_SYMBOLS = frozenset({"So", "Sk", "Sm", "Po", "Mn", "Cf", "Zs"})


def emoji_answer(text: str) -> EmojiAnswer | None:
    """What a message says that holds no letter and no digit but at least one emoji; None for any other, for an angry
    one (the mood hears it) and where signs contradict each other."""
    signs = [sign for sign in text if not sign.isspace() and sign not in _MODIFIERS]
    if not signs or any(unicodedata.category(sign) not in _SYMBOLS for sign in signs):
        return None
    kinds = {kind for sign in signs if (kind := _kind(sign)) is not None}
    return kinds.pop() if len(kinds) == 1 else None


def _kind(sign: str) -> EmojiAnswer | None:
    for kind, known in ((EmojiAnswer.YES, _YES), (EmojiAnswer.NO, _NO), (EmojiAnswer.THANKS, _THANKS)):
        if sign in known:
            return kind
    return EmojiAnswer.UNSURE if sign in _UNSURE else None
