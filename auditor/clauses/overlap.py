"""Eval prompts in a patch: what a patch adds and a prompt says, too; and held-out prompts among test prompts.

Two channels. *Verbatim*: runs of eight words in common. *Wording*: telling words in common within a window, whatever
their
order and form. Both count a run or word less the more prompts of other behaviours and background texts have it. An
overlap
is a leak if it is large and hardly any other behaviour has a prompt with nearly as much in common: they are the
control.
Containment both ways, not similarity: a short quotation in a long clause is a small part of both.
In: prompts as hashes (`ngrams`), clause changes. Out: overlaps with their places, reappearances.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from math import isqrt

from auditor.clauses.ngrams import (
    NGRAM_LENGTH,
    TextHashes,
    half_overlapping_windows,
    hash_ngrams,
    hash_stem,
    normalised_words,
)
from auditor.clauses.words import diff_words
from auditor.model.clause import ChangeKind, Clause, ClauseChange
from auditor.model.suite import Role

# What a patch adds, as words that know whether they are new.


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text after a patch.

    Attributes:
        words: its words in order, as `plain_words` gives them.
        added: for each word, whether the patch brought it.
    """

    words: tuple[str, ...]
    added: tuple[bool, ...]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.added):
            raise ValueError(f"{len(self.words)} words, {len(self.added)} marks")

    def quote(self, start: int, stop: int) -> str:
        """The words from position `start` to `stop`, joined."""
        return " ".join(self.words[start:stop])


def new_passage(text: str) -> Passage:
    """A text that is new as a whole."""
    names = tuple(normalised_words(text))
    return Passage(names, (True,) * len(names))


def added_by_clause(changes: Iterable[ClauseChange]) -> tuple[tuple[Clause, Passage], ...]:
    """What a patch adds, each passage with the clause after the patch that it is.

    In the order of the changes: added clauses, and reworded ones with their new words marked. Eight words in a row that
    stood in a clause which the patch removed or reworded are not new. A moved clause adds nothing; no passage is
    without a new word.
    """
    changes = tuple(changes)
    old_ngrams = frozenset(
        number for change in changes for clause in _clauses_before(change) for number in _clause_ngrams(clause)
    )
    return tuple(pair for change in changes for pair in _passages(change, old_ngrams) if any(pair[1].added))


def _passages(change: ClauseChange, old_ngrams: frozenset[int]) -> Iterator[tuple[Clause, Passage]]:
    if change.after is None or change.kind is ChangeKind.MOVED:
        return
    before = "\n\n".join(clause.text for clause in _clauses_before(change))
    for clause in (change.after, *(change.others if change.kind is ChangeKind.SPLIT else ())):
        yield clause, _unmark_old_ngrams(_mark_new_words(before, clause.text), old_ngrams)


def _mark_new_words(before: str, after: str) -> Passage:
    marked = [
        (word, op == "insert")
        for op, text in diff_words(before, after)
        if op != "delete"
        for word in normalised_words(text)
    ]
    return Passage(tuple(word for word, _ in marked), tuple(added for _, added in marked))


def _unmark_old_ngrams(marked: Passage, old_ngrams: frozenset[int]) -> Passage:
    """The passage, with what stood in a clause before no longer marked as new."""
    added = list(marked.added)
    for start, number in enumerate(hash_ngrams(marked.words, NGRAM_LENGTH)):
        if number in old_ngrams:
            added[start : start + NGRAM_LENGTH] = [False] * NGRAM_LENGTH
    return Passage(marked.words, tuple(added))


def _clauses_before(change: ClauseChange) -> Sequence[Clause]:
    if change.before is None or change.kind is ChangeKind.REINSTATED:
        return ()
    return (change.before, *(change.others if change.kind is ChangeKind.MERGED else ()))


def _clause_ngrams(clause: Clause) -> Iterable[int]:
    return hash_ngrams(normalised_words(clause.text), NGRAM_LENGTH)


# Prompts, searchable by the runs and telling words they have in common with a text, and what those weigh.


