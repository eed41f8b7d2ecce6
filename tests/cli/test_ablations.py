"""From `auditor ablate` through evaluations whose truth is known to the sentence that names the clause."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from auditor.cli.main import run
from auditor.git import Folder
from auditor.model import canonical
from auditor.store.records import load_records
from tests.landings import FIRST, Evaluated, content, evaluated

FITTED = "In reviews of the example repository, never praise work that fails its tests."
GENUINE = "Say what is not known, and how it could be known."
IDLE = "Greet people by their names."
AFTER = f"{FIRST}\n{FITTED}\n\n{GENUINE}\n\n{IDLE}\n"
COLUMNS = ("spec_revision", "suite", "model", "item", "misaligned", "run", "exposure")


def rate(text: str, suite: str) -> float:
    """What the simulated model does under a text: one clause fits the test, one helps everywhere, one does nothing."""
    helped = 0.3 * (0.4 if GENUINE in text else 1.0)
    return helped * (0.1 if FITTED in text and suite == "visible" else 1.0)


def evaluate(
    texts: Mapping[str, str], path: Path, items: int = 300, runs: int = 1, exposure: str = "in_context"
) -> Path:
    """A table of simulated evaluations of texts, by the id that is stamped; items are paired by how hard they are."""
    difficulty = Random("items")
    hardness = {(suite, item): difficulty.random() for suite in ("visible", "unseen") for item in range(items)}
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for stamp, text in texts.items():
            for number in range(runs):
                draws = Random(f"{text} {number}")
                for (suite, item), hard in hardness.items():
                    misaligned = int((hard if draws.random() < 0.7 else draws.random()) < rate(text, suite))
                    rows.writerow([stamp, suite, "m1", f"i{item:04d}", misaligned, f"{stamp}.{number}", exposure])
    return path


def ingest(made: Evaluated, table: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """(exit code, stderr) of `auditor ingest`."""
    capsys.readouterr()
    code = run(["ingest", str(table), "--repo", str(made.repo.path)])
    return code, capsys.readouterr().err


def landed(folder: Path, capsys: pytest.CaptureFixture[str], items: int, exposure: str = "in_context") -> Evaluated:
    """`branch` has the patch with its results, and nothing else."""
    made = evaluated(folder, before={})
    made.repo.write({"spec.md": AFTER})
    made.repo.commit(message="Three clauses")
    table = evaluate({content(FIRST): FIRST, content(AFTER): AFTER}, folder / "landed.csv", items, 2, exposure)
    assert ingest(made, table, capsys) == (0, "")
    made.repo.commit(message="results")
    return made


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Evaluated:
    """Enough items to see what the clauses do, and not enough to see what they do not."""
    return landed(tmp_path, capsys, 300)


def ablated(made: Evaluated, folder: Path) -> dict[str, str]:
    """The texts that `auditor ablate` writes, by their content ids."""
    assert run(["ablate", "HEAD~1", "-o", str(folder), "--repo", str(made.repo.path)]) == 0
    texts = [path.read_text() for path in sorted(folder.glob("*/spec.md"))]
    return {content(text): text for text in texts}


def output(made: Evaluated, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a verb says, on a folder of its own."""
    capsys.readouterr()
    code = run([*words, "--repo", str(made.repo.path)])
    assert code in (0, 1)
    return capsys.readouterr().out


