"""Whether a changed clause asks more of the model or less, and the words that say so.

Two wordings are aligned sentence by sentence; each normative word, list entry or level of authority that changed is a
ground with a direction; the grounds together are the change's. In: clause changes, and the levels of authority. Out: a
`Norm` for each; the renamings and level changes of a patch. A revert has the opposite direction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice, zip_longest

from auditor.clauses.language import control_tags, explain_unread, is_english
from auditor.clauses.lexicon import Force, Marker, find_markers, has_rule, rule_subjects, sentence_spans, to_prose
from auditor.clauses.ngrams import normalised_words, stem
from auditor.clauses.polarity import Act, act_likeness, pair_acts, read_acts
from auditor.clauses.sequence import common_prefix_length, common_suffix_length, patience_pairs
from auditor.clauses.similarity import assign_best_first, word_similarity
from auditor.clauses.words import diff_words, split_words
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind

# Two wordings of a clause, side by side: which sentence and which marker of one is which of the other.


# Least share of the shorter sentence's letters that two wordings of it keep, or else of both wordings' words.
_LEAST_LETTERS_KEPT, _LEAST_WORDS_SHARED = 0.3, 0.5
# Comparing each sentence with each takes time with their product; beyond it only those that keep words are compared.
_MOST_SENTENCES = 200

MarkerPair = tuple[Marker | None, Marker | None]


class Wording:
    """One wording of a clause: its prose, its sentences as (start, end), its markers and its acts.

    `ruled` are the subjects of the other wording's rules: what this one allows them is a permission, too.
    """

    def __init__(self, text: str, ruled: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.sentences = sentence_spans(text)
        self.markers = find_markers(text, ruled)
        self.acts = read_acts(text, ruled)
        self._starts = [start for start, _ in self.sentences]
        self._by_sentence: dict[int, list[Marker]] = defaultdict(list)
        for marker in self.markers:
            self._by_sentence[marker.sentence].append(marker)

    def sentence_at(self, position: int) -> int:
        """The number of the sentence that a position stands in; the white space after one belongs to it."""
        return max(0, bisect_right(self._starts, position) - 1)

    def sentence(self, number: int) -> str:
        """The words of a sentence."""
        start, end = self.sentences[number]
        return self.text[start:end]

    def rule_at(self, position: int) -> Marker | None:
        """The rule that governs a position: the last one before it in its sentence, else the next one there."""
        rules = [marker for marker in self.markers_near(position) if marker.is_rule]
        before = [marker for marker in rules if marker.start <= position]
        return before[-1] if before else rules[0] if rules else None

    def exception_at(self, position: int) -> Marker | None:
        """The exception that a position is part of: one before it in its sentence, with no rule in between."""
        before = [marker for marker in self.markers_near(position) if marker.end <= position]
        bounds = [marker for marker in before if marker.is_rule or marker.force is Force.EXCEPTION]
        return bounds[-1] if bounds and not bounds[-1].is_rule else None

    def sense_at(self, position: int) -> int:
        """1 where covering more means to ask more, -1 where it means to allow more, 0 where there is no rule."""
        rule = self.rule_at(position)
        if rule is None:
            return 0
        sense = -1 if rule.force is Force.PERMISSION else 1
        return -sense if self.exception_at(position) else sense

    def markers_near(self, position: int) -> Sequence[Marker]:
        """The markers of the sentence that a position stands in."""
        return self._by_sentence.get(self.sentence_at(position), ())


@dataclass(frozen=True, slots=True)
class Segment:
    """Words on one side only, at `start` to `end` there; `replaces` when other words stood in their place."""

    start: int
    end: int
    replaces: bool


class Alignment:
    """Two wordings compared.

    Attributes:
        before, after: the wordings.
        segments: the words on one side only: before, and after.
        sentences: which sentence before is which after.
        pairs: the markers that changed, each with what it became in the same sentence; None on the side it is not on.
            What reads the same in the same place, or stands for the same in the same sentence, is in none.
    """

    def __init__(self, before: str, after: str) -> None:
        self.before = Wording(before, rule_subjects(after))
        self.after = Wording(after, rule_subjects(before))
        self._kept: dict[int, int] = {}
        self.segments: tuple[list[Segment], list[Segment]] = ([], [])
        self._compare(before, after)
        self.sentences = self._paired_sentences()
        self.pairs = list(self._paired_markers())

    def _compare(self, before: str, after: str) -> None:
        at, other = 0, 0
        changes = diff_words(before, after)
        for step, (op, text) in enumerate(changes):
            size = len(text)
            if op == "equal":
                self._kept.update(zip(range(at, at + size), range(other, other + size), strict=True))
            else:
                start = at if op == "delete" else other
                neighbours = changes[max(0, step - 1) : step + 2]
                replaces = any(neighbour not in ("equal", op) for neighbour, _ in neighbours)
                self.segments[op == "insert"].append(Segment(start, start + size, replaces))
            at += size * (op != "insert")
            other += size * (op != "delete")

    def _paired_sentences(self) -> Mapping[int, int]:
        pairs = dict(assign_best_first(self._kept_sentences()))
        numbers = set(pairs.values())
        ours = {at: _sentence_bag(self.before, at) for at in range(len(self.before.sentences)) if at not in pairs}
        theirs = {at: _sentence_bag(self.after, at) for at in range(len(self.after.sentences)) if at not in numbers}
        if max(len(ours), len(theirs)) <= _MOST_SENTENCES:
            alike = ((word_similarity(ours[at], theirs[other]), at, other) for at in ours for other in theirs)
            pairs.update(assign_best_first(pair for pair in alike if pair[0] >= _LEAST_WORDS_SHARED))
        return pairs

    def _kept_sentences(self) -> Iterator[tuple[float, int, int]]:
        counts = Counter(
            (self.before.sentence_at(at), self.after.sentence_at(other))
            for at, other in self._kept.items()
            if self.before.text[at].isalnum()
        )
        for (at, other), count in counts.items():
            if count >= _LEAST_LETTERS_KEPT * min(_letters(self.before, at), _letters(self.after, other)):
                yield float(count), at, other

    def _paired_markers(self) -> Iterator[MarkerPair]:
        ours, theirs = map(_by_slot, self._changed())
        for (at, slot), markers in ours.items():
            for marker, other in _pair_in_turn(markers, theirs.pop((self.sentences.get(at, -1), slot), [])):
                separate = marker and other and marker.is_rule and not self._go_together(marker, other)
                yield from ((marker, None), (None, other)) if separate else ((marker, other),)
        for their in theirs.values():
            yield from ((None, marker) for marker in their)

    def _go_together(self, marker: Marker, other: Marker) -> bool:
        """Whether two rules in the same place are about the same: their acts share a word, or one has none."""
        ours, theirs = (
            [act for act in wording.acts if rule in act.markers]
            for wording, rule in ((self.before, marker), (self.after, other))
        )
        words = [{word for act in acts for word in act.words} for acts in (ours, theirs)]
        if not all(words) or words[0].isdisjoint(words[1]):
            return not all(words)
        pairs = (marker, other), (other, marker)
        if any(order.force is Force.ORDER and leave.words == "can" for order, leave in pairs):
            return act_likeness(ours[0], theirs[0]) > 0  # "check the log", "you can also read the log of the storm"
        return True

    def _changed(self) -> tuple[list[Marker], list[Marker]]:
        """The markers that do not stand for the same in the same place on the other side."""
        there = {_marker_position(marker, marker.start, marker.end) for marker in self.after.markers}
        matched = {}
        for marker in self.before.markers:
            start, last = self._kept.get(marker.start), self._kept.get(marker.end - 1)
            if start is not None and last is not None and _marker_position(marker, start, last + 1) in there:
                matched[marker] = _marker_position(marker, start, last + 1)
        same = set(matched.values())
        theirs = [
            marker for marker in self.after.markers if _marker_position(marker, marker.start, marker.end) not in same
        ]
        return [marker for marker in self.before.markers if marker not in matched], theirs


_MarkerPosition = tuple[int, int, Force, int]


def _marker_position(marker: Marker, start: int, end: int) -> _MarkerPosition:
    return start, end, marker.force, marker.strength


def _by_slot(markers: Iterable[Marker]) -> dict[tuple[int, str], list[Marker]]:
    slots: dict[tuple[int, str], list[Marker]] = defaultdict(list)
    for marker in markers:
        only = marker.force is Force.EXCEPTION and marker.words.startswith("only")
        slots[marker.sentence, "rule" if marker.is_rule else Force.ONLY if only else marker.force].append(marker)
    return slots


def _pair_in_turn(ours: Sequence[Marker], theirs: Sequence[Marker]) -> Iterator[MarkerPair]:
    """Those that stand for the same are left out, the rest pair in turn."""
    same = patience_pairs(*([(marker.force, marker.strength) for marker in side] for side in (ours, theirs)))
    done, other_done = {at for at, _ in same}, {other for _, other in same}
    rest = (marker for at, marker in enumerate(ours) if at not in done)
    return zip_longest(rest, (marker for at, marker in enumerate(theirs) if at not in other_done))


def _letters(wording: Wording, at: int) -> int:
    start, end = wording.sentences[at]
    return sum(map(str.isalnum, wording.text[start:end])) or 1


def _sentence_bag(wording: Wording, at: int) -> Counter[str]:
    return Counter(split_words(wording.sentence(at)))


# What a change does to what is asked of the model, and what that is read from.


class Direction(StrEnum):
    """What a change does to what is asked of the model."""

    TIGHTENED = "tightened"
    RELAXED = "relaxed"
    REVERSED = "reversed"
    MIXED = "mixed"
    CLARIFIED = "clarified"
    DESCRIPTIVE = "descriptive"
    UNDETERMINED = "undetermined"


# Those in which what is asked of the model changed.
NORMATIVE_DIRECTIONS = (Direction.TIGHTENED, Direction.RELAXED, Direction.REVERSED, Direction.MIXED)


class GroundKind(StrEnum):
    """What kind of words a judgement rests on; polarity is whether an act is asked for or forbidden."""

    POLARITY = "polarity"
    STRENGTH = "strength"
    SCOPE = "scope"
    EXCEPTION = "exception"
    LIST = "list"
    AUTHORITY = "authority"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Ground:
    """Words a judgement rests on: as they were and as they are, "" where there are none on that side."""

    kind: GroundKind
    before: str
    after: str
    direction: Direction

    @property
    def is_grave(self) -> bool:
        """Whether a rule is turned round or given up, or its modal is weaker, whatever else became stricter."""
        if self.direction is Direction.REVERSED:
            return True
        modal = self.kind is GroundKind.POLARITY or (self.kind is GroundKind.STRENGTH and self.before and self.after)
        return self.direction is Direction.RELAXED and bool(modal)


_OPPOSITES = {Direction.TIGHTENED: Direction.RELAXED, Direction.RELAXED: Direction.TIGHTENED}


def mirror_ground(ground: Ground) -> Ground:
    """The ground of the opposite change."""
    return Ground(ground.kind, ground.after, ground.before, _OPPOSITES.get(ground.direction, ground.direction))


# Levels of authority: their order, and which change of level is only another name.


# A level has another name when at least so many headings, and this share of those that had it, took the new name.
_LEAST_RENAMED_HEADINGS, _LEAST_RENAMED_SHARE = 3, 0.75


@dataclass(frozen=True, slots=True)
class AuthorityLevels:
    """The levels of authority a spec knows, strongest first; levels of one rank stand together.

    `key` is the heading attribute that gives a section's level.
    """

    order: tuple[frozenset[str], ...]
    key: str = "authority"

    def of(self, clause: Clause | None) -> str | None:
        """The level of the section a clause stands in, or heads; None where it has none."""
        return None if clause is None else clause.attributes.get(self.key)

    def direction(self, before: str | None, after: str | None) -> Direction:
        """What a change of level does to the rules under it; undetermined where a level is missing or unknown."""
        old, new = self._rank(before), self._rank(after)
        if before == after or old == new is not None:
            return Direction.CLARIFIED
        if old is None or new is None:
            return Direction.UNDETERMINED
        return Direction.TIGHTENED if new < old else Direction.RELAXED

    def _rank(self, level: str | None) -> int | None:
        return next((rank for rank, names in enumerate(self.order) if level in names), None)


DEFAULT_LEVELS = AuthorityLevels(
    tuple(map(frozenset, (["root"], ["system", "platform"], ["developer"], ["user"], ["guideline"])))
)


@dataclass(frozen=True, slots=True)
class LevelRenaming:
    """A level that has another name: of `of` headings that had the old one and stayed, `count` have the new one."""

    before: str
    after: str
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A heading whose level changed; the direction is read with the renamed levels under their new names."""

    change: ClauseChange
    before: str | None
    after: str | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class AuthorityChanges:
    """What a patch did to levels of authority; renamings by old name, changes in the order of the patch."""

    renamings: tuple[LevelRenaming, ...]
    changes: tuple[LevelChange, ...]

    @property
    def renamed(self) -> Mapping[str, str]:
        """New names of the renamed levels by old name."""
        return {renaming.before: renaming.after for renaming in self.renamings}


