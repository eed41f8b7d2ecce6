"""What a patch did to a text as a whole: an earlier text is back, a patch is taken back, clauses went to a file outside
of the spec, a file was emptied, a repetition was dropped.

In: a patch with its clause changes, the history before it, and the other files of its commit. Out: `TextEvent`s, each
with the changes that are part of it; no change is part of two. Open `TextEventFinder` first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from heapq import heapify, heappop, heappush

from auditor.clauses.comparison import change_sides, clauses_of
from auditor.clauses.deontic import DEFAULT_LEVELS, Direction
from auditor.clauses.file_formats import find_format
from auditor.clauses.lineage import Lineage
from auditor.clauses.match import ClauseKey, clause_key, match_clauses
from auditor.clauses.outline import outline_file
from auditor.clauses.words import split_words
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind
from auditor.model.spec import History, Patch, SpecCommit

# A file is emptied when at least so many of its clauses, and this share of them, went; a file that is gone went to
# another one when this share of its clauses stands there.
_LEAST_EMPTIED, _EMPTIED_SHARE = 2, 0.9
_MOVED_FILE_SHARE = 0.5
# With more clauses than this share of those it had, a file is written anew and not empty.
_EMPTY_SHARE = 0.34
# Fewer words than these stand in another text by chance.
_LEAST_TELLING_WORDS = 4


class TextEventKind(StrEnum):
    """What happened to a text."""

    RESTORED = "restored"
    REVERTED = "reverted"
    MOVED_OUT = "moved out"
    EMPTIED = "emptied"
    SAID_ONCE = "said once"


@dataclass(frozen=True, slots=True)
class TextEvent:
    """One thing that a patch did to a text, with everything that is part of it.

    Attributes:
        path: the file it happened to; "" where it happened to the whole spec, or to clauses of several files.
        changes: the clause changes that are part of it, in the order of the patch.
        earlier: the commit whose text is back, or that is taken back; None for other kinds.
        destination: the file outside of the spec in which the words stand; "" for other kinds.
        whole: whether the file itself went, so that the spec's path should name the destination; of a file that is
            emptied, whether little else came into it.
        rewordings: of a whole file, the changes between what it said and what the destination says.
        copies: of what is said once, the clause that still says it, for each change.
    """

    kind: TextEventKind
    path: str
    changes: tuple[ClauseChange, ...]
    earlier: SpecCommit | None = None
    destination: str = ""
    whole: bool = False
    rewordings: tuple[ClauseChange, ...] = ()
    copies: tuple[Clause, ...] = ()


_Signature = frozenset[tuple[tuple[tuple[str, ...], tuple[str, ...]], int]]


class TextEventFinder:
    """Finds what the patches of one history did to its text; what they share is computed once."""

    def __init__(self, history: History, lineage: Lineage) -> None:
        self._history = history
        self._lineage = lineage
        self._commits = {commit.name: commit for commit in history.spec_commits}

    def find(
        self, patch: Patch, changes: Sequence[ClauseChange], other_files: Callable[[], Mapping[str, str]]
    ) -> tuple[TextEvent, ...]:
        """The events of a patch.

        Args:
            changes: its clause changes.
            other_files: the texts, by path, of the files outside of the spec that its commit adds or changes; called
                only where a clause went.
        """
        events: list[TextEvent] = []
        open_changes = list(changes)

        def add(text_events: Iterable[TextEvent]) -> None:
            nonlocal open_changes
            for event in text_events:
                events.append(event)
                part_of = {id(change) for change in event.changes}
                open_changes = [change for change in open_changes if id(change) not in part_of]

        add(self._restored(patch, open_changes))
        add(self._reverted(patch, open_changes))
        if not any(change.kind is ChangeKind.REMOVED for change in open_changes):
            return tuple(events)
        before = clauses_of(self._history.revisions[patch.before.revision])
        after = self._history.revisions[patch.after.revision]
        add(_said_once(open_changes, clauses_of(after)))
        paths = {file.path for file in after.files}
        if any(change.kind is ChangeKind.REMOVED for change in open_changes):
            others = {path: text for path, text in other_files().items() if path not in paths}
            add(_moved_out(open_changes, before, paths, others))
        add(_emptied(open_changes, before, clauses_of(after)))
        return tuple(events)

    def _restored(self, patch: Patch, changes: Sequence[ClauseChange]) -> Iterator[TextEvent]:
        """The whole text, or a file of it, that is as it was at an earlier commit."""
        if not changes or not self._history.revisions[patch.after.revision].files:
            return
        same = self._nearest_before(patch, self._names_by_revision[patch.after.revision])
        if same is not None:
            yield TextEvent(TextEventKind.RESTORED, "", tuple(changes), self._commits[same])
            return
        before = {file.path: file.text for file in self._history.revisions[patch.before.revision].files}
        for file in self._history.revisions[patch.after.revision].files:
            if before.get(file.path) == file.text or not file.text.strip() or not (before.keys() - {file.path}):
                continue
            places = self._files_by_size.get((file.path, len(file.text)), {})
            earlier = self._nearest_before(patch, [name for name, text in places.items() if text == file.text])
            inside = tuple(change for change in changes if _path_of(change) == file.path)
            if earlier is not None and inside:
                yield TextEvent(TextEventKind.RESTORED, file.path, inside, self._commits[earlier])

    def _reverted(self, patch: Patch, changes: Sequence[ClauseChange]) -> Iterator[TextEvent]:
        """An earlier patch whose changes these are, the other way round."""
        names = self._by_signature.get(_signature(changes, mirrored=True), ()) if changes else ()
        earlier = self._nearest_before(patch, names)
        if earlier is not None:
            yield TextEvent(TextEventKind.REVERTED, "", tuple(changes), self._commits[earlier])

    @cached_property
    def _by_signature(self) -> Mapping[_Signature, Collection[str]]:
        names: dict[_Signature, list[str]] = defaultdict(list)
        for name, changes in self._lineage.changes.items():
            if changes:
                names[_signature(changes)].append(name)
        return names

    @cached_property
    def _names_by_revision(self) -> Mapping[str, Sequence[str]]:
        names: dict[str, list[str]] = defaultdict(list)
        for commit in self._history.spec_commits:
            names[commit.revision].append(commit.name)
        return names

    @cached_property
    def _files_by_size(self) -> Mapping[tuple[str, int], Mapping[str, str]]:
        """The texts of files, by path and size and then by the commit: equal texts are of equal size."""
        names: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
        for commit in self._history.spec_commits:
            for file in self._history.revisions[commit.revision].files:
                names[file.path, len(file.text)][commit.name] = file.text
        return names

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self._commits)}

    def _nearest_before(self, patch: Patch, names: Iterable[str]) -> str | None:
        """Of some commits the nearest that a patch has behind it, found in steps to there; None without any."""
        places = {self._places[name] for name in names}
        earliest = min(places, default=len(self._places))
        waiting = [-self._places[name] for name in patch.after.parents]
        heapify(waiting)
        past: set[int] = set()
        while waiting and -waiting[0] >= earliest:  # the nearest first, as parents come before their children
            place = -heappop(waiting)
            if place in places:
                return self._history.spec_commits[place].name
            if place not in past:
                past.add(place)
                for name in self._history.spec_commits[place].parents:
                    heappush(waiting, -self._places[name])
        return None


def _path_of(change: ClauseChange) -> str:
    clause = change.after or change.before
    assert clause is not None  # one side is there
    return clause.path


def _signature(changes: Iterable[ClauseChange], *, mirrored: bool = False) -> _Signature:
    """What changes do, apart from where: equal for two patches that do the same."""
    sides = (change_sides(change) for change in changes if change.kind is not ChangeKind.MOVED)
    texts = (tuple(tuple(clause.text for clause in side) for side in pair) for pair in sides)
    counts = Counter((after, before) if mirrored else (before, after) for before, after in texts)
    return frozenset(counts.items())


def _said_once(changes: Iterable[ClauseChange], after: Sequence[Clause]) -> Iterator[TextEvent]:
    """What is removed in one place, and still said word for word in another of no lower level of authority."""
    removed = [change for change in changes if change.kind is ChangeKind.REMOVED]
    if not removed:
        return
    standing = defaultdict(list)
    for clause in after:
        standing[clause_key(clause)].append(clause)
    pairs = [(change, copy) for change in removed if (copy := _copy_of(change.before, standing)) is not None]
    if pairs:
        dropped, copies = zip(*pairs, strict=True)
        yield TextEvent(TextEventKind.SAID_ONCE, "", dropped, copies=copies)


def _copy_of(clause: Clause | None, standing: Mapping[ClauseKey, Sequence[Clause]]) -> Clause | None:
    if clause is None or clause.kind is ClauseKind.HEADING:
        return None
    directions = (Direction.CLARIFIED, Direction.TIGHTENED)
    return next(
        (
            copy
            for copy in standing.get(clause_key(clause), ())
            if DEFAULT_LEVELS.direction(DEFAULT_LEVELS.of(clause), DEFAULT_LEVELS.of(copy)) in directions
        ),
        None,
    )


def _moved_out(
    changes: Iterable[ClauseChange], before: Sequence[Clause], paths: Collection[str], others: Mapping[str, str]
) -> Iterator[TextEvent]:
    """Clauses that went, and stand in files outside of the spec: whole files first, then word for word."""
    removed = [change for change in changes if change.kind is ChangeKind.REMOVED]
    texts = [_OtherFile(path, text) for path, text in sorted(others.items())]
    for path in dict.fromkeys(clause.path for clause in before if clause.path not in paths):
        event = _moved_file(path, removed, [clause for clause in before if clause.path == path], texts)
        if event is not None:
            yield event
            part_of = {id(change) for change in event.changes}
            removed = [change for change in removed if id(change) not in part_of]
    standing = {
        text.path: [
            clause_change for clause_change in removed if clause_change.before and text.says(clause_change.before)
        ]
        for text in texts
    }
    part_of = set()
    for path, clause_changes in sorted(standing.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        moved = tuple(change for change in clause_changes if id(change) not in part_of)
        if any(change.before and change.before.kind is not ClauseKind.HEADING for change in moved):
            yield TextEvent(TextEventKind.MOVED_OUT, "", moved, destination=path)
            part_of |= {id(change) for change in moved}


class _OtherFile:
    """A file outside of the spec, looked through for clauses."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._text = text

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """What it says, as a spec's file is read."""
        return tuple(outline_file(self.path, self._text).clauses())

    @cached_property
    def _keys(self) -> Collection[ClauseKey]:
        return {clause_key(clause) for clause in self.clauses}

    @cached_property
    def _words(self) -> str:
        return f" {' '.join(split_words(self._text))} "

    def says(self, clause: Clause) -> bool:
        """Whether a clause's words stand here, one after the other."""
        words = split_words(clause.text)
        has_words = f" {' '.join(words)} " in self._words
        if has_words and len(words) >= _LEAST_TELLING_WORDS:
            return True
        # What is read as it stands has no clause whose words do not stand there: nothing is parsed to find none.
        as_it_stands = find_format(self.path) is None and any(map(str.isalnum, clause.text))
        return (has_words or not as_it_stands) and clause_key(clause) in self._keys


