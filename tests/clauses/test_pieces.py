from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.diff import clauses_of, counts, diff
from auditor.model.clause import ChangeCounts, ChangeKind, ClauseChange
from tests.clauses.test_match import BLOCKS, RULES, revision

FIRST = "The assistant must tell the operator before it deletes files that belong to another team."
SECOND = "Where several people share one workspace, a note in the log is not notice enough."
THIRD = "A pending confirmation expires after one hour without an answer."
WHOLE = f"{FIRST} {SECOND} {THIRD}"


def shown(change: ClauseChange) -> tuple[str, list[str], list[str]]:
    """(kind, texts before, texts after), the pair's first."""
    before = [clause.text for clause in (change.before,) if clause]
    after = [clause.text for clause in (change.after,) if clause]
    (after if change.kind is ChangeKind.SPLIT else before).extend(clause.text for clause in change.others)
    return change.kind.value, before, after


def between(*texts: str) -> str:
    return "\n\n".join([RULES[0], *texts, RULES[1]])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((f"{FIRST} {SECOND}", THIRD), (f"{FIRST} {SECOND}", THIRD)),
        ((FIRST, SECOND, THIRD), (SECOND, FIRST, THIRD)),
        ((f"- {FIRST}", f"- {SECOND} {THIRD}"), (f"{SECOND} {THIRD}", FIRST)),
        ((FIRST.replace("tell", "notify"), f"{SECOND} So: {THIRD}"), (f"{SECOND} So: {THIRD}", FIRST[:19] + "notify")),
    ],
)
def test_a_clause_that_became_several_and_back(pieces: tuple[str, ...], expected: tuple[str, ...]) -> None:
    one, many = revision(a=between(WHOLE)), revision(a=between(*pieces))
    (split,) = diff(one, many)
    kind, before, after = shown(split)
    assert (kind, before) == ("split", [WHOLE])
    assert all(text.startswith(start) for text, start in zip(after, expected, strict=True))
    (merged,) = diff(many, one)
    assert shown(merged) == ("merged", after, [WHOLE])
    assert merged.similarity == split.similarity > 0.9
    more = len(pieces) - 1
    assert counts([split]) == ChangeCounts(added=more, removed=0, reworded=1, moved=0)
    assert counts([merged]) == ChangeCounts(added=0, removed=more, reworded=1, moved=0)


def test_a_sentence_that_went_to_a_clause_of_its_own_words() -> None:
    other = f"Deadlines matter, because people plan their day by them and by little else. {THIRD}"
    (change,) = diff(revision(a=between(WHOLE)), revision(a=between(f"{FIRST} {SECOND}", other)))
    assert shown(change) == ("split", [WHOLE], [f"{FIRST} {SECOND}", other])


@pytest.mark.parametrize(
    "other",
    [
        "Deadlines matter, because people plan their day by them and by little else.",
        "The assistant must tell the user what it did.",
    ],
)
def test_a_clause_cut_short_beside_a_new_one_is_not_split(other: str) -> None:
    changes = diff(revision(a=between(WHOLE)), revision(a=between(f"{FIRST} {SECOND}", other)))
    assert [change.kind.value for change in changes] == ["reworded", "added"]


def test_a_copy_is_no_split() -> None:
    changes = diff(revision(a=between(WHOLE)), revision(a=between(WHOLE, FIRST)))
    assert [shown(change) for change in changes] == [("added", [], [FIRST])]


def test_a_rule_whose_piece_became_commentary_is_not_split() -> None:
    changes = diff(revision(a=between(WHOLE)), revision(a=between(f"{FIRST} {SECOND}", f'!!! meta "Why"\n    {THIRD}')))
    assert [change.kind.value for change in changes] == ["reworded", "added"]


SENTENCES = [*RULES, FIRST, SECOND, THIRD]
CLAUSES = st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join) | BLOCKS, max_size=10)


@settings(max_examples=100, deadline=None)
@given(CLAUSES, CLAUSES)
def test_every_clause_is_in_one_change_and_the_counts_balance(one: list[str], two: list[str]) -> None:
    before, after = revision(a="\n\n".join(one)), revision(a="\n\n".join(two))
    changes = diff(before, after)
    number = counts(changes)
    assert len(clauses_of(after)) - len(clauses_of(before)) == number.added - number.removed
    involved: list[tuple[int, int]] = []
    for change in changes:
        assert bool(change.others) == (change.kind in (ChangeKind.SPLIT, ChangeKind.MERGED))
        side = 1 if change.kind is ChangeKind.SPLIT else 0
        involved += [(0, change.before.line)] if change.before else []
        involved += [(1, change.after.line)] if change.after else []
        involved += [(side, clause.line) for clause in change.others]
        assert all(a.line < b.line for a, b in pairwise(change.others))
    assert len(involved) == len(set(involved))
    back = counts(diff(after, before))
    assert back == ChangeCounts(number.removed, number.added, number.reworded, number.moved)
