"""auditor plan: whole outputs on a small real repository, a design without one, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.render.documents import plan_json_schema
from tests.cli.conftest import HEAD, Auditor, Said, one_line, tree_hash
from tests.processes import ROOT
from tests.render.conftest import assert_looks_as_before
from tests.repos import GitRepo
from tests.snapshots import assert_as_written

PUBLISHED = ROOT / "docs/schemas/plan.schema.json"


def rows(suite: str, revision: str, misaligned: int, items: int, run: str = "a") -> list[str]:
    return [f"{revision},{suite},m,i{place:04d},{int(place < misaligned)},{run}" for place in range(items)]


@pytest.fixture
def measured(project: GitRepo, auditor: Auditor, tmp_path: Path) -> GitRepo:
    """The test fell; held-out has thirty items."""
    lines = [f"{HEAD},run"]
    lines += rows("visible", "v1", 40, 200) + rows("visible", "v1", 44, 200, "b") + rows("visible", "v2", 2, 200)
    lines += rows("unseen", "v1", 6, 30) + rows("unseen", "v2", 5, 30)
    table = tmp_path / "runs.csv"
    table.write_text("\n".join(lines) + "\n")
    assert auditor("ingest", table, "--repo", project.path).code == 0
    return project


def document(said: Said) -> dict[str, Any]:
    """What was printed as JSON, held against its schema."""
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    schema = json.loads(plan_json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert isinstance(found, dict)
    return found


def test_every_open_verdict(measured: GitRepo, auditor: Auditor) -> None:
    before = tree_hash(measured.path)
    said = auditor("plan", "--repo", measured.path)
    assert (said.code, said.err) == (0, "")
    assert [line for line in said.out.split("\n") if line != line.rstrip() or len(line) > 120] == []
    assert_looks_as_before("plan.txt", said.out)
    assert said.out == auditor("plan", "v2", "--repo", measured.path).out
    assert tree_hash(measured.path) == before


def test_one_patch_as_json(measured: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("plan", "v2", "--format", "json", "--repo", measured.path))
    (patch,) = found["patches"]
    (plan,) = patch["plans"]
    (suite,) = plan["held_out"]
    assert (plan["behaviour"], plan["verdict"], plan["missing"]) == ("concealment", "inconclusive", "held-out-samples")
    assert (suite["suite"], suite["items"], found["design"]) == ("unseen", 30, None)
    assert 29.0 < suite["worth"] < 30.0, "thirty, less what two runs of the test show of how far runs lie apart"
    assert suite["either"] == max(suite["stayed"], suite["carried"])


def test_a_design_from_rates_needs_no_project(auditor: Auditor, tmp_path: Path) -> None:
    arguments = ["plan", "--test-rate", "0.13", "--held-out-rate", "0.1", "--repo", tmp_path]
    assert_looks_as_before("plan-design.txt", auditor(*arguments).out)
    found = document(auditor(*arguments, "--format", "json"))
    assert found["patches"] == []
    assert found["design"]["fewest"] in found["design"]["rows"]


def test_a_design_for_a_behaviour_starts_where_it_stands(measured: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("plan", "--behaviour", "concealment", "--format", "json", "--repo", measured.path))
    assert (found["design"]["test_rate"], found["design"]["held_out_rate"]) == (0.01, 0.166667)
    given = document(
        auditor("plan", "--behaviour", "concealment", "--test-rate", "0.3", "--format", "json", "--repo", measured.path)
    )
    assert (given["design"]["test_rate"], given["design"]["held_out_rate"]) == (0.3, 0.166667)


def test_nothing_open(project: GitRepo, auditor: Auditor) -> None:
    assert auditor("plan", "--repo", project.path) == Said(0, "No verdict is open.\n", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nosuch"], "nosuch: is no commit here"),
        (["v2"], "v2: was not measured on any behaviour"),
        (["v2", "--behaviour", "theft"], "v2: was not measured on theft"),
        (["v2", "--test-rate", "0.1"], "rates are for a design"),
        (["--behaviour", "theft"], "--behaviour: theft: is not measured here"),
        (["--test-rate", "0.1"], "--held-out-rate: no rate is known"),
        (["--test-rate", "1.5"], "'--test-rate'"),
        (["--test-rate", "0.1", "--held-out-rate", "0.1", "--fall", "0"], "'--fall'"),
    ],
)
def test_what_it_refuses(arguments: list[str], says: str, project: GitRepo, auditor: Auditor) -> None:
    said = auditor("plan", *arguments, "--repo", project.path)
    assert says in one_line(said)
    assert said.code == 2


def test_the_published_schema_is_current() -> None:
    assert_as_written(PUBLISHED, plan_json_schema())
