"""Changes of clauses as text: what happened, where, which way it goes, and word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from auditor.clauses.comparison import Comparison, TypedChange, place_of, sides_of
from auditor.clauses.direction import Direction
from auditor.clauses.words import Op, word_change
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseKind
from auditor.render.escape import terminal

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
_DELETED, _INSERTED = "red strike", "green"
# Between the pieces of a split or merged clause.
_SEAM = " \u00b6 "
_GAP = "\u2026"

# Of a clause of more words than this, only so many unchanged words are shown on each side of a change.
_LONG, _KEPT = 60, 8
# Below this share of unchanged signs, word by word would be confetti: the clause is shown before and after.
_LEAST_EQUAL = 0.3
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Look:
    """How text is set.

    Attributes:
        marks: whether removed and added words stand in `[-…-]` and `{+…+}`: where there is no colour.
        paths: whether places are given with their file: where the spec has several.
    """

    marks: bool
    paths: bool


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
            yield block(one, look)


def only_renamed(typed: TypedChange, comparison: Comparison) -> bool:
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
            place_of(before): place_of(after)
            for before, after in pairs
            if before is not None and after is not None and before.kind is after.kind is ClauseKind.HEADING
        }

    def __call__(self, typed: TypedChange) -> tuple[str, ...]:
        """The titles, outermost first."""
        if typed.change.after is not None:
            return place_of(typed.change.after)
        assert typed.change.before is not None  # one side is there
        place = place_of(typed.change.before)
        for length in range(len(place), 0, -1):
            if place[:length] in self._names:
                return (*self._names[place[:length]], *place[length:])
        return place


def section_line(place: Sequence[str], clause: Clause) -> Text:
    """A section's titles and anchor."""
    titles = " > ".join(terminal(title) for title in place) or terminal(clause.path)
    anchor = f"  #{terminal(clause.anchor)}" if clause.anchor else ""
    return Text.assemble(("@@ ", "cyan"), (titles, "bold"), (anchor, "cyan"))


def block(typed: TypedChange, look: Look, word: str = "") -> RenderableType:
    """One change: its sign, kind (or `word`), direction and lines, then what was said and is said."""
    sign, style = SIGNS[typed.change.kind]
    head = Text.assemble((f"{sign} ", f"bold {style}"), _headline(typed, look, word or str(typed.change.kind)))
    return Group(head, Padding(Group(*_body(typed, look)), (0, 0, 1, 4), expand=False))


def _headline(typed: TypedChange, look: Look, word: str) -> Text:
    """What happened, which way, and where: `reworded, tightened  line 12 (was 10)`."""
    change = typed.change
    if change.moved and change.kind is not ChangeKind.MOVED:
        word += " and moved"
    noun = _NOUNS.get(_subject(typed).kind, "")
    words = Text(f"{word} {noun}".rstrip(), style=SIGNS[change.kind][1])
    if _has_direction(typed):
        words.append(", ").append(str(typed.norm.direction), style=DIRECTIONS[typed.norm.direction])
    return words.append(f"  {_where(typed, look)}", style="dim")


def _has_direction(typed: TypedChange) -> bool:
    return typed.change.kind is not ChangeKind.MOVED or bool(typed.norm.grounds)


def _where(typed: TypedChange, look: Look) -> str:
    """The lines of a change: those of the text after, and what they were."""
    before, after = sides_of(typed.change)
    if not after or not before:
        return _lines(after or before, look)
    if typed.change.kind is ChangeKind.REINSTATED:
        return _lines(after, look)
    was = _lines(before, look)
    if typed.change.moved:
        was = f"from {was}"
        if place_of(before[0]) != place_of(after[0]):
            was += f" in {' > '.join(terminal(title) for title in place_of(before[0])) or terminal(before[0].path)}"
        return f"{_lines(after, look)} {was}"
    now = _lines(after, look)
    return now if now == was else f"{now} (was {was.removeprefix('lines ').removeprefix('line ')})"


def _lines(clauses: Sequence[Clause], look: Look) -> str:
    if look.paths:
        return ", ".join(f"{terminal(clause.path)}:{clause.line}" for clause in clauses)
    noun = "line" if len(clauses) == 1 else "lines"
    return f"{noun} {', '.join(str(clause.line) for clause in clauses)}"


