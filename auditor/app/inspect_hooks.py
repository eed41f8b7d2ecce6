"""Stamps Inspect's logs by its hooks: the revision that was evaluated, the plan, and whether the model saw the spec.

`pip install auditor[inspect]` is all it takes: Inspect loads this module by its entry point, and an evaluation that is
started in a project of auditor's is stamped as if `--metadata` had been given. What was given stays as it is. The
revision is that of the work tree when the run starts; the log is stamped when it is finished, as an edit of its
metadata that names its author, since Inspect forbids hooks to change a log that is being written.

Of several configured specs AUDITOR_SPEC names the one that is evaluated; AUDITOR_PLAN and AUDITOR_EXPOSURE say what
neither the records nor the log can. What stops a stamp is a warning, and never an evaluation: Inspect goes on, and
`auditor ingest` asks for a binding.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from logging import getLogger
from pathlib import Path
from typing import Any

from inspect_ai.hooks import Hooks, RunEnd, RunStart, SampleEnd, TaskEnd, TaskStart, hooks
from inspect_ai.log import MetadataEdit, ProvenanceData, edit_eval_log, read_eval_log_async, write_eval_log_async

from auditor.app.project import locate, open_project
from auditor.app.revision import Stamp, read_stamps
from auditor.errors import AuditorError
from auditor.model.run import Exposure
from auditor.readers.log_fields import PLAN_KEY, REVISION_KEY
from auditor.settings import has_settings
from auditor.specs.files import read_revision

_LOGGER = getLogger(__name__)
_EXPOSURE_KEY = "exposure"


@dataclass(slots=True)
class _Task:
    """An evaluation that runs: what is to be stamped on it, and how many of its samples showed the spec's text."""

    model: str
    name: str
    metadata: dict[str, str]
    samples: int = 0
    exposed: int = 0


@dataclass(slots=True)
class _State:
    """What the one instance of the hook knows: the stamp and texts of the run, and its evaluations by id."""

    stamp: Stamp | None = None
    texts: tuple[str, ...] = ()
    tasks: dict[str, _Task] = field(default_factory=dict)


@hooks(name="auditor", description="stamps logs with the spec's revision, plan and exposure")
class StampLogs(Hooks):  # type: ignore[misc]
    """See the module."""

    def __init__(self) -> None:
        self._state = _State()

    def enabled(self) -> bool:
        """Whether the current folder is in a project that configures a spec."""
        try:
            with locate(Path()) as place:
                return has_settings(place.tree)
        except AuditorError:
            return False

    async def on_run_start(self, data: RunStart) -> None:
        """Reads the revision of the work tree, before anything is evaluated."""
        self._state = _State()
        try:
            stamps = read_stamps(Path(), _chosen_specs(), None)
        except AuditorError as error:
            _LOGGER.warning("auditor stamps no log: %s", error)
            return
        if len(stamps) > 1:
            names = ", ".join(stamp.spec for stamp in stamps)
            _LOGGER.warning("auditor stamps no log: there are several specs; set AUDITOR_SPEC to one of %s", names)
            return
        [stamp] = stamps
        if stamp.caution:
            _LOGGER.warning("auditor: %s", stamp.caution)
        self._state = _State(stamp, _read_texts(stamp))

    async def on_task_start(self, data: TaskStart) -> None:
        """Notes what is to be stamped on the log of an evaluation."""
        stamp = self._state.stamp
        if stamp is None:
            return
        metadata = {REVISION_KEY: stamp.short}
        if plan := os.environ.get("AUDITOR_PLAN") or _find_plan(stamp, data.spec.task, data.spec.model):
            metadata[PLAN_KEY] = plan
        if exposure := os.environ.get("AUDITOR_EXPOSURE"):
            metadata[_EXPOSURE_KEY] = exposure
        self._state.tasks[data.eval_id] = _Task(data.spec.model, data.spec.task, metadata)

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Counts whether a sample's system messages hold the spec."""
        task = self._state.tasks.get(data.eval_id)
        if task is None or not self._state.texts:
            return
        system = "\n".join(message.text for message in data.sample.messages if message.role == "system")
        task.samples += 1
        task.exposed += all(text in system.replace("\r\n", "\n") for text in self._state.texts)

    async def on_task_end(self, data: TaskEnd) -> None:
        """Stamps a finished log."""
        await self._stamp(data.eval_id, data.log.location)

    async def on_run_end(self, data: RunEnd) -> None:
        """Stamps the logs of evaluations that ended otherwise."""
        for log in data.logs:
            await self._stamp(log.eval.eval_id, log.location)

    async def _stamp(self, evaluation: str, location: str) -> None:
        task = self._state.tasks.pop(evaluation, None)
        if task is None or not location:
            return
        if task.samples and task.samples == task.exposed:
            task.metadata.setdefault(_EXPOSURE_KEY, Exposure.IN_CONTEXT.value)
        archive = location.endswith(".eval")
        log = await read_eval_log_async(location, header_only=archive)
        metadata: dict[str, Any] = {**(log.eval.metadata or {}), **log.metadata}
        missing = {name: value for name, value in task.metadata.items() if name not in metadata}
        stamped = metadata.get(REVISION_KEY)
        if stamped is not None and not self._names_revision(str(stamped)):
            _LOGGER.warning("auditor leaves %s as it is: it is stamped with %s, another revision", location, stamped)
        elif missing:
            provenance = ProvenanceData(author="auditor", reason="what was evaluated, read when the run started")
            edited = edit_eval_log(log, [MetadataEdit(metadata_set=missing)], provenance)
            await write_eval_log_async(edited, location, header_only=archive)

    def _names_revision(self, name: str) -> bool:
        """Whether a name stands for the revision that the run started with."""
        stamp = self._state.stamp
        assert stamp is not None
        try:
            return any(each.revision == stamp.revision for each in read_stamps(Path(), (stamp.spec,), name))
        except AuditorError:
            return False


def _chosen_specs() -> tuple[str, ...]:
    spec = os.environ.get("AUDITOR_SPEC")
    return (spec,) if spec else ()


def _read_texts(stamp: Stamp) -> tuple[str, ...]:
    """The texts of the spec's files as the work tree has them, without white space around them."""
    with open_project(Path(), (stamp.spec,)) as project:
        [config] = project.specs
        files = read_revision(project.tree, config.paths).files
    return tuple(text for file in files if (text := file.text.replace("\r\n", "\n").strip()))


def _find_plan(stamp: Stamp, task: str, model: str) -> str | None:
    """The id of the plan that a task's run fulfils, where there is just one that no recorded run has fulfilled."""
    with open_project(Path(), (stamp.spec,)) as project:
        done = {run.plan for run in project.runs}
        names = (task, task.rpartition("/")[2])
        suites = {suite.name for name in names for suite in project.registry.find_suites(name)} | set(names)
        plans = [
            plan.id
            for plan in project.plans
            if (plan.spec, plan.revision, plan.model) == (stamp.spec, stamp.revision, model)
            and plan.suite in suites
            and plan.id not in done
        ]
    return plans[0] if len(plans) == 1 else None
