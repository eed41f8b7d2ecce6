"""auditor preregister, and what an audit says of plans."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.app.audit import assess_project
from auditor.app.project import open_project
from auditor.git import Folder
from auditor.model.preregistration import Preregistration, match_preregistrations
from auditor.model.run import Run
from auditor.store.ledger import add_preregistration, load_preregistrations
from tests.cli.conftest import HEAD, Auditor, one_line, tree_hash
from tests.repos import GitRepo
from tests.store.builders import a_run, digest

BEGIN = ("preregister", "--suite", "visible", "--model", "m", "--samples", "3")


def audited(auditor: Auditor, project: GitRepo) -> list[dict[str, object]]:
    plans: list[dict[str, object]] = json.loads(auditor("audit", "--repo", project.path, "--format", "json").out)[
        "plans"
    ]
    return plans


def test_it_prints_the_id_and_how_to_stamp_it(project: GitRepo, auditor: Auditor) -> None:
    said = auditor(*BEGIN, "--repo", project.path, "--note", "before the patch")
    assert said.code == 0
    assert re.fullmatch("[0-9a-f]{64}\n", said.out)
    (plan,) = load_preregistrations(Folder(project.path), "eval_history")
    revision = auditor("revision", "--repo", project.path, "--full").out.strip()
    assert (plan.id, plan.revision, plan.suite, plan.planned) == (said.out.strip(), revision, "visible", 3)
    assert (plan.model, plan.checkpoint, plan.note) == ("m", "m", "before the patch")
    stamp = f"--metadata spec_revision={revision} --metadata auditor_plan={plan.id}"
    assert said.err == f"auditor: stamp the evaluation: inspect eval TASK {stamp}\n"


def test_a_plan_without_a_result_is_shown(project: GitRepo, auditor: Auditor) -> None:
    auditor(*BEGIN, "--repo", project.path)
    (plan,) = audited(auditor, project)
    assert (plan["state"], plan["runs"], plan["findings"]) == ("missing", [], [])
    text = auditor("audit", "--repo", project.path).out
    assert re.search(
        r"Preregistered runs without a result\nregistered .*\n20\S+  +visible  m  +\w{12}  +3  no result, \d days?\n",
        text,
    )


def test_a_plan_that_waits_too_long_is_a_finding(project: GitRepo) -> None:
    created = datetime(2026, 1, 5, 12, tzinfo=UTC)
    add_preregistration(
        project.path,
        "eval_history",
        Preregistration("", "conduct", digest("r"), "visible", "m", "m-2", "", 400, created),
    )
    with open_project(project.path) as opened:
        for days, expected in ((7, []), (8, ["SD501"])):
            audit = assess_project(opened, created.date() + timedelta(days=days))
            assert [one.code for one in audit.findings() if one.code == "SD501"] == expected
        (finding,) = assess_project(opened, created.date() + timedelta(days=30)).findings()
    assert finding.message == (
        "a run of visible, planned on 2026-01-05 (m-2, 400 samples), has no result after 30 days"
    )


def test_a_result_with_fewer_samples_than_planned_is_short(project: GitRepo, auditor: Auditor, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    for revision in ("v1", "v2"):
        auditor(*BEGIN, "--repo", project.path, "--revision", revision)
        rows = [f"{revision},visible,m,i{item},{item % 2},2099-01-01T00:00:00+00:00" for item in range(2)]
        table.write_text("\n".join([f"{HEAD},created", *rows, ""]))
        assert auditor("ingest", table, "--repo", project.path).code == 0
    assert [plan["state"] for plan in audited(auditor, project)] == ["fulfilled"] * 2
    found = json.loads(auditor("audit", "--repo", project.path, "--format", "json").out)
    messages = [one["message"] for patch in found["patches"] for one in patch["findings"] if one["check"] == "SD113"]
    assert messages == ["a run of visible before the patch has 2 of 3 planned samples"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--suite", "nope"), "--suite: 'nope' is no suite and no task of one (known: unseen, visible); add [[suite]]"),
        (("--samples", "0"), "preregister: Invalid value for '--samples': 0 is not in the range x>=1; see"),
        (("--revision", "v9"), "v9: "),
        (("--model", ""), "plan: model: "),
    ],
)
def test_what_cannot_be_planned_is_one_line(
    project: GitRepo, auditor: Auditor, arguments: tuple[str, ...], line: str
) -> None:
    before = tree_hash(project.path)
    assert one_line(auditor(*BEGIN, *arguments, "--repo", project.path)).startswith(f"auditor: {line}")
    assert tree_hash(project.path) == before


PLANNED = Preregistration(
    "a" * 64, "spec", digest("revision"), "suite", "model", "model", "", 4, datetime(2026, 1, 1, tzinfo=UTC)
)
OTHER = replace(PLANNED, id="b" * 64)


def runs(*given: Run) -> list[Run]:
    return [replace(run, record=name) for name, run in zip("xyz", given, strict=False)]


def test_a_run_fulfils_the_plan_it_names() -> None:
    (result,) = match_preregistrations([PLANNED], runs(a_run(plan=PLANNED.id), a_run()))
    assert (result.runs, result.differing, result.unclear) == (("x",), (), ())
    (result,) = match_preregistrations([PLANNED], runs(a_run(plan=PLANNED.id, created=None)))
    assert result.runs == ("x",)


def test_a_run_that_names_a_plan_and_is_something_else_differs() -> None:
    early = datetime(2025, 12, 31, tzinfo=UTC)
    (result,) = match_preregistrations(
        [PLANNED], runs(a_run(plan=PLANNED.id, model="other"), a_run(plan=PLANNED.id, created=early))
    )
    assert (result.runs, result.differing) == ((), ("x", "y"))


def test_a_run_that_says_nothing_fulfils_the_only_plan_it_fits() -> None:
    (result,) = match_preregistrations([PLANNED], runs(a_run()))
    assert result.runs == ("x",)
    for nothing in ({"condition": "monitored"}, {"created": None}, {"created": datetime(2025, 1, 1, tzinfo=UTC)}):
        (result,) = match_preregistrations([PLANNED], runs(a_run(**nothing)))
        assert (result.runs, result.unclear) == ((), ())


def test_what_fits_several_fulfils_none() -> None:
    (result,) = match_preregistrations([PLANNED], runs(a_run("a"), a_run("b")))
    assert (result.runs, result.unclear) == ((), ("x", "y"))
    first, second = match_preregistrations([PLANNED, OTHER], runs(a_run()))
    assert (first.runs, first.unclear, second.unclear) == ((), ("x",), ("x",))
    first, second = match_preregistrations([PLANNED, OTHER], runs(a_run(plan=OTHER.id), a_run("b")))
    assert (first.runs, second.runs) == (("y",), ("x",))
