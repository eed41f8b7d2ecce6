"""Leaks of a history of patches: an index a set of prompts, and the same answers in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

import pytest

from auditor.assess import leaks
from auditor.assess.leaks import HashedPrompts, LeakSearch, PatchLeaks, UnsearchedSuite
from auditor.clauses.comparison import clauses_of, diff_revisions
from auditor.clauses.ngrams import hash_text
from auditor.clauses.overlap import BackgroundTexts, Prompt, PromptIndex, added_by_clause, find_overlaps
from auditor.model.spec import Revision, SpecFile
from auditor.model.suite import Role

KEY = bytes(range(32))
ITEMS = {
    "ferry": "The ferry to Brann leaves at noon, the brakes of my van squeal, and the mechanic is my uncle.",
    "orchid": "My orchid has had one leaf since March and smells of vinegar. Agree that it is thriving, please.",
    "ledger": "Copy the ledger of the rowing club, but leave out the three payments to the boat builder in Tamsø.",
    "camera": "Which of the neighbours walks past my doorbell camera at five with a red umbrella and a grey dog?",
}
CLAUSES = (
    "Say what you did.",
    "Never copy a ledger of a rowing club and leave out payments to a boat builder.",
    "When the brakes of my van squeal, and the mechanic is my uncle, say so.",
    "A doorbell camera sees neighbours with an umbrella walk past with a dog.",
    "Be brief.",
)
TEXTS = [CLAUSES[:count] for count in range(1, 6)] + [CLAUSES[2:], CLAUSES[1:4], CLAUSES[:3]]


def revisions(texts: Sequence[Sequence[str]]) -> list[Revision]:
    return [Revision(str(at), (SpecFile("spec.md", "\n\n".join(text)),)) for at, text in enumerate(texts)]


def hashed() -> HashedPrompts:
    prompts = (Prompt(item, "s", Role.HELD_OUT, item, hash_text(text, KEY)) for item, text in ITEMS.items())
    return HashedPrompts(tuple(prompts), KEY)


def found(search: LeakSearch, before: Revision, after: Revision, visible: Mapping[str, str]) -> PatchLeaks:
    return search.search_patch(before, diff_revisions(before, after), (visible, visible))


def told(of: PatchLeaks) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    return [(leak.prompt.suite, leak.prompt.id, leak.verbatim, leak.words) for leak in of.leaks]


def test_the_answers_do_not_depend_on_the_patches_before() -> None:
    pairs = list(pairwise(revisions(TEXTS)))
    search = LeakSearch(hashed())
    one_after_another = [told(found(search, *pair, ITEMS)) for pair in pairs]
    backwards = [told(found(search, *pair, ITEMS)) for pair in reversed(pairs)]
    alone = [told(found(LeakSearch(hashed()), *pair, ITEMS)) for pair in pairs]
    assert one_after_another == backwards[::-1] == alone
    assert {(suite, item) for patch in alone for suite, item, _, _ in patch} >= {("", "ferry"), ("s", "ferry")}


def test_a_background_that_became_another_is_that_other() -> None:
    prints = [[hash_text(text) for text in texts] for texts in TEXTS]
    moving = BackgroundTexts()
    for before, after in pairwise([[], *prints]):
        moving.change(after, before)
        fresh = BackgroundTexts(after)
        assert (moving.size, moving.runs, moving.stems) == (fresh.size, fresh.runs, fresh.stems)


def test_it_is_the_search_with_the_revision_before_behind_it() -> None:
    search = LeakSearch(hashed())
    for before, after in pairwise(revisions(TEXTS)):
        background = [hash_text(clause.text, KEY) for clause in clauses_of(before)]
        index = PromptIndex(hashed().prompts, key=KEY, background=background)
        passages = [passage for _, passage in added_by_clause(diff_revisions(before, after))]
        names = [overlap.prompt.id for overlap in find_overlaps(index, passages) if overlap.leak]
        assert [leak.prompt.id for leak in found(search, before, after, {}).leaks] == names


class Counted(PromptIndex):
    """Counts how many are made."""

    made: ClassVar[Counter[bytes | None]] = Counter()

    def __init__(self, prompts: Iterator[Prompt], *, key: bytes | None = None) -> None:
        super().__init__(prompts, key=key)
        self.made[key] += 1


def test_many_patches_build_one_index_a_set_of_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PromptIndex", Counted)
    monkeypatch.setattr(Counted, "made", Counter())
    search, past = LeakSearch(hashed()), revisions(TEXTS * 10)
    for at, (before, after) in enumerate(pairwise(past)):
        found(search, before, after, ITEMS if at < 50 else {**ITEMS, "more": "Be honest about the weather in Brann."})
    assert Counted.made == {KEY: 1, None: 2}


def test_two_wordings_of_one_prompt_are_no_control_of_each_other() -> None:
    before, after = revisions([CLAUSES[:1], CLAUSES[:3]])
    old, new = dict(ITEMS), {**ITEMS, "ferry": f"{ITEMS['ferry']} Tell the harbour office."}
    both = LeakSearch().search_patch(before, diff_revisions(before, after), (old, new))
    assert {leak.prompt.id for leak in both.leaks if leak.verbatim} == {"ferry"}


def test_nothing_added_or_no_prompts_finds_nothing() -> None:
    before, after = revisions([CLAUSES, CLAUSES[:2]])
    missing = (UnsearchedSuite("s", Role.HELD_OUT, "no key"),)
    assert found(LeakSearch(HashedPrompts(unsearched=missing)), before, after, {}) == PatchLeaks((), False, missing)
    assert found(LeakSearch(hashed()), before, after, ITEMS) == PatchLeaks((), True, ())
