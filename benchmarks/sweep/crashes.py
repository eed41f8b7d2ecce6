"""A command that fails or dies at each of its state-changing system calls: nothing is lost, a retry converges.

strace makes every such call of the command's own process fail with EIO, fail with ENOSPC, or kill it.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.git import Folder
from auditor.store.integrity import examine_store
from benchmarks.sweep.good_files import TABLE, USUAL, project
from benchmarks.sweep.outcome import ROOT, Outcome, run

# An openat changes something where it makes a file; the others are not disturbed.
CALLS = ("mkdir", "openat", "write", "fsync", "link", "linkat", "rename", "unlink", "flock")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
STORE = "eval_history"
ORDINARY = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True)
class Point:
    """One call of a command: the how-manieth of its kind, and what happens there."""

    call: str
    number: int
    fault: str

    def __str__(self) -> str:
        return f"{self.fault.partition('=')[2]} at {self.call} {self.number}"


def points(calls: Mapping[str, Sequence[int]]) -> Iterator[Point]:
    """Every call a command makes, with every fault; waiting for a lock does not run out of disk."""
    for call, numbers in sorted(calls.items()):
        for number in numbers:
            for fault in FAULTS:
                if call != "flock" or fault != "error=ENOSPC":
                    yield Point(call, number, fault)


class Trial:
    """A command on copies of a project."""

    def __init__(self, folder: Path, base: Path, arguments: tuple[str, ...]) -> None:
        self._folder = folder
        self._base = base
        self._call = (sys.executable, "-m", "auditor", *arguments, "--repo")
        self.expected = self._state(self._done()[1])

    def calls(self) -> dict[str, list[int]]:
        """The how-manieth calls of each kind change something."""
        log = self._folder / "calls.txt"
        self._done("strace", "-o", str(log), "-e", f"trace={','.join(CALLS)}")
        counts, numbers = Counter[str](), defaultdict[str, list[int]](list)
        for name, rest in re.findall(r"^(\w+)\((.*)", log.read_text(errors="replace"), re.MULTILINE):
            counts[name] += 1
            if name != "openat" or "O_CREAT" in rest or "O_TMPFILE" in rest:
                numbers[name].append(counts[name])
        return numbers

    def at(self, point: Point) -> str | None:
        """What went wrong with the command at a point; None where all is as promised."""
        inject = f"inject={point.call}:{point.fault}:when={point.number}"
        code, repo = self._done("strace", "-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject)
        contents = examine_store(Folder(repo), STORE)
        if contents.faults:
            return f"{point}: {contents.faults[0].what}"
        if code == 0 and self._state(repo) != self.expected:
            return f"{point}: exit 0, and not everything is there"
        if code not in (0, 2, -9, 137):
            return f"{point}: exit {code}"
        again = run(*self._call, repo, cwd=self._base, **ORDINARY)
        if again.returncode != 0 or self._state(repo) != self.expected:
            return f"{point}: a retry exits {again.returncode} and does not converge"
        return None

    def _done(self, *before: str) -> tuple[int, Path]:
        repo = self._folder / "repo"
        shutil.rmtree(repo, ignore_errors=True)
        shutil.copytree(self._base, repo)
        return run(*before, *self._call, repo, cwd=self._base, **ORDINARY).returncode, repo

    def _state(self, repo: Path) -> dict[str, bytes]:
        """The visible files of the store, without the moment a plan was made at."""
        found = {path.relative_to(repo).as_posix(): path.read_bytes() for path in (repo / STORE).rglob("[!.]*.json")}
        return {f"{STORE}/plans": b""} if any("/plans/" in path for path in found) else found


def outcome(folder: Path) -> Outcome:
    """An ingest, a plan and a seal."""
    part = "crash safety: EIO, ENOSPC and SIGKILL at every state-changing system call"
    if shutil.which("strace") is None:
        return Outcome(part, "NOT RUN", "no strace here")
    folder.mkdir()
    base, table = project(folder / "base", USUAL), folder / "t.csv"
    table.write_text(TABLE)
    ingest = ("ingest", str(table))
    plan = ("preregister", "--suite", "visible", "--model", "m", "--samples", "400")
    wrong: list[str] = []
    lines: list[str] = []
    for name, arguments in (("ingest", ingest), ("preregister", plan), ("verify --seal", ("verify", "--seal"))):
        if name == "verify --seal":
            run(sys.executable, "-m", "auditor", *ingest, "--repo", base, cwd=base, **ORDINARY)
        trial = Trial(folder / name.replace(" ", ""), base, arguments)
        every = list(points(trial.calls()))
        wrong += [f"{name}: {fault}" for point in every if (fault := trial.at(point)) is not None]
        lines.append(f"{name} {len(every)} points")
    detail = f"{', '.join(lines)}: {len(wrong)} lost, corrupt, twice, or not mended by a retry{_first(wrong)}"
    return Outcome(part, "FAILED" if wrong else "ok", detail)


def _first(wrong: list[str]) -> str:
    return f"; {'; '.join(wrong[:3])}" if wrong else ""
