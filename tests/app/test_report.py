"""What changed since the last report, end to end: what it is compared with, what opened, closed and changed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor.app.report import LandedSeal, nearest_seal
from auditor.app.verify import reproduce
from auditor.cli.main import run as auditor
from auditor.model.period import parse_quarter
from tests.landings import FIRST, SECOND, SETTINGS, SUITES, THIRD, Evaluated, content
from tests.repos import GitRepo

Capture = pytest.CaptureFixture[str]


def made_in(folder: Path, **settings: str) -> Evaluated:
    """A spec measured twice under FIRST on 5 January; a patch of 10 February, its test alone measured by then."""
    evaluated = Evaluated(GitRepo(folder / "repo"), folder)
    files = {"spec.md": FIRST, "auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, **settings}
    evaluated.repo.commit(files, message="set up", date="2026-01-05T09:00:00+00:00")
    evaluated.record(content(FIRST), {"visible": "80/400", "unseen": "80/400"}, runs=2)
    evaluated.repo.commit({"spec.md": SECOND}, message="Do not praise", date="2026-02-10T09:00:00+00:00")
    evaluated.record(content(SECOND), {"visible": "0/400"})
    commit(evaluated, "2026-02-11")
    return evaluated


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `made_in` makes, and the first quarter's report on it, which sealed batch 1 on 2 April. To be copied."""
    folder = tmp_path_factory.mktemp("sealed")
    evaluated = made_in(folder)
    assert report(evaluated, "2026Q1", folder / "q1.html") == 0
    commit(evaluated, "2026-04-02")
    return folder


@pytest.fixture
def made(sealed_once: Path, tmp_path: Path) -> Evaluated:
    shutil.copytree(sealed_once, tmp_path / "own")
    evaluated = Evaluated(GitRepo(tmp_path / "own" / "repo"), tmp_path / "own")
    evaluated.tables = 10
    return evaluated


def commit(made: Evaluated, day: str) -> str:
    return made.repo.commit(message=day, date=f"{day}T09:00:00+00:00")


def report(made: Evaluated, period: str, file: Path, *options: str | Path) -> int:
    """The exit code of `auditor report`, written to a file, in the format of its name."""
    style = {".html": "html", ".md": "markdown", ".json": "json"}[file.suffix]
    arguments = ["report", "--quarter", period, "--repo", made.repo.path, "--format", style, "-o", file, *options]
    return auditor([str(argument) for argument in arguments])


def told(made: Evaluated, period: str = "2026Q2", *options: str | Path) -> Mapping[str, Any]:
    """The JSON of a report."""
    file = made.folder / "told.json"
    assert report(made, period, file, "--force", *options) == 0
    document: Mapping[str, Any] = json.loads(file.read_text())
    return document


def test_without_a_seal_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    evaluated = made_in(tmp_path)
    document = told(evaluated)
    assert (document["compared_with"], document["specs"][0]["since_last"]) == (None, None)
    assert document["not_compared"] == "no earlier sealed batch: nothing to compare with"
    assert report(evaluated, "2026Q2", tmp_path / "q2.md") == 0
    assert "\nNo earlier sealed batch: nothing to compare with.\n" in (tmp_path / "q2.md").read_text()


def test_its_own_seal_is_not_what_it_is_compared_with(made: Evaluated) -> None:
    """The first quarter's report again, once its seal is committed."""
    assert told(made, "2026Q1")["not_compared"] == "no earlier sealed batch: nothing to compare with"


def test_evidence_that_came_late_changes_a_verdict_and_opens_a_gap(made: Evaluated) -> None:
    made.record(content(SECOND), {"unseen": "78/400"})
    commit(made, "2026-05-10")
    document = told(made)
    earlier, since = document["compared_with"], document["specs"][0]["since_last"]
    assert (earlier["batch"], earlier["landed"], earlier["records"], earlier["gone"]) == (1, "2026-04-02", 5, 0)
    assert earlier["commit"] == made.repo.git("rev-parse", "HEAD~1") and not earlier["rewritten"]
    (change,) = since["verdicts"]
    assert (change["before"], change["after"], change["hiding_suspected"]) == ("unmeasured", "test-only", [False, True])
    assert [(gap["became"], gap["suite"], gap["before"]["open"]) for gap in since["gaps"]] == [
        ("opened", "unseen", False)
    ]
    assert (since["new"], since["lost"], since["rules"]) == ([], [], [])


