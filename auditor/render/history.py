"""log, diff, blame and show as JSON: one document each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from auditor import __version__
from auditor.assess.facts import BehaviourFacts
from auditor.assess.timeline import LogEntry, SpecLog
from auditor.audit import PatchEntry
from auditor.clauses.blame import ClauseHistory, ClauseState
from auditor.clauses.comparison import Comparison
from auditor.model.verdict import Verdict
from auditor.render import json as documents
from auditor.render.json_parts import (
    ChangePart,
    ClausePart,
    ComparisonPart,
    Part,
    SeenPart,
    change_part,
    clause_part,
    comparison_part,
    print_document,
    schema_text,
    seen_part,
)
from auditor.render.json_parts import seen_part as _seen
from auditor.render.schema import BehaviourPart, ChangesPart, PatchPart


def audit_behaviour_part(facts: BehaviourFacts, spec: str) -> BehaviourPart:
    """A behaviour of a spec as the audit's document has it."""
    return documents.behaviour_part(facts, spec)


def audit_patch_part(entry: PatchEntry) -> PatchPart:
    """A patch as the audit's document has it."""
    return documents.patch_part(entry)


class SightedPart(Part):
    """A sighting. `changes` is null for a first one; `patch` is the id of the patch it is, or was made as elsewhere."""

    seen: SeenPart
    clauses: int
    changes: ChangesPart | None
    patch: str | None
    verdict: Verdict | None
    behaviours: list[BehaviourPart]


class SpecPart(Part):
    """A spec's sightings, newest first."""

    spec: str
    sightings: list[SightedPart]


class LogDocument(Part):
    """The document `auditor log --format json` prints."""

    schema_: Literal["auditor.log/1"] = Field(default="auditor.log/1", serialization_alias="schema")
    auditor_version: str
    specs: list[SpecPart]


def log_json(logs: Sequence[SpecLog]) -> str:
    """The logs as one JSON document."""
    specs = [SpecPart(spec=log.spec, sightings=[_commit_part(one) for one in log.sightings]) for log in logs]
    return print_document(LogDocument(auditor_version=__version__, specs=specs))


def log_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(LogDocument)


def _commit_part(one: LogEntry) -> SightedPart:
    patch = one.facts.patch if one.facts else one.same_as
    judged = [audit_behaviour_part(facts, one.facts.patch.spec) for facts in one.facts.behaviours] if one.facts else []
    return SightedPart(
        seen=seen_part(one.sighting),
        clauses=one.clauses,
        changes=ChangesPart.model_validate(one.changes, from_attributes=True) if one.changes else None,
        patch=patch.id if patch else None,
        verdict=one.facts.verdict if one.facts else None,
        behaviours=judged,
    )


class EventPart(Part):
    """One event; `word` is what it was to this very clause, `patch` null where no patch made it."""

    word: str
    seen: SeenPart
    patch: str | None
    change: ChangePart


class StatePart(Part):
    """A clause as it is, or was when it was last seen."""

    id: str
    there: bool
    seen: SeenPart
    clause: ClausePart


class MemberPart(Part):
    """A clause under the heading that was asked for, and what last happened to it, where."""

    state: StatePart
    word: str
    seen: SeenPart


class BlameDocument(Part):
    """The document `auditor blame --format json` prints."""

    schema_: Literal["auditor.blame/1"] = Field(default="auditor.blame/1", serialization_alias="schema")
    auditor_version: str
    spec: str
    state: StatePart
    events: list[EventPart]
    parent: StatePart | None
    heir: StatePart | None
    section: list[MemberPart]


def blame_json(story: ClauseHistory) -> str:
    """The life as one JSON document."""
    return print_document(
        BlameDocument(
            auditor_version=__version__,
            spec=story.spec,
            state=_state_part(story.state),
            events=[
                EventPart(word=told.word, seen=_seen(told.sighting), patch=told.patch, change=change_part(told.typed))
                for told in story.events
            ],
            parent=_state_part(story.parent) if story.parent else None,
            heir=_state_part(story.heir) if story.heir else None,
            section=[
                MemberPart(state=_state_part(one.state), word=one.word, seen=_seen(one.sighting))
                for one in story.section
            ],
        )
    )


def blame_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(BlameDocument)


def _state_part(state: ClauseState) -> StatePart:
    return StatePart(id=state.id, there=state.there, seen=_seen(state.sighting), clause=clause_part(state.clause))


class DiffDocument(Part):
    """The document `auditor diff --format json` prints."""

    schema_: Literal["auditor.diff/1"] = Field(default="auditor.diff/1", serialization_alias="schema")
    auditor_version: str
    specs: list[ComparisonPart]


def diff_json(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as one JSON document."""
    return print_document(
        DiffDocument(auditor_version=__version__, specs=[comparison_part(comparison) for comparison in comparisons])
    )


def diff_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(DiffDocument)


class ShownPart(Part):
    """A patch as the audit has it, and what it changed."""

    patch: PatchPart
    comparison: ComparisonPart


class ShowDocument(Part):
    """The document `auditor show --format json` prints."""

    schema_: Literal["auditor.show/1"] = Field(default="auditor.show/1", serialization_alias="schema")
    auditor_version: str
    patches: list[ShownPart]


def show_json(patches: Sequence[tuple[PatchEntry, Comparison]]) -> str:
    """The patches as one JSON document."""
    shown = [ShownPart(patch=audit_patch_part(entry), comparison=comparison_part(each)) for entry, each in patches]
    return print_document(ShowDocument(auditor_version=__version__, patches=shown))


def show_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(ShowDocument)
