"""What JSON documents have in common: the frozen base, printing, the schema; and clauses, changes and sides of a
comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from auditor.clauses.comparison import ClassifiedChange, Comparison, ComparisonSide, change_sides
from auditor.clauses.deontic import Direction, GroundKind
from auditor.clauses.words import diff_words
from auditor.document.clause_changes import attribute_changes, join_texts
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.spec import SpecCommit
from auditor.render.schema import ChangesPart

Share = Annotated[float, PlainSerializer(lambda value: round(value, 6) + 0.0, return_type=float)]


class Part(BaseModel):
    """A part of a document: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClausePart(Part):
    """A clause: where it stands, and what it says."""

    path: str
    line: Annotated[int, Field(ge=1)]
    end: Annotated[int, Field(ge=1)]
    kind: ClauseKind
    section: list[str]
    anchor: str | None
    text: str


class WordsPart(Part):
    """Words that stayed, came or went, white space kept."""

    op: Literal["equal", "insert", "delete"]
    text: str


class AttributePart(Part):
    """What changed of a heading besides its words; null where there is none on that side."""

    name: str
    before: str | None
    after: str | None


class GroundPart(Part):
    """Words a direction rests on, "" where there are none on that side."""

    kind: GroundKind
    before: str
    after: str
    direction: Direction


class ChangePart(Part):
    """A change of a clause. Several clauses before are a merge, several after a split.

    `words` are of the texts, joined by a pilcrow where there are several; empty where a side has none, and for the
    same text.
    """

    kind: ChangeKind
    moved: bool
    similarity: Share
    direction: Direction
    grounds: list[GroundPart]
    before: list[ClausePart]
    after: list[ClausePart]
    words: list[WordsPart]
    attributes: list[AttributePart]


class RenamingPart(Part):
    """A level of authority with another name: `count` of `of` headings that had the old one have the new one."""

    before: str
    after: str
    count: int
    of: int


class PointPart(Part):
    """A revision that was named: as it was asked for, its content id, and the commit and sighting where it is one."""

    name: str
    revision: str
    commit: str | None
    label: str | None
    date: datetime | None


class SeenPart(Part):
    """Where a revision was seen; commit is null for a dated folder, label where there is no tag."""

    name: str
    revision: str
    commit: str | None
    label: str | None
    date: datetime
    subject: str


class ComparisonPart(Part):
    """What changed between two revisions of a spec, in the order of the text after."""

    spec: str
    before: PointPart
    after: PointPart
    counts: ChangesPart
    renamings: list[RenamingPart]
    changes: list[ChangePart]


def comparison_part(comparison: Comparison) -> ComparisonPart:
    """A comparison."""
    return ComparisonPart(
        spec=comparison.spec,
        before=_point_part(comparison.before),
        after=_point_part(comparison.after),
        counts=ChangesPart.model_validate(comparison.counts, from_attributes=True),
        renamings=[
            RenamingPart(before=one.before, after=one.after, count=one.count, of=one.of) for one in comparison.renamings
        ],
        changes=[change_part(one) for one in comparison.changes],
    )


def change_part(typed: ClassifiedChange) -> ChangePart:
    """A change of a clause."""
    change = typed.change
    before, after = change_sides(change)
    return ChangePart(
        kind=change.kind,
        moved=change.moved,
        similarity=change.similarity,
        direction=typed.norm.direction,
        grounds=[
            GroundPart(kind=one.kind, before=one.before, after=one.after, direction=one.direction)
            for one in typed.norm.grounds
        ],
        before=[clause_part(clause) for clause in before],
        after=[clause_part(clause) for clause in after],
        words=_word_parts(before, after),
        attributes=list(_attribute_parts(change.before, change.after)),
    )


def clause_part(clause: Clause) -> ClausePart:
    """A clause."""
    return ClausePart(
        path=clause.path,
        line=clause.line,
        end=clause.end,
        kind=clause.kind,
        section=list(clause.section),
        anchor=clause.anchor,
        text=clause.text,
    )


def seen_part(sighting: SpecCommit) -> SeenPart:
    """A sighting."""
    return SeenPart(
        name=sighting.name,
        revision=sighting.revision,
        commit=sighting.commit,
        label=sighting.label,
        date=sighting.date,
        subject=sighting.subject,
    )


def print_document(document: BaseModel) -> str:
    """A document, indented by two, with a newline at its end; what is undefined is null, never NaN."""
    return (
        json.dumps(document.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False, allow_nan=False)
        + "\n"
    )


def schema_text(document: type[BaseModel]) -> str:
    """The JSON Schema of a document."""
    return json.dumps(document.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def _point_part(side: ComparisonSide) -> PointPart:
    seen = side.sighting
    return PointPart(
        name=side.name,
        revision=side.revision.id,
        commit=side.commit,
        label=seen.label if seen else None,
        date=seen.date if seen else None,
    )


def _word_parts(before: Sequence[Clause], after: Sequence[Clause]) -> list[WordsPart]:
    old, new = join_texts(before), join_texts(after)
    if not before or not after or old == new:
        return []
    return [WordsPart(op=op, text=text) for op, text in diff_words(old, new)]


def _attribute_parts(before: Clause | None, after: Clause | None) -> Iterator[AttributePart]:
    if before is None or after is None or not before.kind is after.kind is ClauseKind.HEADING:
        return
    if before.anchor != after.anchor:
        yield AttributePart(name="anchor", before=before.anchor, after=after.anchor)
    for key, old, new in attribute_changes(before.attributes, after.attributes):
        yield AttributePart(name=key, before=old, after=new)
