"""The tests under every Python, and the wheel in a fresh one; each in its own environment under build/."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.sweep.outcome import ROOT, Outcome, last_line, run

VERSIONS = ("3.11", "3.12", "3.13")


def pythons() -> dict[str, Path]:
    """A working interpreter by version: from PATH, or one that pyenv keeps."""
    found = {}
    for version in VERSIONS:
        name = f"python{version}"
        paths = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))
        candidates = [*paths, *([Path(path)] if (path := shutil.which(name)) else [])]
        working = [
            candidate for candidate in candidates if run(candidate, "-c", "import venv, ssl", cwd=ROOT).returncode == 0
        ]
        if working:
            found[version] = working[0]
    return found


def checkout(folder: Path) -> Path:
    """The commit that is checked out, by itself: what lies about uncommitted is not what is reported."""
    done = run("git", "clone", "-q", ROOT, folder / "checkout", cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"git clone: {done.stderr}")
    return folder / "checkout"


def tests(source: Path, folder: Path) -> Iterator[Outcome]:
    """The test suite under each Python."""
    paths = pythons()
    for version in VERSIONS:
        part = f"tests under Python {version}"
        if version not in paths:
            yield Outcome(part, "NOT RUN", f"no python{version} here")
            continue
        python = folder / f"python{version}/bin/python"
        problem = _environment(paths[version], python, source, "--editable", ".[dev]")
        if problem is not None:
            yield Outcome(part, "NOT RUN", problem)
            continue
        done = run(python, "-m", "pytest", "-v", "-p", "no:cacheprovider", cwd=source)
        failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        detail = "; ".join([last_line(done).strip("= "), *failed[:5], *(["…"] if len(failed) > 5 else [])])
        yield Outcome(part, "FAILED" if done.returncode else "ok", detail)


def wheel(source: Path, folder: Path) -> Outcome:
    """The wheel in an environment of its own: the demonstration there and from the checkout."""
    part = "auditor demo from an installed wheel"
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", cwd=source)
    if built.returncode:
        return Outcome(part, "NOT RUN", f"no wheel: {last_line(built)}")
    [file] = (folder / "dist").glob("*.whl")
    python = folder / "wheel/bin/python"
    problem = _environment(Path(sys.executable), python, source, file)
    if problem is not None:
        return Outcome(part, "NOT RUN", problem)
    said = []
    for name, command, variables in (
        ("installed", [folder / "wheel/bin/auditor"], {}),
        ("from-checkout", [sys.executable, "-m", "auditor"], {"PYTHONPATH": str(source)}),
    ):
        (folder / name).mkdir()
        done = run(*command, "demo", "demo", cwd=folder / name, **variables)
        head = run("git", "rev-parse", "HEAD", cwd=folder / name / "demo") if done.returncode == 0 else done
        said.append((done.returncode, done.stdout, done.stderr, head.stdout))
    same = said[0] == said[1] and said[0][0] == 0
    detail = f"HEAD {said[0][3][:12]} and the same text from both" if same else "the two differ, or one failed"
    return Outcome(part, "ok" if same else "FAILED", detail)


def _environment(base: Path, python: Path, source: Path, *wanted: str | Path) -> str | None:
    """Makes an environment with what is wanted; says why where it cannot."""
    process = run(base, "-m", "venv", "--clear", python.parents[1], cwd=source)
    if process.returncode:
        return f"no environment: {last_line(process)}"
    call = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    done = run(*call, cwd=source, PIP_CONSTRAINT=str(source / "constraints.txt"))
    return None if done.returncode == 0 else f"could not be installed: {done.stderr.strip().splitlines()[-1][:120]}"
