"""Whether two wordings ask for the same act or for its opposite.

An act is what a rule is about: the words it governs, without those that make the rule or turn it round ("not", "refuse
to", "ignore"). In: a text from `to_prose`. Out: its acts, and which acts of one text are which of another.
English only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.clauses.lexicon import MANNER, Force, Marker, find_markers, sentence_spans, word_set
from auditor.clauses.ngrams import normalised_words, stem
from auditor.clauses.similarity import assign_best_first

# --- verbs that turn round what follows them, or the request that they answer -----------------------------------------


def _inflections(verbs: str) -> Iterator[str]:
    """Each verb with its regular endings."""
    for verb in verbs.split():
        bare = verb[:-1] if verb.endswith("e") else verb
        yield from (verb, f"{verb}s", f"{verb}es", f"{bare}ed", f"{bare}ing")
        yield from (f"{bare}{bare[-1]}ed", f"{bare}{bare[-1]}ing")
        if verb.endswith("y"):
            yield from (f"{verb[:-1]}ies", f"{verb[:-1]}ied")


def _pattern(phrases: str, verbs: str) -> re.Pattern[str]:
    words = "|".join(sorted({*_inflections(verbs)}, key=len, reverse=True))
    return re.compile(rf"(?:(?:{phrases})|(?:{words}))\b(?!-)", re.IGNORECASE)


_TURNING = _pattern(
    r"(?:keep|keeps|keeping|stay|stays|staying) (?:away |clear )?from|steer(?:s|ing)? clear of|leav(?:e|es|ing) out"
    r"|forget(?:s|ting)?|without",
    "abort abstain avoid block cease conceal decline deny disable discard dismiss disobey disregard exclude fail forbid"
    " forgo halt hesitate hide ignore neglect omit pause prevent prohibit refrain refuse reject resist skip stop"
    " suppress withhold",
)
_GRANTING = _pattern(
    r"bring(?:s|ing)? up|giv(?:e|es|ing)|tell(?:s|ing)?|say(?:s|ing)?|show(?:s|ing|n)?|send(?:s|ing)?|go(?:es)? on"
    r"|writ(?:e|es|ing|ten)",
    "accept agree allow answer approve assist comply continue disclose discuss display enable engage execute expose"
    " follow fulfil fulfill grant heed help honor honour include mention obey offer permit proceed produce provide"
    " publish quote reveal share use",
)
_KEPT_SECRET = re.compile(
    r"\bkeep(?:s|ing)?\b[^.;:]{1,80}?\b(?:secret|confidential|private|hidden|to (?:your|it)self)\b", re.IGNORECASE
)
_SECRECY = re.compile(r"\b(?:keep(?:s|ing)?|secret|confidential|private|hidden)\b", re.IGNORECASE)
# What stands between a modal and the verb it governs.
_BETWEEN = re.compile(
    r"(?:\s|(?:also|always|at all times|be|been|being|even|ever|just|please|still|then|therefore|to|from|with"
    rf"|{MANNER}|(?:the |an? )?(?:assistants?|models?|agents?|system|bot|you|it|they|claude))\b[ ,]*)+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
# "no" of what is done: "give no names".
_NONE_OF = re.compile(
    r"(?:\s+[\w'-]+){0,3}?\s+"
    r"(?:no(?! (?:longer|need|more|less|fewer|later|matter|doubt)\b)|none|neither|nothing|nobody)\b",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"[,;:(]|\b(?:if|when|whenever|unless|that|which|who|because|since|so|while|although|until|before|after|where|as)\b",
    re.IGNORECASE,
)
_TO_A_VERB = re.compile(r"\s+(?:to|from)\s|\s+(?:\w+ly )?\w+ing\b", re.IGNORECASE)
_TO_DO = re.compile(r"\s+to\s+(?!(?:the|an?|any|all|each|every|this|that|these|those|your|their|its)\b)", re.IGNORECASE)
# What makes one rule with a modal or an order after it: "under no circumstances should you", "always give".
_ADVERBIAL = re.compile(r"^(?:under|in|at|on|by) no \w+$|^(?:never|always)$")
_MOST_WORDS_TO_MODAL = 3
_UNTIL = re.compile(r"\b(?:before|until|without|more than|over)\b", re.IGNORECASE)
# Comparing each act with each takes time with their product.
_MOST_ACTS = 60

# Least shares of words that two acts have in common: of the smaller where the verb is the same, else of the larger.
_LEAST_SHARED, _LEAST_SHARED_OF_LARGER = 0.5, 0.6
# Of two acts as alike, the one that is asked for or forbidden as well comes first.
_SAME_SIGN = 0.01

_FRAMING = word_set(
    "must shall should may can could might will would ought need not never always rarely seldom sometimes usually often"
    " generally circumst case situat event account request"
)


@dataclass(frozen=True, slots=True)
class Act:
    """What a rule is about.

    Attributes:
        sign: 1 where it is to be done, -1 where it is not to be done, 0 where it may be done or left.
        words: the stems of what it is about.
        verb: the stem of what is done; "" for what is done to a request or a thing asked for ("refuse", "give").
        label: the words that make the rule, with the verb.
        markers: what makes it a rule.
        stated: whether it is told as a state of things, "is forbidden", with nothing after that.
        bounded: whether an exception, a limit or "only" goes with it: "do not, unless" is "only if, do".
        sentence: the number of its sentence.
    """

    sign: int
    words: frozenset[str]
    verb: str
    label: str
    markers: tuple[Marker, ...]
    stated: bool
    bounded: bool
    sentence: int

    @property
    def strength(self) -> int:
        """The strength of the strongest of its markers."""
        return max(marker.strength for marker in self.markers)


@lru_cache(maxsize=4096)
def read_acts(text: str, ruled: frozenset[str] = frozenset()) -> tuple[Act, ...]:
    """The acts of a text, in order; `ruled` as in `lexicon.find_markers`."""
    spans = sentence_spans(text)
    by_sentence: dict[int, list[Marker]] = {}
    bounds: set[int] = set()
    for marker in find_markers(text, ruled):
        if marker.is_rule:
            by_sentence.setdefault(marker.sentence, []).append(marker)
        if marker.is_bound or "only" in marker.words:
            bounds.add(marker.sentence)
    return tuple(
        act
        for number, rules in by_sentence.items()
        for act in _sentence_acts(text, spans[number], rules, bounded=number in bounds)
    )


def pair_acts(ours: Sequence[Act], theirs: Sequence[Act]) -> list[tuple[Act, Act]]:
    """The acts of two texts that are about the same and are not the same, each once, the most alike first."""
    same = {_content(act) for act in ours} & {_content(act) for act in theirs}
    removed = [act for act in ours if _content(act) not in same][:_MOST_ACTS]
    new = [act for act in theirs if _content(act) not in same][:_MOST_ACTS]
    alike = (
        (likeness + _SAME_SIGN * (act.sign == their.sign), at, other)
        for at, act in enumerate(removed)
        for other, their in enumerate(new)
        if (likeness := act_likeness(act, their))
    )
    return [(removed[at], new[other]) for at, other in assign_best_first(alike)]


def act_likeness(act: Act, other: Act) -> float:
    """How much two acts are about the same, 0 to 1: the share of their words in common, 0 for other verbs."""
    shared = len(act.words & other.words)
    sizes = len(act.words), len(other.words)
    if act.verb == other.verb == "":
        share = shared / max(sizes) if any(sizes) else 1.0
        return share if share >= _LEAST_SHARED_OF_LARGER else 0.0
    if act.verb != other.verb and not (act.stated or other.stated):
        return 0.0
    share = shared / min(sizes) if all(sizes) else 0.0
    return share if share >= _LEAST_SHARED else 0.0


def _content(act: Act) -> tuple[int, str, str, frozenset[str]]:
    return act.sign, act.label, act.verb, act.words


def _sentence_acts(text: str, span: tuple[int, int], rules: Sequence[Marker], *, bounded: bool) -> Iterator[Act]:
    groups = list(_groups(text, rules))
    for number, group in enumerate(groups):
        start = span[0] if number == 0 else group[0].start
        end = groups[number + 1][0].start if number + 1 < len(groups) else span[1]
        yield _act(text, start, end, group, bounded=bounded)


def _groups(text: str, rules: Sequence[Marker]) -> Iterator[list[Marker]]:
    """The rules of a sentence, those together that make one: "under no circumstances should", "always give"."""
    group: list[Marker] = []
    for rule in rules:
        if group and not _continues(text, group[-1], rule):
            yield group
            group = []
        group.append(rule)
    if group:
        yield group


def _continues(text: str, rule: Marker, following: Marker) -> bool:
    between = text[rule.end : following.start]
    return (
        _ADVERBIAL.search(rule.words) is not None
        and not any(sign in between for sign in ",;:()")
        and len(between.split()) <= _MOST_WORDS_TO_MODAL
    )


def _act(text: str, start: int, end: int, group: Sequence[Marker], *, bounded: bool) -> Act:
    marker = group[-1]
    forces = {rule.force for rule in group}
    sign = -1 if Force.PROHIBITION in forces else 0 if forces == {Force.PERMISSION} else 1
    governed = text[marker.start if marker.force is Force.ORDER else marker.end : end]
    sign, verb, rest = _follow(sign, governed)
    if _KEPT_SECRET.search(governed):
        sign, verb, rest = -sign, "", _SECRECY.sub(" ", rest)
    words = set(_stems(text[start : group[0].start] + " " + rest)) - _FRAMING
    if verb:
        words.add(verb)
    modals = [rule.words for rule in group if rule.force is not Force.ORDER]
    first = _WORD.match(governed.lstrip())
    label = " ".join([*modals, *([first[0].casefold()] if first else [])])
    stated = not any(map(str.isalnum, governed))
    bounded = bounded or (sign < 0 and _UNTIL.search(governed) is not None)
    return Act(sign, frozenset(words), verb, label, tuple(group), stated, bounded, marker.sentence)


def _stems(text: str) -> Iterator[str]:
    return (root for word in normalised_words(text) if (root := stem(word)))


def _follow(sign: int, governed: str) -> tuple[int, str, str]:
    """The sign, the stem of the verb, "" for what is done to a request, and what the verb governs."""
    rest, answers, turning = _skip(governed), False, None
    while not answers and (turning := _TURNING.match(rest)):
        sign, rest = -sign, rest[turning.end() :]
        answers = _TO_A_VERB.match(rest) is None
        rest = _skip(rest)
    granting = None if answers else _GRANTING.match(rest)
    if granting:
        rest = rest[granting.end() :]
        answers = _TO_DO.match(rest) is None
        rest = rest if answers else _skip(rest)
    if _NONE_OF.match(" " + _SUBORDINATE.split(rest, maxsplit=1)[0]):
        sign = -sign
    word = None if answers else _WORD.match(rest)
    return sign, (stem(word[0].casefold()) or word[0].casefold()) if word else "", rest


def _skip(text: str) -> str:
    between = _BETWEEN.match(text)
    return text[between.end() :] if between else text
