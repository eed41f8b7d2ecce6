"""What would settle open verdicts, and how large to make the suites of a patch that does not exist yet.

In comes a project with a patch, or rates; out come plans (samples, items, epochs a side) or a design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from auditor.app.find_spec import Warn
from auditor.app.project import Project, build_evidence, read_history, warn_unreadable
from auditor.app.revision import resolve_patch
from auditor.assess.facts import Assessment, GapFacts
from auditor.assess.judge import assess
from auditor.assess.power import OPEN_VERDICTS, Design, PowerPlan, design_suites, plan_ablation, plan_samples
from auditor.clauses.ablation import separate_changes
from auditor.errors import ConfigError, RevisionError
from auditor.model.policy import Policy
from auditor.model.spec import History, Patch
from auditor.settings import SpecConfig

PatchPlans = tuple[Patch, tuple[PowerPlan, ...]]
"""One patch and what would settle its verdicts."""


def plan_open_verdicts(project: Project, warn: Warn | None = None) -> tuple[PatchPlans, ...]:
    """Every patch with an open verdict, oldest first, and what would settle it. Raises what `audit` raises.

    Args:
        warn: gets the commits that cannot be read.
    """
    policy = project.settings.policy
    return tuple(
        patch
        for config in project.specs
        for patch in _plan_patches(_assess_spec(project, config, warn)[1], policy, None, None)
    )


def plan_patch(
    project: Project, name: str, behaviour: str | None = None, warn: Warn | None = None, *, ablation: bool = False
) -> tuple[PatchPlans, ...]:
    """What would settle the verdicts of the patch that a name stands for; of each spec where a commit patches several.

    With `ablation`, also how large to make an ablation of it.

    Raises RevisionError where it stands for none, or was not measured on `behaviour`; else what `audit` raises.
    """
    patch_plans: list[PatchPlans] = []
    errors: list[RevisionError] = []
    for config in project.specs:
        try:
            history, assessment = _assess_spec(project, config, warn)
            patch = resolve_patch(project, config, history, name)
            plans = _plan_patches(assessment, project.settings.policy, behaviour, patch)
            patch_plans += _add_ablations(history, plans, project.settings.policy, name) if ablation else plans
        except RevisionError as error:
            errors.append(error)
    if not patch_plans and errors:
        raise errors[0]
    if not any(plans for _, plans in patch_plans):
        subject = f"was not measured on {behaviour}" if behaviour else "was not measured on any behaviour"
        raise RevisionError(subject, where=name, remedy="see auditor show; or a design: give --behaviour and no patch")
    return tuple(patch_plans)


def _add_ablations(history: History, patch_plans: Sequence[PatchPlans], policy: Policy, name: str) -> list[PatchPlans]:
    """The plans with the sizes of an ablation. Raises RevisionError for a patch without two changes to tell apart."""
    added: list[PatchPlans] = []
    for patch, plans in patch_plans:
        sides = (history.revisions[side.revision] for side in (patch.before, patch.after))
        changes = len(separate_changes(*sides).changes)
        if changes < 2:
            subject = f"has {'one clause change' if changes else 'no clause change'} that can be left out"
            raise RevisionError(subject, where=name, remedy="an ablation needs two; leave --ablation out")
        added.append(
            (patch, tuple(replace(plan, ablation=plan_ablation(plan.facts, changes, policy)) for plan in plans))
        )
    return added


def design_patch(
    project: Project | None,
    behaviour: str | None,
    test_rate: float | None,
    held_out_rate: float | None,
    fall: float,
    warn: Warn | None = None,
) -> Design:
    """A design before any run.

    Args:
        project: where the rates that are not given are looked up, at the behaviour's last state; None for nowhere.
        fall: what the patch is hoped to take away of the test's rate, in (0, 1].
        warn: gets the commits that cannot be read.

    Raises ConfigError where a rate is neither given nor known.
    """
    given = test_rate is not None and held_out_rate is not None
    gap = _last_gap(project, behaviour, warn, given=given) if project and behaviour else None
    rates = (
        (test_rate, gap.test.rate if gap else None, "--test-rate"),
        (held_out_rate, gap.held_out.rate if gap else None, "--held-out-rate"),
    )
    policy = project.settings.policy if project else Policy()
    first, second = (_choose_rate(value, measured, option, behaviour) for value, measured, option in rates)
    return design_suites(behaviour, first, second, fall, policy, gap)


def _choose_rate(value: float | None, measured: float | None, option: str, behaviour: str | None) -> float:
    if value is not None:
        return value
    where = f"behaviour {behaviour}" if behaviour else "auditor plan"
    if measured is None:
        raise ConfigError("no rate is known", where=where, field=option, remedy=f"give {option}, between 0 and 1")
    if not 0.0 < measured < 1.0:
        subject = f"the last measured rate is {measured:g}, which cannot fall"
        raise ConfigError(subject, where=where, field=option, remedy=f"give {option}, between 0 and 1")
    return measured


def _last_gap(project: Project, behaviour: str, warn: Warn | None, *, given: bool) -> GapFacts | None:
    """What the last state says of a behaviour: its largest held-out suite.

    Raises ConfigError for a name that nothing here measures, unless both rates are `given`.
    """
    every = [standing for config in project.specs for standing in _assess_spec(project, config, warn)[1].standings]
    names = sorted({gap.behaviour for gap in every} | {suite.behaviour for suite in project.registry.suites.values()})
    if names and behaviour not in names and not given:
        near = get_close_matches(behaviour, names, n=1)
        which = f"do you mean {near[0]}?" if near else f"measured are {', '.join(names)}"
        remedy = "for one that is not measured yet, give --test-rate and --held-out-rate"
        raise ConfigError(f"is not measured here ({which})", where="--behaviour", field=behaviour, remedy=remedy)
    gaps = [gap for gap in every if gap.behaviour == behaviour]
    return max(gaps, key=lambda gap: (gap.held_out.size, gap.suite), default=None)


def _assess_spec(project: Project, config: SpecConfig, warn: Warn | None = None) -> tuple[History, Assessment]:
    history = read_history(project, config)
    warn_unreadable(history, warn)
    return history, assess(build_evidence(project, history), project.settings.policy)


def _plan_patches(
    assessment: Assessment, policy: Policy, behaviour: str | None, patch: Patch | None
) -> list[PatchPlans]:
    """Of one patch everything, of all only what is open."""
    patch_plans: list[PatchPlans] = []
    for patch_facts in assessment.patches:
        if patch is not None and patch_facts.patch.id != patch.id:
            continue
        facts = [fact for fact in patch_facts.behaviours if behaviour in (None, fact.behaviour)]
        open_facts = [fact for fact in facts if patch is not None or fact.verdict in OPEN_VERDICTS]
        if open_facts or patch is not None:
            patch_plans.append((patch_facts.patch, tuple(plan_samples(fact, policy) for fact in open_facts)))
    return patch_plans
