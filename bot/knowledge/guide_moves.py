"""What people write to a step beside its answers: go back, skip this, I did that already, what do you mean?

Recognised by rules alone, so that the same words always do the same.
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.knowledge.guide_words import normalise


class Move(StrEnum):
    """A wish about the guide itself."""

    BACK = "back"
    START_AGAIN = "start_again"
    SKIP = "skip"
    ALREADY = "already"
    EXPLAIN = "explain"
    WAIT = "wait"
    LEAVE = "leave"
    DONE = "done"
    UNSURE = "unsure"


_SOFT = (
    r"(?:(?:ok|okay|oh|oops|sorry|please|um|hmm|well|wait|no|ah|can (?:we|you|i)|could (?:we|you|i)|let us|lets|"
    r"i (?:want|would like|need) to) )*"
)
_END = r"(?: (?:please|now|thanks|thank you|then|for now|again))*"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{_SOFT}(?:{pattern}){_END}")


_WHOLE = (
    (
        Move.BACK,
        _whole(
            r"(?:go |going |one step |step )?back(?: (?:one|a) step)?|(?:the )?(?:previous|last) (?:step|one|question)|"
            r"last step again|undo(?: that)?|i (?:made a mistake|picked the wrong one|(?:chose|clicked|pressed|tapped|"
            r"answered|meant) (?:the )?(?:wrong|other)(?: (?:one|thing|answer|button))?)|(?:that was )?(?:the )?wrong "
            r"(?:one|answer|button)|that was wrong|my mistake"
        ),
    ),
    (
        Move.START_AGAIN,
        _whole(
            r"(?:start|begin)(?: (?:it|this))? (?:again|over|afresh|anew)|(?:start )?from the (?:beginning|start|top)|"
            r"back to (?:the )?(?:start|beginning)|restart (?:the )?(?:guide|steps)"
        ),
    ),
    (
        Move.SKIP,
        _whole(
            r"skip|skip (?:it|this|that|this one|that one|this step|the step|ahead)|next|next (?:step|one|question)|"
            r"pass|move on|i (?:can not|do not want to|will not|would rather not) do (?:that|this)"
            r"(?: (?:one|step|now|right now))?"
        ),
    ),
    (
        Move.EXPLAIN,
        _whole(
            r"what|huh|pardon|how|how so|come again|explain(?: (?:it|this|that|more))?(?: to me)?|"
            r"(?:i )?(?:do|did) not (?:understand|get (?:it|that|this))(?: (?:that|this|it|what you mean))?|"
            r"what (?:do|did) you mean(?: (?:by|with) .{1,40})?|what does (?:that|this|it) mean|"
            r"what is (?:that|this|it)(?: (?:supposed to )?mean)?|what (?:are you talking|do you talk) about|"
            r"(?:i am )?not sure what you mean|no idea what you mean|what (?:should|must|shall) i do|"
            r"how (?:do|can|should|would) i (?:do|find|see|check|know|get|tell) (?:that|this|it|there)|"
            r"how (?:does|would) that work|how do i know|where (?:is|are) (?:that|this|it|they|those)|"
            r"where (?:do|can|should) i (?:find|see|look for) (?:that|this|it|them|those)|where do i look|"
            r"which (?:one|light|button|ring|switch|cable|setting|settings|page|app|device)|help|help me|"
            r"i need help|more details|can you be more specific|in other words|say (?:it|that) again|repeat(?: that)?"
        ),
    ),
    (
        Move.WAIT,
        _whole(
            r"ok|okay|k|alright|all right|fine|will do|"
            r"(?:i|we) (?:will|can|am going to|are going to|gonna)"
            r"(?: (?:do|try|check|look|test|give)(?: (?:it|that|this))?"
            r"(?: (?:out|a try|a go|later|first|tonight|tomorrow))?)?|"
            r"got it|"
            r"(?:just )?(?:a|one|1|give me a|wait a) (?:moment|minute|min|sec|second)|hold on|hang on|wait|brb|"
            r"(?:let me|i am going to|going to|gonna) (?:check|look|try|see|do|test|find)(?: (?:it|that|this|first))?|"
            r"(?:i am )?(?:trying|checking|looking|doing|working on)(?: (?:it|that|this))?|on it|"
            r"in a (?:minute|moment)|still (?:trying|waiting|checking|looking|restarting|charging|updating)"
        ),
    ),
    (
        Move.LEAVE,
        _whole(
            r"(?:i |we )?(?:(?:have )?(?:got to|gotta)|have to|need to|must|should) (?:go|leave|run|dash|stop here)"
            r"(?: (?:now|soon|for|because|as|dinner|lunch|work|home|somebody|someone)\b.{0,40}| my \w+ is .{1,30}"
            r"| \w+ is .{1,30}| out| out (?:for|with)\b.{1,30}"
            r"| to (?:work|bed|sleep|school|lunch|dinner|town|a|an|see|meet|pick|get|fetch|catch)\b.{0,40})?|"
            r"(?:dinner|lunch|supper|food|breakfast) is ready|(?:talk|back|more|continue|go on) (?:to you )?later|"
            r"(?:i|we) will (?:come|be|get|go) (?:back|on) (?:to (?:this|it) )?"
            r"(?:later|tomorrow|tonight|soon|after .{1,20})"
        ),
    ),
    (
        Move.DONE,
        _whole(
            r"(?:(?:yes|yeah|yep|yup) )?(?:(?:all |i am |it is |that is )?done(?: (?:it|that|this|so))?|"
            r"i (?:have )?did (?:it|that|this|so|so now)|"
            r"did (?:it|that|this)|i have done (?:it|that|this|so)|finished|ready|i am ready|completed|made it)|"
            r"go on|continue|carry on|and now|what now|now what|what is next|then"
        ),
    ),
    (
        Move.UNSURE,
        _whole(
            r"(?:i )?(?:really |just )?(?:do not|dont|dunno|can not) (?:know|tell|say|remember)(?: (?:that|it))?|"
            r"dunno|idk|(?:i have )?no (?:idea|clue)(?: (?:what|which|where|how|if|whether) .{1,60})?|"
            r"not sure|(?:i am )?not (?:so |too |really )?sure|i have no (?:idea|clue)|"
            r"i (?:do not|can not) (?:see|find|have) (?:that|this|it|them|those|any|anything|"
            r"any of (?:that|these|those|them))|(?:there is )?no such (?:thing|page|button|switch|menu|setting|entry)|"
            r"how (?:should|would) i know|hard to (?:say|tell)|maybe|perhaps|who knows"
        ),
    ),
)
_TRIED = (
    r"(?:did|done|tried|checked|restarted|rebooted|reset|changed|replaced|reinstalled|updated|looked|made|been|put|"
    r"unlinked|linked|relinked|unplugged|plugged|paired|unpaired|removed|added|installed|uninstalled|deleted|charged|"
    r"switched|turned|swapped|moved|cleaned|cleared|signed|logged|scanned|rescanned|cycled|pulled|pressed|held|allowed|"
    r"enabled|disabled|waited|asked|sent|requested|typed|entered|set)"
)
_ALREADY = re.compile(
    rf"\b(?:already {_TRIED}|{_TRIED}(?: \w+){{0,4}} (?:already|before|twice|(?:many|several|three|two|\d) times)|"
    rf"(?:i|we) (?:have )?tried (?:that|this|it)|tried that|(?:i|we) (?:have )?{_TRIED} (?:\w+ ){{1,4}}and "
    rf"{_TRIED})\b"
)
_SHORT = 14


def read_move(text: str) -> Move | None:
    """The wish about the guide that `text` is; None for anything else, which may be an answer."""
    said = normalise(text)
    if not said:
        return Move.EXPLAIN if "?" in text else None
    move = next((move for move, pattern in _WHOLE if pattern.fullmatch(said)), None)
    if move is None and len(said.split()) <= _SHORT and _ALREADY.search(said):
        return Move.ALREADY
    return move
