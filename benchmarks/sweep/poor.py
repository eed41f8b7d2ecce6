"""The gate where something is lacking for real: room on the disk, the right to read or write. It never says pass."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.sweep.outcome import Outcome, last_line, run
from tests.landings import SECOND, evaluated

FULL = "a full disk: the gate in a client's hooks, and what git lands"
USER = "a user who may not read or write: the gate in its folders"
HOOK = ("gate", "--hook", "pre-commit", "--branch", "main", "--")
SIDES = ("gate", "--base", "main", "--head", "branch")
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
_PAGE = 4096
_SIZE = "4m"
# Pages that are left: none, what a small file takes, what all of a decision takes.
_ROOMS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
_NOBODY = "65534"
# What is taken from whoever asks, with what is asked and the codes it may end with.
TAKEN: dict[str, tuple[tuple[str, ...], int, tuple[int, ...]]] = {
    "nothing, but nothing can be written": ((".",), 0o555, (1, 2)),
    "the repository": ((".git",), 0, (2,)),
    "its objects": ((".git/objects",), 0, (2,)),
    "its configuration": ((".git/config",), 0, (2,)),
    "its index": ((".git/index",), 0, (1, 2)),
    "its branches": ((".git/refs/heads",), 0, (2,)),
    "HEAD": ((".git/HEAD",), 0, (2,)),
    "the work tree's settings": (("auditor.toml", "spec.md"), 0, (1, 2)),
    "the work tree's records": (("eval_history",), 0, (1, 2)),
    "what the hook keeps": ((".git/auditor-gate",), 0, (1, 2)),
}


def outcomes(source: Path, folder: Path) -> Iterator[Outcome]:
    """A line for each of the two."""
    path = repository(folder / "poor")
    yield unprivileged(source, folder, path)
    yield full_disk(source, folder, path)


def repository(folder: Path) -> Path:
    """`branch` has a fitted patch with its results; `main` is checked out, with the same staged."""
    folder.mkdir()
    made = evaluated(folder)
    made.patch(SECOND, visible="0/400", unseen="79/400")
    made.repo.checkout("main")
    made.repo.git("read-tree", "-u", "--reset", "branch")
    return made.repo.path


def full_disk(source: Path, folder: Path, made: Path) -> Outcome:
    """In a name space of its own, on a disk in memory that ends with it."""
    disk = folder / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size={_SIZE} tmpfs "$0" && exec "$1" -m benchmarks.sweep.poor "$0" "$2"'
    call = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, disk, sys.executable, made)
    if shutil.which("unshare") is None or run(*call[:4], "true", cwd=source).returncode:
        return Outcome(FULL, "NOT RUN", "no name spaces here")
    done = run(*call, cwd=source, PYTHONPATH=str(source))
    return Outcome(FULL, "FAILED" if done.returncode else "ok", last_line(done))


def fill(disk: Path, room: int) -> None:
    """Leaves `room` pages of the disk."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - room * _PAGE
    (disk / "filler").write_bytes(b"x" * free)


def starved(disk: Path, made: Path) -> str:
    """Every amount of room from none to what is enough, with each way to ask; what passed, or "" for nothing."""
    ended: list[int] = []
    bad = []
    run(sys.executable, "-m", "auditor", "hook", "install", "--branch", "main", cwd=made, **_ours())
    for room in _ROOMS:
        for ask in ("gate", "commit", "merge"):
            repo = disk / "repo"
            shutil.rmtree(repo, ignore_errors=True)
            (disk / "filler").unlink(missing_ok=True)
            shutil.copytree(made, repo, symlinks=True)
            if ask == "merge":
                run("git", "reset", "-q", "--hard", cwd=repo)
            before = run("git", "rev-parse", "main", cwd=repo).stdout
            fill(disk, room)
            done = run(*_asked(ask), cwd=repo, **_ours())
            ended.append(done.returncode)
            if not done.returncode or run("git", "rev-parse", "main", cwd=repo).stdout != before:
                bad.append(f"{ask} with {room} pages left")
    text = ", ".join(f"{ended.count(code)} ended with {code}" for code in sorted(set(ended)))
    print(
        f"passed: {'; '.join(bad)}"
        if bad
        else f"{len(ended)} calls with 0 to {_ROOMS[-1]} pages left: {text}; main never moved"
    )
    return "; ".join(bad)


def _asked(ask: str) -> tuple[str, ...]:
    if ask == "gate":
        return (sys.executable, "-m", "auditor", *HOOK)
    return ("git", *WHO, *(("commit", "-m", "x") if ask == "commit" else ("merge", "--no-ff", "-m", "x", "branch")))


def _ours() -> dict[str, str]:
    return {"PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONDONTWRITEBYTECODE": "1"}


def unprivileged(source: Path, folder: Path, made: Path) -> Outcome:
    """As nobody where we are root, whom no mode holds back; else as whoever we are."""
    folder.chmod(0o711)
    is_root = os.geteuid() == 0
    drop = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups") if is_root else ()
    process = run(*drop, sys.executable, "-c", "import auditor", cwd=source, PYTHONPATH=str(source))
    if process.returncode:
        return Outcome(USER, "NOT RUN", last_line(process))
    bad, calls = [], 0
    for number, (name, (paths, mode, codes)) in enumerate(TAKEN.items()):
        for asked in (HOOK, SIDES):
            repo = folder / f"poor-{number}-{len(asked)}"
            shutil.copytree(made, repo, symlinks=True)
            (repo / ".git/auditor-gate").mkdir()
            if is_root:
                for at in (repo, *repo.rglob("*")):
                    os.chown(at, int(_NOBODY), int(_NOBODY))
            for path in paths:
                for at in ((repo / path), *((repo / path).rglob("*") if mode else ())):
                    at.chmod(mode if at.is_dir() else mode & 0o444)
            done = run(*drop, sys.executable, "-m", "auditor", *asked, cwd=repo, PYTHONPATH=str(source))
            calls += 1
            if done.returncode not in codes or "Traceback" in done.stderr:
                bad.append(f"{name}, {asked[1]}: {done.returncode}")
            for at in (repo / path for path in paths):
                at.chmod(0o755)
    who = "nobody" if is_root else "an ordinary user"
    detail = "; ".join(bad) if bad else f"{calls} calls as {who}, {len(TAKEN)} things taken away: none passes"
    return Outcome(USER, "FAILED" if bad else "ok", detail)


if __name__ == "__main__":
    sys.exit(bool(starved(Path(sys.argv[1]), Path(sys.argv[2]))))