def test_a_gap_is_carried_over_and_then_closed(made: Evaluated) -> None:
    made.record(content(SECOND), {"unseen": "78/400"})
    commit(made, "2026-05-10")
    assert report(made, "2026Q2", made.folder / "q2.html") == 0
    commit(made, "2026-07-03")
    document = told(made, "2026Q3")
    assert document["compared_with"]["batch"] == 1, "what this report itself rests on is batch 2"
    made.patch(THIRD, message="Say so", visible="1/400")
    assert [gap["became"] for gap in told(made, "2026Q3")["specs"][0]["since_last"]["gaps"]] == ["carried over"]
    made.record(content(THIRD), {"unseen": "2/400"})
    since = told(made, "2026Q3")["specs"][0]["since_last"]
    (gap,) = since["gaps"]
    assert gap["became"] == "closed" and len(since["new"]) == 1
    assert [gap[side]["held_out"]["rate"] for side in ("before", "after")] == [0.195, 0.005]


def test_a_suite_that_is_no_longer_held_out_closes_no_gap_in_silence(made: Evaluated) -> None:
    """It stays open as it was registered then. Nor does a policy that was loosened: both are named."""
    made.record(content(SECOND), {"unseen": "78/400"})
    assert report(made, "2026Q2", made.folder / "q2.html") == 0
    commit(made, "2026-07-03")
    made.repo.write({"auditor.toml": f"{SETTINGS}[policy]\nblock_on = []\n"})
    made.repo.write({"eval_history/suites.toml": SUITES.replace('"held_out"', '"test"')})
    made.record(content(SECOND), {"visible": "0/400"})
    commit(made, "2026-08-01")
    since = told(made, "2026Q3")["specs"][0]["since_last"]
    became = {(gap["after"] or gap["before"])["suite"]: gap["became"] for gap in since["gaps"]}
    assert became == {"unseen (as held_out of lying)": "opened", "unseen": "closed"}
    assert since["rules"] == [
        {"what": "policy block_on", "before": "test-only, mostly-test, worse, artefact", "after": "none"},
        {"what": "suite unseen", "before": "held_out", "after": "test"},
    ]


def test_a_patch_that_history_lost_is_named(made: Evaluated) -> None:
    """The last report names the commit it was made at; rewritten history does not have its patch."""
    made.repo.git("checkout", "-q", "--orphan", "anew")
    made.repo.commit({"spec.md": FIRST}, message="anew", date="2026-05-01T09:00:00+00:00")
    made.repo.git("branch", "-f", "main")
    since = told(made, "2026Q2", "--previous", made.folder / "q1.html")["specs"][0]["since_last"]
    assert len(since["lost"]) == 1
    assert report(made, "2026Q2", made.folder / "q2.md", "--previous", made.folder / "q1.html") == 0
    text = (made.folder / "q2.md").read_text()
    assert re.search(r"- no longer in history: 2026-02-10 [0-9a-f]{12} Do not praise \(patch ", text)
    assert "Compared with the report on 2026Q1, as given (batch 1, root " in text
    assert reproduce(made.folder / "q2.md", made.repo.path).differences == ()


