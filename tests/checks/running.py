"""Running the catalogue on a tiny world, whose text no patch touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.assess.facts import Assessment
from auditor.assess.texts import PatchText, RevisionText, revision_text
from auditor.checks.interface import TextCase
from auditor.checks.runner import Checked, run_checks
from auditor.clauses.diff import diff
from auditor.clauses.lineage import trace
from auditor.clauses.lives import Lineage
from auditor.model.finding import Finding, Place
from auditor.model.spec import Companions, Patch, patches_of
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


def text_of(case: TextCase) -> PatchText:
    """What the patch of a text case does; the revisions before it are its history."""
    past = history([*case.earlier, case.before, case.after])
    patch = patches_of(past)[-1]
    old, new = (past.revisions[side.revision] for side in (patch.before, patch.after))

    def told(prompts: tuple[str, ...] | None) -> Companions:
        return Companions(None if prompts is None else {name: f"prompt {name}" for name in prompts}, None)

    return PatchText(
        patch=patch,
        before=revision_text(patch.before, old, told(case.prompts_before)),
        after=revision_text(patch.after, new, told(case.prompts_after)),
        changes=diff(old, new),
        lineage=trace(past),
        history=past,
        changelog_added=case.changelog,
    )


def ran(found: Assessment, places: Mapping[str, Place] | None = None) -> Checked:
    """Every check on a world."""
    texts = {facts.patch.id: untouched(facts.patch) for facts in found.patches}
    return run_checks(found, texts, None, places or {})


def findings(checked: Checked) -> Iterator[Finding]:
    """Everything found, of patches, steps and standings."""
    for group in (*checked.by_patch.values(), *checked.by_step, checked.standing):
        yield from group
