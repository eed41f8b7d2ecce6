"""Changes of clauses as text: what happened, where, which way it goes, and word by word.

A comparison and a text style come in, renderables go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from auditor.clauses.comparison import ClassifiedChange, Comparison, change_sides, section_path
from auditor.clauses.deontic import Direction, LevelRenaming
from auditor.clauses.match import clause_key
from auditor.clauses.words import DiffOp, diff_words
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseKind
from auditor.render.escape import escape_terminal

# How one text became another, word by word, as text for a terminal or a file.


DELETED, INSERTED = "red strike", "green"
"""The styles of words that went and came."""

_GAP = "\u2026"

# Of a clause of more words than this, only so many unchanged words are shown on each side of a change.
_MIN_FOLDED, _CONTEXT_WORDS = 60, 8
# Below this share of unchanged signs, word by word would be confetti: the clause is shown before and after.
_MIN_EQUAL = 0.3
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How text is set.

    Attributes:
        marks: whether removed and added words stand in `[-…-]` and `{+…+}`: where there is no colour.
        paths: whether places are given with their file: where the spec has several.
    """

    marks: bool
    paths: bool


def first_words(text: str) -> Text:
    """The first words of a clause that says the same as before."""
    words = _WORD.findall(escape_words(text))
    more = f" {_GAP}" if len(words) > 2 * _CONTEXT_WORDS else ""
    return Text("".join(words[: 2 * _CONTEXT_WORDS]).rstrip() + more, style="dim")


def render_rewording(before: str, after: str, look: TextStyle) -> Iterator[Text]:
    """How a text became another, word by word; where little is left of it, as it was and as it is."""
    parts = diff_words(before, after)
    if all(op == "equal" or not text.strip() for op, text in parts):
        yield first_words(after).append("\nonly white space changed", style="dim")
        return
    equal = sum(len(text) for op, text in parts if op == "equal")
    if 2 * equal < _MIN_EQUAL * (len(before) + len(after)):
        yield _mark([("delete", before)], look)
        yield _mark([("insert", after)], look)
        return
    long = max(len(before.split()), len(after.split())) > _MIN_FOLDED
    yield _mark(list(_fold(parts)) if long else parts, look)


def _fold(parts: Sequence[tuple[DiffOp, str]]) -> Iterator[tuple[DiffOp, str]]:
    """Without the unchanged words that are far from a change."""
    for at, (op, text) in enumerate(parts):
        words = _WORD.findall(text)
        first, last = at == 0, at == len(parts) - 1
        if op != "equal" or len(words) <= (1 if first or last else 2) * _CONTEXT_WORDS + 4:
            yield op, text
            continue
        lead = text[: len(text) - len(text.lstrip())]
        begin = "" if first else lead + "".join(words[:_CONTEXT_WORDS]).rstrip() + " "
        end = "" if last else " " + "".join(words[-_CONTEXT_WORDS:])
        yield op, f"{begin}{_GAP}{end}"


def _mark(parts: Sequence[tuple[DiffOp, str]], look: TextStyle) -> Text:
    """The words in one text; the white space between a deletion and the insertion in its place is left out."""
    text = Text()
    for at, (op, raw) in enumerate(parts):
        shown = escape_words(raw)
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
            text.append(core, style=DELETED if op == "delete" else INSERTED)
        text.append(trail)
    text.rstrip()
    return text


def escape_words(text: str) -> str:
    """As `terminal`, with spaces and line ends as they are."""
    return re.sub(r"[^ \n]+", lambda word: escape_terminal(word[0]), text.expandtabs(4))


# Changes of clauses as text: what happened, where, which way it goes, and word by word.


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


def choose_style(console: Console, comparisons: Iterable[Comparison] = ()) -> TextStyle:
    """The look for a console and a spec."""
    sides = [side for one in comparisons for side in (one.before, one.after)]
    several = len({file.path for side in sides for file in side.revision.files}) > 1
    return TextStyle(marks=console.no_color or console.color_system is None, paths=several)


def count_changes(counts: ChangeCounts) -> str:
    """How many clauses changed, in words."""
    named = [
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.reworded, "reworded"),
        (counts.moved, "moved"),
    ]
    said = [f"{number} {word}" for number, word in named if number]
    return f"clauses: {', '.join(said)}" if said else "no clause changed"


def render_changes(comparison: Comparison, look: TextStyle) -> Iterator[RenderableType]:
    """Every change under its section, in the order of the text after; renamed levels of authority once, first."""
    hidden = [one for one in comparison.changes if is_only_renamed(one, comparison)]
    for renaming in comparison.renamings:
        old, new = escape_terminal(renaming.before), escape_terminal(renaming.after)
        what = f"authority {old} is called {new} now: {renaming.count} of {renaming.of} headings"
        yield Text.assemble(("~ ", "yellow"), what)
    if hidden:
        yield Text(f"{_plural(len(hidden), 'heading')} changed in nothing else and not shown below.", style="dim")
    if comparison.renamings:
        yield Text("")
    places = SectionNames(comparison)
    shown = [one for one in comparison.changes if not is_only_renamed(one, comparison)]
    for _, group in groupby(shown, key=places):
        together = list(group)
        yield section_line(places(together[0]), _changed_clause(together[0]))
        for one in together:
            yield render_change(one, look, renamings=comparison.renamings)