def find_authority_changes(
    changes: Sequence[ClauseChange],
    unchanged: Iterable[tuple[Clause, Clause]] = (),
    levels: AuthorityLevels = DEFAULT_LEVELS,
) -> AuthorityChanges:
    """The levels that one patch renamed, and the headings whose level it changed beside that.

    Renamed is a level when nearly all headings that had it and are still there (three in four, and three at least)
    have one name that no heading had before, and no heading has the old name after. Give the `unchanged` pairs of
    `match.match`, too: without them a level that is still in use elsewhere can pass for renamed. They are only looked
    at where a level changed.
    """
    pairs = [(change.before, change.after) for change in changes]
    names = [tuple(map(levels.of, _headings(*pair))) for pair in pairs]
    if all(old is None or new is None or old == new for old, new in names):  # as in nearly all patches
        renamings: tuple[LevelRenaming, ...] = ()
    else:
        renamings = tuple(_renamings([*names, *(tuple(map(levels.of, _headings(*pair))) for pair in unchanged)]))
    renamed = {renaming.before: renaming.after for renaming in renamings}
    return AuthorityChanges(renamings, tuple(_level_changes(changes, levels, renamed)))


def _headings(before: Clause | None, after: Clause | None) -> tuple[Clause | None, Clause | None]:
    return _heading(before), _heading(after)


