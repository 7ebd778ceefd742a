"""What a short answer says and what it does not: yes, no, solved, nothing more, a person.

The classifier knows an answer by its likeness to others, so "I already linked it again" may look like "it is linked
again". What closes a case, or asks for somebody, is therefore read from the words themselves. Regular expressions over
short messages; microseconds.
"""

from __future__ import annotations

import re

_LONGEST = 40
"""Words; the end of a longer message is a story, which closes nothing by a word in it."""
_SPACES = re.compile(r"\s+")
_YES_WORDS = (
    r"yes|yep|yeah|yup|yess+|ya|yeh|y|ja|si|s\u00ed|oui|sim|tak|evet|hai|"
    r"ok|okay|okey|k|kk|sure|of course|absolutely|definitely|indeed|"
    r"exactly|totally|"
    r"correct|right|true|perfect|great|fine|good|brilliant|lovely|super|awesome|wonderful|excellent|alright|all right|"
    r"i (?:think|guess|believe) so|it (?:does|did|is|was|has)|that (?:does|did|is|was)|you did|i am|"
    r"(?:it|that|this|you|which) (?:really |certainly |totally )?(?:helps?|helped|answers?(?: (?:it|that|"
    r"my question))?|answered"
    r"(?: (?:it|that|my question))?|explains?(?: it)?|will do|'?s enough|'?s fine|'?s great)|"
    r"(?:very |really |so |most )?(?:helpful|clear|useful|kind)|"
    r"thanks?|thank you|thx|ty|cheers|tnx|"
    r"(?:that'?s|that is) (?:it|all|everything|what i (?:wanted|needed)(?: to know)?|enough|clear|great|good|"
    r"perfect|fine)"
    r"(?: i (?:wanted|needed)(?: to know)?)?|nothing (?:else|more)|got it|i got it|understood|clear|i see|"
    r"\U0001f44d|\U0001f44c|\U0001f64f|\u2764\ufe0f?"
)
_FILLERS = (
    r"very|much|so|a lot|a million|all|now|then|then\b|please|really|quite|man|mate|for (?:the|your) help|"
    r"for that|again|you|it|and|is|was|that'?s"
)
_PLAIN_YES = re.compile(rf"(?:(?:{_YES_WORDS}|{_FILLERS})(?:[\s,.!:)]+|$))+", re.IGNORECASE)
_HAS_YES = re.compile(rf"(?:^|[\s,.!])(?:{_YES_WORDS})(?=[\s,.!:)]|$)", re.IGNORECASE)