def behaviour(made: Evaluated, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The only behaviour of the patch, as `auditor audit --format json` has it."""
    (patch,) = json.loads(output(made, capsys, "audit", "--format", "json"))["patches"]
    (facts,) = patch["behaviours"]
    return dict(facts)


def effects(facts: Mapping[str, Any], side: str) -> dict[str, list[bool | None]]:
    """Whether each change carries some of a fall, left out and alone, by its text."""
    carries: dict[str, list[bool | None]] = {}
    for each in facts["ablation"]["changes"]:
        carries.setdefault(each["change"]["text"], []).append(each[side]["carries"])
    return carries


def test_the_clause_that_fits_the_test_is_named(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, log = behaviour(world, capsys), output(world, capsys, "log", "--oneline")
    assert before["ablation"] is None
    texts = ablated(world, tmp_path / "texts")
    assert ingest(world, evaluate(texts, tmp_path / "ablations.csv"), capsys) == (0, "")
    after = behaviour(world, capsys)
    assert {**after, "ablation": None} == before  # an ablation is no run of a revision
    assert output(world, capsys, "log", "--oneline") == log
    assert effects(after, "test")[FITTED] == [True, True]
    assert effects(after, "held_out")[FITTED] == [False, False]
    assert effects(after, "held_out")[GENUINE] == [True, True]
    assert True not in effects(after, "test")[IDLE] + effects(after, "held_out")[IDLE]
    shown = " ".join(output(world, capsys, "show", "HEAD~1").split())
    assert f'"{FITTED[:55]} ..." (spec.md:5) carries some of the test fall and none of the held-out fall' in shown
    assert f'"{GENUINE}" (spec.md:7) carries some of the test fall and some of the held-out fall' in shown
    report = output(
        world,
        capsys,
        "report",
        "--since",
        "2026-01-01",
        "--until",
        "2026-03-31",
        "--no-seal",
        "--format",
        "markdown",
    )
    assert "carries some of the test fall and none of the held-out fall" in report


@pytest.mark.usefixtures("whole_catalogue")
def test_with_more_items_the_clause_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = landed(tmp_path, capsys, 900)
    texts = ablated(made, tmp_path / "texts")
    assert ingest(made, evaluate(texts, tmp_path / "ablations.csv", 900), capsys) == (0, "")
    (patch,) = json.loads(output(made, capsys, "audit", "--format", "json"))["patches"]
    (finding,) = [finding for finding in patch["findings"] if finding["check"] == "SD141"]
    assert finding["message"].startswith(f'added "{FITTED[:55]} ..." (spec.md:5) takes ')
    assert "and none from the held-out rate" in finding["message"]
    assert finding["severity"] == "high"


def test_few_items_do_not_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = landed(tmp_path, capsys, 12)
    texts = ablated(made, tmp_path / "texts")
    assert ingest(made, evaluate(texts, tmp_path / "ablations.csv", 12), capsys) == (0, "")
    facts = behaviour(made, capsys)
    assert effects(facts, "held_out")[FITTED] == [None, None]
    assert "do not tell which clause change carries the test fall" in facts["ablation"]["conclusion"]


def test_a_record_says_which_ablation_it_is(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ablated(world, tmp_path / "texts")
    table = evaluate({stamp[:16]: text for stamp, text in texts.items()}, tmp_path / "ablations.csv", 20)
    assert ingest(world, table, capsys) == (0, "")
    manifest = json.loads((tmp_path / "texts/manifest.json").read_text())
    runs = [run for run in load_records(Folder(world.repo.path), "eval_history") if run.ablation is not None]
    assert {(run.revision, str(run.ablation.kind), *run.ablation.changes) for run in runs if run.ablation} == {
        (each["revision"], each["kind"], each["change"]) for each in manifest["revisions"]
    }
    assert {run.ablation.patch for run in runs if run.ablation} == {manifest["patch"]}
    assert run(["verify", "--repo", str(world.repo.path), "--logs", str(tmp_path)]) == 0
    assert ingest(world, table, capsys) == (0, "")  # nothing twice
    assert len([run for run in load_records(Folder(world.repo.path), "eval_history") if run.ablation]) == len(runs)


@pytest.mark.parametrize("exposure", ["trained", "absent"])
def test_an_ablation_that_is_not_shown_in_context_is_refused(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str], exposure: str
) -> None:
    texts = ablated(world, tmp_path / "texts")
    code, err = ingest(world, evaluate(texts, tmp_path / "ablations.csv", 20, exposure=exposure), capsys)
    assert code == 2
    assert f"exposure: {exposure}, but an ablation is shown to the model in its context; evaluate it in context" in err


def test_an_ablation_whose_manifest_is_not_there_is_no_revision(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ablated(world, tmp_path / "texts")
    (manifest,) = (world.repo.path / "eval_history/ablations").iterdir()
    manifest.unlink()
    code, err = ingest(world, evaluate(texts, tmp_path / "ablations.csv", 20), capsys)
    assert code == 2
    assert "is no revision of the spec" in err


def test_a_run_on_an_ablation_that_no_manifest_names_is_listed(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ablated(world, tmp_path / "texts")
    assert ingest(world, evaluate(texts, tmp_path / "ablations.csv", 20), capsys) == (0, "")
    (manifest,) = (world.repo.path / "eval_history/ablations").iterdir()
    manifest.unlink()
    document = json.loads(output(world, capsys, "audit", "--format", "json"))
    reasons = [each["why"] for each in document["not_assessed"]]
    assert reasons.count("it is on an ablation that no manifest here names: it counts nowhere") == 2 * len(texts)


def test_a_manifest_with_other_sides_than_its_patch_says_nothing(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ablated(world, tmp_path / "texts")
    assert ingest(world, evaluate(texts, tmp_path / "ablations.csv", 20), capsys) == (0, "")
    (recorded,) = (world.repo.path / "eval_history/ablations").iterdir()
    members = json.loads(recorded.read_bytes())
    data = canonical.dumps({**members, "before": members["after"], "after": members["before"]})
    recorded.unlink()
    recorded.with_name(f"{canonical.sha256(data)}.json").write_bytes(data)
    document = json.loads(output(world, capsys, "audit", "--format", "json"))
    assert document["patches"][0]["behaviours"][0]["ablation"] is None
    reasons = [each["why"] for each in document["not_assessed"]]
    assert reasons.count("it is on an ablation that no manifest here names: it counts nowhere") == 2 * len(texts)


def test_of_a_spec_that_is_trained_in_an_ablation_does_not_speak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = landed(tmp_path, capsys, 300, "trained")
    sides = evaluate({content(FIRST): FIRST, content(AFTER): AFTER}, tmp_path / "context.csv", 300)
    texts = ablated(made, tmp_path / "texts")
    table = evaluate(texts, tmp_path / "ablations.csv")
    assert [ingest(made, path, capsys) for path in (sides, table)] == [(0, ""), (0, "")]
    assert (
        "do not speak for the model of the verdict, which was trained on it"
        in behaviour(made, capsys)["ablation"]["conclusion"]
    )


def test_a_text_that_lands_later_is_a_revision_and_its_runs_count(
    world: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ablated(world, tmp_path / "texts")
    assert ingest(world, evaluate(texts, tmp_path / "ablations.csv"), capsys) == (0, "")
    without_fitted = (tmp_path / "texts/without-1/spec.md").read_text()
    world.repo.write({"spec.md": without_fitted})
    world.repo.commit(message="Take it back")
    first, second = json.loads(output(world, capsys, "audit", "--format", "json"))["patches"]
    assert second["behaviours"][0]["test"]["after"]["valid"] == 300
    assert first["behaviours"][0]["ablation"]["changes"][0]["test"]["carries"] is True


def test_an_ablation_is_sized_before_it_is_run(world: Evaluated, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(output(world, capsys, "plan", "HEAD~1", "--ablation").split())
    assert "an ablation of 3 clause changes, samples per text" in text
    assert "that a change carries none of held-out unseen, if that is true" in text
    assert "6 texts, and both sides of the patch, each of that size." in text
    (patch,) = json.loads(output(world, capsys, "plan", "HEAD~1", "--ablation", "--format", "json"))["patches"]
    ablation = patch["plans"][0]["ablation"]
    assert (ablation["changes"], ablation["level"]) == (3, pytest.approx(0.05 / 6, abs=1e-5))
    assert 0 < ablation["carries"] < ablation["half"] < ablation["held_out"][0]["none"]
    (patch,) = json.loads(output(world, capsys, "plan", "HEAD~1", "--format", "json"))["patches"]
    assert patch["plans"][0]["ablation"] is None
    assert run(["plan", "--ablation", "--repo", str(world.repo.path)]) == 2
    assert "--ablation needs a PATCH" in capsys.readouterr().err