def _heading(clause: Clause | None) -> Clause | None:
    return clause if clause is not None and clause.kind is ClauseKind.HEADING else None


def _renamings(levels: Iterable[tuple[str | None, ...]]) -> Iterator[LevelRenaming]:
    went: defaultdict[str, Counter[str]] = defaultdict(Counter)
    before, after = set(), set()
    for old, new in levels:
        before.add(old)
        after.add(new)
        if old is not None and new is not None:
            went[old][new] += 1
    for old, names in sorted(went.items()):
        new, count = names.most_common(1)[0]
        enough = count >= _LEAST_RENAMED_HEADINGS and count >= _LEAST_RENAMED_SHARE * names.total()
        if enough and new not in before and old not in after:
            yield LevelRenaming(old, new, count, names.total())


def _level_changes(
    changes: Iterable[ClauseChange], levels: AuthorityLevels, renamed: Mapping[str, str]
) -> Iterator[LevelChange]:
    for change in changes:
        clause, other = _headings(change.before, change.after)
        if clause is None or other is None:
            continue
        old, new = levels.of(clause), levels.of(other)
        current = renamed.get(old, old) if old else None
        if current != new:
            yield LevelChange(change, old, new, levels.direction(current, new))


# Things that were added to, or taken from, what a rule lists.


