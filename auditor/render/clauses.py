"""Changes of clauses as text: what happened, where, which way it goes, and word by word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from auditor.clauses.comparison import ClassifiedChange, Comparison, change_sides, section_path
from auditor.clauses.deontic import Direction, LevelRenaming
from auditor.clauses.match import clause_key
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseKind
from auditor.render.escape import terminal
from auditor.render.words import INSERTED, Look, escaped, reworded, start_of

SIGNS = {
    ChangeKind.ADDED: ("+", "green"),
    ChangeKind.REINSTATED: ("+", "green"),
    ChangeKind.REMOVED: ("-", "red"),
    ChangeKind.REWORDED: ("~", "yellow"),
    ChangeKind.SPLIT: ("~", "yellow"),
    ChangeKind.MERGED: ("~", "yellow"),
    ChangeKind.MOVED: (">", "cyan"),
}
DIRECTIONS = {
    Direction.TIGHTENED: "bold",
    Direction.RELAXED: "bold magenta",
    Direction.MIXED: "magenta",
    Direction.UNDETERMINED: "dim",
    Direction.CLARIFIED: "dim",
    Direction.DESCRIPTIVE: "dim",
}
# What a clause is called where it is not simply a paragraph or item.
_NOUNS = {ClauseKind.HEADING: "heading", ClauseKind.EXAMPLE: "example", ClauseKind.COMMENTARY: "commentary"}
_NOUNS |= {ClauseKind.TABLE_ROW: "table row"}
# Between the pieces of a split or merged clause.
_SEAM = " \u00b6 "


def look_of(console: Console, comparisons: Iterable[Comparison] = ()) -> Look:
    """The look for a console and a spec."""
    sides = [side for one in comparisons for side in (one.before, one.after)]
    several = len({file.path for side in sides for file in side.revision.files}) > 1
    return Look(marks=console.no_color or console.color_system is None, paths=several)


def counted(counts: ChangeCounts) -> str:
    """How many clauses changed, in words."""
    named = [
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.reworded, "reworded"),
        (counts.moved, "moved"),
    ]
    said = [f"{number} {word}" for number, word in named if number]
    return f"clauses: {', '.join(said)}" if said else "no clause changed"


def changes_shown(comparison: Comparison, look: Look) -> Iterator[RenderableType]:
    """Every change under its section, in the order of the text after; renamed levels of authority once, first."""
    hidden = [one for one in comparison.changes if only_renamed(one, comparison)]
    for renaming in comparison.renamings:
        old, new = terminal(renaming.before), terminal(renaming.after)
        what = f"authority {old} is called {new} now: {renaming.count} of {renaming.of} headings"
        yield Text.assemble(("~ ", "yellow"), what)
    if hidden:
        yield Text(f"{_many(len(hidden), 'heading')} changed in nothing else and not shown below.", style="dim")
    if comparison.renamings:
        yield Text("")
    places = SectionNames(comparison)
    shown = [one for one in comparison.changes if not only_renamed(one, comparison)]
    for _, group in groupby(shown, key=places):
        together = list(group)
        yield section_line(places(together[0]), _subject(together[0]))
        for one in together:
            yield block(one, look, renamings=comparison.renamings)


def only_renamed(typed: ClassifiedChange, comparison: Comparison) -> bool:
    """Whether nothing changed about a heading but the name of a level that is renamed throughout."""
    before, after = typed.change.before, typed.change.after
    if before is None or after is None or typed.change.kind is not ChangeKind.REWORDED or typed.change.moved:
        return False
    if before.kind is not ClauseKind.HEADING or after.kind is not ClauseKind.HEADING:
        return False
    names = {renaming.before: renaming.after for renaming in comparison.renamings}
    renamed = {key: names.get(value, value) for key, value in before.attributes.items()}
    return bool(names) and (before.text, before.anchor, renamed) == (after.text, after.anchor, dict(after.attributes))


class SectionNames:
    """The section of a change as it is called after."""

    def __init__(self, comparison: Comparison) -> None:
        pairs = ((one.change.before, one.change.after) for one in comparison.changes)
        self._names = {
            section_path(before): section_path(after)
            for before, after in pairs
            if before is not None and after is not None and before.kind is after.kind is ClauseKind.HEADING
        }

    def __call__(self, typed: ClassifiedChange) -> tuple[str, ...]:
        """The titles, outermost first."""
        if typed.change.after is not None:
            return section_path(typed.change.after)
        assert typed.change.before is not None  # one side is there
        place = section_path(typed.change.before)
        for length in range(len(place), 0, -1):
            if place[:length] in self._names:
                return (*self._names[place[:length]], *place[length:])
        return place


def section_line(place: Sequence[str], clause: Clause) -> Text:
    """A section's titles and anchor."""
    titles = " > ".join(terminal(title) for title in place) or terminal(clause.path)
    anchor = f"  #{terminal(clause.anchor)}" if clause.anchor else ""
    return Text.assemble(("@@ ", "cyan"), (titles, "bold"), (anchor, "cyan"))


