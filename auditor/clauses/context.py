"""Whether words that can make a rule make one where they stand: by who does what, as far as the words around tell.

Every test takes a sentence from `prose` and where the words begin and end in it. They err towards no rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from auditor.clauses.prose import word_set

Test = Callable[[str, int, int], bool]

_BOUNDARY = re.compile(r"[,;:()]| - |\bbut\b")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_BETWEEN = word_set("also then still therefore thus instead always never simply just only both now")
_CONDITION = re.compile(
    r"\b(?:if|whether|how|why|what|which|because|unless|until|where|when)\b((?:\s+[^\s]+)*)\s*$", re.IGNORECASE
)
_CLOSE = 4
_RELATIVE = re.compile(r"\b(?:that|which|who)\s*$", re.IGNORECASE)
_PURPOSE = re.compile(r"\bso (?:that )?(?:the |your )?\w+\s*$", re.IGNORECASE)

# Who a spec gives rules to.
_AGENTS = word_set(
    "assistant assistants model models agent agents subagent subagents bot bots chatbot ai system you it they one"
    " claude chatgpt gpt gemini grok"
)
# Who it mostly speaks of. What they may do is a rule only where it is about the rules.
_OTHERS = word_set("user users developer developers operator operators people person humans customer customers")
_RULING = word_set(
    "override overrides unlock adjust change modify customize customise disable enable opt delegate waive relax"
    " grant restrict expand allow permit authorize"
)
_OF_THINGS = ("s", "ing", "tion", "ment", "ness", "ity", "ence", "ance", "ty")
_COPULAS = word_set("is are be was were")
_POINTING = word_set("this that these those there here what which who and or but we i")
_PRONOUNS = word_set("you it they one")
# A pronoun right after a noun opens a relative clause: "the impression it may leave".
_REDUCED = re.compile(
    r"\b(?!(?:and|but|or|then|that|so|however|yet)\b)[\w'-]+ (?:you|it|they|one)(?: \w+ly| also)*\s*$", re.IGNORECASE
)
_JOINING = word_set("and or but then")

# After "may" and "can": what just happens to be so.
_HAPPENING = word_set(
    "be have need seem want know encounter find feel believe misunderstand experience lead cause fail contain"
    " understand occur appear result become interact benefit vary differ operate happen receive sometimes make"
    " mistake take get look sound remember forget lack"
)
_UNABLE = word_set("help answer be see know guarantee give verify determine find comply fulfill remember hear")
_DONE_BY_RULE = word_set(
    "overridden used shared produced provided disclosed discussed considered included ignored relaxed skipped"
    " omitted performed quoted generated delegated granted revealed changed modified made given followed waived"
    " bypassed disabled enabled sent executed applied stored"
)
_STATES = word_set(
    "have know need want mean think mind exist matter require mandate apply include work understand seem"
    " necessarily hesitate align specify support expect get feel see like contain come worry"
)
_NOT_ALWAYS = re.compile(r"\s+(?:always|necessarily|only|just|merely)\b", re.IGNORECASE)
_MONTH = re.compile(
    r"(?:\b(?:in|of|since|by|until|till|on|last|next|this|early|late|mid|from|before|after)[\s-]|\d\s?)$"
)
_AFTER_MONTH = re.compile(r"\s*(?:\d|,\s*\d|$|[.,;)])")
_THING = re.compile(
    r"(?:\b(?:a|an|the|each|one|per|tin|trash|soda|beer|paint|garbage|watering|empty|jerry|of|in)\s|-)$", re.IGNORECASE
)

# Verbs that open an order; as many of them as name no thing at the head of a title or list item.
_ORDERS = (
    "abide act adapt add adhere adopt apologize apply ask assess assist assume avoid balance base be begin bring"
    " browse calculate call cancel check choose cite clarify close collect compare comply compute confirm consider"
    " consult continue convey create declare decline default defer delete deliver demonstrate deny describe detect"
    " determine discard disclose discuss display disregard do draw edit emphasize employ enable encourage end engage"
    " ensure err escalate evaluate execute expand explain express favor fetch fill find finish flag focus follow"
    " format generate get give go greet guide hand handle have help hide highlight identify ignore include"
    " incorporate inform insert inspect install interpret invent investigate invoke join keep leave let limit list"
    " listen log look maintain make maximize mention minimize monitor navigate notify obey offer omit open organize"
    " output overwrite pause perform persist pick place prefer present preserve prevent prioritize proceed produce"
    " prohibit promote propose protect provide put raise read recommend redirect refer refrain refuse refute reject"
    " rely remain remember remind remove repeat replace reply reproduce request require resist resolve respect"
    " respond retry return reuse reveal review rewrite run save say seek select send set share show skip solve speak"
    " specify start state stay stick stop strive submit suggest summarize support tailor take talk tell terminate"
    " think transform translate treat trust try update use validate verify wait warn weigh work wrap write"
)
_ORDER = rf"(?:{'|'.join(_ORDERS.split())})(?= [^\s:=-])(?! (?:of|is|are|was|were|and|or|by|from|has|had)\b)"
# Verbs that are as often things: an order only before what they are done to.
_ORDERS_OR_THINGS = (
    "answer attempt build comment commit document file fix form group lead link mark name order pass plan point praise"
    " pull push query question quote rank rate report route score search sign sort step test touch trace track travel"
    " trim value view watch"
)
_DONE_TO = (
    "the|a|an|any|every|each|all|your|its|it|them|this|that|these|those|what|only|with|no|nothing|something|to|in|on"
)
ORDER = rf"{_ORDER}|(?:{'|'.join(_ORDERS_OR_THINGS.split())})(?= (?:{_DONE_TO})\b)"
_LEAD_INS = "please|also|then|instead|simply|just|always|only|first"
_OPENING = re.compile(
    r"(?:^|[:(]\s|\s-\s)[\"'(\[]*(?:(?:\d+[.)]|[a-z][)]|[-+*])\s)?"
    rf"(?:(?:{_LEAD_INS}|next|finally|otherwise|and|but|or|so|however|do)[, ]+)*$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:if|when|whenever|before|after|for|in|unless|where|while|once|to|as|during|with|without|even|by|on|under|at)\b"
    r"[^,]*,\s(?:(?:(?!\b(?:it|you|we|they|will|should|must|can|may|is|are|assistant|models?)\b)[^,])*,\s){0,3}"
    rf"(?:(?:{_LEAD_INS}) )*$",
    re.IGNORECASE,
)


def anywhere(sentence: str, start: int, end: int) -> bool:
    """No test."""
    return True


def is_rule(sentence: str, start: int, end: int) -> bool:
    """Not the condition of something else: "if it must", "how it should"."""
    found = _CONDITION.search(_clause(sentence, start))
    return found is None or len(found[1].split()) > _CLOSE


def is_state(sentence: str, start: int, end: int) -> bool:
    """A rule told as a state, "is required": neither a condition nor what is spoken of, "what is required"."""
    return is_rule(sentence, start, end) and not _RELATIVE.search(sentence[:start])


def allows(sentence: str, start: int, end: int) -> bool:
    """A may or can that gives leave: not the month, not a tin, not what might happen."""
    word = sentence[start:end]
    before, after = sentence[:start], sentence[end:]
    if word == "May" and (_MONTH.search(before) or _AFTER_MONTH.match(after)):
        return False
    if word.casefold().startswith("can") and _THING.search(before):
        return False
    following = _following(after)
    if following[:1] == ["be"]:
        useful = word.casefold() == "can" and following[1:] == ["used"]
        return not useful and _is_done_by_rule(following) and _unconditional(sentence, start)
    if (
        not following
        or following[0] in _HAPPENING
        or (following[0] == "not" and following[1:2] and following[1] in _HAPPENING)
    ):
        return False
    return _unconditional(sentence, start) and _may_act(sentence, start, following[0])


def forbids(sentence: str, start: int, end: int) -> bool:
    """A cannot that forbids: not what is out of reach."""
    following = _following(sentence[end:])
    if following[:1] == ["be"]:
        return _is_done_by_rule(following) and is_rule(sentence, start, end)
    if not following or following[0] in _UNABLE:
        return False
    return _unconditional(sentence, start) and _may_act(sentence, start, following[0])


def is_order(sentence: str, start: int, end: int) -> bool:
    """At the head of a sentence, after its leading clause, or said of who is ruled."""
    before = sentence[:start]
    if _OPENING.search(before) or _LEADING.match(before):
        return True
    subject = _subject(sentence, start)
    if subject in _COPULAS:
        return _following(sentence[end:])[:1] not in ([], ["a"], ["an"], ["the"], ["been"])
    return _is_agent(subject) and _unconditional(sentence, start)


def is_habit(sentence: str, start: int, end: int) -> bool:
    """An order, or what is said of who is ruled; not "is always" so."""
    return _subject(sentence, start) not in _COPULAS and is_order(sentence, start, end)


def opens(sentence: str, start: int, end: int) -> bool:
    """At the head of a sentence or after its leading clause."""
    return bool(_OPENING.search(sentence[:start]) or _LEADING.match(sentence[:start]))


def does_not(sentence: str, start: int, end: int) -> bool:
    """A do not or does not that says how to act: an order, or said of who is ruled; not a state of things."""
    following = _following(sentence[end:])
    if not following or following[0] in _STATES or _NOT_ALWAYS.match(sentence, end):
        return False
    subject = _subject(sentence, start)
    orders = sentence[start : start + 2].casefold() == "do" and subject in _JOINING
    return orders or opens(sentence, start, end) or (_is_agent(subject) and _unconditional(sentence, start))


def _clause(sentence: str, start: int) -> str:
    boundaries = list(_BOUNDARY.finditer(sentence, 0, start))
    return sentence[boundaries[-1].end() if boundaries else 0 : start]


def _unconditional(sentence: str, start: int) -> bool:
    clause = _clause(sentence, start)
    return not (_CONDITION.search(clause) or _RELATIVE.search(clause) or _PURPOSE.search(clause))


def _subject(sentence: str, start: int) -> str:
    """The word that the words follow, adverbs left out, case folded except for a name; "" at the head."""
    for word in reversed(_WORD.findall(_clause(sentence, start))):
        if word.casefold() not in _BETWEEN and not word.endswith("ly"):
            return str(word) if word[:1].isupper() and word.casefold() not in _POINTING else word.casefold()
    return ""


def _is_agent(subject: str) -> bool:
    """Who is ruled, or a name: a capital letter, and nothing that tells of a thing that begins a sentence."""
    named = subject[:1].isupper() and not subject.endswith(_OF_THINGS)
    return subject.casefold() in _AGENTS or (named and subject.casefold() not in _OTHERS)


def _is_done_by_rule(following: list[str]) -> bool:
    return len(following) > 1 and following[1] in _DONE_BY_RULE


def _may_act(sentence: str, start: int, verb: str) -> bool:
    subject = _subject(sentence, start)
    if subject.casefold() in _OTHERS:
        return verb in _RULING
    if subject in _PRONOUNS and _REDUCED.search(_clause(sentence, start)):
        return False
    if subject in _JOINING:
        return any(map(_is_agent, _WORD.findall(sentence[:start])))
    return not subject or _is_agent(subject)


def _following(after: str) -> list[str]:
    """The next two words that are no adverbs, case folded."""
    found = (word.casefold() for word in _WORD.findall(after[:80]))
    return [word for word in found if word not in _BETWEEN and not word.endswith("ly")][:2]