def is_only_renamed(typed: ClassifiedChange, comparison: Comparison) -> bool:
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
    titles = " > ".join(escape_terminal(title) for title in place) or escape_terminal(clause.path)
    anchor = f"  #{escape_terminal(clause.anchor)}" if clause.anchor else ""
    return Text.assemble(("@@ ", "cyan"), (titles, "bold"), (anchor, "cyan"))


def render_change(
    typed: ClassifiedChange, look: TextStyle, *, word: str = "", renamings: Sequence[LevelRenaming] = ()
) -> RenderableType:
    """One change: its sign, kind (or `word`), direction and lines, then what was said and is said."""
    head = _headline(typed, look, word or str(typed.change.kind))
    return Group(head, Padding(Group(*_change_body(typed, look, renamings)), (0, 0, 1, 4), expand=False))


def _headline(typed: ClassifiedChange, look: TextStyle, word: str) -> Text:
    """What happened, which way, and where: `~ reworded, tightened  line 12 (was 10)`."""
    change = typed.change
    sign, style = SIGNS[change.kind]
    if change.moved and change.kind is not ChangeKind.MOVED:
        word += " and moved"
    noun = _NOUNS.get(_changed_clause(typed).kind, "")
    words = Text.assemble((f"{sign} ", f"bold {style}"), (f"{word} {noun}".rstrip(), style))
    if _has_direction(typed):
        words.append(", ").append(str(typed.norm.direction), style=DIRECTIONS[typed.norm.direction])
    return words.append(f"  {_change_place(typed, look)}", style="dim")


def _has_direction(typed: ClassifiedChange) -> bool:
    return typed.change.kind is not ChangeKind.MOVED or bool(typed.norm.grounds)


def _change_place(typed: ClassifiedChange, look: TextStyle) -> str:
    """The lines of a change: those of the text after, and what they were."""
    before, after = change_sides(typed.change)
    now = _line_numbers(after or before, look)
    if not after or not before or typed.change.kind is ChangeKind.REINSTATED:
        return now
    was = _line_numbers(before, look)
    if typed.change.moved:
        was = f"from {was}"
        if section_path(before[0]) != section_path(after[0]):
            titles = " > ".join(map(escape_terminal, section_path(before[0])))
            was += f" in {titles or escape_terminal(before[0].path)}"
        return f"{now} {was}"
    if now == was:
        return now
    one_path = {clause.path for clause in before} == {after[0].path}
    return f"{now} (was {', '.join(str(clause.line) for clause in before) if one_path else was})"


def _line_numbers(clauses: Sequence[Clause], look: TextStyle) -> str:
    numbers = ", ".join(str(clause.line) for clause in clauses)
    if look.paths:  # the clauses of a split or merge are of one file, or nearly always
        if len({clause.path for clause in clauses}) == 1:
            return f"{escape_terminal(clauses[0].path)}:{numbers}"
        return ", ".join(f"{escape_terminal(clause.path)}:{clause.line}" for clause in clauses)
    return f"{'line' if len(clauses) == 1 else 'lines'} {numbers}"


def _change_body(
    typed: ClassifiedChange, look: TextStyle, renamings: Sequence[LevelRenaming]
) -> Iterator[RenderableType]:
    """What a change did to the words, the anchor, the attributes and the standing of a clause."""
    before, after = change_sides(typed.change)
    kind = typed.change.kind
    if kind is ChangeKind.REMOVED:
        yield Text(escape_words(join_texts(before)), style="" if look.marks else "red")
    elif kind is ChangeKind.ADDED or (kind is ChangeKind.REINSTATED and join_texts(before) == join_texts(after)):
        yield Text(escape_words(join_texts(after)), style="" if look.marks else INSERTED)
    elif kind is ChangeKind.MOVED or join_texts(before) == join_texts(after):
        yield first_words(after[0].text)
    else:
        yield from render_rewording(join_texts(before), join_texts(after), look)
    if before and after:
        yield from (Text(line) for line in _attribute_lines(before[0], after[0], renamings))


def join_texts(clauses: Sequence[Clause]) -> str:
    """The text of one side of a change; where it is several clauses, with a pilcrow in between."""
    return _SEAM.join(clause.text for clause in clauses)


def _attribute_lines(before: Clause, after: Clause, renamings: Sequence[LevelRenaming]) -> Iterator[str]:
    """What changed of a clause besides its words: its standing, a heading's anchor and attributes."""
    if clause_key(before)[0] != clause_key(after)[0]:
        yield f"{before.kind} -> {after.kind}"
    if before.kind is after.kind is ClauseKind.HEADING:
        if before.anchor != after.anchor:
            yield f"anchor {_anchor_text(before.anchor)} -> {_anchor_text(after.anchor)}"
        for key, old, new in attribute_changes(before.attributes, after.attributes):
            only_name = any((old, new) == (renaming.before, renaming.after) for renaming in renamings)
            end = ", as throughout" if only_name else ""
            was, now = escape_terminal(old or "(none)"), escape_terminal(new or "(none)")
            yield f"{escape_terminal(key)} {was} -> {now}{end}"


def attribute_changes(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """(key, before, after) of each attribute that differs; None where it is not there."""
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _anchor_text(anchor: str | None) -> str:
    return f"#{escape_terminal(anchor)}" if anchor else "(none)"


def _changed_clause(typed: ClassifiedChange) -> Clause:
    clause = typed.change.after or typed.change.before
    assert clause is not None  # one side is there
    return clause


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
