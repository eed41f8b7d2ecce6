"""Running the catalogue on a tiny world, whose text no patch touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.assess.facts import Assessment
from auditor.assess.texts import PatchText, RevisionText
from auditor.checks.runner import Checked, run_checks
from auditor.clauses.lives import Lineage
from auditor.model.finding import Finding, Place
from auditor.model.spec import Patch
from tests.worlds import history


def untouched(patch: Patch) -> PatchText:
    """What a patch that changes no clause does to the text."""
    return PatchText(
        patch=patch,
        before=RevisionText(patch.before, (), None),
        after=RevisionText(patch.after, (), None),
        changes=(),
        lineage=Lineage(patch.spec, {patch.after.name: ()}, {}, {patch.after.name: ()}),
        history=history([patch.before.revision, patch.after.revision]),
        changelog_added=None,
    )


def ran(found: Assessment, places: Mapping[str, Place] | None = None) -> Checked:
    """Every check on a world."""
    texts = {facts.patch.id: untouched(facts.patch) for facts in found.patches}
    return run_checks(found, texts, None, places or {})


def findings(checked: Checked) -> Iterator[Finding]:
    """Everything found, of patches, steps and standings."""
    for group in (*checked.by_patch.values(), *checked.by_step, checked.standing):
        yield from group
