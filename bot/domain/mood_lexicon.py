"""The words of mood in a support chat with their weights, -4 (furious) to 3 (delighted). Data for `mood`.

Left out on purpose: what names the subject of a case (broken, late, cancel, refund, problem, error, wrong), and words
that mostly mean something else there ("what kind of", "quick question", "as well").
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Coarse words; the strong ones make a message angry, the mild ones only colour it.
PROFANITY = _words(
    """fuck fucking fucked fucks wtf bullshit shit shitty crap crappy damn damned bloody arse ass asshole bastard
    bastards bitch idiot idiots idiotic moron morons stupid hell"""
)
# Words that say anger by themselves, about us or about the speaker.
ANGRY_WORDS = _words(
    """furious outraged outrageous livid disgusted disgusting disgrace disgraceful enraged scam scammers scammed
    thieves crooks liars pathetic unacceptable infuriating angry appalled appalling seething fuming"""
)
# A good word after one of these is not meant well.
NEGATIONS = _words(
    """not no never without hardly barely cannot dont doesnt didnt isnt wasnt cant wont aint nothing neither nor
    stop"""
)
BOOSTERS = _words(
    """very really so extremely absolutely totally completely utterly incredibly too such super fucking bloody damn
    quite truly beyond seriously"""
)
_GROUPS: tuple[tuple[float, str], ...] = (
    (-4.0, "furious outraged outrageous livid enraged infuriating seething fuming disgusting disgusted"),
    (
        -3.2,
        """angry disgrace disgraceful scam scammers scammed thieves crooks liars pathetic unacceptable appalled
        appalling fuck fucking fucked fucks wtf bullshit asshole bastard bastards bitch idiots idiot moron morons""",
    ),
    (
        -2.4,
        """terrible horrible awful worst ridiculous useless hopeless rubbish garbage hate hated nightmare
        incompetent idiotic shit shitty ass arse stupid horrendous abysmal dreadful atrocious""",
    ),
    (
        -1.6,
        """annoying annoyed frustrating frustrated frustration disappointed disappointing disappointment unhappy upset
        crap crappy rude painful pain tired sick sucks unprofessional waste wasted ignored ignoring lousy irritated
        irritating dissatisfied unreliable ashamed shame""",
    ),
    (-1.0, "bad poor slow mess"),
    (-0.8, "damn damned bloody hell confusing confused sad sadly worried impossible complicated unclear pointless"),
    (0.4, "ok okay fine works worked"),
    (1.0, "nice helpful thanks thank thx cheers pleased glad easy friendly solved fixed appreciate appreciated"),
    (1.8, "good great happy love loved lovely cool impressed satisfied smooth brilliant"),
    (
        2.8,
        """excellent amazing awesome fantastic wonderful perfect perfectly superb outstanding delighted thrilled best
        incredible""",
    ),
)
WORDS: dict[str, float] = {word: weight for weight, words in _GROUPS for word in words.split()}
_GLAD = "great|wonderful|fantastic|brilliant|lovely|perfect|amazing|awesome|super|nice|cool|excellent"
_BAD_NEWS = (
    r"broken?|broke|lost|late|dead|failed|fails|useless|offline|wrong|nobody|still (?:no|not|nothing|waiting)|"
    r"(?:same|another|third|fourth|yet another) \w*|nothing works|no (?:answer|reply|refund|parcel)|"
    r"(?:does|did|is|has|have|was|wo|ca|do)n'?t"
)
# Praise that is none: a glad word before bad news, or said twice over.
SARCASM: dict[str, float] = {
    rf"(?:oh |well |wow )?(?:{_GLAD})[,.! ]+(?:just|really|simply|absolutely) (?:{_GLAD})": -2.8,
    rf"^(?:oh |well |wow |yeah )*,? ?(?:{_GLAD})[,.!]+(?!.*\b(?:thank|thanks|works|working|solved|fixed)\b)"
    rf"(?=.*\b(?:{_BAD_NEWS})\b)": -2.4,
    r"^(?!.*\b(?:works|working|solved|fixed|now|but|replaced|found|helped|sorted|refunded|sent|came|arrived|"
    r"(?:not|never|without|isn't|wasn't) (?:\w+ )?(?:broken?|lost|late|dead|wrong)"
    r"|nothing (?:is|was|got)|no longer)\b).*\b(?:broken|broke|lost|late|dead|failed|useless|wrong)\b.*"
    r"\b(?:well done|(?:good|great|nice) (?:job|work|one)|bravo|congrat\w*|keep it up)": -2.6,
    r"yeah,? right\b|(?:what a|big|surprise,?) surprise|just what i needed|good luck with that"
    r"|because that (?:always|really|ever|never fails to) (?:helps?|works?)|as if that(?:'d| would| will)? (?:ever )?"
    r"(?:helps?|works?)|\b(?:this|that|it)(?:'s| is) (?:pointless|useless)|thanks for nothing": -2.0,
    rf"how (?:very )?(?:{_GLAD}|kind|helpful) of you|(?:{_GLAD}) (?:service|job|work)[,.!]* (?:not|huh|guys not)": -2.0,
}
# Signs that stand for a face or a thumb.
EMOJI: dict[str, float] = {
    "\U0001f621": -3.0, "\U0001f92c": -3.4, "\U0001f620": -2.6, "\U0001f624": -2.0, "\U0001f644": -1.8,
    "\U0001f612": -1.6, "\U0001f44e": -1.6, "\U0001f62d": -1.2, "\U0001f61e": -1.2, "\U0001f622": -1.2,
    "\U0001f60a": 1.4, "\U0001f600": 1.4, "\U0001f44d": 1.2, "\u2764": 1.6, "\U0001f64f": 1.0, "\U0001f389": 1.6,
}  # fmt: skip
# Regular expressions on lower-case text, each with its weight.
ANGRY_PHRASES: dict[str, float] = {
    r"waste of (?:my )?time": -3.0,
    r"sick and tired|sick of|fed up|had enough|lost (?:my )?patience|losing (?:my )?patience": -3.2,
    r"my lawyer|legal action|take you to court|sue you|trading standards|consumer protection": -3.5,
    r"never (?:buy|buying|order|ordering|shop|shopping) (?:\w+ ){0,4}again": -3.2,
    r"what (?:the hell|the heck|the fuck|kind of (?:company|service|joke))": -3.2,
    r"how dare you|are you kidding(?: me)?|you must be joking|this is a joke|what a joke": -3.0,
    r"(?:is|are|you're) (?:such )?an? (?:complete |total |bloody |absolute |sick )?joke": -3.0,
    r"rip ?off|ripped (?:me )?off|stole my money|stealing my money": -3.2,
    r"(?:give me|want) my money back (?:now|right now|immediately|today)": -3.0,
    r"worst (?:\w+ )?(?:company|service|support|experience|shop|bot)": -3.4,
    r"(?:stupid|useless|dumb|bloody|damn) (?:bot|robot|machine|chatbot|thing)": -3.0,
}
PHRASES: dict[str, float] = {
    r"(?:third|fourth|fifth|tenth|hundredth|umpteenth|\d+(?:rd|th)) time": -2.0,
    r"over and over|again and again|how many times|keeps? (?:asking|saying|happening|repeating)": -2.0,
    r"(?:told|asked) you (?:twice|\w+ times|already|before)": -2.0,
    r"still (?:not|no|nothing|waiting|doesn't|does not|isn't|hasn't|won't|broken)": -1.4,
    r"you(?:'re| are) not (?:listening|helping|understanding)|you (?:don't|do not) (?:understand|listen|get it)": -2.2,
    r"not (?:at all )?helpful|no help|doesn't help|didn't help|not good enough|makes no sense": -1.8,
    r"let (?:me|us) down|give up|gave up|going (?:round )?in circles": -1.8,
    r"(?:nobody|no one) (?:\w+ )?(?:answer|help|care|repl|respond)\w*": -2.2,
    r"for (?:days|weeks|months|hours)": -1.0,
    r"works? (?:now|again|perfectly|great|like a charm)|problem solved|all good|all sorted|sorted now": 2.0,
    r"no problem|no worries|not bad|can't complain|don't worry": 0.8,
    r"(?:thanks|thank you)(?: a lot| so much)? for (?:nothing|breaking|losing|ignoring|wasting)": -2.6,
    r"thank you (?:so|very) much|thanks (?:so much|a lot|a million)": 2.2,
    r"well done|good job|great job|life ?saver|you rock|made my day": 2.4,
}