# With fewer texts of other behaviours than this, those of the same behaviour say which words are common, too.
_FEW_TEXTS = 20
_ALL_GROUPS = object()


@dataclass(frozen=True, slots=True)
class Prompt:
    """An eval prompt to search for.

    Attributes:
        id: unique in its suite.
        suite: the suite's name; "" where it is in none.
        role: who can see it.
        behaviour: what it measures; None makes it one by itself.
        content: its text as it is searched for, hashed with the index's key.
    """

    id: str
    suite: str
    role: Role
    behaviour: str | None
    content: TextHashes


_FENCE = re.compile(r"^([`~]{3,})[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)
_ROLE_TAG = re.compile(r"</?[a-z_]+>")


def extract_prompt_text(text: str) -> str:
    """What a Markdown file of eval prompts says to the model: its fenced blocks, no role tags; all without a fence.

    Titles and notes around the blocks are left out: they name the clause they test, and would find it.
    """
    fenced = "\n\n".join(fence[2] for fence in _FENCE.finditer(text))
    return _ROLE_TAG.sub(" ", fenced or text)


class BackgroundTexts:
    """Texts in which a word or run is nothing special: of each number, how many of them have it.

    It can become another set of texts at the cost of what differs, as a spec does from revision to revision.

    Args:
        texts: fingerprints, made with the key of the index they stand behind.
    """

    def __init__(self, texts: Iterable[TextHashes] = ()) -> None:
        self.size = 0
        self.runs: Counter[int] = Counter()
        self.stems: Counter[int] = Counter()
        for text in texts:
            self._count(text, 1)

    def change(self, added: Iterable[TextHashes], removed: Iterable[TextHashes]) -> None:
        """Put texts in and take others out. Those taken out must have been put in before."""
        for text in removed:
            self._count(text, -1)
        for text in added:
            self._count(text, 1)

    def _count(self, text: TextHashes, by: int) -> None:
        self.size += by
        for counts, numbers in ((self.runs, text.runs), (self.stems, _all_stems(text))):
            for number in numbers:
                counts[number] += by
                if not counts[number]:
                    del counts[number]


class PromptHolders:
    """Which prompts have a number, by position of the prompt; and how many texts, with those of a background."""

    def __init__(
        self, texts: Iterable[frozenset[int]], background: Mapping[int, int], *, mostly_one: bool = False
    ) -> None:
        self._background = background
        # Where nearly every number stands in one text only: one number each, and lists for the others.
        self._last: dict[int, int] = {}
        self._several: dict[int, list[int]] = {}
        numbers_by_text = list(texts)
        if mostly_one:
            several = self._keep_last(numbers_by_text)
            numbers_by_text = [numbers & several for numbers in numbers_by_text] if several else []
        listed: dict[int, list[int]] = defaultdict(list)
        for at, numbers in enumerate(numbers_by_text):
            for number in numbers:
                listed[number].append(at)
        for number, holders in listed.items():
            self._last[number] = holders[-1]
            if len(holders) > 1:
                self._several[number] = holders

    def _keep_last(self, texts: Iterable[frozenset[int]]) -> set[int]:
        """Notes for each number the last text that has it; returns what may stand in several, as all that does is."""
        several: set[int] = set()
        for at, numbers in enumerate(texts):
            size = len(self._last) + len(numbers)
            self._last.update(dict.fromkeys(numbers, at))
            if len(self._last) < size:
                several |= numbers
        return several

    def of(self, number: int) -> list[int]:
        """The positions of the prompts that have it, ascending."""
        if number in self._several:
            return self._several[number]
        return [self._last[number]] if number in self._last else []

    def count(self, number: int) -> int:
        """How many texts have it."""
        return len(self.of(number)) + self._background.get(number, 0)

    def shared_with_any(self, numbers: Set[int]) -> Set[int]:
        """Those of the numbers that any text has."""
        return (self._last.keys() & numbers) | (self._background.keys() & numbers)

    def shared(self, numbers: frozenset[int]) -> frozenset[int]:
        """Those of a prompt's numbers that another text has, too."""
        return (numbers & self._several.keys()) | (numbers & self._background.keys())


class PromptIndex:
    """Prompts, searchable by what they have in common with a text.

    Args:
        prompts: all made with the same key, or all without.
        key: that key, 16 to 64 bytes; None for prompts made without.
        background: texts in which a word or run is nothing special, such as the clauses of a spec's first revision,
            made with the same key.
    """

    def __init__(
        self, prompts: Iterable[Prompt], *, key: bytes | None = None, background: Iterable[TextHashes] = ()
    ) -> None:
        self.prompts = tuple(
            sorted(prompts, key=lambda prompt: (prompt.suite, prompt.id, prompt.role, prompt.behaviour or ""))
        )
        self.key = key
        self.lengths = sorted({prompt.content.length for prompt in self.prompts if prompt.content.length})
        self.has_stems = any(prompt.content.stems for prompt in self.prompts)
        self.background = BackgroundTexts(background)
        self.runs = PromptHolders(
            (prompt.content.runs for prompt in self.prompts), self.background.runs, mostly_one=True
        )
        self.stems = PromptHolders((_all_stems(prompt.content) for prompt in self.prompts), self.background.stems)
        self._groups: list[Hashable] = [prompt.behaviour or at for at, prompt in enumerate(self.prompts)]
        self._behaviours = frozenset(self._groups)
        self._group_sizes = Counter(self._groups)
        self._weights: dict[tuple[Hashable, int], float] = {}
        self._group_counts: dict[int, Counter[Hashable]] = {}

    @property
    def size(self) -> int:
        """How many texts there are, with those of the background."""
        return len(self.prompts) + self.background.size

    def change_background(self, added: Iterable[TextHashes], removed: Iterable[TextHashes]) -> None:
        """Put other texts behind the prompts, at the cost of what differs; see `Background.change`."""
        self.background.change(added, removed)
        self._weights.clear()

    def control(self, at: int, having_as_much: Iterable[int]) -> float | None:
        """The share of the other behaviours that a prompt among these positions measures; None without others.

        The same item as the one at `at`, under another behaviour, does not count.
        """
        group, content = self._groups[at], self.prompts[at].content
        others = len(self._behaviours) - 1
        if not others:
            return None
        as_much = (other for other in having_as_much if self._groups[other] != group)
        return len({self._groups[other] for other in as_much if self.prompts[other].content != content}) / others

    def weight(self, holders: PromptHolders, numbers: Iterable[int], at: int) -> float:
        """What the numbers weigh together for the prompt at this position.

        One that no text of another behaviour has weighs 1, one that all have 0; in between it falls with the logarithm.
        """
        group = self._groups[at]
        size = self.size - self._group_sizes[group] + 1
        if holders is self.stems and size < _FEW_TEXTS:
            group, size = _ALL_GROUPS, self.size
        # Plain numbers differ from process to process, and with them the order of the sum: it must make no difference.
        return math.fsum(self._weight(holders, number, group, size) for number in numbers)

    def _weight(self, holders: PromptHolders, number: int, group: Hashable, size: int) -> float:
        weight = self._weights.get((group, number))
        if weight is None:
            weight = self._weights[group, number] = self._rarity(holders, number, group, size)
        return weight

    def _rarity(self, holders: PromptHolders, number: int, group: Hashable, size: int) -> float:
        counts = self._group_counts.get(number)
        if counts is None:
            counts = self._group_counts[number] = Counter(map(self._groups.__getitem__, holders.of(number)))
        elsewhere = holders.count(number) - (1 if group is _ALL_GROUPS else counts[group])
        return math.log(size / (1 + elsewhere)) / math.log(size) if elsewhere > 0 and size > 1 else 1.0


def _all_stems(text: TextHashes) -> frozenset[int]:
    return text.stems[0] if len(text.stems) == 1 else frozenset[int]().union(*text.stems)


# Eval prompts in a patch: what a patch adds and a prompt says, too.
#
# Two channels. *Verbatim*: runs of eight words in common. *Wording*: telling words in common, whatever their order
# and form, within a window; it sees light edits, and paraphrases that name the same things. Both count a run or word
# the less the more prompts of other behaviours, and texts of the background, have it. An overlap is a leak if it is
# large by itself and hardly any other behaviour has a prompt with nearly as much in common with the same words of the
# patch: they are the control.
#
# Containment both ways, not similarity: a short quotation in a long clause is a small part of both.


# Chosen on the first set of prompts in benchmarks/overlap and held to a second one; RESULTS.md there says how.
LEAST_NGRAM_WEIGHT = 0.5
"""The least weight of a run that proves anything: held by no more than the square root of all texts."""
LEAST_WORDS, LEAST_WEIGHT = 4, 3.0
"""The least number of words in common, and the least they weigh together."""
LEAST_SHARES = 0.7
"""The least sum of the two shares, of the prompt's window and of the patch's, for words in common."""
MOST_CONTROL = 0.05
"""The largest share of the other behaviours that may have a prompt with nearly as much in common."""
NEARLY_AS_MUCH = 0.75
"""How much of the runs, or of the weight of words in common, is nearly as much."""

_PATCH_WINDOW = 60
_RARE, _LEAST_RARE = 5, 3


@dataclass(frozen=True, slots=True)
class CommonText:
    """What a prompt and a patch have in common in one channel.

    Attributes:
        count: of the runs or words in common.
        weight: theirs together; one that no text of another behaviour has weighs 1, one that all have 0.
        of_prompt: share of the prompt's weight found in what the patch adds, 0 to 1; for words, of a window's.
        of_patch: share of the weight of what the patch adds found in the prompt, 0 to 1; for words, of a window's.
        control: share of the other behaviours with a prompt that has nearly as much in common with the same words of
            the patch, 0 to 1; the same item in another suite does not count. None where there is no other behaviour.
    """

    count: int = 0
    weight: float = 0.0
    of_prompt: float = 0.0
    of_patch: float = 0.0
    control: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Words in common: positions `start` to `stop` (exclusive) among the words of the passage at `passage`."""

    passage: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """A prompt that has something in common with what a patch adds.

    Attributes:
        verbatim: runs of words in common, over the whole patch.
        wording: telling words in common, in the window where most are.
        spans: where, in order; of the runs, if there are any, else of the words.
        leak: "verbatim" or "wording", the first channel that says so; None if neither does.
    """

    prompt: Prompt
    verbatim: CommonText
    wording: CommonText
    spans: tuple[Span, ...]
    leak: str | None


@dataclass(slots=True)
class _PromptOverlap:
    verbatim: CommonText = CommonText()
    telling: bool = False
    wording: CommonText = CommonText()
    run_spans: list[Span] = field(default_factory=list)
    word_spans: list[Span] = field(default_factory=list)

    def overlap(self, prompt: Prompt) -> Overlap:
        return Overlap(
            prompt, self.verbatim, self.wording, _join_spans(self.run_spans or self.word_spans), self._leak()
        )

    def _leak(self) -> str | None:
        if self.telling and _above_control(self.verbatim):
            return "verbatim"
        return "wording" if _is_large(self.wording) and _above_control(self.wording) else None


def find_overlaps(index: PromptIndex, passages: Sequence[Passage]) -> tuple[Overlap, ...]:
    """The prompts that have runs or telling words in common with what a patch adds; leaks first, most in common first.

    A prompt with no run and fewer than three rare words in common is left out.
    """
    prompt_overlaps: dict[int, _PromptOverlap] = defaultdict(_PromptOverlap)
    _find_verbatim(index, passages, prompt_overlaps)
    if index.has_stems:
        for at, passage in enumerate(passages):
            _find_wording(index, at, passage, prompt_overlaps)
    overlaps = [prompt_overlaps[at].overlap(index.prompts[at]) for at in sorted(prompt_overlaps)]
    return tuple(
        sorted(
            overlaps,
            key=lambda overlap: (overlap.leak is None, -overlap.verbatim.weight, -_overlap_strength(overlap.wording)),
        )
    )


# --- runs -----------------------------------------------------------------------------------------------------------


def _find_verbatim(
    index: PromptIndex, passages: Sequence[Passage], prompt_overlaps: Mapping[int, _PromptOverlap]
) -> None:
    for length in index.lengths:
        runs = [list(hash_ngrams(passage.words, length, index.key)) for passage in passages]
        if not index.runs.shared_with_any(set(chain.from_iterable(runs))):
            continue
        places = _places_of_added(passages, runs, length)
        frequent = index.runs.shared_with_any(places.keys())
        numbers_by_prompt: dict[int, list[int]] = defaultdict(list)
        for number in frequent:
            for at in index.runs.of(number):
                if index.prompts[at].content.length == length:
                    numbers_by_prompt[at].append(number)
        for at, numbers in numbers_by_prompt.items():
            of_patch = len(places) - len(frequent) + index.weight(index.runs, frequent, at)
            prompt_overlaps[at].verbatim = _shared_runs(index, at, numbers, of_patch)
            prompt_overlaps[at].telling = any(
                index.weight(index.runs, (number,), at) >= LEAST_NGRAM_WEIGHT for number in numbers
            )
            prompt_overlaps[at].run_spans = [span for number in numbers for span in places[number]]


def _shared_runs(index: PromptIndex, at: int, numbers: Sequence[int], of_patch: float) -> CommonText:
    runs = index.prompts[at].content.runs
    common = index.runs.shared(runs)
    weight = index.weight(index.runs, numbers, at)
    of_prompt = len(runs) - len(common) + index.weight(index.runs, common, at)
    counts = Counter(other for number in numbers for other in index.runs.of(number))
    as_much = (other for other, count in counts.items() if count >= NEARLY_AS_MUCH * len(numbers))
    shares = _share(weight, of_prompt), _share(weight, of_patch)
    return CommonText(len(numbers), weight, *shares, index.control(at, as_much))


def _places_of_added(passages: Sequence[Passage], runs: Sequence[Sequence[int]], length: int) -> dict[int, list[Span]]:
    """Every run at least half of whose words are new, and where it stands."""
    places: dict[int, list[Span]] = defaultdict(list)
    for at, passage in enumerate(passages):
        new = [0, *accumulate(passage.added)]
        for start, number in enumerate(runs[at]):
            if 2 * (new[start + length] - new[start]) >= length:
                places[number].append(Span(at, start, start + length))
    return places


# --- telling words --------------------------------------------------------------------------------------------------


def _find_wording(
    index: PromptIndex, passage_at: int, passage: Passage, prompt_overlaps: Mapping[int, _PromptOverlap]
) -> None:
    marked = zip(passage.words, passage.added, strict=True)
    numbers = [hash_stem(word, index.key) if new else None for word, new in marked]
    for start, stop in half_overlapping_windows(len(numbers), _PATCH_WINDOW):
        new = frozenset(number for number in numbers[start:stop] if number is not None)
        shares = {at: _best_window(index, at, new) for at in _candidates(index, new)}
        for at, (shared, common) in shares.items():
            if _overlap_strength(shared) > _overlap_strength(prompt_overlaps[at].wording):
                as_much = (other for other, (its, _) in shares.items() if its.weight >= NEARLY_AS_MUCH * shared.weight)
                prompt_overlaps[at].wording = replace(shared, control=index.control(at, as_much))
                places = (place for place in range(start, stop) if numbers[place] in common)
                prompt_overlaps[at].word_spans = [Span(passage_at, place, place + 1) for place in places]


def _candidates(index: PromptIndex, new: frozenset[int]) -> list[int]:
    """The prompts with at least three rare words in common: such as the square root of all texts has, or fewer."""
    rare = max(_RARE, isqrt(index.size))
    counted: Counter[int] = Counter()
    for number in new:
        if index.stems.count(number) <= rare:
            counted.update(index.stems.of(number))
    return sorted(at for at, count in counted.items() if count >= _LEAST_RARE)


def _best_window(index: PromptIndex, at: int, new: frozenset[int]) -> tuple[CommonText, frozenset[int]]:
    all_new = index.weight(index.stems, new, at)
    best, words = CommonText(), frozenset[int]()
    for window in index.prompts[at].content.stems:
        common = new & window
        weight = index.weight(index.stems, common, at)
        of_prompt = _share(weight, index.weight(index.stems, window, at))
        shared = CommonText(len(common), weight, of_prompt, _share(weight, all_new))
        if _overlap_strength(shared) > _overlap_strength(best):
            best, words = shared, common
    return best, words


# --- the rule -------------------------------------------------------------------------------------------------------


def _overlap_strength(shared: CommonText) -> float:
    return shared.weight * (shared.of_prompt + shared.of_patch)


def _is_large(wording: CommonText) -> bool:
    shares = wording.of_prompt + wording.of_patch
    return wording.count >= LEAST_WORDS and wording.weight >= LEAST_WEIGHT and shares >= LEAST_SHARES


def _above_control(shared: CommonText) -> bool:
    return shared.control is None or shared.control <= MOST_CONTROL


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0


def _join_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order, with those that touch or cover each other as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.passage, each.start, each.stop)):
        last = joined[-1] if joined else None
        if last and last.passage == span.passage and span.start <= last.stop:
            joined[-1] = replace(last, stop=max(last.stop, span.stop))
        else:
            joined.append(span)
    return tuple(joined)


# Held-out prompts that turn up among test prompts.


LEAST_REAPPEARING_WEIGHT = 0.5
"""The least weight of a run that proves anything: held by no more than the square root of all texts."""


@dataclass(frozen=True, slots=True)
class Reappearance:
    """A held-out prompt that a test prompt contains, whole or in part.

    Attributes:
        of_held_out: share of the held-out prompt's weight of runs that stands in the test prompt, 0 to 1.
        of_test: share of the test prompt's that stands in the held-out prompt, 0 to 1.
        same: whether they have the same runs.
    """

    held_out: Prompt
    test: Prompt
    of_held_out: float
    of_test: float
    same: bool


def find_reappearances(held_out: PromptIndex, test: PromptIndex) -> tuple[Reappearance, ...]:
    """Held-out prompts that have telling runs of words in common with test prompts, most of the held-out one first.

    What many items of either side say, such as the frame of a template, does not count. A prompt of four to seven words
    is found only as the same text, a shorter one not at all. Raises ValueError for indices of different keys.
    """
    if held_out.key != test.key:
        raise ValueError("both indices need the same key")
    pairs = sorted(_pairs(held_out, test), key=lambda pair: (-pair[0].of_held_out, pair[1:]))
    return tuple(reappearance for reappearance, *_ in pairs)


def _pairs(held_out: PromptIndex, test: PromptIndex) -> Iterator[tuple[Reappearance, int, int]]:
    for at, ours in enumerate(held_out.prompts):
        common: dict[int, list[int]] = defaultdict(list)
        for number in sorted(ours.content.runs):
            for other in test.runs.of(number):
                common[other].append(number)
        for other, numbers in common.items():
            theirs = test.prompts[other]
            weights = [_ngram_weight(held_out, test, number) for number in numbers]
            same = ours.content.runs == theirs.content.runs
            if same or max(weights) >= LEAST_REAPPEARING_WEIGHT:
                whole, whole_test = (_whole_weight(held_out, test, prompt.content.runs) for prompt in (ours, theirs))
                shared = math.fsum(weights)
                yield (
                    Reappearance(
                        ours, theirs, _share_of_whole(shared, whole), _share_of_whole(shared, whole_test), same
                    ),
                    at,
                    other,
                )


def _ngram_weight(held_out: PromptIndex, test: PromptIndex, number: int) -> float:
    """1 for a run of one prompt on each side, falling with the logarithm to 0 for one that all have."""
    size = held_out.size + test.size
    elsewhere = held_out.runs.count(number) + test.runs.count(number) - 2
    return math.log(size / (1 + elsewhere)) / math.log(size) if elsewhere > 0 else 1.0


def _whole_weight(held_out: PromptIndex, test: PromptIndex, runs: Iterable[int]) -> float:
    return math.fsum(_ngram_weight(held_out, test, number) for number in runs)


def _share_of_whole(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0
