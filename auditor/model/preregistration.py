"""Preregistrations: runs that will be made, written down before results exist, and which runs fulfil them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from auditor.model.run import Run


@dataclass(frozen=True, slots=True)
class Preregistration:
    """A run that is to be made.

    Attributes:
        id: sha256 of the plan's record, 64 hex digits; what the evaluation is stamped with. "" before it is recorded.
        spec: the name of the spec.
        revision: content id of the revision to be evaluated.
        suite: the suite's name.
        model: the model's name.
        checkpoint: the checkpoint; the model's name where none is given.
        condition: the variant of the items; "" for the plain one.
        planned: samples, valid and invalid together; at least 1.
        created: when it was written down, with offset; by the clock of whoever did.
        note: in their own words; "" without one.
    """

    id: str
    spec: str
    revision: str
    suite: str
    model: str
    checkpoint: str
    condition: str
    planned: int
    created: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class PreregistrationResult:
    """What became of a plan.

    Attributes:
        runs: records of the runs that fulfil it, sorted; more than one where it was run again.
        differing: records of runs that name it, and are older than it or of something else than was planned.
        unclear: records of runs that could be it and do not say so, where several plans or runs fit each other.
    """

    plan: Preregistration
    runs: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


def match_preregistrations(plans: Iterable[Preregistration], runs: Iterable[Run]) -> tuple[PreregistrationResult, ...]:
    """What became of each plan, in their order.

    A run that names a plan fulfils it when it is what was planned and not older. Of the others, a run fulfils a plan
    that nobody names when both fit nobody else: the same spec, revision, suite, model, checkpoint and condition, and
    made after the plan was.
    """
    run_list, plans = list(runs), list(plans)
    by_plan, free = defaultdict[str, list[Run]](list), defaultdict[tuple[str, ...], list[Run]](list)
    for run in run_list:
        if run.plan is not None:
            by_plan[run.plan].append(run)
        elif run.created is not None:
            free[_identity(run)].append(run)
    open_ = [plan for plan in plans if not any(_fulfils(plan, run) for run in by_plan[plan.id])]
    could = {plan.id: [run.record for run in free[_identity(plan)] if _fulfils(plan, run)] for plan in open_}
    claims = defaultdict[str, int](int)
    for records in could.values():
        for record in records:
            claims[record] += 1
    return tuple(_result_of(plan, by_plan[plan.id], could.get(plan.id, []), claims) for plan in plans)


def _result_of(
    plan: Preregistration, naming: list[Run], could: list[str], claims: dict[str, int]
) -> PreregistrationResult:
    runs = sorted(run.record for run in naming if _fulfils(plan, run))
    differing = tuple(sorted(run.record for run in naming if not _fulfils(plan, run)))
    if len(could) == 1 and claims[could[0]] == 1:
        return PreregistrationResult(plan, tuple(could), differing)
    return PreregistrationResult(plan, tuple(runs), differing, tuple(sorted(could)))


def _identity(planned: Preregistration | Run) -> tuple[str, ...]:
    return planned.spec, planned.revision, planned.suite, planned.model, planned.checkpoint, planned.condition


def _fulfils(plan: Preregistration, run: Run) -> bool:
    return _identity(plan) == _identity(run) and (run.created is None or run.created >= plan.created)
