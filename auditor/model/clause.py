"""Clauses, and how they changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ClauseKind(StrEnum):
    """What kind of block a clause is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list-item"
    TABLE_ROW = "table-row"
    EXAMPLE = "example"
    COMMENTARY = "commentary"


class ChangeKind(StrEnum):
    """What happened to a clause between two revisions; reinstated needs a history, two revisions never say it."""

    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    MOVED = "moved"
    SPLIT = "split"
    MERGED = "merged"
    REINSTATED = "reinstated"


@dataclass(frozen=True, slots=True)
class Clause:
    """The smallest addressable statement of a spec.

    Attributes:
        path: the file it stands in.
        line: its first line, from 1.
        end: its last line, inclusive.
        kind: what kind of block it is.
        section: the titles of the headings it stands under, outermost first, without their attributes.
        anchor: the `{#anchor}` of the heading it is or stands directly under; None without one.
        attributes: the `key=value` pairs of that heading.
        text: its words, white space normalised outside of code fences.
        citations: the footnote ids (`[^id]`) in it, in order.
    """

    path: str
    line: int
    end: int
    kind: ClauseKind
    section: tuple[str, ...]
    anchor: str | None
    attributes: Mapping[str, str]
    text: str
    citations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause's change. `before` is None for an added clause, `after` for a removed one.

    `similarity` is 1.0 for the same text, else the share of words in common, 0 to 1. A clause that was moved and
    reworded is reworded, with `moved` true. `others` are the further clauses of a split (after) or a merge (before),
    in order; `after` of a split and `before` of a merge is the one that shares most words with the whole.
    """

    kind: ChangeKind
    before: Clause | None
    after: Clause | None
    similarity: float
    moved: bool = False
    others: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """How many clauses a patch changed, by kind.

    A clause split into n is one reworded and n - 1 added, n merged into one are one reworded and n - 1 removed, one
    reinstated is added: clauses after are always clauses before, plus added, minus removed.
    """

    added: int
    removed: int
    reworded: int
    moved: int
