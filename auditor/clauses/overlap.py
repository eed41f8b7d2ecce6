"""Eval prompts in a patch: what a patch adds and a prompt says, too.

Two channels. *Verbatim*: runs of eight words in common. *Wording*: telling words in common, whatever their order and
form, within a window; it sees light edits, and paraphrases that name the same things. Both count a run or word the less
the more prompts of other behaviours, and texts of the background, have it. An overlap is a leak if it is large by
itself and hardly any other behaviour has a prompt with nearly as much in common with the same words of the patch: they
are the control.

Containment both ways, not similarity: a short quotation in a long clause is a small part of both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from math import isqrt

from auditor.clauses.grams import run_numbers, stem_number, windows
from auditor.clauses.passages import Passage
from auditor.clauses.prompt_index import Prompt, PromptIndex

# Chosen on the first set of prompts in benchmarks/overlap and held to a second one; RESULTS.md there says how.
TELLING = 0.5
"""The least weight of a run that proves anything: held by no more than the square root of all texts."""
LEAST_WORDS, LEAST_WEIGHT = 4, 3.0
"""The least number of words in common, and the least they weigh together."""
SHARES = 0.7
"""The least sum of the two shares, of the prompt's window and of the patch's, for words in common."""
CONTROL = 0.05
"""The largest share of the other behaviours that may have a prompt with nearly as much in common."""
NEARLY = 0.75
"""How much of the runs, or of the weight of words in common, is nearly as much."""

_WINDOW = 60
_RARE, _LEAST_RARE = 5, 3


@dataclass(frozen=True, slots=True)
class Shared:
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
    verbatim: Shared
    wording: Shared
    spans: tuple[Span, ...]
    leak: str | None


@dataclass(slots=True)
class _Found:
    verbatim: Shared = Shared()
    telling: bool = False
    wording: Shared = Shared()
    run_spans: list[Span] = field(default_factory=list)
    word_spans: list[Span] = field(default_factory=list)

    def overlap(self, prompt: Prompt) -> Overlap:
        return Overlap(prompt, self.verbatim, self.wording, _joined(self.run_spans or self.word_spans), self._leak())

    def _leak(self) -> str | None:
        if self.telling and _above_control(self.verbatim):
            return "verbatim"
        return "wording" if _enough(self.wording) and _above_control(self.wording) else None


def containment(index: PromptIndex, passages: Sequence[Passage]) -> tuple[Overlap, ...]:
    """The prompts that have runs or telling words in common with what a patch adds; leaks first, most in common first.

    A prompt with no run and fewer than three rare words in common is left out.
    """
    found: dict[int, _Found] = defaultdict(_Found)
    _verbatim(index, passages, found)
    if index.has_stems:
        for at, passage in enumerate(passages):
            _wording(index, at, passage, found)
    overlaps = [found[at].overlap(index.prompts[at]) for at in sorted(found)]
    return tuple(sorted(overlaps, key=lambda one: (one.leak is None, -one.verbatim.weight, -_strength(one.wording))))


# --- runs -----------------------------------------------------------------------------------------------------------


def _verbatim(index: PromptIndex, passages: Sequence[Passage], found: Mapping[int, _Found]) -> None:
    for length in index.lengths:
        runs = [list(run_numbers(passage.words, length, index.key)) for passage in passages]
        if not index.runs.known(set(chain.from_iterable(runs))):
            continue
        places = _places_of_added(passages, runs, length)
        known = index.runs.known(places.keys())
        held: dict[int, list[int]] = defaultdict(list)
        for number in known:
            for at in index.runs.of(number):
                if index.prompts[at].content.length == length:
                    held[at].append(number)
        for at, numbers in held.items():
            of_patch = len(places) - len(known) + index.weight(index.runs, known, at)
            found[at].verbatim = _shared_runs(index, at, numbers, of_patch)
            found[at].telling = any(index.weight(index.runs, (number,), at) >= TELLING for number in numbers)
            found[at].run_spans = [span for number in numbers for span in places[number]]


def _shared_runs(index: PromptIndex, at: int, numbers: Sequence[int], of_patch: float) -> Shared:
    runs = index.prompts[at].content.runs
    common = index.runs.shared(runs)
    weight = index.weight(index.runs, numbers, at)
    of_prompt = len(runs) - len(common) + index.weight(index.runs, common, at)
    held = Counter(other for number in numbers for other in index.runs.of(number))
    as_much = (other for other, count in held.items() if count >= NEARLY * len(numbers))
    shares = _share(weight, of_prompt), _share(weight, of_patch)
    return Shared(len(numbers), weight, *shares, index.control(at, as_much))


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


def _wording(index: PromptIndex, passage_at: int, passage: Passage, found: Mapping[int, _Found]) -> None:
    marked = zip(passage.words, passage.added, strict=True)
    numbers = [stem_number(word, index.key) if new else None for word, new in marked]
    for start, stop in windows(len(numbers), _WINDOW):
        new = frozenset(number for number in numbers[start:stop] if number is not None)
        shares = {at: _best_window(index, at, new) for at in _candidates(index, new)}
        for at, (shared, common) in shares.items():
            if _strength(shared) > _strength(found[at].wording):
                as_much = (other for other, (its, _) in shares.items() if its.weight >= NEARLY * shared.weight)
                found[at].wording = replace(shared, control=index.control(at, as_much))
                places = (place for place in range(start, stop) if numbers[place] in common)
                found[at].word_spans = [Span(passage_at, place, place + 1) for place in places]


def _candidates(index: PromptIndex, new: frozenset[int]) -> list[int]:
    """The prompts with at least three rare words in common: such as the square root of all texts has, or fewer."""
    rare = max(_RARE, isqrt(index.size))
    counted: Counter[int] = Counter()
    for number in new:
        if index.stems.count(number) <= rare:
            counted.update(index.stems.of(number))
    return sorted(at for at, count in counted.items() if count >= _LEAST_RARE)


def _best_window(index: PromptIndex, at: int, new: frozenset[int]) -> tuple[Shared, frozenset[int]]:
    all_new = index.weight(index.stems, new, at)
    best, words = Shared(), frozenset[int]()
    for window in index.prompts[at].content.stems:
        common = new & window
        weight = index.weight(index.stems, common, at)
        of_prompt = _share(weight, index.weight(index.stems, window, at))
        shared = Shared(len(common), weight, of_prompt, _share(weight, all_new))
        if _strength(shared) > _strength(best):
            best, words = shared, common
    return best, words


# --- the rule -------------------------------------------------------------------------------------------------------


def _strength(shared: Shared) -> float:
    return shared.weight * (shared.of_prompt + shared.of_patch)


def _enough(wording: Shared) -> bool:
    shares = wording.of_prompt + wording.of_patch
    return wording.count >= LEAST_WORDS and wording.weight >= LEAST_WEIGHT and shares >= SHARES


def _above_control(shared: Shared) -> bool:
    return shared.control is None or shared.control <= CONTROL


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order, with those that touch or cover each other as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.passage, one.start, one.stop)):
        last = joined[-1] if joined else None
        if last and last.passage == span.passage and span.start <= last.stop:
            joined[-1] = replace(last, stop=max(last.stop, span.stop))
        else:
            joined.append(span)
    return tuple(joined)
