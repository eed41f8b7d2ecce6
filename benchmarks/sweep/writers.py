"""Many writers at once, and writers that are killed: nothing that was acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from auditor.git import Folder
from auditor.model.run import Run
from auditor.store.integrity import examine_store
from auditor.store.records import RecordStore, load_records
from benchmarks.sweep.outcome import Outcome

STORE = "eval_history"
WORKERS, EACH = 32, 1000


def numbered(like: Run, worker: int, number: int) -> Run:
    """A run of its own."""
    return replace(like, identity=f"{worker}-{number}", planned=10**9 + number)


def child(work: Callable[[int], None]) -> tuple[int, int]:
    """A process of its own that has everything loaded; its id, and a pipe with what it says."""
    hear, say = os.pipe()
    process = os.fork()
    if process:
        os.close(say)
        return process, hear
    os.close(hear)
    try:
        work(say)
        os._exit(0)
    except BaseException:  # whatever it is, no test framework of the parent's may run on in here
        os._exit(1)


def concurrent(root: Path, like: Run, workers: int = WORKERS, each: int = EACH, batch: int = 1) -> Outcome:
    """So many writers, each with so many records of its own, `batch` at a time."""

    def work(worker: int) -> Callable[[int], None]:
        def add(_: int) -> None:
            writer = RecordStore(root, STORE)
            for start in range(0, each, batch):
                writer.add([numbered(like, worker, number) for number in range(start, start + batch)])

        return add

    start = time.perf_counter()
    processes = [child(work(worker)) for worker in range(workers)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process, _ in processes]
    value = time.perf_counter() - start
    for _, hear in processes:
        os.close(hear)
    contents = examine_store(Folder(root), STORE)
    names = sorted(run.identity for run in contents.runs.values())
    wanted = sorted(f"{worker}-{number}" for worker in range(workers) for number in range(each))
    passed = names == wanted and not contents.faults and set(codes) == {0} and not _left(root)
    part = f"{workers} writers at once, {each:,} records each, {batch:,} at a time"
    detail = f"{len(names):,} of {len(wanted):,} there once, {len(contents.faults)} faults; "
    return Outcome(part, "ok" if passed else "FAILED", f"{detail}{len(wanted) / value:,.0f} a second, fsync included")


def _left(root: Path) -> list[Path]:
    """What a writer left half written."""
    return [path for path in (root / STORE).rglob(".*") if path.is_file()]


def killed(root: Path, like: Run, kills: int, seed: int = 20261123) -> Outcome:
    """A writer after the other, each killed at a random moment while it adds records one by one."""
    draws, acknowledged = random.Random(seed), set[str]()
    for kill in range(kills):

        def add(say: int, worker: int = kill) -> None:
            writer = RecordStore(root, STORE)
            for number in range(10_000):
                run = numbered(like, worker, number)
                writer.add([run])
                os.write(say, f"{run.identity}\n".encode())

        process, hear = child(add)
        first = os.read(hear, 100) if draws.random() < 0.5 else b""  # half of them die while they look at the store
        time.sleep(draws.random() * 0.02)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        with os.fdopen(hear, "rb") as rest:
            said = first + rest.read()
        acknowledged.update(said.decode().split())
    contents = examine_store(Folder(root), STORE)
    identities = [run.identity for run in contents.runs.values()]
    lost, twice = acknowledged - set(identities), len(identities) - len(set(identities))
    again = RecordStore(root, STORE)
    before = {path: path.read_bytes() for path in (root / STORE).rglob("*.json")}
    again.add([numbered(like, *map(int, name.split("-"))) for name in sorted(acknowledged)])
    same = before == {path: path.read_bytes() for path in (root / STORE).rglob("*.json")}
    detail = (
        f"{len(acknowledged):,} acknowledged, {len(lost)} lost, {twice} twice, {len(contents.faults)} corrupt; "
        f"recorded again, the state is {'the same' if same else 'ANOTHER'}"
    )
    passed = not lost and not twice and not contents.faults and same
    return Outcome(f"{kills:,} writers killed at random", "ok" if passed else "FAILED", detail)


def orders(root: Path, like: Run, count: int = 200, seed: int = 20261124) -> Outcome:
    """The same runs in any order, in any portions, any number of times: the same bytes."""
    draws, states = random.Random(seed), set[tuple[tuple[str, bytes], ...]]()
    runs = [numbered(like, 0, number) for number in range(20)]
    for trial in range(count):
        folder = root / str(trial)
        folder.mkdir()
        for portion in _portions(runs, draws):
            RecordStore(folder, STORE).add(portion)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        states.add(tuple((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files))
        assert len(load_records(Folder(folder), STORE)) == len(runs)
    passed = len(states) == 1
    detail = f"{len(states)} state of {len(runs)} runs after {count} orders and repetitions"
    return Outcome("ingested in any order, any number of times", "ok" if passed else "FAILED", detail)


def _portions(runs: list[Run], draws: random.Random) -> Iterator[list[Run]]:
    every = runs + draws.sample(runs, draws.randint(0, len(runs)))
    draws.shuffle(every)
    while every:
        size = draws.randint(1, 8)
        yield list({run.identity: run for run in every[:size]}.values())
        every = every[size:]
