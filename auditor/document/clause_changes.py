"""Changes of clauses as blocks: what happened, where, which way it goes, and word by word.

A comparison comes in; blocks, and lines of spans with the words that went and came, go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from auditor.clauses.comparison import ClassifiedChange, Comparison, change_sides, section_path
from auditor.clauses.deontic import Direction, LevelRenaming
from auditor.clauses.match import clause_key
from auditor.clauses.words import DiffOp, diff_words
from auditor.document.blocks import Block, Card, Heading, Line, Note, Paragraph, Passage, Span, Style, plain
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.numbers import count_noun

_GAP = "\u2026"

# Of a clause of more words than this, only so many unchanged words are shown on each side of a change.
_MIN_FOLDED, _CONTEXT_WORDS = 60, 8
# Below this share of unchanged signs, word by word would be confetti: the clause is shown before and after.
_MIN_EQUAL = 0.3
_WORD = re.compile(r"\S+\s*")
# A text of more characters than this is shown by so many of them at either end.
_MAX_SHOWN, _SHOWN_AT_ENDS = 4_000, 500


def first_words(text: str) -> Line:
    """The first words of a clause that says the same as before."""
    words = _WORD.findall(text)
    more = f" {_GAP}" if len(words) > 2 * _CONTEXT_WORDS else ""
    return plain("".join(words[: 2 * _CONTEXT_WORDS]).rstrip() + more, Style.QUIET)


def shorten(text: str) -> str:
    """A text that went, came or stands: whole, or where it is very long its first and last words and how long it is."""
    if len(text) <= _MAX_SHOWN:
        return text
    start, end = text[:_SHOWN_AT_ENDS], text[-_SHOWN_AT_ENDS:]
    start, end = (re.sub(r"\s\S*\Z", "", start) or start).rstrip(), (re.sub(r"\A\S*\s", "", end) or end).lstrip()
    size = f"{count_noun(len(text.split()), 'word')}, {len(text):,} characters"
    return f"{start} {_GAP} ({size}; --format json has the middle) {_GAP} {end}"


def describe_rewording(before: str, after: str) -> Iterator[Line]:
    """How a text became another, word by word; where little is left of it, as it was and as it is."""
    parts = diff_words(before, after)
    if all(op == "equal" or not text.strip() for op, text in parts):
        yield (*first_words(after), Span("\nonly white space changed", Style.QUIET))
        return
    equal = sum(len(text) for op, text in parts if op == "equal")
    if 2 * equal < _MIN_EQUAL * (len(before) + len(after)):
        yield _mark([("delete", before)])
        yield _mark([("insert", after)])
        return
    long = max(len(before.split()), len(after.split())) > _MIN_FOLDED
    yield _mark(list(_fold(parts)) if long else parts)


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


def _mark(parts: Sequence[tuple[DiffOp, str]]) -> Line:
    """The words in one line; the white space between a deletion and the insertion in its place is left out."""
    spans: list[Span] = []
    for at, (op, text) in enumerate(parts):
        core = text.strip()
        lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        if op == "equal" or not core:
            spans.append(Span(text if op != "delete" else ""))
            continue
        if op == "delete" and at + 1 < len(parts) and parts[at + 1][0] == "insert":
            trail = ""
        if op == "insert" and at and parts[at - 1][0] == "delete" and parts[at - 1][1][:1].isspace():
            lead = ""
        spans += [Span(lead), Span(shorten(core), Style.DELETED if op == "delete" else Style.INSERTED), Span(trail)]
    return tuple(span for span in spans if span.text)


SIGNS = {
    ChangeKind.ADDED: ("+", Style.ADDED),
    ChangeKind.REINSTATED: ("+", Style.ADDED),
    ChangeKind.REMOVED: ("-", Style.REMOVED),
    ChangeKind.REWORDED: ("~", Style.CAUTION),
    ChangeKind.SPLIT: ("~", Style.CAUTION),
    ChangeKind.MERGED: ("~", Style.CAUTION),
    ChangeKind.MOVED: (">", Style.OPEN),
}
DIRECTIONS = {
    Direction.TIGHTENED: Style.STRONG,
    Direction.RELAXED: Style.ACCUSED,
    Direction.REVERSED: Style.ACCUSED,
    Direction.MIXED: Style.CAUTION,
    Direction.UNDETERMINED: Style.QUIET,
    Direction.CLARIFIED: Style.QUIET,
    Direction.DESCRIPTIVE: Style.QUIET,
}
# What a clause is called where it is not simply a paragraph or item.
_NOUNS = {ClauseKind.HEADING: "heading", ClauseKind.EXAMPLE: "example", ClauseKind.COMMENTARY: "commentary"}
_NOUNS |= {ClauseKind.TABLE_ROW: "table row"}
# Between the pieces of a split or merged clause.
_SEAM = " \u00b6 "


def has_several_files(comparison: Comparison) -> bool:
    """Whether places need their file."""
    sides = comparison.before, comparison.after
    return len({file.path for side in sides for file in side.revision.files}) > 1


def change_blocks(comparison: Comparison) -> Iterator[Block]:
    """Every change under its section, in the order of the text after; renamed levels of authority once, first."""
    hidden = [change for change in comparison.changes if is_only_renamed(change, comparison)]
    for renaming in comparison.renamings:
        headings = f"{renaming.count:,} of {count_noun(renaming.of, 'heading')}"
        text = f"authority {renaming.before} renamed {renaming.after}: {headings}"
        yield Paragraph((Span("~ ", Style.CAUTION), Span(text)))
    if hidden:
        yield Note(plain(f"{count_noun(len(hidden), 'heading')} with no other change, not shown below."))
    places, paths = SectionNames(comparison), has_several_files(comparison)
    classified_changes = [change for change in comparison.changes if not is_only_renamed(change, comparison)]
    for _, group in groupby(classified_changes, key=places):
        together = list(group)
        yield section_heading(places(together[0]), _changed_clause(together[0]))
        yield from (change_card(change, paths=paths, renamings=comparison.renamings) for change in together)


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
        pairs = ((change.change.before, change.change.after) for change in comparison.changes)
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


def section_heading(place: Sequence[str], clause: Clause) -> Heading:
    """A section's titles and anchor."""
    titles = " > ".join(place) or clause.path
    anchor = f"  #{clause.anchor}" if clause.anchor else ""
    return Heading(3, (Span("@@ ", Style.OPEN), Span(titles), Span(anchor, Style.OPEN)))


