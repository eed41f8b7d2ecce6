"""Two revisions compared: every change of a clause with its direction, the counts by kind, and the levels of authority
that got another name.

In: two revisions, and the events of the later one where its history is known. Out: a `Comparison`; or plain changes
(`diff_revisions`) for two revisions alone.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from auditor.clauses.deontic import LevelRenaming, Norm, classify_change, find_authority_changes
from auditor.clauses.lineage import LineageEvent
from auditor.clauses.match import ClauseKey, clause_key, match_clauses
from auditor.clauses.outline import FileOutline, outline_file
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseChange, ClauseKind
from auditor.model.spec import History, Patch, Revision, SpecCommit, SpecFile, commits_since_fork

# Two revisions -> the clauses that changed.


_CACHED_CHARACTERS, _CACHED_PATHS = 2**24, 2**12

Value = TypeVar("Value")
_KIND_OF_OTHERS = {ChangeKind.SPLIT: ChangeKind.ADDED, ChangeKind.MERGED: ChangeKind.REMOVED}


def clauses_of(revision: Revision) -> tuple[Clause, ...]:
    """All clauses of a revision, by file, in order."""
    if len(revision.files) == 1:
        return _clauses(revision.files[0])
    return tuple(clause for file in revision.files for clause in _clauses(file))


def file_outlines(revision: Revision) -> tuple[FileOutline, ...]:
    """The files of a revision, in order; what was read a moment ago, if only in another revision, is not read again."""
    return tuple(_file_outline(file) for file in revision.files)


class _FileCache(Generic[Value]):
    """What was read of files, the latest of them up to so many characters of text in all.

    Many small files are kept as well as a few large ones: one patch of a collection needs all of its files.
    """

    def __init__(self, read: Callable[[SpecFile], Value]) -> None:
        self._read = read
        self._values: OrderedDict[SpecFile, Value] = OrderedDict()
        self._characters = 0

    def __call__(self, file: SpecFile) -> Value:
        if file in self._values:
            self._values.move_to_end(file)
            return self._values[file]
        value = self._values[file] = self._read(file)
        self._characters += len(file.text)
        while self._characters > _CACHED_CHARACTERS and len(self._values) > 1:
            oldest, _ = self._values.popitem(last=False)
            self._characters -= len(oldest.text)
        return value


_LATEST: dict[str, FileOutline] = {}


def _read_outline(file: SpecFile) -> FileOutline:
    """The outline of a file; what is the same as in the one read last at this path is not read again."""
    outline = _LATEST[file.path] = outline_file(file.path, file.text, _LATEST.pop(file.path, None), file.format)
    while len(_LATEST) > _CACHED_PATHS:
        del _LATEST[next(iter(_LATEST))]
    return outline


_file_outline = _FileCache(_read_outline)
_clauses = _FileCache(lambda file: tuple(_file_outline(file).clauses()))


def diff_revisions(before: Revision, after: Revision) -> tuple[ClauseChange, ...]:
    """What changed between two revisions, over all files, in the order of the text after; empty for the same clauses.

    A file's new name is no change of its clauses; see `match.match` for what is.
    """
    return match_clauses(clauses_of(before), clauses_of(after)).changes


def joined_commits(history: History, patch: Patch) -> frozenset[str]:
    """The names of the spec commits of both sides, for a merge that says what they changed and nothing else.

    Compared clause by clause; empty for everything that is not such a merge.
    """
    if len(patch.after.parents) != 2 or patch.before.name != patch.after.parents[0]:
        return frozenset()
    forks, since = commits_since_fork(history, *patch.after.parents)
    if len(forks) != 1:
        return frozenset()
    names = (*patch.after.parents, *forks)
    first, second, fork = (_placed_clauses(history, history.spec_commit(name).revision) for name in names)
    joined = first - (fork - second) + (second - fork) == _placed_clauses(history, patch.after.revision)
    return since if joined else frozenset()


def _placed_clauses(history: History, revision: str) -> Counter[tuple[str, tuple[str, ...], ClauseKey]]:
    """How often each clause stands in a section of a file."""
    clauses = clauses_of(history.revisions[revision])
    return Counter((clause.path, section_path(clause), clause_key(clause)) for clause in clauses)


def count_changes(changes: Iterable[ClauseChange]) -> ChangeCounts:
    """How many clauses were added, removed, reworded and moved; one that was moved and reworded is reworded.

    See `ChangeCounts` for what was split, merged or reinstated.
    """
    number: Counter[ChangeKind] = Counter()
    for change in changes:
        number[change.kind] += 1
        if change.kind in _KIND_OF_OTHERS:
            number[_KIND_OF_OTHERS[change.kind]] += len(change.others)
    return ChangeCounts(
        added=number[ChangeKind.ADDED] + number[ChangeKind.REINSTATED],
        removed=number[ChangeKind.REMOVED],
        reworded=number[ChangeKind.REWORDED] + number[ChangeKind.SPLIT] + number[ChangeKind.MERGED],
        moved=number[ChangeKind.MOVED],
    )


# Two revisions side by side: every change of a clause with its direction, and the levels that got another name.


_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class ComparisonSide:
    """One side of a comparison.

    Attributes:
        name: what it was asked for by, or "work tree".
        revision: its text.
        commit: full id; None for the work tree, a dated folder and a content id.
        spec_commit: the one it is; None where it is none.
    """

    name: str
    revision: Revision
    commit: str | None
    spec_commit: SpecCommit | None


@dataclass(frozen=True, slots=True)
class ClassifiedChange:
    """A change of a clause, and which way it goes."""

    change: ClauseChange
    norm: Norm


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two revisions of a spec.

    Attributes:
        changes: in the order of the text after, what is gone where it would stand.
        renamings: the levels of authority that have another name throughout, which is no change of level.
    """

    spec: str
    before: ComparisonSide
    after: ComparisonSide
    changes: tuple[ClassifiedChange, ...]
    renamings: tuple[LevelRenaming, ...]

    @property
    def counts(self) -> ChangeCounts:
        """How many clauses changed, by kind."""
        return count_changes(change.change for change in self.changes)


