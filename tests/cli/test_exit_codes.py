"""Every exit code of the gate and the audit, on every path that leads to it, in every format."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.assess.facts import BehaviourFacts, NotAssessed
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import Outcome, PatchCheck
from auditor.checks.runner import OutcomeCounts, ScopeResults
from auditor.cli.main import run as auditor
from auditor.evidence import Step
from auditor.model.finding import Confidence, Finding
from tests.landings import SETTINGS, Evaluated, evaluated

Capture = pytest.CaptureFixture[str]
Set = Callable[[Evaluated], object]

WAIVERS, POLICY = "eval_history/waivers/one.toml", "auditor.toml"


def waiver_on_main(made: Evaluated) -> None:
    made.repo.checkout("main")
    made.repo.commit({WAIVERS: "check = 1\n"})
    made.repo.checkout("branch")


# What stands on the branch; the gate's arguments; the code; what stderr says.
PATHS: dict[str, tuple[Set, list[str], int, str]] = {
    "nothing lands": (lambda made: None, [], 0, ""),
    "a patch without scores": (lambda made: made.patch(), [], 0, ""),
    "a fall that carries over": (lambda made: made.patch(visible="0/400", unseen="0/400"), [], 0, ""),
    "no held-out run": (lambda made: made.patch(visible="0/400"), [], 3, ""),
    "a fitted patch": (lambda made: made.patch(visible="0/400", unseen="78/400"), [], 1, ""),
    "blocked and evidence missing": (
        lambda made: (made.repo.git("rm", "-rq", "eval_history/records"), made.patch(visible="0/400")),
        [],
        1,
        "",
    ),
    "a policy loosened by itself": (
        lambda made: made.repo.commit({POLICY: f"{SETTINGS}[policy]\nblock_on = []\n"}),
        [],
        0,
        "",
    ),
    "no such base": (lambda made: None, ["--base", "nowhere"], 2, "nowhere: is no commit here"),
    "no such head": (lambda made: None, ["--head", "nowhere"], 2, "nowhere: is no commit here"),
    "no such spec": (lambda made: None, ["--spec", "none.md"], 2, "none.md"),
    "no such format": (lambda made: None, ["--format", "xml"], 2, "'xml' is not one of"),
    "no such day": (lambda made: None, ["--as-of", "2026-13-01"], 2, "--as-of"),
    "a malformed waiver on the base": (waiver_on_main, [], 0, ""),
    "a malformed policy on the branch": (lambda made: made.repo.commit({POLICY: "["}), [], 2, f"{POLICY}:1"),
    "a policy of the branch that is none": (
        lambda made: made.repo.commit({POLICY: f"{SETTINGS}[policy]\nblock_on = 1\n"}),
        [],
        2,
        "policy.block_on",
    ),
    "suites of the branch that are none": (
        lambda made: made.repo.commit({"eval_history/suites.toml": "x = 1\n"}),
        [],
        2,
        "eval_history/suites.toml: x",
    ),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """Made once: what every path starts from."""
    return evaluated(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def made(kept: Evaluated, tmp_path: Path) -> Evaluated:
    """A copy of its own, whose clock goes on where the first one's stopped."""
    return copied(kept, tmp_path)


def copied(kept: Evaluated, folder: Path) -> Evaluated:
    """A repository like this one, to go on with."""
    shutil.copytree(kept.repo.path, folder / "repo", symlinks=True)
    repo = copy.copy(kept.repo)
    repo.path = folder / "repo"
    return Evaluated(repo, folder, kept.tables)


@pytest.mark.parametrize("path", PATHS)
def test_the_gate(made: Evaluated, capsys: Capture, path: str) -> None:
    make, options, code, text = PATHS[path]
    make(made)
    given = made.gate(capsys, *options)
    assert given[0] == code, given
    assert text in given[2]
    assert (given[1] == "") is (code == 2)
    assert given[2].count("\n") == (1 if code == 2 else 0)


@pytest.fixture(scope="module")
def ends(kept: Evaluated, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Evaluated]:
    """A repository by the code that its gate ends with; nobody changes them."""
    found = {}
    for code, after in ((1, {"visible": "0/400", "unseen": "78/400"}), (3, {"visible": "0/400"}), (0, {})):
        found[code] = copied(kept, tmp_path_factory.mktemp(f"ends-{code}"))
        found[code].patch(**after)
    return found


@pytest.mark.parametrize("style", ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"])
def test_every_format_ends_alike(ends: dict[int, Evaluated], capsys: Capture, style: str) -> None:
    for code, made in ends.items():
        assert made.gate(capsys, "--format", style)[0] == code
        repo = str(made.repo.path)
        assert auditor(["audit", "--repo", repo, "--format", style, "--fail-on", "suspected"]) == int(code == 1)
        assert auditor(["audit", "--repo", repo, "--format", style]) == 0


def test_a_check_that_cannot_run_lets_nothing_pass(
    made: Evaluated, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ScopeResults((), OutcomeCounts(0, 0, 0, 1), (NotAssessed("check SD301", "it raised ValueError: x"),))
    monkeypatch.setattr("auditor.app.merge_history.run_on_landing", lambda facts: broken)
    code, out, err = made.gate(capsys)
    assert (code, out, err) == (70, "", "auditor: check SD301: it raised ValueError: x\n")


def replace_check(monkeypatch: pytest.MonkeyPatch, run: Callable[[BehaviourFacts], Outcome]) -> None:
    """SD101 with another rule."""
    others = [check for check in all_checks() if check.code != "SD101"]
    (check,) = (check for check in all_checks() if check.code == "SD101" and isinstance(check, PatchCheck))
    monkeypatch.setattr("auditor.checks.runner.all_checks", lambda: [replace(check, run=run), *others])


def test_a_check_of_what_was_measured_that_cannot_run_lets_nothing_pass(
    made: Evaluated, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(facts: BehaviourFacts) -> Outcome:
        raise ValueError("x")

    made.patch(visible="0/400", unseen="2/400")
    replace_check(monkeypatch, broken)
    code, out, err = made.gate(capsys)
    assert (code, out, err) == (70, "", "auditor: check SD101: it raised ValueError: x\n")


def test_the_gate_runs_a_check_once_on_a_step(
    made: Evaluated, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[Step] = []

    def counted(facts: BehaviourFacts) -> Outcome:
        steps.append(facts.step)
        return Finding("it stays", Confidence.HIGH)

    made.repo.checkout("main")
    made.repo.commit({POLICY: f'{SETTINGS}[policy]\nblock_on = ["SD101"]\n'})
    made.repo.git("branch", "-f", "branch", "main")
    made.repo.checkout("branch")
    made.patch(visible="0/400", unseen="2/400")
    replace_check(monkeypatch, counted)
    assert made.gate(capsys)[0] == 1
    assert len(steps) == 1