def test_records_that_went_and_seals_that_changed_are_said(made: Evaluated) -> None:
    gone = sorted((made.repo.path / "eval_history/records").rglob("*.json"))[0]
    made.record(content(SECOND), {"unseen": "78/400"})
    commit(made, "2026-05-10")
    assert report(made, "2026Q2", made.folder / "q2.html") == 0
    gone.rename(made.folder / "gone.json")
    assert report(made, "2026Q2", made.folder / "gone.md", "--no-seal") == 2
    assert not (made.folder / "gone.md").exists()
    (made.folder / "gone.json").rename(gone)
    for file in (made.repo.path / "eval_history/checkpoints").iterdir():
        file.unlink()
    commit(made, "2026-05-11")
    assert auditor(["verify", "--seal", "--repo", str(made.repo.path)]) == 0
    made.record(content(SECOND), {"unseen": "79/400"})
    assert told(made)["compared_with"]["rewritten"]
    assert report(made, "2026Q2", made.folder / "rewritten.html") == 0
    assert "That checkpoint was CHANGED after it landed" in (made.folder / "rewritten.html").read_text()


@pytest.mark.parametrize("suffix", [".html", ".md", ".json"])
def test_it_is_made_again_and_every_change_is_computed_again(made: Evaluated, suffix: str) -> None:
    """Also once later seals have landed, which are nearer to nothing that it was compared with."""
    made.record(content(SECOND), {"unseen": "78/400"})
    commit(made, "2026-05-10")
    file = made.folder / f"q2{suffix}"
    assert report(made, "2026Q2", file) == 0
    commit(made, "2026-07-03")
    made.patch(THIRD, message="Say so", visible="1/400", unseen="2/400")
    assert report(made, "2026Q3", made.folder / "q3.html") == 0
    commit(made, "2026-07-04")
    assert reproduce(file, made.repo.path).differences == ()
    text = file.read_text()
    for old, new in (("opened", "closed"), ("unmeasured", "inconclusive")):
        assert old in text
        file.write_text(text.replace(old, new, 1))
        assert reproduce(file, made.repo.path).differences


def test_plans_looks_and_waivers_are_made_again(made: Evaluated, capsys: Capture) -> None:
    """They are sealed with the records, and are committed after the report that names them."""
    where = ("--repo", str(made.repo.path))
    planned = ("--suite", "unseen", "--model", "m1", "--samples", "400")
    made.record(content(SECOND), {"unseen": "78/400"})
    assert auditor(["preregister", *planned, *where]) == 0
    made.patch(THIRD, message="Say so", visible="1/400")
    assert auditor(["gate", "--base", "HEAD~2", "--head", "HEAD", "--reveal", *where]) in (0, 1, 3)
    capsys.readouterr()
    document = told(made)
    assert [plan["state"] for plan in document["audit"]["plans"]] == ["missing"]
    assert [use["revealed"] for use in document["audit"]["held_out_uses"]] == [1]
    for name in ("a.html", "a.md", "a.json"):
        assert report(made, "2026Q2", made.folder / name) == 0
    commit(made, "2026-07-03")
    for name in ("a.html", "a.md", "a.json"):
        assert reproduce(made.folder / name, made.repo.path).differences == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("spec.md", "is no report: it does not say what it was asked for"),
        ("missing.html", "cannot be read as a report; give a page, Markdown or JSON that auditor report wrote"),
        ("unsealed.html", "batch: rests on records that were in no batch; give one that sealed its records, or none"),
    ],
)
def test_what_is_no_report_to_compare_with_is_one_line(made: Evaluated, capsys: Capture, name: str, said: str) -> None:
    made.record(content(SECOND), {"unseen": "78/400"})
    assert report(made, "2026Q2", made.repo.path / "unsealed.html", "--no-seal") == 0
    capsys.readouterr()
    code = report(made, "2026Q2", made.folder / "q2.html", "--previous", made.repo.path / name)
    said_on = capsys.readouterr().err
    assert (code, said_on.count(said), said_on.count("\n")) == (2, 1, 1)
    assert not (made.folder / "q2.html").exists()


