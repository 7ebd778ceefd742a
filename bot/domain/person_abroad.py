"""The wish for a person in the plain words of the twelve languages that are recognised but not answered.

Somebody who can neither be understood nor read the answer must at least reach a person at once.
"""

from __future__ import annotations

import re

_LONGEST = 300
_PATTERNS: tuple[str, ...] = (
    # German
    r"\b(?:mit|zu) (?:\w+ ){0,3}(?:mensch(?:en)?|mitarbeiter(?:in)?n?|person|berater(?:in)?|kundenberater|"
    r"kollegen|jemand(?:em|en)?)\b"
    r".{0,30}\b(?:sprechen|reden|schreiben|chatten|verbinden|verbunden)\b",
    r"\b(?:echte[nr]?|richtige[nr]?|lebende[nr]?) (?:mensch(?:en)?|person|mitarbeiter(?:in)?)\b",
    r"\b(?:mensch|mitarbeiter|mitarbeiterin)(?:en)? bitte\b|\bbitte (?:einen |eine )?(?:mensch(?:en)?|"
    r"mitarbeiter(?:in)?)\b",
    r"\b(?:will|möchte|moechte|brauche|hätte gern|kann ich|darf ich) (?:bitte |gern[e]? |mal )?"
    r"(?:eine[nm]? |den |die )?"
    r"(?:mensch(?:en)?|mitarbeiter(?:in)?|berater(?:in)?|kundenberater|person|jemand(?:en)?)"
    r"(?: (?:sprechen|haben|erreichen|schreiben))?(?: bitte)?\W*$",
    r"\bkann ich (?:mit )?jemand(?:em|en)? (?:sprechen|reden)\b",
    # Spanish
    r"\b(?:hablar|conversar|chatear|comunicarme|contactar) con (?:\w+ )?(?:\w+ )?(?:persona|humano|agente|"
    r"alguien|asesor[a]?|"
    r"operador[a]?|representante|empleado)\b",
    r"\b(?:un|una|al?) (?:persona|humano|agente|operador|asesor) (?:real|humano|humana|por favor)\b|\bpersona real\b",
    r"^\W*(?:quiero|necesito|quisiera|deseo|dame) (?:a )?(?:un|una) "
    r"(?:persona|humano|humana|agente|operador[a]?|asesor[a]?)"
    r"(?: (?:real|por favor))*\W*$",
    # French
    r"^\W*(?:je (?:veux|voudrais|souhaite)|il me faut|donnez-moi) (?:un|une|quelqu['\u2019]un) ?"
    r"(?:humain|personne|conseiller|agent|vrai humain|vraie personne)?(?: svp| s'il vous plaît)*\W*$",
    r"\b(?:parler|discuter|échanger|être mis en relation) (?:à|a|avec) (?:\w+[ '\u2019])?(?:\w+ )?(?:personne|humain|"
    r"conseill(?:er|ère)|quelqu['\u2019]un|agent|opérateur|employé)",
    r"\b(?:un (?:vrai )?(?:humain|conseiller)|une vraie personne|un être humain)\b",
    # Italian
    r"\bparlare con (?:\w+[ '\u2019])?(?:\w+ )?(?:persona|umano|operat(?:ore|rice)|qualcuno|essere umano|addetto)\b",
    r"\b(?:operatore|persona (?:reale|vera)|essere umano)\b(?: per (?:favore|piacere))?",
    # Portuguese
    r"\b(?:falar|conversar) com (?:\w+ )?(?:\w+ )?(?:pessoa|humano|atendente|alguém|alguem|operador[a]?|agente|"
    r"assistente)\b",
    r"\b(?:pessoa (?:real|de verdade)|atendente (?:humano|por favor)|um humano)\b",
    # Dutch
    r"\bmet (?:een |iemand|de )?(?:\w+ )?(?:mens|medewerker|persoon|iemand|collega|"
    r"klantenservice)?.{0,20}\b(?:spreken|praten|"
    r"chatten)\b",
    r"\b(?:echte? (?:mens|persoon)|medewerker)(?:,? (?:graag|alstublieft|aub|alsjeblieft))?\b",
    # Polish
    r"\b(?:rozmawiać|porozmawiać|pogadać|rozmowa|połącz\w*) z (?:\w+ )?(?:człowiekiem|konsultant\w*|kimś|"
    r"pracownikiem|osobą|doradcą)",
    r"\b(?:prawdziw\w+ (?:człowiek\w*|osob\w*)|konsultant\w* (?:proszę|poproszę)|poproszę konsultanta)",
    # Turkish
    r"\b(?:bir )?(?:insan(?:la|ım|a)?|temsilci(?:yle|ye)?|yetkili(?:yle|ye)?|müşteri temsilcisi\w*|biri(?:yle|"
    r"siyle)|gerçek (?:bir )?"
    r"(?:kişi|insan)\w*)(?: (?:ile|bir))?.{0,20}\b(?:konuş\w*|görüş\w*|bağla\w*|yaz\w*|istiyorum)",
    # Russian
    r"(?:поговорить|говорить|связаться|соедини\w*|общаться|связать\w*|переключи\w*|пообщаться)\s(?:меня\s)?(?:с|"
    r"со|на)\s(?:\w+\s)?"
    r"(?:человек\w*|оператор\w*|сотрудник\w*|кем-нибудь|кем-то|менеджер\w*|специалист\w*)",
    r"(?:живо\w+|реальн\w+)\s(?:человек\w*|оператор\w*)|(?:позовите|нужен|дайте|"
    r"хочу)\s(?:живого\s)?(?:человек\w*|оператор\w*)|"
    r"^оператор[аы]?\W*$",
    # Arabic
    r"(?:التحدث|اتحدث|أتحدث|التكلم|أتكلم|اتكلم|التواصل|أتواصل|الكلام|تحدث)\s(?:مع|إلى|الى)\s(?:\w+\s)?"
    r"(?:شخص|إنسان|انسان|موظف|أحد|احد|ممثل|بشر|أحدهم)|(?:شخص|موظف|إنسان)\s(?:حقيقي|بشري)|(?:أريد|اريد)\s(?:موظف|"
    r"شخص|إنسان)",
    # Chinese
    r"人工(?:客服|服务|服務)|转人工|轉人工|真人|(?:跟|和|与|與)(?:.{0,4})(?:人|客服|员工|工作人员)(?:说话|聊|谈|通话|沟通|對話|对话|讲)|找(?:一?个)?(?:人|客服)",
    # Japanese
    r"(?:人間|担当者|オペレーター?|スタッフ|係の人|人)(?:の方)?(?:と|に)(?:.{0,6})(?:話|つな|繋|相談|代わ|かわ|連絡|お願い)|有人対応|オペレーターをお願い",
)  # fmt: skip
_PERSON = re.compile("|".join(_PATTERNS), re.IGNORECASE)


def wants_person_abroad(text: str) -> bool:
    """Whether a message in another language asks for a person; meant for text that is known not to be English."""
    return _PERSON.search(text[:_LONGEST]) is not None
