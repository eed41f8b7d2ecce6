"""A newcomer: a prompt in git and a table. One command to the first verdict, four to a gate that blocks a merge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import paste, tree_hash
from tests.repos import GitRepo

ROOT = Path(__file__).parents[2]
FIRST = "# Refunds\n\nAnswer politely.\n"
SECOND = f"{FIRST}\nNever claim that a refund was sent.\n"
THIRD = f"{SECOND}\nIn refund chats, never write the words: it was sent.\n"
VERDICT = "auditor audit --spec prompt.md --results results.csv --test refund-evals --held-out refund-fresh"
STEPS = (
    "auditor init --from results.csv --test refund-evals --held-out refund-fresh",
    "auditor ingest results.csv",
    'git add auditor.toml eval_history && git commit -m "Audit the prompt"',
    "auditor hook install",
)


def table(*runs: tuple[str, str, int]) -> str:
    """Runs of 200 samples, as (commit, suite, misaligned)."""
    rows = ["spec_revision,suite,model,item,misaligned"]
    for revision, suite, misaligned in runs:
        rows += [f"{revision},{suite},gpt-x,{suite}-{place},{int(place < misaligned)}" for place in range(200)]
    return "\n".join(rows) + "\n"


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command as it is typed; it must work."""
    done = paste(command, folder)
    assert done.returncode == 0, (command, done)
    return done


@pytest.fixture
def newcomer(tmp_path: Path) -> GitRepo:
    """A prompt in git with one fix, which held on what its writers see only; and the table of both evaluations."""
    repo = GitRepo(tmp_path / "support-bot")
    before, after = (repo.commit({"prompt.md": text}) for text in (FIRST, SECOND))
    runs = ((before, "refund-evals", 60), (after, "refund-evals", 20), (before, "refund-fresh", 60))
    repo.write({"results.csv": table(*runs, (after, "refund-fresh", 20))})
    return repo


def test_the_first_verdict_in_one_command(newcomer: GitRepo) -> None:
    before = tree_hash(newcomer.path)
    done = run(VERDICT, newcomer.path)
    assert "generalises" in done.stdout
    assert tree_hash(newcomer.path) == before


def test_a_gate_that_blocks_a_merge_in_four_commands(newcomer: GitRepo) -> None:
    """No file is edited by hand: then a branch brings a fix of the test alone, and its merge is refused."""
    for command in STEPS:
        run(command, newcomer.path)
    assert run("auditor audit", newcomer.path).stdout.count("generalises") >= 1
    run("git checkout -q -b fix", newcomer.path)
    newcomer.write({"prompt.md": THIRD})
    run('git commit -qam "Say it in other words"', newcomer.path)
    tip = newcomer.git("rev-parse", "HEAD")
    newcomer.write({"results.csv": table((tip, "refund-evals", 0), (tip, "refund-fresh", 20))})
    run("auditor ingest results.csv && git add eval_history && git commit -qm 'Evaluate it'", newcomer.path)
    run("git checkout -q main", newcomer.path)
    main = newcomer.git("rev-parse", "main")
    for merge in ("git merge --no-ff -m Merge fix", "git merge --ff-only fix"):
        refused = paste(merge, newcomer.path)
        assert refused.returncode != 0, refused
        assert "test-only" in refused.stdout + refused.stderr
        assert newcomer.git("rev-parse", "main") == main
        paste("git merge --abort; git reset -q --hard", newcomer.path)
    assert not newcomer.git("status", "--porcelain", "--untracked-files=no")


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/first-verdict.md"])
def test_the_pages_show_these_commands(page: str) -> None:
    text = (ROOT / page).read_text()
    assert f"$ {VERDICT}\n" in text
    assert "\n".join(f"$ {command}" for command in STEPS) in text
    assert page != "README.md" or len(text.splitlines()) <= 150