_NOT_AGAINST = re.compile(
    r"\bno(?:t)? (?:longer |more |any ?more )?(?:an? )?(?:problems?|issues?|trouble)(?: any ?more| now)?\b"
    r"|\bno (?:more|longer) (?:problems?|issues?|trouble|errors?)\b|\bproblem'?s? gone\b|\bnothing (?:else|more)\b"
    r"|\bnever ?mind\b|\bno,? (?=(?:that'?s|it'?s|thanks|thank|all)\b)|\bno need\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:not|no|never|nothing|none|neither|nor|hardly|barely|without|still|yet|but|almost|nearly|if|when|"
    r"until|unless|"
    r"whether|how|why|want|wants|need|needs|must|should|would|could|can|please|pls|unsolved|unresolved|already|"
    r"again and "
    r"again|used to|only|except|tried|try|trying|stopped|stops|wish|hope|gets?|get)\b|n'?t\b|\?",
    re.IGNORECASE,
)
_SOLVED = re.compile(
    r"\b(?:works|worked|working|solved|resolved|fixed|sorted|settled|repaired|cleared up|all good|all set|"
    r"all done|good now|"
    r"fine now|okay? now|(?:did|does) (?:it|the (?:trick|job))|that was (?:it|the (?:problem|reason|cause))|"
    r"^\W*(?:(?:ok|oh|yes|yeah|great|hey)[\s,.!]+)*(?:got |back )?in (?:now|again)|"
    r"(?:that|it|this|you) (?:really )?helped|back (?:online|on(?:line)?|up|to normal|again)|(?:is|are|'s|'re|"
    r"it'?s) back|"
    r"i'?m (?:back )?in|i am (?:back )?in|logged in|got (?:back )?in|connected|(?:up and )?running|good to go|"
    r"found (?:it|the (?:problem|parcel|package|mistake))|(?:it|parcel|package|order|refund|money|mail|e-?mail) "
    r"(?:has |have |is |just |finally )*(?:arrived|came|come|here|there|turned up)|like a charm|it'?s (?:ok|"
    r"okay|fine|good)|"
    r"problem'?s? (?:is )?gone|no (?:longer|more) (?:an? )?(?:problems?|issues?))\b",
    re.IGNORECASE,
)
_UNSOLVED = re.compile(
    r"\b(?:nothing (?:has )?(?:changed|changes|happened|happens|helped|helps|works|worked|new)|no (?:change|"
    r"changes|difference|"
    r"luck|success|effect|improvement|joy)|same (?:problem|issue|thing|error|as before|result|again)|"
    r"still (?:the same|not|no|nothing|broken|red|dead|offline|there|here|stuck|doing|won'?t|can'?t|does ?n'?t|"
    r"waiting)|"
    r"(?:did|does|do|has|have|is|was|are|will|wo|ca|could|would)(?: not|n'?t) (?:\w+ )?(?:help|helped|helping|"
    r"work|worked|"
    r"working|fix|fixed|solve|solved|change|changed|anything|answer)|not (?:solved|fixed|sorted|working|better|"
    r"really)|"
    r"(?:checked|looked|searched|had a look)\b[^.!?]{0,30}\b(?:nothing|not there|isn'?t there|empty)|"
    r"makes no difference|to no avail|unsolved|back again|happened again|(?:is|it'?s) happening again)\b",
    re.IGNORECASE,
)
_WILL_TRY = re.compile(
    r"\b(?:i'?ll|i will|let me|lemme|gonna|i'?m (?:going to|gonna|about to)|i am going to|will) (?:\w+ ){0,2}"
    r"(?:try|check|do|look|see|test|have a look|give (?:it|that) a (?:try|go))\b|\btrying (?:it|that) (?:now|out)\b",
    re.IGNORECASE,
)
_NOTHING_MORE = re.compile(
    r"\b(?:that'?s (?:it|all|everything)|that is (?:it|all|everything)|that (?:will|would) be all|that'?ll be all|"
    r"nothing (?:else|more|further)|no more(?: questions?)?|all good|i'?m (?:good|fine|done|all set)|"
    r"we'?re (?:good|done)|"
    r"i have everything|no (?:other|further|more) questions?)\b",
    re.IGNORECASE,
)
_DO_IT = re.compile(
    r"(?:(?:yes|yeah|yep|ok|okay|sure|right|fine|great|good|then|well|oh|and)[\s,.!]+)*"
    r"(?:i'?m (?:very |quite |absolutely |really |100 ?% )?(?:sure|certain|positive)|i am (?:very |quite |"
    r"absolutely |really )?"
    r"(?:sure|certain|positive)|(?:please |just )*(?:do|start|send|pass|open|begin) (?:it|that|so|this)(?: on| off)?"
    r"(?: for me)?|please do|go ahead|yes,? please|please|go for it|do that|make it so|proceed|"
    r"please (?:proceed|go ahead)|"
    r"i (?:do )?(?:want|would like|insist|agree|confirm)(?: (?:it|that|this|so))?|let'?s do (?:it|that|so|this)|"
    r"(?:can|could|would|will) you (?:please )?(?:do (?:it|that|so|this)|start (?:it|that))(?: for me)?)"
    r"(?:[\s,.!]+(?:please|pls|thanks|thank you|now|then|for me|yes))*[\s.!?]*",
    re.IGNORECASE,
)
_PLAIN_NO = re.compile(
    r"(?:(?:no+|nope|nah|not|not really|never|n|na|non|nein|nej|nee|n\u00e3o|nie|"
    r"negative|unfortunately|sadly|sorry|sir|thanks?|"
    r"thank you|thx|"
    r"please|don'?t|do not|it (?:did|does|is|was|has)(?:n'?t| not)|that (?:did|does|is|was)(?:n'?t| not)|at all|"
    r"yet|way|"
    r"need|idea|you|i'?d rather not|rather not|i don'?t(?: think so| want(?: (?:that|it|to))?)?|i do not|better not|"
    r"no need|not now|not today|"
    r"leave it|keep it|stop)(?:[\s,.!]+|$))+",
    re.IGNORECASE,
)
_LACK = re.compile(
    r"\W*no (?!thanks?\b|thank\b|no\b|not\b|need\b|way\b|problem\b|worries\b|forget\b|"
    r"that\b|it\b|i\b|i'|please\b|more\b|"
    r"never\b|"
    r"don\b|don't\b|leave\b|keep\b|just\b|longer\b|idea\b|clue\b|but\b|one\b|other\b|yes\b|sir\b|mate\b|go\b|stop\b|"
    r"wait\b|sorry\b|actually\b|the\b|this\b|my\b|we\b|you\b|they\b|he\b|she\b|nothing\b|change\b|difference\b|luck\b|"
    r"of\b|hurry\b|rush\b|chance\b|another\b|can\b|why\b|what\b|how\b)(?:[a-z-]+ ){0,2}[a-z-]+\W*",
    re.IGNORECASE,
)
_STOP_ASKING = re.compile(
    r"\b(?:(?:please |just )?(?:stop|quit|enough (?:of|with)|no more)(?: (?:all|always|constantly|with|of))?"
    r"(?: (?:the|these|those|your|this|that|me|us))?(?: \w+)? ?(?:asking|questions?|surveys?|ratings?|bugging|"
    r"pestering|nagging)"
    r"|(?:don'?t|do not|never) (?:ever )?(?:ask|bug|pester|nag) me\b(?! (?:how|what|why|where)\b)"
    r"|(?:don'?t|do not) (?:you )?(?:send|show|give) (?:me )?(?:any |more |the |these |your )*(?:surveys?|ratings?))\b",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"\b(?:(?:i |we )?(?:don'?t|do not|didn'?t|did not) (?:want|need|ask for|wanna|like)"
    r"(?: to (?:talk|speak|chat) (?:to|with))?"
    r"|(?:no|not|without)(?: (?:to|with))?|rather not (?:talk|speak) (?:to|with))"
    r" (?:an?|any|another|some|your|the|no)? ?(?:more )?(?:real |live |human |other )?"
    r"(?:persons?|people|humans?|agents?|someone|somebody|colleagues?|representatives?)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\W*(?:(?:ok|okay|and|so|but|well|hm+|yes|then)[\s,.!]+)*"
    r"(?:what|when|where|which|who|whose|why(?! not\b)|how|is (?:that|this|it|there))\b",
    re.IGNORECASE,
)
_LEAD_IN = (
    r"(?:(?:yes|yeah|yep|ok|okay|then|well|fine|please|pls|just|so|right|sure|and|but|oh|ah|rather|alright)[,.!\s]+"
    r"|(?:no|nah)(?:[,.!]\s*|\s+(?=(?:an?|i|give|get)\b)))*"
)
_ASKING = (
    r"(?:(?:i(?:'d| would)? (?:want|need|like|meant|mean|prefer|rather(?: have)?|choose|said|asked for)|give me|"
    r"get me|bring(?: in)?"
    r"(?: me)?|to|with|(?:to )?(?:talk|speak|chat|write) (?:to|with)|let me (?:talk|speak) (?:to|with)|"
    r"connect me (?:to|with)|call|"
    r"put me through to|pass me (?:on )?to|transfer me to|the|make it)\s+)*"
)
_PERSON = re.compile(
    rf"\W*{_LEAD_IN}{_ASKING}(?:(?:an?|the|some|your|one of (?:the|your))\s+)?"
    r"(?:(?:(?:real|live|actual|human|proper|living|other|support|service|customer)\s+)*"
    r"(?:persons?|humans?(?: being)?|someone|somebody|agents?|representatives?|reps?|staff(?: member)?|operator|"
    r"advis[eo]r|colleagues?|employee|people|team)|(?:real|live|actual|human|proper|living) (?:one|man|woman|guy))"
    r"(?:\s+(?:real|human|else|who can help(?: me)?|from (?:the|your) team|to help(?: me)?))?"
    r"(?:[,.!\s]+(?:then|please|pls|now|thanks|thank you|asap|at once|ok|better|instead))*\W*",
    re.IGNORECASE,
)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text.replace("\u2019", "'")).strip()


