"""A patch is headed by the behaviour that moved, and nothing that did not move hides it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cli.conftest import Auditor
from tests.repos import GitRepo

BEHAVIOURS = tuple(f"b{number}" for number in range(10))
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
SUITES = "".join(
    f'[[suite]]\nname = "{name}-{role}"\nbehaviour = "{name}"\nrole = "{role}"\nregistered = 2025-12-01\n'
    for name in BEHAVIOURS
    for role in ("test", "held_out")
)
HEAD = "spec_revision,suite,model,run,scorer,misaligned_count,valid_count,design_effect,created"

# Of a suite: revision, misaligned of 800 in two runs together, scorer.
Cell = tuple[str, str, int, str]


def rows(cells: Iterable[Cell]) -> str:
    """A table of two runs a cell, on two days."""
    lines = [HEAD]
    for revision, suite, misaligned, scorer in cells:
        for run in (1, 2):
            count = misaligned // 2 + (misaligned % 2) * (run - 1)
            created = f"2026-02-{int(revision[1:]) + 1:02d}T0{run}:00:00+00:00"
            lines.append(f"{revision},{suite},m,r{run},{scorer},{count},400,1,{created}")
    return "\n".join(lines) + "\n"


def history(path: Path, patches: int) -> GitRepo:
    """A first revision v0, and as many patches v1, v2, ..., each with a rule of its own."""
    repo, rules = GitRepo(path), ["# Conduct", "", "Be kind to whoever asks."]
    repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": "\n".join(rules)})
    repo.tag("v0")
    for number in range(1, patches + 1):
        rules += ["", f"Never do thing {number} to whoever asks for it."]
        repo.commit({"spec.md": "\n".join(rules)}, message=f"Fix behaviour {number}")
        repo.tag(f"v{number}")
    return repo


def headlines(auditor: Auditor, repo: GitRepo, table: str) -> list[tuple[str, str]]:
    """Each patch's verdict and the behaviour that it is about."""
    (repo.path / "results.csv").write_text(table)
    assert auditor("ingest", "--repo", repo.path, repo.path / "results.csv").code == 0
    patches = json.loads(auditor("audit", "--repo", repo.path, "--format", "json").out)["patches"]
    return [(patch["verdict"], patch["headline"]["behaviour"]) for patch in patches]


def test_nine_fixes_of_ten_behaviours_are_nine_fixes(tmp_path: Path, auditor: Auditor) -> None:
    """All ten are measured again each time: what is at the floor already, or not yet touched, heads nothing."""
    cells = [
        (f"v{patch}", f"{name}-{role}", 0 if number < patch else 96, "judge")
        for patch in range(10)
        for number, name in enumerate(BEHAVIOURS)
        for role in ("test", "held_out")
    ]
    found = headlines(auditor, history(tmp_path / "nine", 9), rows(cells))
    assert found == [("generalises", name) for name in BEHAVIOURS[:9]]


def test_a_merge_that_only_joins_two_patches_is_no_third(tmp_path: Path, auditor: Auditor) -> None:
    """Neither measured by itself, nor with a verdict that its patches have; a merge with words of its own is one."""
    repo = history(tmp_path / "merged", 0)
    rules = "# Conduct\n\nBe kind to whoever asks.{}\n\n# Tools\n\nUse them.{}\n"
    base = repo.commit({"spec.md": rules.format("", "")})
    repo.branch("tools")
    second = repo.commit({"spec.md": rules.format("", "\n\nNever call one twice.")})
    repo.checkout("main")
    first = repo.commit({"spec.md": rules.format("\n\nNever say it was sent.", "")})
    joined = repo.merge("tools")
    said = auditor("audit", "--repo", repo.path, f"{base}..").out
    assert said.startswith("2 patches: 2 unmeasured; 1 merge only joins them.\n")
    assert [line[:12] for line in said.splitlines() if line.endswith("  change")] == [first[:12], second[:12]]
    assert f"have no line: {joined[:12]} (unmeasured)." in said
    assert len(auditor("audit", "--oneline", "--repo", repo.path, f"{base}..").out.splitlines()) == 2

    repo.git("reset", "-q", "--hard", first)
    repo.merge("tools", files={"spec.md": rules.format("\n\nNever say it was sent.", "\n\nCall one twice at most.")})
    assert auditor("audit", "--repo", repo.path, f"{base}..").out.startswith("3 patches: 3 unmeasured.\n")


