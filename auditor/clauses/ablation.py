"""The changes of a patch taken apart, so that each can be left out of the text after or made alone in the text before.

In: the revisions before and after. Out: a `Recomposition`: the changes, and the text with any of them. Both texts are
cut into clauses and what stands between them, aligned by the clause matching, and put together from whole source lines
of the two. A text that does not read back as exactly the clauses that were chosen is never given out: changes that
cannot be told apart by their lines are one change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from auditor.clauses.comparison import change_sides, clauses_of
from auditor.clauses.file_formats import find_format, unread_reason
from auditor.clauses.match import Matching, clause_key, match_clauses
from auditor.clauses.sequence import longest_increasing_positions
from auditor.errors import RevisionError
from auditor.model import canonical
from auditor.model.ablation import AblatedChange, CounterfactualRevision
from auditor.model.clause import Clause, ClauseChange
from auditor.model.numbers import short_id
from auditor.model.run import AblationKind
from auditor.model.spec import Revision, SpecFile, revision_id

# The formats that are put together from lines, besides Markdown and plain text: in others a line is no unit of text.
_FORMATS_OF_LINES = ("rst",)
_CHANGE_DIGITS = 12  # what manifests and records hold
_QUOTED = 120
_BY_HAND = "write the texts without a clause by hand, and commit each on a branch"

_Clauses = tuple[Clause, ...]
# A clause of the text after (True) or before: its file, its first line, its text.
_Place = tuple[bool, str, int, str]


@dataclass(frozen=True, slots=True)
class _Element:
    """What stands at one place of a file before and after the patch; on either side it may be nothing.

    Attributes:
        clauses: those before, and those after.
        unit: the number of the change it belongs to; None for what is no change of a clause, such as blank lines.
    """

    before: str = ""
    after: str = ""
    clauses: tuple[_Clauses, _Clauses] = ((), ())
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class _FileParts:
    """One file of both sides, each None where it is not there, and its elements in order."""

    before: SpecFile | None
    after: SpecFile | None
    elements: tuple[_Element, ...]


@dataclass(frozen=True, slots=True)
class Recomposition:
    """A patch whose changes can be chosen one by one.

    Attributes:
        changes: in the order of the text; what cannot be told apart by its lines is one of them.
        files: the parts of each file.
    """

    changes: tuple[AblatedChange, ...]
    files: tuple[_FileParts, ...] = field(repr=False)

    def without(self, change: AblatedChange) -> Revision:
        """The revision after the patch without one of its changes."""
        return self.recompose([other for other in self.changes if other != change], layout_after=True)

    def alone(self, change: AblatedChange) -> Revision:
        """The revision before the patch with one of its changes."""
        return self.recompose([change], layout_after=False)

    def counterfactuals(self) -> Iterator[tuple[CounterfactualRevision, Revision]]:
        """Every text that never landed, and what it is: of each change the text without it, then that with it alone."""
        for change in self.changes:
            for kind, text in ((AblationKind.WITHOUT, self.without(change)), (AblationKind.ALONE, self.alone(change))):
                yield CounterfactualRevision(kind, change.id, text.id), text

    def recompose(self, changes: Collection[AblatedChange], *, layout_after: bool) -> Revision:
        """The text with these changes.

        Args:
            layout_after: whether what differs and is no clause, such as blank lines, is as after the patch.
        """
        chosen = {number for number, change in enumerate(self.changes) if change in changes}
        return _compose(self.files, chosen, layout_after=layout_after)


def separate_changes(before: Revision, after: Revision) -> Recomposition:
    """Takes a patch apart; a patch without a change of a clause has no changes.

    Raises RevisionError where one of several files was renamed, and where the two texts cannot be put together again.
    """
    matching = match_clauses(clauses_of(before), clauses_of(after))
    units = _Units(len(matching.changes))
    owner = {place: number for number, change in enumerate(matching.changes) for place in _places_of_change(change)}
    files = tuple(_read_parts(matching, owner, units, *pair) for pair in _pair_files(before, after, matching))
    while (failing := _find_inseparable(numbered := units.number(files), len(units.members()))) is not None:
        units.join(failing, _nearest_unit(numbered, failing))
    members = units.members()
    if len(members) == 1:  # without it there is the text before, down to its blank lines
        numbered = tuple(
            replace(file, elements=(replace(_whole_file(file.before, file.after), unit=0),)) for file in numbered
        )
    whole = _compose(numbered, range(len(members)), layout_after=True), _compose(numbered, (), layout_after=False)
    for revision, original in zip(whole, (after, before), strict=True):
        if revision.id != original.id:
            raise RevisionError(
                "cannot be put together again from its lines", where=short_id(original.id), remedy=_BY_HAND
            )
    return Recomposition(_describe_changes([[matching.changes[at] for at in unit] for unit in members]), numbered)


class _Units:
    """Which changes stand or fall together: to begin with each by itself."""

    def __init__(self, count: int) -> None:
        self._first = list(range(count))

    def join_changes(self, changes: Iterable[int]) -> None:
        """Makes one unit of the units of these changes."""
        firsts = {self._first[change] for change in changes}
        if len(firsts) > 1:
            self._first = [min(firsts) if first in firsts else first for first in self._first]

    def join(self, unit: int, other: int) -> None:
        """Makes one unit of two, by number."""
        members = self.members()
        self.join_changes((members[unit][0], members[other][0]))

    def members(self) -> list[list[int]]:
        """The changes of each unit, by the unit's number: that of its first change among the first ones."""
        return [
            [change for change, first in enumerate(self._first) if first == unit] for unit in sorted(set(self._first))
        ]

    def number(self, files: Sequence[_FileParts]) -> tuple[_FileParts, ...]:
        """The same files, their elements with the number of the unit in place of that of a change."""
        number = {change: place for place, unit in enumerate(self.members()) for change in unit}
        return tuple(
            replace(
                file,
                elements=tuple(
                    element if element.unit is None else replace(element, unit=number[element.unit])
                    for element in file.elements
                ),
            )
            for file in files
        )


