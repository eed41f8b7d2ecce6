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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from auditor.cli.main import run
from auditor.errors import InputError
from auditor.readers.interface import ReadOptions, reader_for
from benchmarks.sweep.good_files import GRADED, USUAL, Good, good_files, parquet, project
from benchmarks.sweep.outcome import Outcome

SECONDS = 5
MEGABYTES = 512
# One in so many is Parquet, which a process of its own reads.
PARQUET = 50
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


def mutants(goods: Sequence[Good], rare: Good | None, count: int, seed: int, every: int = PARQUET) -> Iterator[Good]:
    """So many good files, one file of each damaged; one in `every` is the rare one."""
    draws = random.Random(seed)
    for number in range(count):
        good = rare if rare and number % every == 0 else draws.choice(goods)
        name = draws.choice(sorted(good.files))
        deep = name.endswith(".eval") and draws.random() < 0.6
        damaged = (within if deep else draws.choice(MUTATIONS))(good.files[name], draws)
        yield replace(good, files={**good.files, name: damaged})


class TooLong(BaseException):
    """A call was not done in time; no handler of ours may take it for anything else."""


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises TooLong when it takes longer: so many seconds of this process, or twelve times that on the clock.

    On a busy machine the clock says little; what waits for ever for another process shows only there.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    kinds = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, 12 * seconds))
    before = [signal.signal(number, stop) for number, _, _ in kinds]
    for _, timer, limit in kinds:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(kinds, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def ingest(file: Path, repo: Path) -> str:
    """What came of one file: landed, refused, or what must not be. What landed is audited, and taken away again."""
    err = io.StringIO()
    try:
        with time_limit(SECONDS), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
            code = run(["ingest", str(file), "--repo", str(repo)])
            readable = code != 0 or run(["audit", "--repo", str(repo)]) == 0
    except TooLong:
        return "HANG"
    except Exception as error:  # what the command line let through
        return f"TRACEBACK {type(error).__name__}"
    paths = [repo / "eval_history" / name for name in ("records", "items") if (repo / "eval_history" / name).exists()]
    for folder in paths:
        shutil.rmtree(folder)
    lines = err.getvalue().splitlines()
    if code == 0:
        return "landed" if readable and paths else "UNREADABLE"
    if code != 2 or len(lines) != 1 or str(file.parent) not in lines[0]:
        return f"EXIT {code}: {' '.join(lines)[:100]}"
    return "HALF WRITTEN" if paths else "refused"


def written(good: Good, folder: Path) -> Path:
    """A file, with those beside it in a folder of their own; the one that is given to ingest."""
    folder.mkdir()
    for name, data in good.files.items():
        (folder / name).write_bytes(data)
    return folder / next(iter(good.files))


def told_of(good: Good, folder: Path, repos: Sequence[Path]) -> str:
    """What came of a good file or of a damaged one."""
    text = ingest(written(good, folder), repos[good.graded])
    shutil.rmtree(folder)
    return text


def outcome(folder: Path, count: int, seed: int = 20261121) -> Outcome:
    """All of them; before that, that every good file lands, or the bad ones would be refused for another reason."""
    repos = [project(folder / f"project-{rule[0]}", rule) for rule in (USUAL, GRADED)]
    goods, rare = good_files(), parquet(folder)
    whole = {good.name: told_of(good, folder / "good", repos) for good in (*goods, *([rare] if rare else []))}
    told = Counter(told_of(mutant, folder / "bad", repos) for mutant in mutants(goods, rare, count, seed))
    peaks = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    counts = ", ".join(f"{number:,} {subject}" for subject, number in told.most_common())
    refused = [name for name, text in whole.items() if text != "landed"]
    detail = (
        f"{counts}, and the audit reads what landed; {len(whole) - len(refused)} of {len(whole)} undamaged ones land"
        f"{''.join(f'; NOT {name}' for name in refused)}; peak memory {peaks[0]} MB, of a reading process {peaks[1]} MB"
        f"{'' if rare else '; Parquet NOT RUN: DuckDB is not installed'}"
    )
    passed = not refused and set(told) <= {"landed", "refused"} and max(peaks) < MEGABYTES
    return Outcome(f"{count:,} damaged logs and tables, {SECONDS} s each", "ok" if passed else "FAILED", detail)


# Five logs of four tools, each in one file; a table says nowhere how long it is.
WHOLE = ("test_first.eval", "limited.json", "match.jsonl", "graded.jsonl", "short.json")


def prefixes(folder: Path, step: int = 1) -> Outcome:
    """Every prefix of five good logs: an error, or a run that is incomplete; never one that could support a verdict."""
    told: Counter[str] = Counter()
    for good in good_files():
        for name, data in good.files.items() if good.name in WHOLE else ():
            file = folder / name
            for end in range(0, len(data.rstrip()), step):
                file.write_bytes(data[:end])
                told[_whole(file)] += 1
            file.unlink()
    counts = ", ".join(f"{number:,} {subject}" for subject, number in told.most_common())
    passed = set(told) <= {"an error", "incomplete"}
    return Outcome(f"every prefix of {len(WHOLE)} good logs", "ok" if passed else "FAILED", counts)


def _whole(file: Path) -> str:
    try:
        runs = reader_for(file).read(file, ReadOptions())
    except InputError:
        return "an error"
    return "incomplete" if all(run.incomplete for run in runs) else "COMPLETE"