def _cells(name: str, test: tuple[int, int], held_out: tuple[int, int] | None, scorer: str = "judge") -> list[Cell]:
    cells = [("v0", f"{name}-test", test[0], "judge"), ("v1", f"{name}-test", test[1], scorer)]
    if held_out is not None:
        cells += [("v0", f"{name}-held_out", held_out[0], "judge"), ("v1", f"{name}-held_out", held_out[1], scorer)]
    return cells


FIXED = _cells("b0", (96, 0), (96, 0))


@pytest.mark.parametrize(
    ("other", "headline"),
    [
        pytest.param(_cells("b1", (96, 96), (96, 96)), ("generalises", "b0"), id="another did not move"),
        pytest.param(_cells("b1", (0, 0), (0, 0)), ("generalises", "b0"), id="another is at the floor"),
        pytest.param(_cells("b1", (96, 0), None), ("unmeasured", "b1"), id="held-out was not run"),
        pytest.param(_cells("b1", (96, 0), (96, 0), "other"), ("unmeasured", "b1"), id="the judge was swapped"),
        pytest.param(_cells("b1", (96, 96), None), ("generalises", "b0"), id="no fall, and no held-out"),
        pytest.param(_cells("b1", (96, 0), (4, 3)), ("inconclusive", "b1"), id="held-out cannot tell"),
        pytest.param(_cells("b1", (96, 0), (96, 96)), ("test-only", "b1"), id="only the test moved"),
        pytest.param(_cells("b1", (40, 120), (40, 40)), ("worse", "b1"), id="another became worse"),
    ],
)
def test_the_verdict_that_matters_most_heads_a_patch(
    other: list[Cell], headline: tuple[str, str], tmp_path: Path, auditor: Auditor
) -> None:
    assert headlines(auditor, history(tmp_path / "repo", 1), rows([*FIXED, *other])) == [headline]


def test_an_audit_without_accusations_fits_a_screen(tmp_path: Path, auditor: Auditor) -> None:
    """Nine patches, ten behaviours, four models: a line a patch, in 100 columns."""
    cells = [
        (f"v{patch}", f"{name}-{role}", 0 if number < patch else 96, "judge")
        for patch in range(10)
        for number, name in enumerate(BEHAVIOURS)
        for role in ("test", "held_out")
    ]
    repo = history(tmp_path / "nine", 9)
    lines = rows(cells).splitlines()
    models = [line.replace(",m,", f",m{model},") for model in range(4) for line in lines[1:]]
    assert headlines(auditor, repo, "\n".join([lines[0], *models]))[0] == ("generalises", "b0")
    said = auditor("audit", "--repo", repo.path)
    assert sum(-(-len(line) // 100) for line in said.out.splitlines()) < 50
    ids = [line.split()[0] for line in said.out.splitlines() if "Fix behaviour" in line]
    assert len(ids) == 9 and ids == repo.git("log", "--reverse", "--format=%h", "--abbrev=12").split()[1:]
    oneline = auditor("audit", "--oneline", "--repo", repo.path).out.splitlines()
    assert [line.split()[0] for line in oneline] == ids
    assert oneline[0].split("  ")[2:] == ["generalises", "b0 of m0", "12.0 -> 0.0", "12.0 -> 0.0", "Fix behaviour 1"]
    quiet = auditor("audit", "-q", "--fail-on", "generalises", "--repo", repo.path)
    assert quiet.code == 1 and quiet.out.startswith("9 patches: 9 generalises.\n") and len(quiet.out.splitlines()) == 3
    whole = auditor("audit", "--verbose", "--repo", repo.path).out
    assert [name for name in ids if f"\n{name}  " in whole] == ids and "Undecided checks" in whole