def _places_of_change(change: ClauseChange) -> Iterator[_Place]:
    for side, clauses in enumerate(change_sides(change)):
        for clause in clauses:
            yield _place(clause, after=side == 1)


def _place(clause: Clause, *, after: bool) -> _Place:
    return after, clause.path, clause.line, clause.text


# The files of both sides, and what stands in them, place by place.


def _pair_files(
    before: Revision, after: Revision, matching: Matching
) -> Iterator[tuple[SpecFile | None, SpecFile | None]]:
    """The files of both sides by path; of two specs of one file each, that one. Raises RevisionError for a rename."""
    if len(before.files) == len(after.files) == 1:
        yield before.files[0], after.files[0]
        return
    stay = [(change.before, change.after) for change in matching.changes if not change.moved]
    renamed = next((pair for pair in (*matching.unchanged, *stay) if _is_renamed(*pair)), None)
    if renamed is not None:
        assert renamed[0] is not None
        raise RevisionError("is renamed by the patch", where=renamed[0].path, remedy=_BY_HAND)
    sides = [{file.path: file for file in revision.files} for revision in (before, after)]
    for path in sorted({*sides[0], *sides[1]}):
        yield sides[0].get(path), sides[1].get(path)


def _is_renamed(clause: Clause | None, other: Clause | None) -> bool:
    return clause is not None and other is not None and clause.path != other.path


@dataclass(frozen=True, slots=True)
class _Segment:
    """Whole lines of one side: a clause, or what stands between two (`clause` is None)."""

    text: str
    clause: Clause | None = None


def _read_parts(
    matching: Matching, owner: Mapping[_Place, int], units: _Units, before: SpecFile | None, after: SpecFile | None
) -> _FileParts:
    """The elements of a file, with the numbers of their changes; changes that one element is of are joined."""
    sides = _segments(before), _segments(after)
    if sides[0] is None or sides[1] is None:
        elements = [_whole_file(before, after)]
    else:
        place = [
            {_place(segment.clause, after=bool(side)): at for at, segment in enumerate(segments) if segment.clause}
            for side, segments in enumerate((sides[0], sides[1]))
        ]
        pairs = sorted(
            (place[0][early], place[1][late])
            for early, late in _pairs_that_stay(matching)
            if early in place[0] and late in place[1]
        )
        anchors = [pairs[at] for at in longest_increasing_positions([late for _, late in pairs])]
        elements = list(_align(sides[0], sides[1], anchors))
        if len(anchors) < len(pairs):
            _join_moved_sections(matching, units, before, after)
    return _FileParts(before, after, tuple(_number_element(element, owner, units) for element in elements))


