"""Two revisions -> the clauses that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from auditor.clauses.match import match
from auditor.clauses.outline import page
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseChange
from auditor.model.spec import Revision

_OTHERS = {ChangeKind.SPLIT: ChangeKind.ADDED, ChangeKind.MERGED: ChangeKind.REMOVED}


def clauses_of(revision: Revision) -> tuple[Clause, ...]:
    """All clauses of a revision, by file, in order."""
    if len(revision.files) == 1:
        return _clauses(revision.files[0].path, revision.files[0].text)
    return tuple(clause for file in revision.files for clause in _clauses(file.path, file.text))


@lru_cache(maxsize=64)
def _clauses(path: str, text: str) -> tuple[Clause, ...]:
    """As `parse.parse` gives them; what another revision says, too, is not read again."""
    return tuple(page(path, text).clauses())


def diff(before: Revision, after: Revision) -> tuple[ClauseChange, ...]:
    """What changed between two revisions, over all files, in the order of the text after; empty for the same clauses.

    A file's new name is no change of its clauses; see `match.match` for what is.
    """
    return match(clauses_of(before), clauses_of(after)).changes


def counts(changes: Iterable[ClauseChange]) -> ChangeCounts:
    """How many clauses were added, removed, reworded and moved; one that was moved and reworded is reworded.

    See `ChangeCounts` for what was split, merged or reinstated.
    """
    number: Counter[ChangeKind] = Counter()
    for change in changes:
        number[change.kind] += 1
        if change.kind in _OTHERS:
            number[_OTHERS[change.kind]] += len(change.others)
    return ChangeCounts(
        added=number[ChangeKind.ADDED] + number[ChangeKind.REINSTATED],
        removed=number[ChangeKind.REMOVED],
        reworded=number[ChangeKind.REWORDED] + number[ChangeKind.SPLIT] + number[ChangeKind.MERGED],
        moved=number[ChangeKind.MOVED],
    )
