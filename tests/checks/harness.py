"""Running the catalogue on a tiny world, whose text no patch touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from auditor.assess.facts import Assessment
from auditor.assess.leaks import HashedPrompts, LeakSearch, UnsearchedSuite
from auditor.assess.text import PatchText, build_patch_text
from auditor.checks.interface import TextCase
from auditor.checks.runner import CheckResults, run_checks
from auditor.clauses.lineage import Lineage, trace_lineage
from auditor.clauses.ngrams import hash_text
from auditor.clauses.overlap import Prompt
from auditor.model.finding import Finding, Place
from auditor.model.spec import Companions, Patch, Revision, patches_of
from auditor.model.suite import Role
from tests.worlds import history

KEY = bytes(range(32))


def untouched(patch: Patch) -> PatchText:
    """What a patch that changes no clause does to the text."""
    past = replace(history([patch.before.revision, patch.after.revision]), spec_commits=(patch.before, patch.after))
    blank = {name: Revision(name, ()) for name in past.revisions}
    nothing: dict[str, tuple[()]] = {patch.after.name: ()}
    lineage = Lineage(patch.spec, nothing, {}, nothing, nothing, {})
    return build_patch_text(patch, replace(past, revisions=blank), lineage, Companions(), Companions(), LeakSearch())


def text_of(case: TextCase) -> PatchText:
    """What the patch of a text case does; the revisions before it are its history."""
    past = history([*case.earlier, case.before, case.after])
    patch = patches_of(past)[-1]

    def told(prompts: tuple[str, ...] | None, changelog: str | None) -> Companions:
        texts = case.prompts if prompts is None else {name: f"prompt {name}" for name in prompts}
        return Companions(texts, changelog)

    before = told(case.prompts_before, None if case.changelog is None else "")
    search = LeakSearch(hashed(case))
    patch_text = build_patch_text(
        patch, past, trace_lineage(past), before, told(case.prompts_after, case.changelog), search
    )
    return replace(patch_text, after=replace(patch_text.after, suites=search.suites))


def hashed(case: TextCase) -> HashedPrompts:
    """The hashed prompts of a text case: those of a test suite and of a held-out suite of one behaviour."""
    sides = ((Role.TEST, "tests", case.test_items), (Role.HELD_OUT, "unseen", case.held_out_items))
    prompts = tuple(
        Prompt(item, suite, role, "lying", hash_text(text, KEY))
        for role, suite, items in sides
        for item, text in (items or {}).items()
    )
    missing = tuple(UnsearchedSuite(suite, role, "no key is given") for role, suite, items in sides if items is None)
    return HashedPrompts(prompts, KEY, missing)


def ran(assessment: Assessment, places: Mapping[str, Place] | None = None) -> CheckResults:
    """Every check on a world."""
    texts = {facts.patch.id: untouched(facts.patch) for facts in assessment.patches}
    return run_checks(assessment, texts, None, places or {})


def findings(checked: CheckResults) -> Iterator[Finding]:
    """Everything found, of patches, steps and standings."""
    measured = (group for groups in checked.measured.values() for group in groups)
    for group in (*measured, *checked.of_texts.values(), *checked.by_step, *checked.by_period, checked.standing):
        yield from group
