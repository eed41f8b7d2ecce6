"""What is known of a spec at each sighting: what changed there, and what was measured across it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from auditor.assess.facts import PatchFacts
from auditor.clauses.comparison import clauses_of, count_changes, diff_revisions
from auditor.model.clause import ChangeCounts
from auditor.model.spec import History, Patch, SpecCommit


@dataclass(frozen=True, slots=True)
class Sighted:
    """One sighting.

    Attributes:
        clauses: how many it has.
        changes: against its first parent; None for a first sighting.
        facts: of the patch it is; None where it is none.
        same_as: the patch that made the very same change elsewhere; None where this is a patch itself, or none is.
    """

    sighting: SpecCommit
    clauses: int
    changes: ChangeCounts | None
    facts: PatchFacts | None
    same_as: Patch | None


@dataclass(frozen=True, slots=True)
class SpecLog:
    """The sightings of one spec that were asked for, newest first."""

    spec: str
    sightings: tuple[Sighted, ...]


def spec_log(history: History, patches: Collection[PatchFacts], wanted: Collection[str]) -> SpecLog:
    """The log of a spec, newest first: children before their parents.

    Args:
        patches: what was assessed.
        wanted: names of sightings.
    """
    by_sighting = {facts.patch.after.name: facts for facts in patches}
    by_change = {(facts.patch.before.revision, facts.patch.after.revision): facts.patch for facts in patches}
    there = [sighting for sighting in reversed(history.sightings) if sighting.name in wanted]
    return SpecLog(history.spec, tuple(_sighted(history, one, by_sighting, by_change) for one in there))


def _sighted(
    history: History,
    sighting: SpecCommit,
    by_sighting: Mapping[str, PatchFacts],
    by_change: Mapping[tuple[str, str], Patch],
) -> Sighted:
    revision, facts = history.revisions[sighting.revision], by_sighting.get(sighting.name)
    size = len(clauses_of(revision))
    if not sighting.parents:
        return Sighted(sighting, size, None, facts, None)
    before = history.sighting(sighting.parents[0]).revision
    changed = count_changes(diff_revisions(history.revisions[before], revision))
    same = None if facts is not None else by_change.get((before, sighting.revision))
    return Sighted(sighting, size, changed, facts, same)
