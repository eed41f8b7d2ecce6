"""Which words of a text make a rule strict or lax, and how strong each is.

The clause's prose without markup and code, the table of words (`MARKER_ROWS`), and the tests of whether such words make
a rule where they stand. In: a clause's text. Out: markers with force, strength and place. English only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

# What of a clause is prose: its sentences without markup, code, quotations and matters of typography.


_CACHED_TEXTS = 4096  # texts: a clause is asked about before and after each patch, and again where patches are compared
_CACHED_SENTENCES = 2**14  # of a long text most sentences are those of the revision before


def word_set(words: str) -> frozenset[str]:
    """The words of a list written as one string."""
    return frozenset(words.split())


_LEFT_OUT = re.compile(
    r"```.*?(?:```|\Z)|(?<!`)(``?)(?!`).{1,500}?\1(?!`)"  # code
    r"|\{[{%#].{0,500}?[}%#]\}|<!--.{0,2000}?-->|</?[A-Za-z][^<>]{0,200}>"  # template and markup tags
    r"|\[\^[^\]\s]{1,64}\]:?|https?://[^\s)>\]]+|!\[[^\]]{0,300}\]\([^)\s]{0,300}\)",  # footnotes, addresses, pictures
    re.DOTALL,
)
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^()\s]*\)|\[[^\[\]]*\])")
_SHORTENED = re.compile(r"\b(e\.g|i\.e|etc|vs|cf|approx|incl|Mr|Ms|Dr|St)\.", re.IGNORECASE)
_EMPHASIS = re.compile(r"\*+|~~|(?<!\w)_+|_+(?!\w)|^(?:#{1,6}|[-+]|\d{1,3}[.)])\s")
_DASH = re.compile(r"(?<!\d)\s*(?:[\u2014\u2015]|\u2013|(?<!-)--+)\s*|\s+-\s+|\s*[\u2014\u2015]\s*|\s+\u2013\s+")
_TYPES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"'}
    | {"\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2026": "...", "\u00ab": '"', "\u00bb": '"'}
)
_QUOTATION = re.compile(r'"[^"]*"')
_SENTENCE = re.compile(r".{1,800}?(?:[.!?]+(?=[\s\"')\]]|$)[\"')\]]*|;(?=\s)|$)|.{800}", re.DOTALL)


@lru_cache(maxsize=_CACHED_TEXTS)
def to_prose(text: str) -> str:
    """The text as it would be read aloud, on one line: what differs in layout, typography, code or links is the same.

    Quotations are left as `""`, unless they are most of the text.
    """
    text = " ".join(_LEFT_OUT.sub(" ", text).split())
    text = _LINK.sub(lambda link: "" if link[1] == "?" else link[1], text)
    text = _EMPHASIS.sub("", text)
    text = _DASH.sub(" - ", text).translate(_TYPES)
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    text = _SHORTENED.sub(lambda short: short[1].replace(".", ""), text)
    unquoted = _QUOTATION.sub('""', text)
    if 2 * len(unquoted) > len(text):
        text = unquoted
    return " ".join(text.split())


@lru_cache(maxsize=_CACHED_TEXTS)
def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the sentences of a text from `prose` begin and end; a semicolon ends one, and so do 800 signs."""
    return tuple(_trimmed(text))