_JOINT = re.compile(r"[\s,(]*(or|and|nor|and/or|as well as|plus|including|in addition to)\b", re.IGNORECASE)
_LAST_JOINT = re.compile(r"[^.;:]{0,80}?\b(or|and|nor)\b", re.IGNORECASE)
# In an exception that is a condition "and" narrows it; in one that lists things it adds one more.
_CONDITIONS = ("unless", "only", "as long", "so long", "provided", "insofar", "if and")
# Longer than this it is hardly an item.
_MOST_ENTRY_WORDS = 14
# Shorter words than this (in letters) are in any text.
_LEAST_TELLING_LETTERS = 4


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An item: its words, how far into the text it stands (0 to 1), and what its being there does (1 or -1)."""

    words: str
    place: float
    effect: int


def list_entries(
    wording: Wording, segments: Iterable[Segment], sentences: Collection[int], elsewhere: Collection[str]
) -> Iterator[ListEntry]:
    """The items among the segments that only this wording has, in the `sentences` that the other has, too.

    `elsewhere` are the words that only the other wording has: what is made of them was put elsewhere, not added.
    """
    for segment in segments:
        text = wording.text[segment.start : segment.end]
        start = segment.start + len(text) - len(text.lstrip())
        joint = _joint(wording, segment)
        if not joint or wording.sentence_at(start) not in sentences or _is_more_than_entry(wording, segment):
            continue
        if any(len(word) >= _LEAST_TELLING_LETTERS and word in elsewhere for word in split_words(text)):
            continue
        effect = _effect(wording, start, joint)
        if effect:
            yield ListEntry(text.strip(" ,()"), segment.start / len(wording.text), effect)


def _is_more_than_entry(wording: Wording, segment: Segment) -> bool:
    """Whether a segment is more than an item: too long, in the place of other words, or with a rule of its own."""
    inside = (marker for marker in wording.markers if segment.start <= marker.start < segment.end)
    long = len(split_words(wording.text[segment.start : segment.end])) > _MOST_ENTRY_WORDS
    return long or segment.replaces or any(marker.is_rule for marker in inside)


def _joint(wording: Wording, segment: Segment) -> str:
    """The word that joins a segment to a list: at its head, or after it where it is not the last item; else ""."""
    text = wording.text[segment.start : segment.end]
    if not any(map(str.isalnum, text)):
        return ""
    head = _JOINT.match(text)
    if head:
        return head[1].casefold()
    if not text.lstrip().startswith(",") and not text.rstrip().endswith(","):
        return ""
    last = _LAST_JOINT.match(text) or _LAST_JOINT.match(wording.text, segment.end)
    return last[1].casefold() if last else ""


def _effect(wording: Wording, start: int, joint: str) -> int:
    exception = wording.exception_at(start)
    narrows = joint == "and" and exception is not None and exception.words.startswith(_CONDITIONS)
    return -wording.sense_at(start) if narrows else wording.sense_at(start)


# Two wordings of a clause -> the normative words that changed, and which way each of them works.


_KINDS = {Force.SCOPE: GroundKind.SCOPE, Force.ONLY: GroundKind.SCOPE, Force.LIMIT: GroundKind.SCOPE}
_KINDS |= {Force.EXPLICIT: GroundKind.SCOPE, Force.EXCEPTION: GroundKind.EXCEPTION}

# A permission in such a sentence bounds the rule that it follows.
_CONCEDING = re.compile(r"(?:however|that said|nevertheless|nonetheless|still|but|yet|even so)\b", re.IGNORECASE)

_CACHED_PAIRS = 4096  # pairs of texts: an audit asks about a change once, and its report again
_PlacedGround = tuple[float, Ground]


@lru_cache(maxsize=_CACHED_PAIRS)
def find_grounds(before: str, after: str, *, titles: bool = False) -> tuple[Ground, ...]:
    """The grounds between two texts from `prose`, in the order of the text, each once.

    The verbs that two titles begin with are no grounds: what they mean is in the rules under them. The other way round
    the same grounds point the other way.
    """
    if after < before:  # one orientation: whatever decides a tie decides it the same way for the revert
        return tuple(map(mirror_ground, find_grounds(after, before, titles=titles)))
    aligned = Alignment(*_changed_passages(before, after))
    pairs = [pair for pair in aligned.pairs if not titles or not any(map(_is_order, pair))]
    turned, rest = _settle_acts(aligned, pairs)
    placed = [*turned, *_marker_grounds(aligned, rest), *_entry_grounds(aligned)]
    placed.sort(key=lambda pair: pair[0])
    return tuple(dict.fromkeys(ground for _, ground in placed))


# Of texts of more sentences, what is the same on both sides is left out but for what stands next to a change: to read
# them takes as long as what changed. A shorter text is read whole.
_MOST_WHOLE_SENTENCES = 60


def _changed_passages(before: str, after: str) -> tuple[str, str]:
    """The sentences of two texts that are not the same, each with the ones before and after it.

    What is said once more, or once less, stays with one sentence that says the same on both sides.
    """
    if max(len(sentence_spans(text)) for text in (before, after)) <= _MOST_WHOLE_SENTENCES:
        return before, after
    sides = [[text[start:end] for start, end in sentence_spans(text)] for text in _without_ends(before, after)]
    pairs = dict(patience_pairs(*sides))
    paired = (pairs.keys(), set(pairs.values()))
    changed = [[at for at in range(len(side)) if at not in same] for side, same in zip(sides, paired, strict=True)]
    texts = {side[at] for side, places in zip(sides, changed, strict=True) for at in places}
    near = [{at + step for at in places for step in (-1, 0, 1)} for places in changed]
    shared = {at: other for at, other in pairs.items() if at in near[0] or other in near[1]}
    shared |= {at: pairs[at] for at in {sides[0][at]: at for at in reversed(pairs) if sides[0][at] in texts}.values()}
    parts = sorted({*shared, *changed[0]}), sorted({*shared.values(), *changed[1]})
    return " ".join(map(sides[0].__getitem__, parts[0])), " ".join(map(sides[1].__getitem__, parts[1]))


# Where a text has no sentences, so many characters after a change are kept.
_MOST_KEPT_AFTER = 1_600
_SENTENCE_END = re.compile(r"[.!?]\s")


def _without_ends(before: str, after: str) -> tuple[str, str]:
    """Two texts without what they begin and end with in common, but for two sentences on either side."""
    same = common_prefix_length(before, after)
    starts = [start for start, end in sentence_spans(before) if end < same]
    first = starts[-2] if len(starts) > 1 else 0
    rest, other = before[first:], after[first:]
    same = common_suffix_length(rest, other, min(len(rest), len(other)))
    tail = rest[len(rest) - same :]
    ends = [match.end() for match in islice(_SENTENCE_END.finditer(tail, 0, _MOST_KEPT_AFTER), 2)]
    rest_length = ends[-1] if len(ends) > 1 else tail.find(" ", _MOST_KEPT_AFTER)
    cut = same - rest_length if 0 <= rest_length < same else 0
    return rest[: len(rest) - cut], other[: len(other) - cut]


def _is_order(marker: Marker | None) -> bool:
    return marker is not None and marker.force is Force.ORDER


# --- acts: what is asked for on one side and forbidden on the other ---------------------------------------------------

# Less than this between the strengths of "must not skip" and "include" is no step.
_LEAST_STEP = 2
# Least share of a prohibition's words that stand where it stood, for it to be taken back and not only taken out.
_LEAST_WORDS_LEFT = 0.6
_LEAVING = re.compile(r"\b(?:may|might|can|could)\b", re.IGNORECASE)


def _settle_acts(aligned: Alignment, pairs: Iterable[MarkerPair]) -> tuple[list[_PlacedGround], list[MarkerPair]]:
    """The grounds that the acts of two wordings give, and the pairs of markers that are still to be judged.

    An act that is forbidden and then asked for is turned round. Rules about one act that say the same by a negation
    more or less are judged by their strength alone.
    """
    pairs = list(pairs)
    grounds: list[_PlacedGround] = []
    settled: set[Marker] = set()
    joined: list[MarkerPair] = []
    changed = {marker for pair in pairs for marker in pair}
    for act, other in pair_acts(aligned.before.acts, aligned.after.acts):
        opposite = act.sign * other.sign < 0
        place = other.markers[0].start / len(aligned.after.text)
        if opposite and not (act.bounded and other.bounded):
            grounds.append((place, Ground(GroundKind.POLARITY, act.label, other.label, Direction.REVERSED)))
        elif opposite or (act.sign == other.sign and _modality(act) != _modality(other)):
            step = other.strength - act.strength
            if abs(step) >= _LEAST_STEP and not opposite:
                direction = _direction_of_effect(step)
                grounds.append((place, Ground(GroundKind.STRENGTH, act.label, other.label, direction)))
        elif (
            act.sign != other.sign or act.strength != other.strength or {act.markers[-1], other.markers[-1]} <= changed
        ):
            joined.append((act.markers[-1], other.markers[-1]))
        else:
            continue
        settled.update(act.markers, other.markers)
        if opposite and act.bounded and other.bounded:  # "do not, unless" is "only if, do"
            settled.update(_bounds(aligned.before, act.sentence), _bounds(aligned.after, other.sentence))
    for ground, markers in _softened(aligned, list(_without(pairs, settled))):
        grounds.append(ground)
        settled.update(markers)
    rest = list(_without(pairs, settled))
    grounds.extend(filter(None, (_given_up(aligned, *pair) for pair in rest)))
    return grounds, [*joined, *(pair for pair in rest if _given_up(aligned, *pair) is None)]


def _bounds(wording: Wording, number: int) -> Iterator[Marker]:
    return (marker for marker in wording.markers if marker.sentence == number and marker.is_bound)


def _without(pairs: Iterable[MarkerPair], markers: Collection[Marker]) -> Iterator[MarkerPair]:
    for before, after in pairs:
        pair = None if before in markers else before, None if after in markers else after
        if any(pair):
            yield pair


_ABSOLUTE = re.compile(r"\b(?:always|never|at all times|in all cases|without exception)$")


def _softened(aligned: Alignment, pairs: Sequence[MarkerPair]) -> Iterator[tuple[_PlacedGround, list[Marker]]]:
    """What was always or never so and is now mostly so, or the other way round: the ground, and its markers."""
    numbers = aligned.sentences, {other: number for number, other in aligned.sentences.items()}
    for before, after in pairs:
        hedge = before or after
        if hedge is None or (before and after) or hedge.force is not Force.HEDGE:
            continue
        ours, theirs = (aligned.before, aligned.after) if before else (aligned.after, aligned.before)
        number = numbers[0 if before else 1].get(hedge.sentence)
        absolutes = [
            marker for marker in theirs.markers if marker.sentence == number and _ABSOLUTE.search(marker.words)
        ]
        if not absolutes or any(_ABSOLUTE.search(marker.words) for marker in ours.markers_near(hedge.start)):
            continue
        words = (hedge.words, absolutes[0].words) if before else (absolutes[0].words, hedge.words)
        direction = Direction.TIGHTENED if before else Direction.RELAXED
        place = hedge.start / len(ours.text)
        yield (place, Ground(GroundKind.STRENGTH, *words, direction)), [hedge, absolutes[0]]


def _modality(act: Act) -> str:
    return _MODALITIES[act.markers[-1].force]


def _given_up(aligned: Alignment, before: Marker | None, after: Marker | None) -> _PlacedGround | None:
    """The ground of a rule that is on one side only, where the other side speaks of its act and leaves it open.

    Where the other side begins with what is forbidden, as an order does, the rule is turned round.
    """
    marker = before or after
    if marker is None or (before and after) or marker.force not in (Force.PROHIBITION, Force.OBLIGATION):
        return None
    ours, theirs = (aligned.before, aligned.after) if before else (aligned.after, aligned.before)
    numbers = aligned.sentences if before else {other: number for number, other in aligned.sentences.items()}
    number = numbers.get(marker.sentence)
    act = next((act for act in ours.acts if marker in act.markers), None)
    if number is None or act is None:
        return None
    sentence, words = theirs.sentence(number), normalised_words(theirs.sentence(number))
    roots = {stem(word) or word for word in words}
    there = [their for their in theirs.acts if their.sentence == number]
    if not act.words or len(act.words & roots) < _LEAST_WORDS_LEFT * len(act.words):
        return None
    leaves = _LEAVING.search(sentence) and not _LEAVING.search(ours.sentence(marker.sentence))
    if any(their.sign == act.sign for their in there) or not (act.sign < 0 or leaves):
        return None
    direction = Direction.RELAXED if before else Direction.TIGHTENED
    if act.sign < 0 and act.verb and (stem(words[0]) or words[0]) == act.verb:
        direction = Direction.REVERSED
    labels = (act.label, "") if before else ("", act.label)
    return marker.start / len(ours.text), Ground(GroundKind.POLARITY, *labels, direction)


def _marker_grounds(aligned: Alignment, pairs: Collection[MarkerPair]) -> Iterator[_PlacedGround]:
    removed = {before for before, after in pairs if before and not after}
    new = {after for before, after in pairs if after and not before}
    for before, after in pairs:
        if before and after:
            effect: int | None = _replacement_effect(aligned, before, after)
        elif after:
            effect = _presence_effect(aligned.after, after, new, aligned.sentences.values())
        else:
            assert before is not None
            effect = -_presence_effect(aligned.before, before, removed, aligned.sentences)
        if effect != 0:
            yield _ground(aligned, before, after, effect)


def _ground(aligned: Alignment, before: Marker | None, after: Marker | None, effect: int | None) -> _PlacedGround:
    marker = after or before
    assert marker is not None
    wording = aligned.after if after else aligned.before
    direction = Direction.MIXED if effect is None else _direction_of_effect(effect)
    kind = _KINDS.get(marker.force, GroundKind.STRENGTH)
    ground = Ground(kind, before.words if before else "", after.words if after else "", direction)
    return marker.start / len(wording.text), ground


def _direction_of_effect(effect: int) -> Direction:
    return Direction.TIGHTENED if effect > 0 else Direction.RELAXED


# --- which way a marker works: 1 to tighten, -1 to relax, 0 for neither, None for both --------------------------------


def _replacement_effect(aligned: Alignment, before: Marker, after: Marker) -> int | None:
    step = _sign(after.strength - before.strength)
    if before.is_rule:
        return _rule_effect(before.force, after.force, step)
    if before.force is Force.LIMIT:
        return step
    senses = {aligned.before.sense_at(before.start), aligned.after.sense_at(after.start)} - {0}
    return step * senses.pop() if len(senses) == 1 else 0


_MODALITIES = {Force.OBLIGATION: "do", Force.ORDER: "do", Force.PROHIBITION: "do not", Force.PERMISSION: "may"}


def _rule_effect(before: Force, after: Force, step: int) -> int | None:
    if _MODALITIES[before] == _MODALITIES[after]:
        return step
    if Force.PERMISSION in (before, after):
        return 1 if before is Force.PERMISSION else -1
    return None


def _presence_effect(wording: Wording, marker: Marker, new: Collection[Marker], sentences: Collection[int]) -> int:
    """What a marker does by being there; what comes with a new rule or exception is part of that."""
    if marker.force is Force.PERMISSION:
        # What somebody else than the model may do counts in the place of what they must do, not by itself.
        by_itself = marker in find_markers(wording.text)
        return 0 if not by_itself or _bounds_another(wording, marker, new) else -1
    if marker.is_rule:
        return 1
    rule = wording.rule_at(marker.start)
    if rule is None or rule in new or wording.exception_at(marker.start) in new or marker.sentence not in sentences:
        return 0
    if marker.force is not Force.EXCEPTION and _EXPLAINING.search(wording.text, rule.end, marker.start):
        return 0
    if marker.force in (Force.LIMIT, Force.ONLY, Force.EXPLICIT) or _restricts(wording, rule, marker):
        return 1
    sense = wording.sense_at(marker.start)
    return marker.strength * sense if marker.force is Force.SCOPE else -sense


# After these a sentence says why, or gives an example.
_EXPLAINING = re.compile(r"[:(]| - |\b(?:because|since|so that|for example|such as|as (?:it|they|this|these|some)\b)")


def _restricts(wording: Wording, rule: Marker, marker: Marker) -> bool:
    """Whether "only if" narrows what is done for a user, "share it only if", and not a duty, "ask only if"."""
    if not marker.words.startswith("only"):
        return False
    act = next((act for act in wording.acts if rule in act.markers), None)
    return act is not None and act.sign > 0 and (act.verb == "" or marker.start < rule.start)


def _bounds_another(wording: Wording, permission: Marker, new: Collection[Marker]) -> bool:
    """Whether a permission is there to bound a new rule: later in its sentence, or in one that concedes after it."""
    rules = [marker for marker in new if marker.is_rule and marker.force is not Force.PERMISSION]
    start, end = wording.sentences[permission.sentence]
    conceding = _CONCEDING.match(wording.text, start, end) is not None
    return any(
        (rule.sentence == permission.sentence and rule.start < permission.start)
        or (conceding and rule.sentence == permission.sentence - 1)
        for rule in rules
    )


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _entry_grounds(aligned: Alignment) -> Iterator[_PlacedGround]:
    removed, new = aligned.segments
    old_words, new_words = _words_of(aligned.before, removed), _words_of(aligned.after, new)
    for item in list_entries(aligned.before, removed, aligned.sentences, new_words):
        yield item.place, Ground(GroundKind.LIST, item.words, "", _direction_of_effect(-item.effect))
    for item in list_entries(aligned.after, new, aligned.sentences.values(), old_words):
        yield item.place, Ground(GroundKind.LIST, "", item.words, _direction_of_effect(item.effect))


def _words_of(wording: Wording, segments: Iterable[Segment]) -> frozenset[str]:
    return frozenset(word for segment in segments for word in split_words(wording.text[segment.start : segment.end]))


# Clauses of which one was taken out and another came, both about one act: a rule that was written anew.

# Comparing each with each takes time with their product.
_MOST_REWRITTEN = 40


def find_rewritten(changes: Iterable[ClauseChange]) -> list[ClauseChange]:
    """The rules that were taken out, each with an added clause about the same act, as a change of that rule's words.

    The most alike first; each clause once.
    """
    changes = list(changes)
    removed = [change.before for change in changes if change.kind is ChangeKind.REMOVED and change.before is not None]
    new = [change.after for change in changes if change.kind is ChangeKind.ADDED and change.after is not None]
    ours, theirs = (
        [(clause, acts) for clause in side if (acts := _clause_acts(clause))][:_MOST_REWRITTEN]
        for side in (removed, new)
    )
    alike = (
        (likeness, number, other)
        for number, (_, acts) in enumerate(ours)
        for other, (_, their_acts) in enumerate(theirs)
        if (likeness := max(act_likeness(act, their) for act in acts for their in their_acts))
    )
    pairs = assign_best_first(alike)
    return [ClauseChange(ChangeKind.REWORDED, ours[at][0], theirs[other][0], 0.0) for at, other in pairs]


# Least share of a rule's words that another clause has of the same act, for the rule to stand there.
_LEAST_WORDS_THERE = 0.75


class StandingRules:
    """What the clauses that a patch adds or rewords demand and forbid: where a rule that is gone may stand now."""

    def __init__(self, changes: Iterable[ClauseChange]) -> None:
        self._acts: dict[tuple[int, str], list[tuple[Clause, Act]]] = defaultdict(list)
        for change in changes:
            for clause in _sides(change)[1] if change.kind is not ChangeKind.MOVED else ():
                for act in _clause_acts(clause):
                    self._acts[act.sign, act.verb].append((clause, act))

    def have(self, clause: Clause, but: Clause | None = None) -> bool:
        """Whether each act that a clause demands or forbids stands in another clause, `but` for one, as strictly."""
        own = {_act_content(act) for act in _clause_acts(but)} if but is not None else set()
        lost = [act for act in _clause_acts(clause) if act.sign and _act_content(act) not in own]
        return bool(lost) and all(self._stands(act, clause, but) for act in lost)

    def _stands(self, act: Act, former: Clause, but: Clause | None) -> bool:
        """Whether an act stands in another clause: with no exception that it had not, under no lower level."""
        level = DEFAULT_LEVELS.of(former)
        return any(
            clause is not but
            and (act.bounded or not there.bounded)
            and DEFAULT_LEVELS.direction(level, DEFAULT_LEVELS.of(clause)) in (Direction.CLARIFIED, Direction.TIGHTENED)
            and len(act.words & there.words) >= _LEAST_WORDS_THERE * len(act.words)
            and there.strength >= act.strength - 1
            for clause, there in self._acts.get((act.sign, act.verb), ())
        )


def _act_content(act: Act) -> tuple[int, str, frozenset[str]]:
    return act.sign, act.verb, act.words


def _clause_acts(clause: Clause) -> tuple[Act, ...]:
    return read_acts(_rule_text((clause,))) if clause.kind is not ClauseKind.HEADING else ()


# Typed change: whether a changed clause asks more of the model or less, and the words that say so.


_NO_RULES = frozenset({ClauseKind.EXAMPLE, ClauseKind.COMMENTARY})
# What begins so shows something: an example, or what somebody says and what is done then.
_CAPTION = re.compile(
    r"(?:(?:bad|good|wrong|right|incorrect|correct)[ -])?examples?(?: \w+)?:|(?:# ?)?user(?: \w+)?:", re.IGNORECASE
)
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Norm:
    """What a change does to what is asked of the model.

    Attributes:
        direction: tightened, relaxed, or mixed, where normative words were added, removed or replaced; reversed, where
            what was forbidden is asked for, or what was asked for is forbidden, whatever else changed; clarified,
            where there is a rule and none of its normative words changed, which is not to say that its meaning did
            not; descriptive, where there is no rule, or only in an example or commentary; undetermined, where the
            text is not English, or a level of authority is missing or unknown.
        grounds: the words it rests on, in the order of the text.
    """

    direction: Direction
    grounds: tuple[Ground, ...]


def classify_change(
    change: ClauseChange, levels: AuthorityLevels = DEFAULT_LEVELS, renamed: Mapping[str, str] = _NONE
) -> Norm:
    """The direction of one change. Never raises; a revert has the opposite direction, and white space none.

    `renamed` has the new names of levels of authority by old name, which are no change of level: see
    `find_authority_changes`.
    """
    before, after = _sides(change)
    texts = _rule_text(before), _rule_text(after)
    grounds = (
        *_level_grounds(change, levels, renamed),
        *_standing_grounds(before, after, find_grounds(*texts, titles=_are_titles(before, after))),
    )
    if not all(map(is_english, texts)):
        return Norm(Direction.UNDETERMINED, tuple(ground for ground in grounds if ground.kind is GroundKind.AUTHORITY))
    if grounds:
        return Norm(_overall_direction(grounds), grounds)
    return Norm(Direction.CLARIFIED if any(map(has_rule, texts)) else Direction.DESCRIPTIVE, ())


_Side = tuple[Clause, ...]


def _sides(change: ClauseChange) -> tuple[_Side, _Side]:
    before = () if change.before is None or change.kind is ChangeKind.REINSTATED else (change.before,)
    after = () if change.after is None else (change.after,)
    if change.kind is ChangeKind.SPLIT:
        return before, _in_order(after + change.others)
    return _in_order(before + change.others), after


def _in_order(clauses: _Side) -> _Side:
    return tuple(sorted(clauses, key=lambda clause: (clause.path, clause.line)))


def explain_unread_change(change: ClauseChange) -> str:
    """Why what a change does to rules cannot be read, as a sentence without a full stop; "" where it can."""
    before, after = _sides(change)
    for clause in (*after, *before):
        if clause.kind not in _NO_RULES and (reason := explain_unread(to_prose(clause.text))):
            return f"{clause.path}:{clause.line}: {reason}"
    if before and after and _control_tags(before) != _control_tags(after):
        return f"{after[0].path}:{after[0].line}: the conditions of a template are not read"
    return ""


def _control_tags(side: _Side) -> list[tuple[str, ...]]:
    return [tags for clause in side if (tags := control_tags(clause.text))]


def _rule_text(side: _Side) -> str:
    """What of a side can hold rules, as prose."""
    return " ".join(
        text
        for text in (to_prose(clause.text) for clause in side if clause.kind not in _NO_RULES)
        if not _CAPTION.match(text)
    )


def _are_titles(before: _Side, after: _Side) -> bool:
    return bool(before) and bool(after) and all(clause.kind is ClauseKind.HEADING for clause in (*before, *after))


def _standing_grounds(before: _Side, after: _Side, grounds: tuple[Ground, ...]) -> Iterable[Ground]:
    """The grounds, told as a matter of standing where one side is an example or commentary and the other is not."""
    names = [", ".join(dict.fromkeys(clause.kind.value for clause in side)) for side in (before, after)]
    outside = [bool(side) and all(clause.kind in _NO_RULES for clause in side) for side in (before, after)]
    if not before or not after or outside[0] == outside[1]:
        return grounds
    return (
        Ground(
            GroundKind.STANDING,
            names[0] if outside[0] else ground.before,
            names[1] if outside[1] else ground.after,
            ground.direction,
        )
        for ground in grounds
    )


def _level_grounds(change: ClauseChange, levels: AuthorityLevels, renamed: Mapping[str, str]) -> Iterable[Ground]:
    """The change of a heading's level, or of the level a clause was moved to."""
    clause, other = change.before, change.after
    if clause is None or other is None or change.kind is ChangeKind.REINSTATED:
        return
    heads = clause.kind is ClauseKind.HEADING and other.kind is ClauseKind.HEADING
    old, new = levels.of(clause), levels.of(other)
    current = renamed.get(old, old) if old else None
    if (heads or change.moved) and old != new:
        yield Ground(GroundKind.AUTHORITY, old or "", new or "", levels.direction(current, new))


def _overall_direction(grounds: Iterable[Ground]) -> Direction:
    directions = {ground.direction for ground in grounds} - {Direction.CLARIFIED}
    if Direction.UNDETERMINED in directions:
        return Direction.UNDETERMINED
    if Direction.REVERSED in directions:
        return Direction.REVERSED
    if len(directions) > 1:
        return Direction.MIXED
    return next(iter(directions), Direction.CLARIFIED)