def compare_revisions(
    spec: str, before: ComparisonSide, after: ComparisonSide, events: Sequence[LineageEvent] = ()
) -> Comparison:
    """Compares two revisions.

    Args:
        events: what happened in the spec commit after, by the spec's whole history: a clause that is back is then
            reinstated, with its last state before; two revisions alone never say so.
    """
    matching = match_clauses(clauses_of(before.revision), clauses_of(after.revision))
    levels = find_authority_changes(matching.changes, matching.unchanged)
    returned = {_place_key(event.after[0]): event for event in events if event.kind is ChangeKind.REINSTATED}
    changes = [_as_reinstated(change, returned) for change in matching.changes]
    typed = tuple(ClassifiedChange(change, classify_change(change, renamed=levels.renamed)) for change in changes)
    return Comparison(spec, before, after, typed, levels.renamings)


_PlaceKey = tuple[str, int, str]


def _place_key(clause: Clause) -> _PlaceKey:
    return clause.path, clause.line, clause.text


def _as_reinstated(change: ClauseChange, events: Mapping[_PlaceKey, LineageEvent]) -> ClauseChange:
    if change.kind is not ChangeKind.ADDED or change.after is None:
        return change
    event = events.get(_place_key(change.after))
    if event is None:
        return change
    return replace(change, kind=ChangeKind.REINSTATED, before=event.before[0], similarity=event.similarity)


def classify_event(event: LineageEvent, renamed: Mapping[str, str] = _NONE) -> ClassifiedChange:
    """An event of a clause's life as a change; `renamed` as in `norms.judge`."""
    before, after = event.before, event.after
    change = ClauseChange(
        kind=event.kind,
        before=before[0] if before else None,
        after=after[0] if after else None,
        similarity=event.similarity,
        moved=event.moved,
        others=after[1:] if event.kind is ChangeKind.SPLIT else before[1:],
    )
    return ClassifiedChange(change, classify_change(change, renamed=renamed))


def section_path(clause: Clause) -> tuple[str, ...]:
    """The section a clause belongs to: the titles of its headings, outermost first; a heading belongs to its own."""
    return (*clause.section, clause.text) if clause.kind is ClauseKind.HEADING else clause.section


def change_sides(change: ClauseChange) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
    """The clauses before and after, each side in the order of its text."""
    before = () if change.before is None else (change.before,)
    after = () if change.after is None else (change.after,)
    if change.kind is ChangeKind.SPLIT:
        return before, _in_order(after + change.others)
    return _in_order(before + change.others), after


def _in_order(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return tuple(sorted(clauses, key=lambda clause: (clause.path, clause.line)))