def block(
    typed: ClassifiedChange, look: Look, *, word: str = "", renamings: Sequence[LevelRenaming] = ()
) -> RenderableType:
    """One change: its sign, kind (or `word`), direction and lines, then what was said and is said."""
    head = _headline(typed, look, word or str(typed.change.kind))
    return Group(head, Padding(Group(*_body(typed, look, renamings)), (0, 0, 1, 4), expand=False))


def _headline(typed: ClassifiedChange, look: Look, word: str) -> Text:
    """What happened, which way, and where: `~ reworded, tightened  line 12 (was 10)`."""
    change = typed.change
    sign, style = SIGNS[change.kind]
    if change.moved and change.kind is not ChangeKind.MOVED:
        word += " and moved"
    noun = _NOUNS.get(_subject(typed).kind, "")
    words = Text.assemble((f"{sign} ", f"bold {style}"), (f"{word} {noun}".rstrip(), style))
    if _has_direction(typed):
        words.append(", ").append(str(typed.norm.direction), style=DIRECTIONS[typed.norm.direction])
    return words.append(f"  {_where(typed, look)}", style="dim")


def _has_direction(typed: ClassifiedChange) -> bool:
    return typed.change.kind is not ChangeKind.MOVED or bool(typed.norm.grounds)


def _where(typed: ClassifiedChange, look: Look) -> str:
    """The lines of a change: those of the text after, and what they were."""
    before, after = change_sides(typed.change)
    now = _lines(after or before, look)
    if not after or not before or typed.change.kind is ChangeKind.REINSTATED:
        return now
    was = _lines(before, look)
    if typed.change.moved:
        was = f"from {was}"
        if section_path(before[0]) != section_path(after[0]):
            was += f" in {' > '.join(terminal(title) for title in section_path(before[0])) or terminal(before[0].path)}"
        return f"{now} {was}"
    if now == was:
        return now
    one_path = {clause.path for clause in before} == {after[0].path}
    return f"{now} (was {', '.join(str(clause.line) for clause in before) if one_path else was})"


def _lines(clauses: Sequence[Clause], look: Look) -> str:
    numbers = ", ".join(str(clause.line) for clause in clauses)
    if look.paths:  # the clauses of a split or merge are of one file, or nearly always
        if len({clause.path for clause in clauses}) == 1:
            return f"{terminal(clauses[0].path)}:{numbers}"
        return ", ".join(f"{terminal(clause.path)}:{clause.line}" for clause in clauses)
    return f"{'line' if len(clauses) == 1 else 'lines'} {numbers}"


def _body(typed: ClassifiedChange, look: Look, renamings: Sequence[LevelRenaming]) -> Iterator[RenderableType]:
    """What a change did to the words, the anchor, the attributes and the standing of a clause."""
    before, after = change_sides(typed.change)
    kind = typed.change.kind
    if kind is ChangeKind.REMOVED:
        yield Text(escaped(joined(before)), style="" if look.marks else "red")
    elif kind is ChangeKind.ADDED or (kind is ChangeKind.REINSTATED and joined(before) == joined(after)):
        yield Text(escaped(joined(after)), style="" if look.marks else INSERTED)
    elif kind is ChangeKind.MOVED or joined(before) == joined(after):
        yield start_of(after[0].text)
    else:
        yield from reworded(joined(before), joined(after), look)
    if before and after:
        yield from (Text(line) for line in _beside_the_words(before[0], after[0], renamings))


def joined(clauses: Sequence[Clause]) -> str:
    """The text of one side of a change; where it is several clauses, with a pilcrow in between."""
    return _SEAM.join(clause.text for clause in clauses)


def _beside_the_words(before: Clause, after: Clause, renamings: Sequence[LevelRenaming]) -> Iterator[str]:
    """What changed of a clause besides its words: its standing, a heading's anchor and attributes."""
    if clause_key(before)[0] != clause_key(after)[0]:
        yield f"{before.kind} -> {after.kind}"
    if before.kind is after.kind is ClauseKind.HEADING:
        if before.anchor != after.anchor:
            yield f"anchor {_hash(before.anchor)} -> {_hash(after.anchor)}"
        for key, old, new in attribute_changes(before.attributes, after.attributes):
            only_name = any((old, new) == (renaming.before, renaming.after) for renaming in renamings)
            end = ", as throughout" if only_name else ""
            yield f"{terminal(key)} {terminal(old or '(none)')} -> {terminal(new or '(none)')}{end}"


def attribute_changes(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """(key, before, after) of each attribute that differs; None where it is not there."""
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _hash(anchor: str | None) -> str:
    return f"#{terminal(anchor)}" if anchor else "(none)"


def _subject(typed: ClassifiedChange) -> Clause:
    clause = typed.change.after or typed.change.before
    assert clause is not None  # one side is there
    return clause


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
