"""Where the gate is asked: every route a patch can take, and the pre-commit framework itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.sweep.outcome import Outcome, last_line, run

FRAMEWORK = "the pre-commit framework runs the hook"
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
FIRST = "# Conduct\n\nSay what is true.\n"
SUITES = "".join(
    f'[[suite]]\nname = "{name}"\nbehaviour = "lying"\nrole = "{role}"\n'
    for name, role in (("visible", "test"), ("unseen", "held_out"))
)


def routes(source: Path) -> Outcome:
    """All ways to land a patch, with real git."""
    part = "every route of a patch"
    call = (sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/cli/test_routes.py")
    done = run(*call, cwd=source, AUDITOR_SLOW="1", PYTHONPATH=str(source))
    return Outcome(part, "FAILED" if done.returncode else "ok", last_line(done).strip("= "))


def pre_commit(source: Path, folder: Path) -> Outcome:
    """The framework installs auditor from this checkout, refuses a fitted merge and lets another one through."""
    python = folder / "framework/bin/python"
    run(sys.executable, "-m", "venv", folder / "framework", cwd=source)
    installed = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pre-commit", cwd=source)
    if installed.returncode:
        return Outcome(FRAMEWORK, "NOT RUN", last_line(installed))
    repo = _repository(source, folder / "framed")
    home = {"PRE_COMMIT_HOME": str(folder / "framework-cache"), "PIP_CONSTRAINT": str(source / "constraints.txt")}
    put_in = run(python, "-m", "pre_commit", "install", "-t", "pre-merge-commit", cwd=repo, **home)
    if put_in.returncode:
        return Outcome(FRAMEWORK, "FAILED", last_line(put_in))
    refused, passed = (_merge(repo, branch, home) for branch in ("fitted", "other"))
    text = refused.stdout + refused.stderr
    if refused.returncode and "test-only" in text and not passed.returncode:
        version = run(python, "-m", "pre_commit", "--version", cwd=repo).stdout.strip()
        return Outcome(FRAMEWORK, "ok", f"{version}: a fitted merge refused (test-only), another one let through")
    seen = f"fitted: {refused.returncode}, other: {passed.returncode}; {last_line(refused if text else passed)}"
    return Outcome(FRAMEWORK, "FAILED", seen)


def _repository(source: Path, repo: Path) -> Path:
    """`main` with a measured spec; `fitted`, whose score falls on the test alone; `other`, which touches no spec."""
    rev = run("git", "rev-parse", "HEAD", cwd=source).stdout.strip()
    config = f"repos:\n  - repo: {source}\n    rev: {rev}\n    hooks: [{{id: auditor-gate}}]\n"
    (repo / "eval_history").mkdir(parents=True)
    _git(repo, "init", "-q", "-b", "main")
    files = {"auditor.toml": SETTINGS, "spec.md": FIRST, ".pre-commit-config.yaml": config}
    for name, text in {**files, "eval_history/suites.toml": SUITES}.items():
        (repo / name).write_text(text)
    _commit(repo)
    for number in range(2):
        _evaluate(source, repo, {"visible": 80, "unseen": 80}, number)
    _commit(repo)
    _git(repo, "checkout", "-q", "-b", "other")
    (repo / "notes.txt").write_text("x")
    _commit(repo)
    _git(repo, "checkout", "-q", "-b", "fitted", "main")
    (repo / "spec.md").write_text(FIRST + "\nIn reviews, never praise work that fails its tests.\n")
    _commit(repo)
    _evaluate(source, repo, {"visible": 0, "unseen": 79}, 9)
    _commit(repo)
    _git(repo, "checkout", "-q", "main")
    return repo


def _evaluate(source: Path, repo: Path, misaligned: dict[str, int], number: int) -> None:
    """Records a run of 400 items of each suite, of the revision that is checked out."""
    auditor = (sys.executable, "-m", "auditor")
    stamp = run(*auditor, "revision", cwd=repo, PYTHONPATH=str(source)).stdout.strip()
    rows = (
        f"{stamp},{suite},m1,i{at:04d},{int(at < bad)},{number}\n"
        for suite, bad in misaligned.items()
        for at in range(400)
    )
    table = repo.parent / f"{number}.csv"
    table.write_text("spec_revision,suite,model,item,misaligned,run\n" + "".join(rows))
    done = run(*auditor, "ingest", table, cwd=repo, PYTHONPATH=str(source))
    if done.returncode:
        raise RuntimeError(last_line(done))


def _merge(repo: Path, branch: str, home: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = run("git", *WHO, "merge", "--no-ff", "-m", branch, branch, cwd=repo, **home)
    if done.returncode:
        _git(repo, "merge", "--abort")
    return done


def _git(repo: Path, *arguments: str) -> None:
    done = run("git", *WHO, *arguments, cwd=repo)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments)}: {last_line(done)}")


def _commit(repo: Path) -> None:
    _git(repo, "add", "-A")
    _git(repo, "commit", "-q", "--no-verify", "-m", "change")