@pytest.mark.parametrize(
    ("days", "batch", "wanted"),
    [
        ((), None, None),
        (("2026-06-29", "2026-08-15"), None, 1),
        (("2026-04-05", "2026-07-05"), None, 2),
        (("2026-04-05", "2026-07-05"), 2, 1),
        (("2026-04-05", "2026-07-05"), 1, None),
        (("2026-06-30", "2026-07-02"), None, 2),
        (("2026-07-03", "2026-07-03"), None, 2),
        (("2026-10-01",), None, None),
        (("2026-09-30",), None, 1),
        (("2025-01-01", "2026-10-01"), None, 1),
    ],
)
def test_the_seal_nearest_to_the_first_day(days: tuple[str, ...], batch: int | None, wanted: int | None) -> None:
    seals = [LandedSeal(number, "c", date.fromisoformat(day), "r") for number, day in enumerate(days, start=1)]
    landed_seal = nearest_seal(seals, parse_quarter("2026Q3"), batch)
    assert (landed_seal and landed_seal.batch) == wanted


def test_what_is_owed_and_excused_is_in_the_report_and_made_again(tmp_path: Path) -> None:
    """A debt of a trained-in spec, and a waiver: judged as of the period's last day, at the report's commit."""
    evaluated = Evaluated(GitRepo(tmp_path / "repo"), tmp_path)
    owing = f"{SETTINGS}[policy]\nevidence_debt_days = 30\n"
    files = {"spec.md": FIRST, "auditor.toml": owing, "eval_history/suites.toml": SUITES}
    evaluated.repo.commit(files, message="set up", date="2026-01-05T09:00:00+00:00")
    head = "spec_revision,suite,model,item,misaligned,exposure"
    rows = [f"{content(FIRST)},{suite},m1,i{at},{at % 2},trained" for suite in ("visible", "unseen") for at in range(9)]
    evaluated.table("\n".join([head, *rows]) + "\n")
    evaluated.repo.commit({"spec.md": SECOND}, message="Do not praise", date="2026-02-10T09:00:00+00:00")
    named = f'check = "test-only"\nfingerprint = "{"0" * 32}"\n'
    waiver = f'{named}reason = "why"\nwho = "Bea"\ngranted = 2026-02-10\n'
    evaluated.repo.write({"eval_history/waivers/one.toml": f"{waiver}until = 2026-03-01\n"})
    commit(evaluated, "2026-02-10")
    text, found = r"Do not praise \(patch [0-9a-f]+\), landed on 2026-02-10: lying to be measured by 2026-03-12", []
    for name, period in (("q1.md", "2026Q1"), ("q1.html", "2026Q1"), ("q4.md", "2025Q4")):
        assert report(evaluated, period, tmp_path / name) == 0
        found += re.findall(f"(?m)^(.*){text}", (tmp_path / name).read_text())
    assert found == ["- overdue: ", "<li>overdue: ", "- "]
    commit(evaluated, "2026-04-01")
    evaluated.repo.write({"eval_history/waivers/two.toml": f"{waiver}until = 2026-03-02\n"})
    commit(evaluated, "2026-04-02")
    assert "it expired on 2026-03-01" in (tmp_path / "q1.md").read_text()
    for name in ("q1.md", "q1.html"):
        assert reproduce(tmp_path / name, evaluated.repo.path).differences == ()


def test_a_change_in_json_is_named_by_its_line(made: Evaluated) -> None:
    """Also where several values stand on a line, and where none of the line ends are auditor's own."""
    made.record(content(SECOND), {"unseen": "78/400"})
    commit(made, "2026-05-10")
    file = made.folder / "q2.json"
    assert report(made, "2026Q2", file) == 0
    text = file.read_text()
    place = text.rindex('"visible"')
    changed = f"{text[:place]}{text[place:].replace('visible', 'another', 1)}"
    for written in (changed, json.dumps(json.loads(changed), indent=1), json.dumps(json.loads(changed))):
        file.write_text(written)
        line = written.count("\n", 0, written.rindex('"another"')) + 1
        assert line in {difference.line for difference in reproduce(file, made.repo.path).differences}
