"""Eval prompts in what patches add: those kept with the spec in plain text, those of suites by their keyed hashes.

An index is built once for each set of prompts. Its background is the clauses of the revision before the patch,
updated from patch to patch by what differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

from auditor.clauses.comparison import file_outlines
from auditor.clauses.ngrams import TextHashes, hash_text
from auditor.clauses.overlap import (
    Overlap,
    Passage,
    Prompt,
    PromptIndex,
    Reappearance,
    added_by_clause,
    extract_prompt_text,
    find_overlaps,
    find_reappearances,
)
from auditor.model.clause import Clause, ClauseChange
from auditor.model.spec import Revision
from auditor.model.suite import Role

_MAX_PROMPT_SETS = 4
_MAX_FINGERPRINTS = 20_000
_MAX_WORDS = 24


@dataclass(frozen=True, slots=True)
class UnsearchedSuite:
    """A suite whose prompts cannot be searched for, or not for their wording, and why.

    Attributes:
        passed_over: whether hashes of its prompts are there.
    """

    suite: str
    role: Role
    why: str
    passed_over: bool = False


@dataclass(frozen=True, slots=True)
class HashedPrompts:
    """The prompts of the suites that a spec was measured on.

    Attributes:
        prompts: hashed with `key`; an item that says several things is there as often.
        key: 16 to 64 bytes; None without one, and then there are no prompts.
        unsearched: the suites that have no prompt among them, or some of which only runs of words are hashed.
    """

    prompts: tuple[Prompt, ...] = ()
    key: bytes | None = None
    unsearched: tuple[UnsearchedSuite, ...] = ()


@dataclass(frozen=True, slots=True)
class Leak:
    """A prompt that the patch says, too.

    Attributes:
        verbatim: whether by runs of words; else by telling words in any order.
        clause: the clause after the patch with most of it.
        words: what it shares with the prompt, as the clause has it, in small letters and without punctuation: one
            stretch of words, or telling words one by one.
    """

    prompt: Prompt
    verbatim: bool
    clause: Clause
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatchLeaks:
    """What was found in one patch.

    Attributes:
        leaks: surest first, of all roles; a prompt that lies beside the spec is in suite "".
        visible: whether prompts beside the spec were searched for.
        unsearched: the suites whose prompts could not be.
    """

    leaks: tuple[Leak, ...]
    visible: bool
    unsearched: tuple[UnsearchedSuite, ...]

    def of(self, *roles: Role) -> tuple[Leak, ...]:
        """The leaks of suites with one of these roles."""
        return tuple(leak for leak in self.leaks if leak.prompt.role in roles)

    def unsearched_in(self, *roles: Role) -> tuple[UnsearchedSuite, ...]:
        """The suites with one of these roles that could not be searched for."""
        return tuple(unsearched_suite for unsearched_suite in self.unsearched if unsearched_suite.role in roles)


@dataclass(frozen=True, slots=True)
class SuitePrompts:
    """How the suites' prompts stand to each other: held-out ones in test suites, and the suites not looked at."""

    reappearing: tuple[Reappearance, ...]
    unsearched: tuple[UnsearchedSuite, ...]


NO_SUITE_PROMPTS = SuitePrompts((), ())


NO_HASHED_PROMPTS = HashedPrompts()


class LeakSearch:
    """Looks for prompts in patches of one spec, in any order; the answers do not depend on it."""

    def __init__(self, hashed: HashedPrompts = NO_HASHED_PROMPTS) -> None:
        self._searched = hashed
        self._visible: dict[frozenset[tuple[str, str]], _PromptSet] = {}

    def search_patch(
        self,
        before: Revision,
        changes: Sequence[ClauseChange],
        visible: Iterable[Mapping[str, str]],
    ) -> PatchLeaks:
        """What a patch says of the prompts.

        Args:
            before: the revision before, whose words are nothing special.
            visible: the prompts beside the spec, before and after the patch, by id; their files as they are.
        """
        prompts = frozenset(pair for prompts in visible for pair in prompts.items())
        sets = [prompt_set for prompt_set in (self._visible_prompts(prompts), self._hashed) if prompt_set is not None]
        added = added_by_clause(changes) if sets else ()
        sets = sets if added else []
        background = (
            Counter(text for page in file_outlines(before) for text in page.texts()) if sets else Counter[str]()
        )
        leaks = tuple(leak for prompt_set in sets for leak in prompt_set.leaks(background, added))
        return PatchLeaks(leaks, bool(prompts), self._searched.unsearched)

    @cached_property
    def suites(self) -> SuitePrompts:
        """The held-out prompts that test prompts say, too."""
        sides = ((Role.HELD_OUT, Role.DEPLOYMENT), (Role.TEST,))
        held_out, test = (
            PromptIndex((prompt for prompt in self._searched.prompts if prompt.role in roles), key=self._searched.key)
            for roles in sides
        )
        return SuitePrompts(find_reappearances(held_out, test), self._searched.unsearched)

    @cached_property
    def _hashed(self) -> _PromptSet | None:
        return _PromptSet(self._searched.prompts, self._searched.key) if self._searched.prompts else None

    def _visible_prompts(self, visible: frozenset[tuple[str, str]]) -> _PromptSet | None:
        if visible and visible not in self._visible:
            if len(self._visible) >= _MAX_PROMPT_SETS:
                self._visible.pop(next(iter(self._visible)))
            # Two wordings of one prompt are no control of each other: its id is its behaviour.
            prompts = (
                Prompt(name, "", Role.TEST, name, _plain_fingerprint(extract_prompt_text(text)))
                for name, text in visible
            )
            self._visible[visible] = _PromptSet(tuple(prompts), None)
        return self._visible.get(visible)


class _PromptSet:
    """One set of prompts, and the clauses that stand behind it at the moment."""

    def __init__(self, prompts: Sequence[Prompt], key: bytes | None) -> None:
        self._index = PromptIndex(prompts, key=key)
        self._behind: Counter[str] = Counter()
        self._print = _plain_fingerprint if key is None else lru_cache(_MAX_FINGERPRINTS)(partial(hash_text, key=key))

    def leaks(self, background: Counter[str], added: Sequence[tuple[Clause, Passage]]) -> list[Leak]:
        come, departed = background - self._behind, self._behind - background
        self._index.change_background(map(self._print, come.elements()), map(self._print, departed.elements()))
        self._behind = background
        overlaps = find_overlaps(self._index, [passage for _, passage in added])
        return [_build_leak(overlap, added) for overlap in overlaps if overlap.leak]


@lru_cache(_MAX_FINGERPRINTS)
def _plain_fingerprint(text: str) -> TextHashes:
    return hash_text(text)


def _build_leak(overlap: Overlap, added: Sequence[tuple[Clause, Passage]]) -> Leak:
    longest = max(overlap.spans, key=lambda span: (span.stop - span.start, -span.passage, -span.start))
    clause, passage = added[longest.passage]
    words: tuple[str, ...]
    if overlap.leak == "verbatim":
        words = (passage.quote(longest.start, min(longest.stop, longest.start + _MAX_WORDS)),)
    else:
        spans = (span for span in overlap.spans if span.passage == longest.passage)
        words = tuple(dict.fromkeys(passage.words[at] for span in spans for at in range(span.start, span.stop)))
    return Leak(overlap.prompt, overlap.leak == "verbatim", clause, words[:_MAX_WORDS])