def _body(typed: TypedChange, look: Look) -> Iterator[RenderableType]:
    """What a change did to the words, the anchor, the attributes and the standing of a clause."""
    before, after = sides_of(typed.change)
    kind = typed.change.kind
    if kind is ChangeKind.REMOVED:
        yield Text(escaped(joined(before)), style="" if look.marks else "red")
    elif kind is ChangeKind.ADDED:
        yield Text(escaped(joined(after)), style="" if look.marks else _INSERTED)
    elif kind is ChangeKind.MOVED or joined(before) == joined(after):
        yield start_of(after[0].text)
    else:
        yield from _reworded(joined(before), joined(after), look)
    if before and after:
        yield from (Text(line) for line in _beside_the_words(before[0], after[0]))


def joined(clauses: Sequence[Clause]) -> str:
    """The text of one side of a change; where it is several clauses, with a pilcrow in between."""
    return _SEAM.join(clause.text for clause in clauses)


def start_of(text: str) -> Text:
    """The first words of a clause that says the same as before."""
    words = _WORD.findall(escaped(text))
    more = f" {_GAP}" if len(words) > 2 * _KEPT else ""
    return Text("".join(words[: 2 * _KEPT]).rstrip() + more, style="dim")


def _beside_the_words(before: Clause, after: Clause) -> Iterator[str]:
    """What changed of a clause besides its words: its kind, a heading's anchor and attributes."""
    if before.kind is not after.kind:
        yield f"{before.kind} -> {after.kind}"
    if before.kind is after.kind is ClauseKind.HEADING:
        if before.anchor != after.anchor:
            yield f"anchor {_hash(before.anchor)} -> {_hash(after.anchor)}"
        for key, old, new in attribute_changes(before.attributes, after.attributes):
            yield f"{terminal(key)} {terminal(old or '(none)')} -> {terminal(new or '(none)')}"


def attribute_changes(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """(key, before, after) of each attribute that differs; None where it is not there."""
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _hash(anchor: str | None) -> str:
    return f"#{terminal(anchor)}" if anchor else "(none)"


def _reworded(before: str, after: str, look: Look) -> Iterator[Text]:
    """How a text became another, word by word; where little is left of it, as it was and as it is."""
    parts = word_change(before, after)
    equal = sum(len(text) for op, text in parts if op == "equal")
    if 2 * equal < _LEAST_EQUAL * (len(before) + len(after)):
        parts = (("delete", before), ("insert", after))
        for part in parts:
            yield _marked([part], look)
        return
    long = max(len(before.split()), len(after.split())) > _LONG
    yield _marked(list(_folded(parts)) if long else parts, look)


def _folded(parts: Sequence[tuple[Op, str]]) -> Iterator[tuple[Op, str]]:
    """Without the unchanged words that are far from a change."""
    for at, (op, text) in enumerate(parts):
        words = _WORD.findall(text)
        first, last = at == 0, at == len(parts) - 1
        if op != "equal" or len(words) <= (1 if first or last else 2) * _KEPT + 4:
            yield op, text
            continue
        lead = text[: len(text) - len(text.lstrip())]
        begin = "" if first else lead + "".join(words[:_KEPT]).rstrip() + " "
        end = "" if last else " " + "".join(words[-_KEPT:])
        yield op, f"{begin}{_GAP}{end}"


def _marked(parts: Sequence[tuple[Op, str]], look: Look) -> Text:
    """The words in one text; the white space between a deletion and the insertion in its place is left out."""
    text = Text()
    for at, (op, raw) in enumerate(parts):
        shown = escaped(raw)
        core = shown.strip()
        lead, trail = shown[: len(shown) - len(shown.lstrip())], shown[len(shown.rstrip()) :]
        if op == "equal" or not core:
            text.append(shown if op != "delete" else "")
            continue
        if op == "delete" and at + 1 < len(parts) and parts[at + 1][0] == "insert":
            trail = ""
        if op == "insert" and at and parts[at - 1][0] == "delete" and parts[at - 1][1][:1].isspace():
            lead = ""
        text.append(lead)
        if look.marks:
            text.append(f"[-{core}-]" if op == "delete" else f"{{+{core}+}}")
        else:
            text.append(core, style=_DELETED if op == "delete" else _INSERTED)
        text.append(trail)
    text.rstrip()
    return text


def escaped(text: str) -> str:
    """As `terminal`, with spaces and line ends as they are."""
    return re.sub(r"[^ \n]+", lambda word: terminal(word[0]), text.expandtabs(4))


def _subject(typed: TypedChange) -> Clause:
    clause = typed.change.after or typed.change.before
    assert clause is not None  # one side is there
    return clause


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
