"""One patch: what it changed, and everything the audit says of it."""

from __future__ import annotations

from auditor.app.named import at_sighting, patch_named
from auditor.app.project import Project, history_of
from auditor.app.texts import texts_of
from auditor.assess.assessment import assess
from auditor.clauses.comparison import Comparison, compare
from auditor.errors import RevisionError
from auditor.evidence import build
from auditor.report import PatchEntry, spec_report
from auditor.settings import SpecConfig

Shown = tuple[PatchEntry, Comparison]


def show(project: Project, name: str) -> tuple[Shown, ...]:
    """The patch that a name stands for; one of each spec where a commit patches several.

    Args:
        name: the beginning of a patch's id, or what stands for the revision it made: see `named.patch_named`.

    Raises RevisionError where it stands for none, or for several of one spec; else what `audit` raises.
    """
    found: list[Shown] = []
    errors: list[RevisionError] = []
    for config in project.specs:
        try:
            found.append(_of_spec(project, config, name))
        except RevisionError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return tuple(found)


def _of_spec(project: Project, config: SpecConfig, name: str) -> Shown:
    history = history_of(project, config)
    patch = patch_named(project, config, history, name)
    assessment = assess(build(history, project.runs, project.registry), project.settings.policy)
    texts, current = texts_of(project, config, history, [patch])
    report, _ = spec_report(history, assessment, texts, current)
    sides = at_sighting(history, patch.before), at_sighting(history, patch.after)
    return report.patches[0], compare(config.name, *sides, texts[patch.id].lineage.events[patch.after.name])
