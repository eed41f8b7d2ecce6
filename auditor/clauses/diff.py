"""Two revisions -> the clauses that changed."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from functools import lru_cache

from auditor.clauses.match import match
from auditor.clauses.outline import Page, page
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseChange
from auditor.model.spec import Revision

_KEPT = 64  # files, as clauses and as pages
_OTHERS = {ChangeKind.SPLIT: ChangeKind.ADDED, ChangeKind.MERGED: ChangeKind.REMOVED}


def clauses_of(revision: Revision) -> tuple[Clause, ...]:
    """All clauses of a revision, by file, in order."""
    if len(revision.files) == 1:
        return _clauses(revision.files[0].path, revision.files[0].text)
    return tuple(clause for file in revision.files for clause in _clauses(file.path, file.text))


def pages_of(revision: Revision) -> tuple[Page, ...]:
    """The files of a revision, in order; what was read a moment ago, if only in another revision, is not read again."""
    return tuple(_page(file.path, file.text) for file in revision.files)


@lru_cache(maxsize=_KEPT)
def _clauses(path: str, text: str) -> tuple[Clause, ...]:
    """As `parse.parse` gives them."""
    return tuple(_page(path, text).clauses())


_LATEST: OrderedDict[str, Page] = OrderedDict()


@lru_cache(maxsize=_KEPT)
def _page(path: str, text: str) -> Page:
    found = _LATEST[path] = page(path, text, _LATEST.pop(path, None))  # the answer is the same without the other one
    if len(_LATEST) > _KEPT:
        _LATEST.popitem(last=False)
    return found


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
