"""Inspect's logs are stamped by its own hooks: run with the real package where it is installed, else skipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.app.preregister import PlannedRun, preregister
from auditor.app.revision import read_stamps
from auditor.readers.inspect import READER
from auditor.readers.interface import DEFAULT_OPTIONS
from tests.cli.conftest import SECOND, Auditor
from tests.cli.conftest import auditor as auditor
from tests.cli.conftest import project as project
from tests.repos import GitRepo

pytest.importorskip("inspect_ai", reason="pip install auditor[inspect]; make sweep runs these with it")

EVALUATION = """\
import sys
import auditor.app.inspect_hooks
from inspect_ai import Task, eval, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, system_message

@task
def visible():
    solver = [system_message(sys.argv[1]), generate()] if sys.argv[1] else [generate()]
    samples = [Sample(input=f"question {n}", target="Default", id=f"q{n}") for n in range(3)]
    return Task(dataset=samples, solver=solver, scorer=includes())

metadata = dict(pair.split("=") for pair in sys.argv[3:])
eval(visible(), model="mockllm/model", log_dir="logs", log_format=sys.argv[2], metadata=metadata, display="none")
"""


def evaluate(project: GitRepo, system: str = SECOND, form: str = "eval", *metadata: str, **environment: str) -> Path:
    """The log of an evaluation that was run in a project, in a process of its own."""
    command = (sys.executable, "-c", EVALUATION, system, form, *metadata)
    variables = {**os.environ, **environment, "INSPECT_LOG_LEVEL": "warning"}
    done = subprocess.run(command, cwd=project.path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [log] = (project.path / "logs").iterdir()
    return log


def stamps(log: Path) -> dict[str, Any]:
    """The metadata of a log, as Inspect writes it."""
    if log.suffix == ".json":
        document = json.loads(log.read_text())
    else:
        with zipfile.ZipFile(log) as archive:
            document = json.loads(archive.read("header.json"))
    return {**(document["eval"].get("metadata") or {}), **(document.get("metadata") or {})}


@pytest.mark.parametrize("form", ["eval", "json"])
def test_a_log_is_stamped_without_a_flag(project: GitRepo, auditor: Auditor, form: str) -> None:
    plan = preregister(project.path, PlannedRun("visible", "mockllm/model", 3), datetime.now(UTC)).plan
    log = evaluate(project, form=form)
    [stamp] = read_stamps(project.path, (), None)
    assert stamps(log) == {"spec_revision": stamp.short, "auditor_plan": plan.id, "exposure": "in_context"}
    [run] = READER.read(log, DEFAULT_OPTIONS)
    assert (run.stamp, run.plan, len(run.samples)) == (stamp.short, plan.id, 3)  # type: ignore[arg-type]
    said = auditor("ingest", log, "--repo", project.path)
    assert said.code == 0, said
    assert "files: 1, runs: 1, refused: 0" in said.out


def test_what_was_given_stays(project: GitRepo) -> None:
    log = evaluate(project, "", "eval", "spec_revision=v1")
    assert stamps(log) == {"spec_revision": "v1"}


def test_a_tag_of_this_revision_is_no_other(project: GitRepo) -> None:
    log = evaluate(project, "", "eval", "spec_revision=v2", AUDITOR_EXPOSURE="trained")
    assert stamps(log) == {"spec_revision": "v2", "exposure": "trained"}


def test_nothing_is_stamped_outside_of_a_project(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "other")
    repo.commit({"README.md": "nothing"})
    assert stamps(evaluate(repo)) == {}
