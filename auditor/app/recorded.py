"""What a log or table says of a run, as a record has it: which revision, which suite, counted by item."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.app.bound import Known, bound, know, shown_to_model
from auditor.app.project import Project
from auditor.errors import LogError, TableError
from auditor.model.canonical import sha256
from auditor.model.raw_run import RawRun
from auditor.model.run import Exposure, Grade, Run, Tallies
from auditor.model.spec import Revision
from auditor.model.suite import Binding, Suite
from auditor.store.bindings import load_bindings
from auditor.store.records import identity_of, record_id
from auditor.store.reduce import judge
from auditor.store.samples import encode_samples

# How much of a plan's id says which it is.
PREFIX = 8


@dataclass(frozen=True, slots=True)
class Rules:
    """What runs are read by: the project, its specs' histories and their names, its bindings."""

    project: Project
    specs: tuple[Known, ...]
    bindings: tuple[Binding, ...]

    @property
    def registry_file(self) -> str:
        """The registry's path, for messages."""
        return f"{self.project.settings.store}/suites.toml"


def rules_of(project: Project) -> Rules:
    """The rules of a project. Raises ConfigError or RepositoryError where a history or the bindings cannot be read."""
    return Rules(project, know(project), load_bindings(project.tree, project.settings.store))


def run_of(raw: RawRun, rules: Rules) -> Run:
    """The run as it is recorded: bound to a revision, of a registered or declared suite, reduced to tallies.

    Raises ConfigError, LogError, RevisionError or TableError for a run that does not say enough, or contradicts.
    """
    return recorded(raw, rules)[0]


def recorded(raw: RawRun, rules: Rules) -> tuple[Run, bytes | None]:
    """The run, and the file it names that says how each sample was judged; None without. Raises as `run_of`."""
    suite = _suite(raw, rules)
    where = bound(raw, rules.specs, rules.bindings)
    tallies, verdicts = judge(raw, suite)
    samples = encode_samples(verdicts) if verdicts else None
    run = Run(
        record="",
        identity=identity_of(raw, where.revision.id, suite.name),
        spec=where.spec,
        revision=where.revision.id,
        suite=suite.name,
        behaviour=raw.behaviour,
        role=raw.role,
        model=raw.model,
        checkpoint=raw.checkpoint or raw.model,
        parent_checkpoint=raw.parent_checkpoint,
        condition=raw.condition,
        exposure=_exposure(raw, where.revision),
        scorer=raw.scorer,
        sampling=raw.sampling,
        created=raw.created,
        planned=raw.planned,
        incomplete=raw.incomplete,
        source=raw.source,
        source_sha256=raw.source_sha256,
        grade=_grade(raw, where.revision),
        tallies=tallies,
        cot_pressure=raw.cot_pressure,
        code_revision=raw.code_revision,
        samples=None if samples is None else sha256(samples),
        signals=raw.signals,
        plan=_plan(raw, rules),
    )
    return replace(run, record=record_id(run)), samples


def _plan(raw: RawRun, rules: Rules) -> str | None:
    """The whole id of the plan a run was stamped with. Whether it is what was planned is for the audit to say."""
    if raw.plan is None:
        return None
    fits = [plan.id for plan in rules.project.plans if len(raw.plan) >= PREFIX and plan.id.startswith(raw.plan.lower())]
    if len(fits) != 1:
        what = (
            f"{raw.plan!r:.80} is {'no plan that is recorded here' if not fits else 'the beginning of several plans'}"
        )
        raise LogError(
            what, where=raw.where, field="auditor_plan", remedy="fetch the records of whoever planned the run"
        )
    return fits[0]


def _suite(raw: RawRun, rules: Rules) -> Suite:
    """The registered suite, also without the package a task's name may begin with; else the one a table declares."""
    registry = rules.project.registry
    suite = registry.named(raw.suite) or registry.named(raw.suite.rpartition("/")[2])
    if suite is None and (raw.behaviour is None or raw.role is None):
        known = ", ".join(sorted(registry.suites)) or "none yet"
        what = f"{raw.suite!r:.80} is no suite and no task of one (known: {known:.200})"
        raise LogError(what, where=raw.where, field="suite", remedy=f"add [[suite]] for it to {rules.registry_file}")
    if suite is None:
        assert raw.behaviour is not None
        assert raw.role is not None
        return Suite(raw.suite, raw.behaviour, raw.role)
    _check_declared("behaviour", raw.behaviour, suite.behaviour, raw, rules)
    _check_declared("role", raw.role, suite.role, raw, rules)
    return suite


def _check_declared(field: str, declared: str | None, registered: str, raw: RawRun, rules: Rules) -> None:
    if declared not in (None, registered):
        what = f"{declared:.80} contradicts {rules.registry_file}, which says {registered} of suite {raw.suite:.80}"
        raise TableError(what, where=raw.where, field=field, remedy="correct one of them")


def _grade(raw: RawRun, revision: Revision) -> Grade:
    if isinstance(raw.samples, Tallies) and not raw.by_sample:
        return Grade.C
    return Grade.A if shown_to_model(raw, revision) else Grade.B


def _exposure(raw: RawRun, revision: Revision) -> Exposure | None:
    """What the source says; where it says nothing, a log whose system messages hold the spec shows it."""
    if not shown_to_model(raw, revision):
        return raw.exposure
    if raw.exposure is Exposure.ABSENT:
        what = "absent, but the spec's text is in the log's system messages"
        raise LogError(what, where=raw.where, field="exposure", remedy="correct the log's metadata")
    return raw.exposure or Exposure.IN_CONTEXT