def says_solved(text: str) -> bool:
    """Whether the words say that the matter is settled: "it works now"; not "it works if I hold it"."""
    plain = _plain(text)
    if len(plain.split()) > _LONGEST or says_unsolved(plain):
        return False
    bare = _NOT_AGAINST.sub(" solved ", plain) if _NOT_AGAINST.search(plain) else plain
    return _SOLVED.search(bare) is not None and _AGAINST.search(bare) is None


def says_unsolved(text: str) -> bool:
    """Whether the words say that nothing is better: "nothing changed", "still the same"."""
    return _UNSOLVED.search(_plain(text)) is not None


def is_plain_yes(text: str) -> bool:
    """Whether the message is a yes and nothing beside it: "yes that helped, thanks"; not "yes cancel it"."""
    plain = _plain(text)
    return _PLAIN_YES.fullmatch(plain) is not None and _HAS_YES.search(plain) is not None


def is_plain_no(text: str) -> bool:
    """Whether the message is a no and nothing beside it."""
    return _PLAIN_NO.fullmatch(_plain(text)) is not None


def says_nothing_more(text: str) -> bool:
    """ "That's all", "nothing else", "I'm good": what ends a conversation, with or without a no before it."""
    return _NOTHING_MORE.search(_plain(text)) is not None


def will_try(text: str) -> bool:
    """ "OK, I'll try that": neither solved nor not."""
    return _WILL_TRY.search(_plain(text)) is not None


def says_do_it(text: str) -> bool:
    """ "Yes, I'm sure", "please do": a yes to something that can be done, more than to "did that help?"."""
    return _DO_IT.fullmatch(_plain(text)) is not None


def tells_a_lack(text: str) -> bool:
    """ "No picture", "no mail": a description that begins with "no", and no refusal."""
    return _LACK.fullmatch(_plain(text)) is not None


def wants_person(text: str) -> bool:
    """Whether the whole message asks for a person where one was offered: "a real one", "someone please"."""
    return _PERSON.fullmatch(_plain(text)) is not None


def says_stop_asking(text: str) -> bool:
    """Whether the words ask for no more questions, about the matter or about a rating."""
    plain = _plain(text)
    return len(plain.split()) <= _LONGEST and _STOP_ASKING.search(plain) is not None


def wants_no_person(text: str) -> bool:
    """Whether the words refuse a person: "I don't want another person, I want an apology"."""
    return _NO_PERSON.search(_plain(text)) is not None


def begins_as_question(text: str) -> bool:
    """Whether the message asks something, "when exactly", which no yes does."""
    return _ASKS.match(_plain(text)) is not None
