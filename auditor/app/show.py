"""One patch: what it changed, and everything the audit says of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from auditor.app.named import at_sighting, patch_named
from auditor.app.project import Project, evidence_of, history_of
from auditor.app.prompts import Key, hashed_prompts, key_of
from auditor.app.texts import texts_of
from auditor.assess.judge import assess
from auditor.clauses.comparison import Comparison, compare_revisions
from auditor.errors import RevisionError
from auditor.report import PatchEntry, spec_report
from auditor.settings import SpecConfig

Shown = tuple[PatchEntry, Comparison]


def show(project: Project, name: str, environment: Mapping[str, str] = MappingProxyType({})) -> tuple[Shown, ...]:
    """The patch that a name stands for; one of each spec where a commit patches several.

    Args:
        name: the beginning of a patch's id, or what stands for the revision it made: see `named.patch_named`.
        environment: as for `audit`.

    Raises RevisionError where it stands for none, or for several of one spec; else what `audit` raises.
    """
    found: list[Shown] = []
    key = key_of(project, environment)
    errors: list[RevisionError] = []
    for config in project.specs:
        try:
            found.append(_of_spec(project, config, name, key))
        except RevisionError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return tuple(found)


def _of_spec(project: Project, config: SpecConfig, name: str, key: Key) -> Shown:
    history = history_of(project, config)
    patch = patch_named(project, config, history, name)
    evidence = evidence_of(project, history)
    assessment = assess(evidence, project.settings.policy)
    hashed = hashed_prompts(project, evidence, key)
    texts, current = texts_of(project, config, history, [patch], hashed)
    report, _ = spec_report(history, assessment, texts, current)
    sides = at_sighting(history, patch.before), at_sighting(history, patch.after)
    return report.patches[0], compare_revisions(config.name, *sides, texts[patch.id].lineage.events[patch.after.name])
