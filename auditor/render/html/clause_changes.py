"""Changes of clauses on a page: what went is struck out, what came is underlined, both without relying on colour."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from auditor.clauses.comparison import ClassifiedChange, Comparison, change_sides, section_path
from auditor.clauses.words import DiffOp, diff_words
from auditor.document.clause_changes import attribute_changes, is_only_renamed, join_texts
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.render.escape import escape_terminal

# Unchanged words kept on each side of a change; a clause this much longer is folded.
_CONTEXT_WORDS = 14
_GAP = "\u2026"
_SPACES = re.compile(r"(\s+)")


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """A change of a clause: where, what kind, which way, its words, and what changed of a heading besides them.

    Attributes:
        parts: (operation, words), in their order; what is far from a change is left out.
    """

    section: str
    line: int
    kind: str
    direction: str
    parts: tuple[tuple[DiffOp, str], ...]
    beside: str

    @property
    def words(self) -> Markup:
        """Its words, marked."""
        return _mark(self.parts)


def clause_changes(comparison: Comparison) -> tuple[ClauseChange, ...]:
    """Every change but moved clauses and headings that only follow a renaming, in the order of the text after."""
    wanted = (one for one in comparison.changes if one.change.kind is not ChangeKind.MOVED)
    return tuple(_clause_change(one) for one in wanted if not is_only_renamed(one, comparison))


def _clause_change(typed: ClassifiedChange) -> ClauseChange:
    before, after = change_sides(typed.change)
    clause = (after or before)[0]
    return ClauseChange(
        section=" \u203a ".join(section_path(clause)) or clause.path,
        line=clause.line,
        kind=str(typed.change.kind),
        direction=str(typed.norm.direction) if typed.norm.grounds else "",
        parts=_word_parts(typed.change.kind, before, after),
        beside=_attribute_changes(before[0], after[0]) if before and after else "",
    )


def _attribute_changes(before: Clause, after: Clause) -> str:
    if not before.kind is after.kind is ClauseKind.HEADING:
        return ""
    anchor = [("anchor", before.anchor, after.anchor)] if before.anchor != after.anchor else []
    pairs = [*anchor, *attribute_changes(before.attributes, after.attributes)]
    return "; ".join(f"{key} {old or '(none)'} to {new or '(none)'}" for key, old, new in pairs)


def _word_parts(kind: ChangeKind, before: Sequence[Clause], after: Sequence[Clause]) -> tuple[tuple[DiffOp, str], ...]:
    if kind is ChangeKind.REMOVED:
        return (("delete", join_texts(before)),)
    if kind in (ChangeKind.ADDED, ChangeKind.REINSTATED) or not before:
        return (("insert", join_texts(after)),)
    return tuple(_fold(diff_words(join_texts(before), join_texts(after))))


def _fold(parts: Sequence[tuple[DiffOp, str]]) -> Iterator[tuple[DiffOp, str]]:
    """Without the unchanged words that are far from a change."""
    for at, (op, text) in enumerate(parts):
        words = text.split()
        first, last = at == 0, at == len(parts) - 1
        if op != "equal" or len(words) <= (1 if first or last else 2) * _CONTEXT_WORDS + 4:
            yield op, text
            continue
        begin = "" if first else " ".join(words[:_CONTEXT_WORDS])
        end = "" if last else " ".join(words[-_CONTEXT_WORDS:])
        yield op, f"{' ' if text[:1].isspace() else ''}{begin} {_GAP} {end}{' ' if text[-1:].isspace() else ''}"


def _mark(parts: Sequence[tuple[DiffOp, str]]) -> Markup:
    tags = {"equal": Markup("{}"), "insert": Markup("<ins>{}</ins>"), "delete": Markup("<del>{}</del>")}
    return Markup("").join(tags[op].format(escape_visible(text)) for op, text in parts)


def escape_visible(text: str) -> str:
    """As `escape.terminal`, with spaces as they are."""
    return "".join(part if part.isspace() else escape_terminal(part) for part in _SPACES.split(text))