def _trimmed(text: str) -> Iterator[tuple[int, int]]:
    for match in _SENTENCE.finditer(text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        if start < match.end():
            yield start, match.end()


# Whether words that can make a rule make one where they stand: by who does what, as far as the words around tell.
#
# Every test takes a sentence from `prose` and where the words begin and end in it. They err towards no rule.


ContextTest = Callable[[str, int, int], bool]

_BOUNDARY = re.compile(r"[,;:()]| - |\bbut\b")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_ADVERBS = word_set("also then still therefore thus instead always never simply just only both now")
_CONDITION = re.compile(
    r"\b(?:if|whether|how|why|what|which|because|unless|until|where|when)\b((?:\s+[^\s]+)*)\s*$", re.IGNORECASE
)
_CLOSE_WORDS = 4
_RELATIVE = re.compile(r"\b(?:that|which|who)\s*$", re.IGNORECASE)
_PURPOSE = re.compile(r"\bso (?:that )?(?:the |your )?\w+\s*$", re.IGNORECASE)

_FORBIDDING = re.compile(
    r"\b(?:not|never|cannot|avoid|refuse|decline|refrain|forbidden|prohibited|nothing|nobody|no)\b|n't\b", re.IGNORECASE
)
_CAPPING = re.compile(r"\b(?:limit|cap|restrict|shorten|cut|trim)(?:s|ed|ped|ted|ting|ping|ing)?\b", re.IGNORECASE)

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
_POINTING_WORDS = word_set("this that these those there here what which who and or but we i")
_PRONOUNS = word_set("you it they one")
# A pronoun right after a noun opens a relative clause: "the impression it may leave".
_REDUCED = re.compile(
    r"\b(?!(?:and|but|or|then|that|so|however|yet)\b)[\w'-]+ (?:you|it|they|one)(?: \w+ly| also)*\s*$", re.IGNORECASE
)
_JOINING = word_set("and or but then")

# After "may" and "can": what just happens to be so.
_HAPPENING = word_set(
    "be have need seem want know encounter find feel believe misunderstand experience lead cause fail contain"
    " lose understand occur appear result become interact benefit vary differ operate happen receive sometimes make"
    " mistake take get look sound remember forget lack"
)
_UNABLE = word_set("help answer be see know guarantee give verify determine find comply fulfill remember hear")
_DONE_BY_RULE = word_set(
    "overridden used shared produced provided disclosed discussed considered included ignored relaxed skipped"
    " omitted performed quoted generated delegated granted revealed changed modified made given followed waived"
    " bypassed disabled enabled sent executed applied stored"
)
_NO_ACTS = word_set("have know need want mean mind matter hesitate worry necessarily")
_STATES = _NO_ACTS | word_set(
    "think exist require mandate apply include work understand seem align specify support expect get feel see like"
    " contain come"
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
    "abide accept act adapt add adhere adopt agree allow apologize apply approve ask assess assist assume avoid"
    " balance base be begin bring browse calculate call cancel check choose cite clarify close collect compare"
    " comply compute confirm consider consult continue convey create declare decline default defer delete deliver"
    " demonstrate deny describe detect determine discard disclose discuss dismiss disobey display disregard do"
    " draw edit emphasize employ enable encourage end engage ensure err escalate evaluate execute expand explain"
    " express favor fetch fill find finish flag focus follow fulfil fulfill format generate get give go grant"
    " greet guide halt hand handle have help hide highlight identify ignore include incorporate inform insert"
    " inspect install interpret invent investigate invoke join keep leave let limit list listen log look maintain"
    " make maximize mention minimize monitor navigate neglect notify obey offer omit open organize output"
    " overwrite pause perform permit persist pick place prefer present preserve prevent prioritize proceed produce"
    " prohibit promote propose protect provide put raise read recommend redirect refer refrain refuse refute"
    " reject rely remain remember remind remove repeat replace reply reproduce request require resist resolve"
    " respect respond retry return reuse reveal review rewrite run save say seek select send set share show skip"
    " solve speak specify start state stay stick stop strive submit suggest summarize support tailor take talk"
    " tell terminate think transform translate treat trust try update use validate verify wait warn weigh withhold"
    " work wrap write"
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
# What is done with a request: an order by itself, "refuse and say why".
_ANSWERS = "abort accept comply continue decline halt obey pause proceed refuse stop"
_ALONE = rf"(?:{'|'.join(_ANSWERS.split())})(?=[.,;!]|$| (?:and|or|but)\b)"
ORDER_VERBS = rf"{_ORDER}|{_ALONE}|(?:{'|'.join(_ORDERS_OR_THINGS.split())})(?= (?:{_DONE_TO})\b)"
# An adverb of manner; not a verb that ends like one, and not what nearly says never.
MANNER = r"(?!(?:ap|com|im|multi|re|sup)p?ly\b|(?:rare|hard|scarce|bare)ly\b)\w+ly"
_LEAD_INS = rf"please|also|then|instead|simply|just|always|only|first|sometimes|often|{MANNER}"
_OPENING = re.compile(
    r"(?:^|:\s|\(\s?|\s-\s|^\([^()]{1,40}\)\s)[\"'(\[]*(?:(?:\d+[.)]|[a-z][)]|[-+*])\s)?"
    rf"(?:(?:{_LEAD_INS}|next|finally|otherwise|and|but|or|so|however|do)[, ]+)*$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:\([^()]{1,40}\)\s|[\w /-]{1,40}:\s|only )?"  # a label, or what narrows the condition
    r"(?:if|when|whenever|before|after|for|in|unless|where|while|once|to|as|during|with|without|even|by|on|under|at"
    r"|except|apart from|other than|provided|because|since|although|given|unlike|regardless)\b"
    r"[^,]*,\s(?:(?:(?!\b(?:it|you|we|they|will|should|must|can|may|is|are|assistant|models?)\b)[^,])*,\s){0,3}"
    rf"(?:(?:{_LEAD_INS}) )*$",
    re.IGNORECASE,
)


_NO_ADVERBS = word_set("apply comply imply multiply rely reply supply")


def _is_adverb(word: str) -> bool:
    return word in _ADVERBS or (word.endswith("ly") and word not in _NO_ADVERBS)


def holds_anywhere(sentence: str, start: int, end: int) -> bool:
    """No test."""
    return True


def is_rule(sentence: str, start: int, end: int) -> bool:
    """Not the condition of something else: "if it must", "how it should"."""
    match = _CONDITION.search(_clause(sentence, start))
    return match is None or len(match[1].split()) > _CLOSE_WORDS


def is_state(sentence: str, start: int, end: int) -> bool:
    """A rule told as a state, "is required": neither a condition nor what is spoken of, "what is required"."""
    return is_rule(sentence, start, end) and not _RELATIVE.search(sentence[:start])


def is_forbidden(sentence: str, start: int, end: int) -> bool:
    """What goes with a prohibition: words before it in the sentence forbid."""
    return bool(_FORBIDDING.search(sentence, 0, start))


def is_capped(sentence: str, start: int, end: int) -> bool:
    """A number that a verb before it makes the most: "limit titles to 60"."""
    return bool(_CAPPING.search(_clause(sentence, start)))


def allows(sentence: str, start: int, end: int) -> bool:
    """A may or can that gives leave: not the month, not a tin, not what might happen."""
    following = _permitted(sentence, start, end)
    return following is not None and (following[:1] == ["be"] or _may_act(sentence, start, following[0]))


def _permitted(sentence: str, start: int, end: int) -> list[str] | None:
    """What a may or can gives leave for, whoever it is said of: its next words; None where it gives none."""
    word = sentence[start:end]
    before, after = sentence[:start], sentence[end:]
    if word == "May" and (_MONTH.search(before) or _AFTER_MONTH.match(after)):
        return None
    if word.casefold().startswith("can") and _THING.search(before):
        return None
    following = _following(after)
    if following[:1] == ["be"]:
        useful = word.casefold() == "can" and following[1:] == ["used"]
        gives = not useful and _is_done_by_rule(following)
    else:
        gives = bool(following) and following[0] not in _HAPPENING
        gives = gives and not (following[0] == "not" and following[1:2] and following[1] in _HAPPENING)
    return following if gives and _unconditional(sentence, start) else None


def _allows_ruled(sentence: str, start: int, end: int, ruled: frozenset[str]) -> bool:
    """Whether a may gives leave to somebody of whom another wording demands or forbids something."""
    subject = _subject(sentence, start).casefold() if ruled else ""
    return subject in ruled and _permitted(sentence, start, end) is not None


def forbids(sentence: str, start: int, end: int) -> bool:
    """A cannot that forbids: not what is out of reach."""
    following = _following(sentence[end:])
    if following[:1] == ["be"]:
        return _is_done_by_rule(following) and is_rule(sentence, start, end)
    if not following or following[0] in _UNABLE or not _subject(sentence, start):
        return False  # "cannot decompose": a reason
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


def opens_sentence(sentence: str, start: int, end: int) -> bool:
    """At the head of a sentence or after its leading clause."""
    return bool(_OPENING.search(sentence[:start]) or _LEADING.match(sentence[:start]))


def says_how_not_to_act(sentence: str, start: int, end: int) -> bool:
    """A do not or does not that says how to act: an order, or said of who is ruled; not a state of things."""
    following = _following(sentence[end:])
    if not following or _NOT_ALWAYS.match(sentence, end):
        return False
    subject, do = _subject(sentence, start), sentence[start : start + 2].casefold() == "do"
    if following[0] in (_NO_ACTS if do and opens_sentence(sentence, start, end) else _STATES):
        return False
    orders = do and subject in _JOINING
    return orders or opens_sentence(sentence, start, end) or (_is_agent(subject) and _unconditional(sentence, start))


def _clause(sentence: str, start: int) -> str:
    boundaries = list(_BOUNDARY.finditer(sentence, 0, start))
    return sentence[boundaries[-1].end() if boundaries else 0 : start]


def _unconditional(sentence: str, start: int) -> bool:
    clause = _clause(sentence, start)
    return not (_CONDITION.search(clause) or _RELATIVE.search(clause) or _PURPOSE.search(clause))


def _subject(sentence: str, start: int) -> str:
    """The word that the words follow, adverbs left out, case folded except for a name; "" at the head."""
    for word in reversed(_WORD.findall(_clause(sentence, start))):
        if not _is_adverb(word.casefold()):
            return str(word) if word[:1].isupper() and word.casefold() not in _POINTING_WORDS else word.casefold()
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
    words = (word.casefold() for word in _WORD.findall(after[:80]))
    return [word for word in words if not _is_adverb(word)][:2]


# The words that make a rule strict or lax: a table, and nothing else.


class Force(StrEnum):
    """What a marker does: the first four make a rule, the others widen, narrow or soften the one they stand in."""

    OBLIGATION = "obligation"
    ORDER = "order"
    PROHIBITION = "prohibition"
    PERMISSION = "permission"
    HEDGE = "hedge"
    SCOPE = "scope"
    ONLY = "only"
    LIMIT = "limit"
    EXPLICIT = "explicit"
    EXCEPTION = "exception"


RULE_FORCES = frozenset({Force.OBLIGATION, Force.ORDER, Force.PROHIBITION, Force.PERMISSION})

NUMBER_WORDS = {
    word: at
    for at, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}
_NUMBER = rf"(?P<number>\d{{1,3}}(?:,\d{{3}}){{1,2}}(?!\d)|\d{{1,9}}|{'|'.join(NUMBER_WORDS)})"

_NOT = r"(?:n't|(?: also| \w+ly)? not)"
_ADVERB = r"(?: (?:also|always|\w+ly|then|still|in general|at all times))?"
_IS, _BE = "(?:is|are)", r"(?:is|are|be|being|(?:it|that|you|they)'(?:s|re))"
_REFRAIN = "(?:avoid|refrain from)"
_GOOD = r"(?:allowed|permitted|acceptable|authorized|authorised|licensed|okay|ok)(?! by\b)"
_BAD = "(?:prohibited|forbidden|banned|disallowed|unacceptable|off[- ]limits)"
_DUE = r"(?:required|obliged|obligated|mandatory)(?! by\b)"
_CASES = "(?:cases?|circumstances?|contexts?|situations?|events?|conditions?)"
_AT_NO = rf"(?:(?:in|under) no {_CASES}|at no (?:time|point)|by no means|on no account|in no way)"
_NOTHING = (
    r"(?:no(?! (?:longer|need|more|less|fewer|later|matter|doubt)\b)|none|nothing|neither|nobody)\b"
    r"(?:(?! (?:that|which|who|if|when|and|but|is|are)\b) [\w'/-]+){0,8}?"
)
_RARELY = "(?:rarely|seldom|hardly(?: ever)?|scarcely|barely)"

# (force, strength, what must hold where the words stand, the words): of the rows that match at a place the first one
# counts; when what must hold for a rule does not, no later row makes a rule of the same words.
MARKER_ROWS: tuple[tuple[Force, int, ContextTest, tuple[str, ...]], ...] = (
    # no rule after all
    (Force.PERMISSION, 0, is_state, (rf"{_BE}{_NOT}{_ADVERB} (?:{_DUE}|expected|{_BAD})(?: to)?",)),
    (Force.PERMISSION, 0, is_state, (rf"{_IS} (?:never|no longer) (?:{_DUE}|{_BAD})(?: to)?", "no need to")),
    (Force.PERMISSION, 0, is_rule, (rf"(?:do|does){_NOT} (?:have|need) to", "need not", "needn't")),
    (Force.PERMISSION, 0, is_rule, (rf"(?:do|does){_NOT} (?:require|mandate)", "never (?:has|have|needs?) to")),
    (Force.PERMISSION, 0, is_rule, (rf"(?:need|must|should){_NOT} (?:necessarily|always)",)),
    # prohibitions
    (Force.PROHIBITION, 6, is_rule, (rf"{_NOTHING} (?:may|can|must|shall)",)),
    (Force.PROHIBITION, 4, is_rule, (rf"{_NOTHING} (?:should|ought to)",)),
    (Force.PROHIBITION, 2, is_rule, (rf"(?:must|shall|should|ought to|may|can) {_RARELY}",)),
    (Force.PROHIBITION, 6, is_rule, (rf"(?:must|shall){_ADVERB} (?:never|{_REFRAIN})", rf"(?:must|shall){_NOT}")),
    (Force.PROHIBITION, 6, is_rule, (rf"(?:must|shall|should|may|can) {_AT_NO}",)),
    (Force.PROHIBITION, 6, is_rule, ("may only", rf"{_BE} only (?:{_GOOD})(?: to)?")),
    (Force.PROHIBITION, 6, allows, ("can only", r"(?:may|can)(?= (?:be )?\w+(?: \w+)? only\b)")),
    (Force.PROHIBITION, 6, allows, ("may never", "can never", "may not")),
    (Force.PROHIBITION, 6, forbids, ("cannot", "can not", "can't")),
    (Force.PROHIBITION, 5, is_rule, (rf"(?:should|ought to){_ADVERB} never",)),
    (
        Force.PROHIBITION,
        4,
        is_rule,
        (rf"(?:should|ought){_NOT}(?: to)?(?! be able)", rf"(?:should|ought to){_ADVERB} {_REFRAIN}"),
    ),
    (Force.PROHIBITION, 6, is_state, (rf"{_BE}{_NOT}{_ADVERB} {_GOOD}(?: to)?", rf"{_BE}{_ADVERB} {_BAD}")),
    (Force.PROHIBITION, 6, is_state, (rf"{_IS} (?:never|no longer) (?:{_GOOD}|justified)",)),
    (Force.PROHIBITION, 6, is_order, (_AT_NO, "never")),
    (Force.PROHIBITION, 2, is_order, (_RARELY,)),
    (Force.PROHIBITION, 6, says_how_not_to_act, (rf"(?:do|does|will){_NOT}", "won't")),
    (Force.PROHIBITION, 4, is_order, ("avoids?(?= )", "refrains? from", "declines? to", "refuses? to")),
    (Force.PROHIBITION, 3, is_order, ("(?:try|tries|attempts?|aims?|strives?|seeks?) (?:not to|to avoid)",)),
    (Force.PROHIBITION, 2, is_state, (rf"{_IS} discouraged",)),
    # obligations
    (
        Force.OBLIGATION,
        6,
        is_rule,
        (r"(?<!\ba )(?<!\bthe )must(?!-| have been)", "shall", "(?:has|have|needs?) to(?! (?:know|be able))"),
    ),
    (Force.OBLIGATION, 6, is_state, (rf"{_BE}{_ADVERB} {_DUE}(?: to)?",)),
    (Force.OBLIGATION, 6, is_state, (rf"{_IS} (?:responsible|liable) for",)),
    (Force.OBLIGATION, 6, is_habit, ("always",)),
    (Force.OBLIGATION, 4, is_rule, ("should(?! have been)", "ought to", rf"{_IS} (?:expected|supposed) to")),
    (Force.OBLIGATION, 2, is_state, (rf"{_IS} (?:encouraged|recommended|advised)(?: to)?",)),
    (Force.ORDER, 5, opens_sentence, (ORDER_VERBS,)),
    # permissions
    (Force.PERMISSION, 0, allows, ("may", "can")),
    (Force.PERMISSION, 0, is_state, (rf"{_BE} (?:\w+ly )?(?:{_GOOD}|optional|welcome|free|fine)(?: to\b)?(?!-)",)),
    (Force.PERMISSION, 0, opens_sentence, ("feel free to",)),
    # what a rule does not cover
    (Force.EXCEPTION, 0, holds_anywhere, ("unless", "except(?:ing)?(?: for| in| when| if| where| as)?", "excluding")),
    (Force.EXCEPTION, 0, holds_anywhere, ("other than", "apart from", "with the exception of", "save for")),
    (Force.EXCEPTION, 0, is_forbidden, ("without",)),
    (
        Force.EXCEPTION,
        0,
        holds_anywhere,
        ("only (?:if|when|where|after|insofar as|for|in|with|to the extent)", "insofar as"),
    ),
    (
        Force.EXCEPTION,
        0,
        holds_anywhere,
        ("(?:as|so) long as", "provided(?= that| the| it| they| you| no)", "if and only if"),
    ),
    # how wide it is
    (Force.LIMIT, 1, holds_anywhere, (rf"(?:at least|no (?:fewer|less) than|a minimum of|minimum) {_NUMBER}",)),
    (
        Force.LIMIT,
        -1,
        holds_anywhere,
        (rf"(?:at most|no more than|not more than|up to|a maximum of|maximum|within) {_NUMBER}",),
    ),
    (Force.LIMIT, -1, is_forbidden, (rf"(?:more than|over|longer than|exceed(?:s|ing)?) {_NUMBER}",)),
    (Force.LIMIT, -1, is_capped, (rf"to {_NUMBER}",)),
    (Force.ONLY, 0, holds_anywhere, (r"(?<!not )(?<!the )(?<!-)only", "solely", "exclusively")),
    (Force.SCOPE, -1, holds_anywhere, ("some(?: of)?", "certain", r"most(?= of| (?!\w+ous\b)\w+s\b)", "in most")),
    (Force.SCOPE, -1, holds_anywhere, ("many", "a few", "several")),
    (Force.SCOPE, 1, holds_anywhere, ("regardless(?: of)?", "irrespective of", "no matter", "whatever", "whichever")),
    (Force.SCOPE, 1, holds_anywhere, ("even (?:if|when|though|in|after)", "without exception")),
    (Force.SCOPE, 1, holds_anywhere, (rf"(?:in|under) (?:all|any|every) {_CASES}", "at all times", "always")),
    (Force.SCOPE, 1, holds_anywhere, (r"(?<!\bat )(?<!\babove )(?<!\bafter )(?<!\bin )all(?!-)", "both", "entire")),
    (Force.SCOPE, 1, holds_anywhere, ("any", "every", "each", "everyone", "anyone", "everything", "anything")),
    (Force.EXPLICIT, 0, holds_anywhere, ("explicit(?:ly)?", "expressly", "strictly")),
    # how firmly it is said
    (Force.HEDGE, 0, holds_anywhere, ("by default", "in general", "in most cases", "to the extent possible")),
    (
        Force.HEDGE,
        0,
        holds_anywhere,
        ("(?:where|when|whenever|wherever) (?:possible|feasible|practical|practicable|appropriate)",),
    ),
    (
        Force.HEDGE,
        0,
        holds_anywhere,
        ("(?:if|as) (?:possible|feasible|practical|appropriate)", r"consider(?= \w+ing\b)"),
    ),
    (
        Force.HEDGE,
        0,
        holds_anywhere,
        ("generally", "typically", "usually", "normally", "ordinarily", "mostly", "often", "sometimes", "occasionally"),
    ),
    (
        Force.HEDGE,
        0,
        holds_anywhere,
        ("(?:try|tries|attempts?|aims?|strives?|endeavou?rs?|seeks?) to", "ideally", "preferably"),
    ),
)


# Which words of a text make a rule strict or lax, and how strong each is.


_PATTERNS = tuple((row, re.compile(rf"(?<![\w-])(?:{'|'.join(row[3])})(?!\w)", re.IGNORECASE)) for row in MARKER_ROWS)


@dataclass(frozen=True, slots=True)
class Marker:
    """Words with a force, at `start` to `end` of a text from `prose`.

    `strength` orders markers of one force: rules from 2 (encouraged) over 4 (should) to 6 (must), a permission 0; scope
    1 for all and -1 for some; a limit's number, at most n as -n; 0 elsewhere. `words` are case folded. `sentence`
    counts the sentences of the text from 0.
    """

    force: Force
    strength: int
    start: int
    end: int
    words: str
    sentence: int

    @property
    def is_bound(self) -> bool:
        """Whether it bounds the rule that it stands in: an exception, a limit, or "only"."""
        return self.force in (Force.EXCEPTION, Force.LIMIT, Force.ONLY)

    @property
    def is_rule(self) -> bool:
        """Whether it makes a rule by itself."""
        return self.force in RULE_FORCES


_NOBODY: frozenset[str] = frozenset()


@lru_cache(maxsize=_CACHED_TEXTS)
def find_markers(text: str, ruled: frozenset[str] = _NOBODY) -> tuple[Marker, ...]:
    """The markers in a text from `prose`, in order; none overlaps another.

    `ruled` are subjects, case folded, to whom a "may" gives leave as well: those of the rules of another wording.
    """
    return tuple(
        replace(marker, start=marker.start + start, end=marker.end + start, sentence=at)
        for at, (start, end) in enumerate(sentence_spans(text))
        for marker in _sentence_markers(text[start:end], _permitted_in(text[start:end], ruled))
    )


def _permitted_in(sentence: str, ruled: frozenset[str]) -> frozenset[str]:
    """Those of some subjects to whom a sentence may give leave: for the others it is read once for all."""
    lowered = sentence.casefold() if ruled else ""
    if "may" not in lowered and "can" not in lowered:
        return _NOBODY
    return frozenset(subject for subject in ruled if subject in lowered)


@lru_cache(maxsize=_CACHED_TEXTS)
def rule_subjects(text: str) -> frozenset[str]:
    """Who the duties and prohibitions of a text from `prose` are said of, case folded: the word before "must"."""
    subjects = (
        _subject(text[start:end], marker.start)
        for start, end in sentence_spans(text)
        for marker in _sentence_markers(text[start:end], _NOBODY)
        if marker.force in (Force.OBLIGATION, Force.PROHIBITION)
    )
    return frozenset(subject.casefold() for subject in subjects if subject) - _COPULAS - _JOINING


def has_rule(text: str) -> bool:
    """Whether anything in a text from `prose` makes a rule."""
    return any(
        marker.is_rule for start, end in sentence_spans(text) for marker in _sentence_markers(text[start:end], _NOBODY)
    )


@lru_cache(maxsize=_CACHED_SENTENCES)
def _sentence_markers(sentence: str, ruled: frozenset[str]) -> tuple[Marker, ...]:
    """The markers of one sentence, in order, as the first of a text."""
    return tuple(sorted(_matched_markers(sentence, ruled), key=lambda marker: marker.start))


def _matched_markers(sentence: str, ruled: frozenset[str]) -> Iterator[Marker]:
    numbers: set[int] = set()
    no_rule: set[int] = set()
    for (force, strength, holds, _), pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            start, end = match.span()
            place = range(start, end)
            if not numbers.isdisjoint(place) or (force in RULE_FORCES and not no_rule.isdisjoint(place)):
                continue
            if holds(sentence, start, end) or (holds is allows and _allows_ruled(sentence, start, end, ruled)):
                numbers.update(place)
                number = strength * _number(match.groupdict().get("number"))
                yield Marker(force, number, start, end, match[0].casefold(), 0)
            elif force in RULE_FORCES:
                no_rule.update(place)


def _number(words: str | None) -> int:
    if words is None:
        return 1
    words = words.replace(",", "")
    return int(words) if words.isdecimal() else NUMBER_WORDS[words.casefold()]
