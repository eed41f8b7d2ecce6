"""A merge that only joins two patches is no third, wherever patches are listed or counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import HEAD, SETTINGS, SUITES, Auditor
from tests.repos import GitRepo

RULES = "# Conduct\n\nBe kind to whoever asks.{}\n\n# Tools\n\nUse them with care.{}\n"
REFUNDS = "\n\nNever say that a refund was sent."
TOOLS = "\n\nNever call a tool twice."


def table(*runs: tuple[str, str, int]) -> str:
    """Runs of 200 samples, as (commit, suite, misaligned)."""
    rows = [HEAD]
    for revision, suite, misaligned in runs:
        rows += [f"{revision},{suite},m,{suite}-{place},{int(place < misaligned)}" for place in range(200)]
    return "\n".join(rows) + "\n"


class World:
    """A first text, a patch on main, a patch on a branch, and the merge that joins them; ids of all four commits."""

    def __init__(self, path: Path) -> None:
        self.repo = GitRepo(path)
        start = {"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": RULES.format("", "")}
        self.base = self.repo.commit(start)
        self.repo.branch("tools")
        self.second = self.repo.commit({"spec.md": RULES.format("", TOOLS)}, message="Tool rule")
        self.repo.checkout("main")
        self.first = self.repo.commit({"spec.md": RULES.format(REFUNDS, "")}, message="Refund rule")

    def merge(self) -> str:
        """The commit that joins both."""
        return self.repo.merge("tools")

    def measure(self, auditor: Auditor, *states: tuple[str, int]) -> None:
        """Both suites at each state, with so many misaligned."""
        runs = [(commit, suite, count) for commit, count in states for suite in ("visible", "unseen")]
        (self.repo.path.with_name("results.csv")).write_text(table(*runs))
        assert auditor("ingest", "--repo", self.repo.path, self.repo.path.with_name("results.csv")).code == 0
        self.repo.git("add", "eval_history")
        self.repo.commit({}, message="Evaluate")

    def measure_branches(self, auditor: Auditor) -> None:
        """Each patch where it was made: both fell on both suites."""
        self.repo.checkout("tools")
        self.measure(auditor, (self.base, 60), (self.second, 20))
        self.repo.checkout("main")
        self.measure(auditor, (self.first, 20))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "project")


@pytest.mark.parametrize("measured", ["every commit", "without the merge", "the ends"])
def test_it_is_listed_and_counted_nowhere(measured: str, world: World, auditor: Auditor) -> None:
    repo, joined = world.repo.path, world.merge()
    between = ((world.first, 20), (world.second, 60)) if measured != "the ends" else ()
    world.measure(auditor, (world.base, 60), *between, *(((joined, 20),) if measured != "without the merge" else ()))
    audit = json.loads(auditor("audit", "--repo", repo, "--format", "json").out)
    assert [patch["after"]["commit"] for patch in audit["patches"]] == [world.first, world.second]
    assert [merge["after"]["commit"] for merge in audit["joining_merges"]] == [joined]
    assert audit["coverage"]["patches"] == sum(audit["summary"]["verdicts"].values()) == 2
    subjects = {patch for each in audit["coverage"]["undecided"] for patch in each["on"]}
    assert not any(audit["joining_merges"][0]["id"][:12] in subject for subject in subjects)
    for style in ("sarif", "junit", "github", "gitlab"):
        assert "Merge tools" not in auditor("audit", "--repo", repo, "--format", style).out
    for style in ("markdown", "text"):
        said = auditor("audit", "--verbose", "--repo", repo, "--format", style).out
        assert said.replace("**", "").count("2 patches: ") == 1
        assert f"{joined[:12]}" in next(line for line in said.splitlines() if "only join patches" in line)
        assert "Merge tools" not in said
    log = auditor("log", "--repo", repo).out
    assert f"joins {world.first[:12]} and {world.second[:12]}, and is no patch of its own" in log
    assert log.count("patch ") == 2 + log.count("no patch of its own")
    oneline = auditor("log", "--oneline", "--repo", repo).out.splitlines()
    assert " joins  " in next(line for line in oneline if line.startswith(joined[:12]))
    entry = json.loads(auditor("log", "--repo", repo, "--format", "json").out)["specs"][0]["commits"][0]
    assert (entry["commit"], entry["joins"]) == (joined, [world.first, world.second])
    report = auditor("report", "--quarter", "2026Q1", "--no-seal", "--repo", repo, "--format", "markdown").out
    assert "was patched twice in" in " ".join(report.split()) and "Merge tools |" not in report
    sections = json.loads(auditor("report", "--quarter", "2026Q1", "--no-seal", "--repo", repo, "--format", "json").out)
    assert len(sections["specs"][0]["period"]) == 2


def test_what_shares_one_evaluation_is_two_patches(world: World, auditor: Auditor) -> None:
    """SD107 counts the patches between, and the correction for all patches those that are judged."""
    joined = world.merge()
    world.measure(auditor, (world.base, 60), (joined, 20))
    said = " ".join(auditor("audit", "--verbose", "--repo", world.repo.path).out.split())
    assert said.count("2 patches landed between the evaluations") == 2 and "3 patches" not in said
    assert "shared by 2 patches" in auditor("log", "--repo", world.repo.path).out


def test_what_only_the_merge_says_is_listed(world: World, auditor: Auditor) -> None:
    """A rise that neither patch shows, and a test that fell without a held-out run, are the merge's own."""
    joined = world.merge()
    world.measure(auditor, (world.base, 60), (world.first, 20), (world.second, 60), (joined, 120))
    patches = json.loads(auditor("audit", "--repo", world.repo.path, "--format", "json").out)["patches"]
    assert [(patch["after"]["commit"], patch["verdict"]) for patch in patches][-1] == (joined, "worse")


def test_a_test_that_fell_at_the_merge_without_a_held_out_run_is_listed(world: World, auditor: Auditor) -> None:
    joined = world.merge()
    world.measure(auditor, (world.base, 60), (world.first, 60), (world.second, 60))
    (world.repo.path.with_name("results.csv")).write_text(table((joined, "visible", 0)))
    assert auditor("ingest", "--repo", world.repo.path, world.repo.path.with_name("results.csv")).code == 0
    patches = json.loads(auditor("audit", "--repo", world.repo.path, "--format", "json").out)["patches"]
    assert [(patch["after"]["commit"], patch["verdict"]) for patch in patches][-1] == (joined, "unmeasured")


def test_the_gate_judges_the_patch_that_the_merge_brings(world: World, auditor: Auditor) -> None:
    world.measure_branches(auditor)
    world.repo.git("merge", "-q", "--no-commit", "tools")
    said = auditor("gate", "--repo", world.repo.path)
    assert said.code == 0
    assert "pass: 1 patch in " in said.out and "no-score" not in said.out
    decision = json.loads(auditor("gate", "--repo", world.repo.path, "--format", "json").out)
    assert [patch["after"]["commit"] for patch in decision["judged"]] == [world.second]


def test_what_the_merge_owes_is_asked_of_it(world: World, auditor: Auditor) -> None:
    """Where every landing is to be measured, the text that both make together is."""
    world.measure_branches(auditor)
    world.repo.commit({"auditor.toml": f'{SETTINGS}[policy]\nrequire_held_out = "always"\n'})
    world.repo.git("merge", "-q", "--no-commit", "tools")
    assert auditor("gate", "--repo", world.repo.path).code == 3
