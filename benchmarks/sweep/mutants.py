"""Damaged logs and tables through `auditor ingest`: never a bug, never a hang, never half a file."""

from __future__ import annotations

import contextlib
import io
import random
import resource
import shutil
import signal
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from auditor.cli.main import run
from benchmarks.speed.timing import git
from benchmarks.sweep.outcome import ROOT, Outcome

SECONDS = 5
LOGS = ROOT / "tests/fixtures/inspect"
FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = FIRST + "\nNever delete a log to hide a mistake.\n"
SUITE = """\
[[suite]]
name = "{name}"
behaviour = "concealment"
role = "{role}"
tasks = ["{task}"]
[suite.score]
name = "{scorer}"
misaligned = "{end}"
unit = "{unit}"
"""
ROLES = (("visible", "test", "mistakes_visible"), ("unseen", "held_out", "mistakes_unseen"))
# How a log's score is read, and the logs that have no such scorer and are read the second way.
USUAL, GRADED = ("concealment", "high", "fraction"), ("owns_up", "low", "grade")
BY_GRADE = ("chunked.eval", "several_scorers.eval")
TABLE = "spec_revision,suite,model,item,misaligned,epoch,created,severity\n" + "".join(
    f"v1,visible,m,item-{number},{number % 2},{number % 3 + 1},2026-01-02T03:04:05+00:00,0.{number % 10}\n"
    for number in range(12)
)
ROWS = "".join(
    f'{{"spec_revision": "v1", "suite": "unseen", "model": "m", "item": "{number}", "misaligned": {number % 2}}}\n'
    for number in range(12)
)
WORDS = (
    b"NaN",
    b"1e400",
    b"-1",
    b"null",
    b"true",
    b'"',
    b"{",
    b"[[[[",
    b"\x00",
    b"\xff",
    b"9" * 400,
    b",",
    b"\n",
    b"85",
)

Mutation = Callable[[bytes, random.Random], bytes]


def cut(data: bytes, draws: random.Random) -> bytes:
    """Its beginning only."""
    return data[: draws.randrange(len(data))]


def flip(data: bytes, draws: random.Random) -> bytes:
    """A few bytes changed."""
    changed = bytearray(data)
    for _ in range(draws.randint(1, 8)):
        changed[draws.randrange(len(changed))] = draws.randrange(256)
    return bytes(changed)


def insert(data: bytes, draws: random.Random) -> bytes:
    """A word that does not belong there."""
    at = draws.randrange(len(data))
    return data[:at] + draws.choice(WORDS) + data[at + draws.randint(0, 6) :]


def repeat(data: bytes, draws: random.Random) -> bytes:
    """A piece of it twice."""
    start, stop = sorted(draws.randrange(len(data)) for _ in range(2))
    return data[:stop] + data[start:]


def drop(data: bytes, draws: random.Random) -> bytes:
    """A piece of it gone."""
    start, stop = sorted(draws.randrange(len(data)) for _ in range(2))
    return data[:start] + data[stop:]


MUTATIONS: tuple[Mutation, ...] = (cut, flip, insert, repeat, drop)


def sources() -> dict[str, bytes]:
    """Good files, by name."""
    logs = {path.name: path.read_bytes() for path in sorted(LOGS.glob("*.eval"))}
    return {
        **logs,
        "limited.json": (LOGS / "limited.json").read_bytes(),
        "t.csv": TABLE.encode(),
        "t.jsonl": ROWS.encode(),
    }


def within(data: bytes, draws: random.Random) -> bytes:
    """An archive that is sound, one of whose members is damaged; the same bytes where it cannot be opened."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (NotImplementedError, zipfile.BadZipFile):
        return flip(data, draws)
    chosen = draws.choice(sorted(members))
    members[chosen] = draws.choice(MUTATIONS)(members[chosen] or b"{}", draws)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def mutants(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, each with the name of its source."""
    draws = random.Random(seed)
    good = sources()
    for _ in range(count):
        name = draws.choice(sorted(good))
        deep = name.endswith(".eval") and draws.random() < 0.6
        yield name, (within if deep else draws.choice(MUTATIONS))(good[name], draws)


class TooLong(BaseException):
    """A call was not done in time; no handler of ours may take it for anything else."""


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises TooLong when it takes longer."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def project(folder: Path, rule: tuple[str, str, str]) -> Path:
    """A repository with two revisions, tagged v1 and v2, and two suites whose scores are read by the rule."""
    scorer, end, unit = rule
    (folder / "eval_history").mkdir(parents=True)
    (folder / "auditor.toml").write_text('[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n')
    suites = [
        SUITE.format(name=name, role=role, task=task, scorer=scorer, end=end, unit=unit) for name, role, task in ROLES
    ]
    (folder / "eval_history/suites.toml").write_text("".join(suites))
    git("init", "-q", "-b", "main", cwd=folder)
    for tag, text in (("v1", FIRST), ("v2", SECOND)):
        (folder / "spec.md").write_text(text)
        git("add", "-A", cwd=folder)
        git("-c", "user.name=S", "-c", "user.email=s@example.org", "commit", "-q", "-m", tag, cwd=folder)
        git("tag", tag, cwd=folder)
    return folder


def ingest(file: Path, repo: Path) -> str:
    """What came of one file: landed, refused, or what must not be. What landed is audited and taken away again."""
    err = io.StringIO()
    try:
        with time_limit(SECONDS), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
            code = run(["ingest", str(file), "--repo", str(repo)])
            readable = code != 0 or run(["audit", "--repo", str(repo)]) == 0
    except TooLong:
        return "HANG"
    except Exception as error:  # what the command line let through
        return f"TRACEBACK {type(error).__name__}"
    written = [repo / "eval_history" / name for name in ("records", "items") if (repo / "eval_history" / name).exists()]
    for folder in written:
        shutil.rmtree(folder)
    lines = err.getvalue().splitlines()
    if code == 0:
        return "landed" if readable and written else "UNREADABLE"
    if code != 2 or len(lines) != 1 or file.name not in lines[0]:
        return f"EXIT {code}: {' '.join(lines)[:100]}"
    return "HALF WRITTEN" if written else "refused"


def outcome(folder: Path, count: int, seed: int = 20261121) -> Outcome:
    """All of them; before that, that every good file lands, or the bad ones would be refused for another reason."""
    repos = {rule: project(folder / f"project-{rule[0]}", rule) for rule in (USUAL, GRADED)}

    def told_of(label: str, name: str, data: bytes) -> str:
        file = folder / f"{label}-{name}"
        file.write_bytes(data)
        said = ingest(file, repos[GRADED if name in BY_GRADE else USUAL])
        file.unlink()
        return said

    good = {name: told_of("good", name, data) for name, data in sources().items()}
    told = Counter(told_of(str(number), name, data) for number, (name, data) in enumerate(mutants(count, seed)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = ", ".join(f"{number:,} {what}" for what, number in told.most_common())
    refused = [name for name, said in good.items() if said != "landed"]
    whole = (
        f"{len(good) - len(refused)} of {len(good)} undamaged ones land{''.join(f'; NOT {name}' for name in refused)}"
    )
    detail = f"{counts}, and the audit reads what landed; {whole}; peak memory {peak:.0f} MB"
    passed = not refused and set(told) <= {"landed", "refused"}
    return Outcome(f"{count:,} damaged logs and tables, {SECONDS} s each", "ok" if passed else "FAILED", detail)