def _pairs_that_stay(matching: Matching) -> Iterator[tuple[_Place, _Place]]:
    """The clauses that are on both sides and were not moved."""
    stay = ((change.before, change.after) for change in matching.changes if not change.moved)
    for before, after in (*matching.unchanged, *stay):
        if before is not None and after is not None:
            yield _place(before, after=False), _place(after, after=True)


def _join_moved_sections(matching: Matching, units: _Units, before: SpecFile | None, after: SpecFile | None) -> None:
    """Where a whole section moved, what was moved, taken out or reworded in the file is one change.

    The clauses of a moved section have not moved by themselves; the text before has no place for them by themselves.
    """
    paths = {file.path for file in (before, after) if file is not None}
    units.join_changes(
        number
        for number, change in enumerate(matching.changes)
        if change.before is not None and change.before.path in paths
    )


def _number_element(element: _Element, owner: Mapping[_Place, int], units: _Units) -> _Element:
    places = (_place(clause, after=side == 1) for side in (0, 1) for clause in element.clauses[side])
    changes = sorted({owner[place] for place in places if place in owner})
    units.join_changes(changes)
    return replace(element, unit=changes[0]) if changes else element


def _whole_file(before: SpecFile | None, after: SpecFile | None) -> _Element:
    """A file that is one element: either as it was, or as it is."""
    texts = ["" if file is None else file.text for file in (before, after)]
    clauses = [() if file is None else clauses_of(Revision("", (file,))) for file in (before, after)]
    return _Element(texts[0], texts[1], (clauses[0], clauses[1]))


def _segments(file: SpecFile | None) -> list[_Segment] | None:
    """A file cut at its clauses; None for one in which several share a line, or whose lines are no units of text."""
    if file is None:
        return []
    style = find_format(file.path, file.format)
    if (style is not None and style.name not in _FORMATS_OF_LINES) or unread_reason(file.path, file.text, file.format):
        return None
    lines = file.text.splitlines(keepends=True)
    if len(lines) != file.text.count("\n") + (not file.text.endswith("\n") and bool(file.text)):
        return None  # line ends that only Python knows
    segments: list[_Segment] = []
    done = 0
    for clause in sorted(clauses_of(Revision("", (file,))), key=lambda clause: clause.line):
        if clause.line - 1 < done:
            return None
        if clause.line - 1 > done:
            segments.append(_Segment("".join(lines[done : clause.line - 1])))
        segments.append(_Segment("".join(lines[clause.line - 1 : clause.end]), clause))
        done = clause.end
    return [*segments, _Segment("".join(lines[done:]))] if done < len(lines) else segments


def _align(
    before: Sequence[_Segment], after: Sequence[_Segment], anchors: Sequence[tuple[int, int]]
) -> Iterator[_Element]:
    """The elements of two sides of which some clauses are pairs, in the order of both."""
    early_start = late_start = 0
    for early, late in (*anchors, (len(before), len(after))):
        yield from _align_between(list(before[early_start:early]), list(after[late_start:late]))
        if early < len(before):
            yield _element(before[early], after[late])
        early_start, late_start = early + 1, late + 1


def _align_between(before: list[_Segment], after: list[_Segment]) -> Iterator[_Element]:
    """What stands between two pairs: the space before the second is a pair as well, else that after the first.

    What was taken out comes before what was added; the space before a clause goes with it.
    """
    last: list[_Element] = []
    if before and after and before[-1].clause is None and after[-1].clause is None:
        last = [_element(before.pop(), after.pop())]
    elif before and after and before[0].clause is None and after[0].clause is None and 1 in (len(before), len(after)):
        yield _element(before.pop(0), after.pop(0))
    yield from (_element(segment, _NOTHING) for segment in _with_space(before))
    yield from (_element(_NOTHING, segment) for segment in _with_space(after))
    yield from last


_NOTHING = _Segment("")


def _element(before: _Segment, after: _Segment) -> _Element:
    clauses = [() if segment.clause is None else (segment.clause,) for segment in (before, after)]
    return _Element(before.text, after.text, (clauses[0], clauses[1]))


def _with_space(segments: Sequence[_Segment]) -> Iterator[_Segment]:
    """Each clause with the space before it, the last with that after it, too; space alone where there is no clause."""
    space, waiting = "", None
    for segment in segments:
        if segment.clause is None:
            space += segment.text
            continue
        if waiting is not None:
            yield waiting
        waiting, space = _Segment(space + segment.text, segment.clause), ""
    if waiting is not None:
        yield _Segment(waiting.text + space, waiting.clause)
    elif space:
        yield _Segment(space)