def change_card(
    typed: ClassifiedChange,
    *,
    paths: bool,
    word: str = "",
    commits: tuple[str, str] = ("", ""),
    renamings: Sequence[LevelRenaming] = (),
) -> Card:
    """One change: its sign, kind (or `word`), direction and lines, then the text before and after.

    `paths` says whether places are given with their file, and `commits` in the texts of which commits, before and
    after, where that is said.
    """
    headline = _headline(typed, paths, word or str(typed.change.kind), commits)
    return Card(headline, tuple(_change_body(typed, renamings)))


def _headline(typed: ClassifiedChange, paths: bool, word: str, commits: tuple[str, str]) -> Line:
    """What happened, which way, and where: `~ reworded, tightened  line 12 (was 10)`."""
    change = typed.change
    sign, style = SIGNS[change.kind]
    if change.moved and change.kind is not ChangeKind.MOVED:
        word += " and moved"
    noun = _NOUNS.get(_changed_clause(typed).kind, "")
    direction = typed.norm.direction
    toward = (Span(", "), Span(str(direction), DIRECTIONS[direction])) if _has_direction(typed) else ()
    name = Span(f"{sign} {word} {noun}".rstrip(), style)
    return (name, *toward, Span(f"  {_change_place(typed, paths, commits)}", Style.QUIET))


def _has_direction(typed: ClassifiedChange) -> bool:
    return typed.change.kind is not ChangeKind.MOVED or bool(typed.norm.grounds)


def _change_place(typed: ClassifiedChange, paths: bool, commits: tuple[str, str]) -> str:
    """The lines of a change: those of the text after, and what they were."""
    before, after = change_sides(typed.change)
    old, new = commits
    now = _line_numbers(after or before, paths, new if after else old)
    if not after or not before or typed.change.kind is ChangeKind.REINSTATED:
        return now
    was = _line_numbers(before, paths, old)
    if typed.change.moved:
        was = f"from {was}"
        if section_path(before[0]) != section_path(after[0]):
            titles = " > ".join(section_path(before[0]))
            was += f" in {titles or before[0].path}"
        return f"{now} {was}"
    if _line_numbers(after, paths) == _line_numbers(before, paths):
        return now
    one_path = {clause.path for clause in before} == {after[0].path}
    return f"{now} (was {', '.join(str(clause.line) for clause in before) if one_path else was})"


def _line_numbers(clauses: Sequence[Clause], paths: bool, commit: str = "") -> str:
    numbers = ", ".join(str(clause.line) for clause in clauses)
    if paths:  # the clauses of a split or merge are of one file, or nearly always
        lead = f"{commit}:" if commit else ""
        if len({clause.path for clause in clauses}) == 1:
            return f"{lead}{clauses[0].path}:{numbers}"
        return ", ".join(f"{lead}{clause.path}:{clause.line}" for clause in clauses)
    return f"{'line' if len(clauses) == 1 else 'lines'} {numbers}"


def _change_body(typed: ClassifiedChange, renamings: Sequence[LevelRenaming]) -> Iterator[Block]:
    """What a change did to the words, the anchor, the attributes and the standing of a clause."""
    before, after = change_sides(typed.change)
    kind = typed.change.kind
    if kind is ChangeKind.REMOVED:
        yield Passage(plain(shorten(join_texts(before)), Style.REMOVED))
    elif kind is ChangeKind.ADDED or (kind is ChangeKind.REINSTATED and join_texts(before) == join_texts(after)):
        yield Passage(plain(shorten(join_texts(after)), Style.ADDED))
    elif kind is ChangeKind.MOVED or join_texts(before) == join_texts(after):
        yield Passage(first_words(after[0].text))
    else:
        yield from map(Passage, describe_rewording(join_texts(before), join_texts(after)))
    if before and after:
        yield from (Paragraph(plain(line)) for line in _attribute_lines(before[0], after[0], renamings))


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
            was, now = old or "(none)", new or "(none)"
            yield f"{key} {was} -> {now}{end}"


def attribute_changes(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """(key, before, after) of each attribute that differs; None where it is not there."""
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _anchor_text(anchor: str | None) -> str:
    return f"#{anchor}" if anchor else "(none)"


def _changed_clause(typed: ClassifiedChange) -> Clause:
    clause = typed.change.after or typed.change.before
    assert clause is not None  # one side is there
    return clause