def _moved_file(
    path: str, removed: Sequence[ClauseChange], before: Sequence[Clause], others: Sequence[_OtherFile]
) -> TextEvent | None:
    """Where a file went that the spec has no more: the file in which most of its clauses stand."""
    counts = [(sum(other.says(clause) for clause in before), other) for other in others]
    count, other = max(counts, key=lambda pair: (pair[0], pair[1].path), default=(0, None))
    if other is None or count < _MOVED_FILE_SHARE * len(before):
        return None
    matching = match_clauses(before, other.clauses)
    pairs = [*matching.unchanged, *((change.before, change.after) for change in matching.changes)]
    there = {(clause.path, clause.line) for clause, after in pairs if clause is not None and after is not None}
    there |= {(part.path, part.line) for change in matching.changes for part in change.others if part.path == path}
    inside = tuple(change for change in removed if change.before and (change.before.path, change.before.line) in there)
    kinds = (ChangeKind.REWORDED, ChangeKind.SPLIT, ChangeKind.MERGED)
    rewordings = tuple(change for change in matching.changes if change.kind in kinds)
    if not inside:
        return None
    return TextEvent(TextEventKind.MOVED_OUT, path, inside, None, other.path, whole=True, rewordings=rewordings)


def _emptied(changes: Iterable[ClauseChange], before: Sequence[Clause], after: Sequence[Clause]) -> Iterator[TextEvent]:
    """Files of which nearly nothing is left, whatever came in its place."""
    by_file = defaultdict(list)
    for change in changes:
        if change.kind is ChangeKind.REMOVED and change.before is not None:
            by_file[change.before.path].append(change)
    for path, removed in by_file.items():
        size = sum(clause.path == path and clause.kind is not ClauseKind.HEADING for clause in before)
        emptied = sum(change.before is not None and change.before.kind is not ClauseKind.HEADING for change in removed)
        if emptied >= max(_LEAST_EMPTIED, _EMPTIED_SHARE * size):
            rest = sum(clause.path == path and clause.kind is not ClauseKind.HEADING for clause in after)
            whole = rest <= _EMPTY_SHARE * size
            yield TextEvent(TextEventKind.EMPTIED, path, tuple(removed), whole=whole)