# Which changes cannot be told apart, and the text with some of them.


def _choose(file: _FileParts, chosen: Collection[int], *, layout_after: bool) -> Iterator[tuple[str, _Clauses]]:
    """Of each element of a file its lines and clauses: those after where its change is chosen, else those before."""
    for element in file.elements:
        after = layout_after if element.unit is None else element.unit in chosen
        yield (element.after if after else element.before), element.clauses[after]


def _compose(files: Sequence[_FileParts], chosen: Collection[int], *, layout_after: bool) -> Revision:
    """The revision with the changes of these numbers.

    A file has the path that it has in the text with the layout that is chosen. One that is on one side only is there
    where it says anything, or where all of it is as on the side it is from.
    """
    composed: list[SpecFile] = []
    for file in files:
        base = file.after if layout_after else file.before
        text = _join_lines(lines for lines, _ in _choose(file, chosen, layout_after=layout_after))
        switched = any(
            element.unit is not None and (element.unit in chosen) is not layout_after for element in file.elements
        )
        both = file.before is not None and file.after is not None
        if text.strip() or both or (base is not None and not switched):
            composed.append(replace(_layout_file(file, after=layout_after), text=text))
    composed.sort(key=lambda file: file.path)
    return Revision(revision_id({file.path: file.text.encode() for file in composed}), tuple(composed))


def _join_lines(parts: Iterable[str]) -> str:
    """The parts, one after the other, each on lines of its own."""
    text: list[str] = []
    for part in filter(None, parts):
        if text and not text[-1].endswith("\n"):
            text.append("\n")
        text.append(part)
    return "".join(text)


def _find_inseparable(files: Sequence[_FileParts], count: int) -> int | None:
    """The first of the units without which, or with which alone, the text does not read back as what was chosen.

    None where every unit can be told apart, or there is no other.
    """
    if count < 2:
        return None
    return next(
        (
            unit
            for unit in range(count)
            if not _reads_back(files, {*range(count)} - {unit}, layout_after=True)
            or not _reads_back(files, {unit}, layout_after=False)
        ),
        None,
    )


def _reads_back(files: Sequence[_FileParts], chosen: Collection[int], *, layout_after: bool) -> bool:
    """Whether the text with these changes has the clauses that were chosen, in their order, and no other."""
    keys = [
        clause_key(clause)
        for file in sorted(files, key=lambda file: _layout_file(file, after=layout_after).path)
        for _, clauses in _choose(file, chosen, layout_after=layout_after)
        for clause in clauses
    ]
    return keys == list(map(clause_key, clauses_of(_compose(files, chosen, layout_after=layout_after))))


def _layout_file(file: _FileParts, *, after: bool) -> SpecFile:
    """The file of the side whose layout is chosen; of a file that is on one side only, that one."""
    layout_file = (file.after or file.before) if after else (file.before or file.after)
    assert layout_file is not None
    return layout_file


def _nearest_unit(files: Sequence[_FileParts], unit: int) -> int:
    """The unit that stands nearest to another one; of two the one before it."""
    order = [element.unit for file in files for element in file.elements]
    own = [at for at, number in enumerate(order) if number == unit]
    others = (
        (min(abs(at - place) for place in own), at, number) for at, number in enumerate(order) if number is not None
    )
    return min((place for place in others if place[2] != unit), default=(0, 0, unit))[2]


# What each change is, for people.


def _describe_changes(units: Sequence[Sequence[ClauseChange]]) -> tuple[AblatedChange, ...]:
    """Of each unit what it is; two that say the same have different ids all the same."""
    seen: Counter[str] = Counter()
    described = []
    for changes in units:
        texts = [
            [str(change.kind), *([clause.text for clause in side] for side in change_sides(change))]
            for change in changes
        ]
        key = canonical.to_text(texts)
        seen[key] += 1
        first = changes[0].after or changes[0].before
        assert first is not None
        identity = canonical.sha256(canonical.dumps([texts, seen[key]]))[:_CHANGE_DIGITS]
        words = " ".join(first.text.split())[:_QUOTED]
        described.append(AblatedChange(identity, changes[0].kind, len(changes), first.path, first.line, words))
    return tuple(described)
