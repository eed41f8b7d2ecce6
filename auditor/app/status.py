"""How a project stands, and the next command: what is configured and committed, paired, recorded, sealed, hooked, open.

In comes a folder and a day; out comes a `ProjectStatus`. Each part is read by itself: what cannot be read is said where
it belongs, and hides nothing else.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from auditor import hooks
from auditor.app.find_spec import spec_candidates
from auditor.app.project import Place, Project, build_evidence, locate, read_history, read_project
from auditor.assess.open_gaps import track_gaps
from auditor.assess.preregistration import PlanState, assess_plans
from auditor.errors import InputError
from auditor.git import Commit, Tree
from auditor.model.numbers import count_noun
from auditor.model.run import Run
from auditor.model.status import (
    BehaviourStatus,
    ConfigurationStatus,
    DuePlan,
    FileState,
    HookState,
    NextStep,
    OpenGap,
    ProjectStatus,
    SpecStatus,
    StoreStatus,
    SuiteStatus,
)
from auditor.model.suite import Registry, Role
from auditor.readers.interface import find_reader
from auditor.settings import SETTINGS_FILE, SHARED_SETTINGS_FILE, Settings, SpecConfig, has_settings, load_settings
from auditor.specs.files import read_revision
from auditor.store.integrity import examine_store
from auditor.store.registry import SUITES_FILE, load_registry

_EDIT = "${EDITOR:-vi}"
_RESULT_FILES = ("*.csv", "*.jsonl", "*.parquet", "*.eval", "logs", "results/*", "results", "evals/*")


def project_status(where: Path, today: date) -> ProjectStatus:
    """How the project that a folder lies in stands. Raises RepositoryError where there is no project to be read."""
    with locate(where) as place:
        head = _head(place)
        settings, configuration = _configuration(place, head)
        specs = tuple(_spec_status(place, config) for config in settings.specs)
        store, runs, registry = _store_status(place, head, settings)
        behaviours = tuple(_behaviours(registry, runs))
        readable = not (configuration.problem or store.problem or store.faults)
        evidence = _Evidence() if not readable else _evidence(place, settings, specs, today)
        status = ProjectStatus(
            configuration,
            specs,
            behaviours,
            store,
            evidence.plans_due,
            evidence.open_gaps,
            _hooks(place),
            evidence.problems,
            NextStep("auditor audit", "everything is in place"),
        )
        return replace(status, next=next(_next_steps(place, head, status)))


def missing_for_hooks(where: Path) -> NextStep | None:
    """What is to be done before a hook of the project can judge anything; None where its configuration is committed.

    Raises RepositoryError or ConfigError.
    """
    with locate(where) as place:
        if place.repository is None or place.repository.worktree is None:
            return None
        head = _head(place)
        settings, configuration = _configuration(place, head)
        if configuration.state is FileState.COMMITTED:
            return None
        if configuration.state is FileState.ABSENT:
            return _init_step(place, "") if head is not None else _first_commit(place)
        return commit_step(configuration, _store_status(place, head, settings)[0])


def _uncommitted_files(place: Place, head: Tree | None, paths: Sequence[str]) -> tuple[str, ...]:
    """The files at these paths, and below those that are folders, that HEAD has not, or has with other content."""
    if place.repository is None or place.repository.worktree is None:
        return ()
    files = [file for path in paths for file in (*place.tree.list(path), path) if place.tree.read(file) is not None]
    return tuple(file for file in files if head is None or head.read(file) != place.tree.read(file))


def _head(place: Place) -> Tree | None:
    """What is committed; None outside of git, and before the first commit."""
    if place.repository is None:
        return None
    done = place.repository.command.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return None if done.status else Commit(place.repository, done.out.decode().strip())


def _configuration(place: Place, head: Tree | None) -> tuple[Settings, ConfigurationStatus]:
    try:
        configured = has_settings(place.tree)
    except InputError:
        configured = True
    file = next((name for name in (SETTINGS_FILE, SHARED_SETTINGS_FILE) if place.tree.read(name) is not None), None)
    if not configured or file is None:
        return Settings(), ConfigurationStatus(None, FileState.ABSENT)
    state = FileState.COMMITTED
    if _uncommitted_files(place, head, [file]):
        state = FileState.UNCOMMITTED if head is None or head.read(file) is None else FileState.CHANGED
    try:
        settings = load_settings(place.tree)
    except InputError as error:
        return Settings(), ConfigurationStatus(file, state, problem=str(error))
    policy = settings.policy
    return settings, ConfigurationStatus(file, state, policy.on_inconclusive, policy.require_held_out)


def _spec_status(place: Place, config: SpecConfig) -> SpecStatus:
    try:
        history = read_history(place, config)
    except InputError as error:
        return SpecStatus(config.name, config.paths, 0, 0, str(error))
    return SpecStatus(config.name, config.paths, len(history.revisions), len(history.spec_commits))


def _store_status(place: Place, head: Tree | None, settings: Settings) -> tuple[StoreStatus, tuple[Run, ...], Registry]:
    contents = examine_store(place.tree, settings.store)
    registry, problem = Registry({}), ""
    try:
        registry = load_registry(place.tree, settings.store)
    except InputError as error:
        problem = str(error)
    status = StoreStatus(
        settings.store,
        len(contents.runs),
        len(_uncommitted_files(place, head, [settings.store])),
        len(contents.checkpoints),
        len(contents.unsealed),
        contents.faults,
        problem,
    )
    return status, tuple(contents.runs.values()), registry


def _behaviours(registry: Registry, runs: Sequence[Run]) -> Iterator[BehaviourStatus]:
    """Each behaviour with its suites, registered ones and those that tables declared; what keeps it from a verdict."""
    counts = Counter(run.suite for run in runs)
    suites = defaultdict[str, dict[str, SuiteStatus]](dict)
    for suite in registry.suites.values():
        suites[suite.behaviour][suite.name] = SuiteStatus(suite.name, suite.role, counts[suite.name], suite.registered)
    for run in runs:
        if run.behaviour is not None and run.role is not None and run.suite not in registry.suites:
            suites[run.behaviour][run.suite] = SuiteStatus(run.suite, run.role, counts[run.suite], None)
    for behaviour, by_name in sorted(suites.items()):
        roles = {suite.role for suite in by_name.values()}
        lacking = "" if Role.TEST in roles else "no test suite"
        if not lacking and roles == {Role.TEST}:
            lacking = "no held-out suite"
        ordered = sorted(by_name.values(), key=lambda suite: (suite.role is not Role.TEST, suite.name))
        yield BehaviourStatus(behaviour, tuple(ordered), lacking)


@dataclass(frozen=True, slots=True)
class _Evidence:
    plans_due: tuple[DuePlan, ...] = ()
    open_gaps: tuple[OpenGap, ...] = ()
    problems: tuple[str, ...] = ()


def _evidence(place: Place, settings: Settings, specs: Sequence[SpecStatus], today: date) -> _Evidence:
    """What is due and what stays open, of the specs whose history can be read."""
    readable = {spec.name for spec in specs if not spec.problem}
    configs = tuple(config for config in settings.specs if config.name in readable)
    due: list[DuePlan] = []
    gaps: list[OpenGap] = []
    problems: list[str] = []
    try:
        project = read_project(place, settings, configs)
        for config in configs:
            _add_evidence(project, config, today, due, gaps)
    except InputError as error:
        problems.append(str(error))
    return _Evidence(tuple(due), tuple(gaps), tuple(problems))


def _add_evidence(project: Project, config: SpecConfig, today: date, due: list[DuePlan], gaps: list[OpenGap]) -> None:
    history = read_history(project, config)
    first = {commit.revision: commit.date.date() for commit in reversed(history.spec_commits)}
    evidence = build_evidence(project, history)
    for facts in assess_plans(evidence, today):
        if facts.state is PlanState.MISSING:
            plan = facts.plan
            due.append(DuePlan(plan.id, config.name, plan.suite, plan.checkpoint, plan.planned, facts.age or 0))
    for gap in track_gaps(evidence, project.settings.policy):
        if gap.open:
            gaps.append(OpenGap(config.name, gap.behaviour, gap.model, gap.suite, first.get(gap.since.revision)))


def _hooks(place: Place) -> tuple[HookState, ...]:
    if place.repository is None:
        return ()
    names = hooks.SERVER if place.repository.worktree is None else hooks.CLIENT
    states = hooks.status(hooks.hooks_folder(place.repository), names)
    return tuple(HookState(each.name, each.standing) for each in states)


# The next command.


def _next_steps(place: Place, head: Tree | None, status: ProjectStatus) -> Iterator[NextStep]:
    """What is to be done, the most urgent first; always at least one."""
    configuration, store = status.configuration, status.store
    results = "" if store.records else _results_nearby(place)
    if head is None and not (place.repository is None and _has_dated_folders(place)):
        yield _first_commit(place)
    elif configuration.state is FileState.ABSENT:
        yield _init_step(place, results)
    if configuration.problem:
        yield NextStep(f"{_EDIT} {configuration.file}", configuration.problem)
    if store.problem:
        yield NextStep(f"{_EDIT} {shlex.quote(f'{store.path}/{SUITES_FILE}')}", store.problem)
    for spec in status.specs:
        if spec.problem:
            yield _spec_step(place, spec, str(configuration.file))
    if store.faults:
        yield NextStep("auditor verify", "some files of the evaluation history are not what they should be")
    if not store.records and results:
        command = "auditor ingest" if status.behaviours else "auditor init --from"
        yield NextStep(f"{command} {shlex.quote(results)}", f"nothing is recorded yet, and {results} holds results")
    if configuration.state is not FileState.COMMITTED or store.uncommitted:
        yield commit_step(configuration, store)
    if _lacks_hooks(status):
        command = "auditor hook install" if _has_worktree(place) else "auditor hook install --server"
        yield NextStep(command, "no hook asks the gate what is about to land")
    if not store.records:
        yield NextStep(
            "auditor revision", "nothing is recorded yet: evaluate, stamped with this id, then auditor ingest"
        )
    for behaviour in status.behaviours:
        if behaviour.lacking:
            reason = f"behaviour {behaviour.behaviour} has {behaviour.lacking}, and can have no verdict without"
            yield NextStep(f"{_EDIT} {shlex.quote(f'{store.path}/{SUITES_FILE}')}", reason)
    yield status.next


def commit_step(configuration: ConfigurationStatus, store: StoreStatus) -> NextStep:
    """The commit that makes the gate see the configuration and the records."""
    paths = [str(configuration.file)] if configuration.state is not FileState.COMMITTED else []
    paths += [shlex.quote(store.path)] if store.uncommitted else []
    names = [f"{configuration.file} is not committed"] if paths and paths[0] == configuration.file else []
    if store.uncommitted:
        verb = "is" if store.uncommitted == 1 else "are"
        names.append(f"{count_noun(store.uncommitted, 'file')} of {store.path} {verb} not committed")
    message = "Configure auditor" if configuration.state is not FileState.COMMITTED else "Record evaluations"
    return NextStep(f'git add {" ".join(paths)} && git commit -m "{message}"', "; ".join(names))


def _first_commit(place: Place) -> NextStep:
    start = "" if place.repository is not None else "git init && "
    reason = "nothing is committed yet" if place.repository is not None else "the spec is not in git"
    texts = [path for path in place.tree.list("") if path.endswith((".md", ".txt"))]
    if not texts:
        return NextStep(f"{start}git status", f"{reason}, and no text here could be a spec: write one")
    return NextStep(f'{start}git add {shlex.quote(texts[0])} && git commit -m "Add the spec"', reason)


def _has_dated_folders(place: Place) -> bool:
    try:
        return bool(spec_candidates(place))
    except InputError:
        return False


def _init_step(place: Place, results: str) -> NextStep:
    candidates = spec_candidates(place)
    command = "auditor init" + (f" --from {shlex.quote(results)}" if results else "")
    if len(candidates) != 1:
        texts = candidates or [path for path in place.tree.list("") if path.endswith((".md", ".txt"))]
        command += f" --spec {shlex.quote(texts[0])}" if texts else " --spec prompt.md"
    return NextStep(command, "there is no auditor.toml")


def _spec_step(place: Place, spec: SpecStatus, file: str) -> NextStep:
    """A spec that lies in the work tree is committed; else the configuration is to be corrected."""
    try:
        files = read_revision(place.tree, spec.paths).files
    except InputError:
        files = ()
    if files and place.repository is not None and "no commit has it" in spec.problem:
        paths = " ".join(shlex.quote(each.path) for each in files)
        return NextStep(f'git add {paths} && git commit -m "Add the spec"', f"spec {spec.name} is not committed")
    return NextStep(f"{_EDIT} {file}", spec.problem)


def _has_worktree(place: Place) -> bool:
    return place.repository is not None and place.repository.worktree is not None


def _lacks_hooks(status: ProjectStatus) -> bool:
    return bool(status.hooks) and not any(each.state == hooks.HookState.INSTALLED for each in status.hooks)


def _results_nearby(place: Place) -> str:
    """A log, a table, or the folder they usually lie in, from the root; "" for none."""
    root = place.root
    for pattern in _RESULT_FILES if place.repository is None or place.repository.worktree else ():
        for path in sorted(root.glob(pattern)):
            if path.is_dir() or _is_result(path):
                return str(path.relative_to(root))
    return ""


def _is_result(path: Path) -> bool:
    try:
        return find_reader(path) is not None
    except InputError:
        return False
