"""The record store's promises at length: crashes, kills, writers at once, any order, tampering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from auditor.git import Folder
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run, Tallies
from auditor.store.records import load_records
from benchmarks.sweep import crashes, tampering, writers
from benchmarks.sweep.outcome import ROOT, Outcome

SMALL = Tallies(("i1", "i2"), (2, 1), (1, 0), (0, 1))


def example() -> Run:
    """A run of the demonstration, with two items."""
    return replace(load_records(Folder(ROOT), "eval_history")[0], tallies=SMALL)


def history() -> list[tampering.Files]:
    """Three batches of small runs, of which some share their items."""
    like = example()
    runs = [
        replace(like, identity=f"log-{n}", tallies=replace(SMALL, items=("i1", f"j{n % 3}"), invalid=(n, 0)))
        for n in range(12)
    ]
    created = datetime(2026, 1, 5, tzinfo=UTC)
    plan = Preregistration("", like.spec, like.revision, like.suite, like.model, like.checkpoint, "", 400, created)
    return tampering.history(runs, plan)


def outcomes(folder: Path, by_byte: int = 100_000, forgeries: int = 10_000, kills: int = 1000) -> Iterator[Outcome]:
    """Each promise with its figure."""
    like = example()
    yield crashes.outcome(folder / "crashes")
    yield writers.killed(made(folder / "killed"), like, kills)
    yield writers.concurrent(made(folder / "whole"), like, batch=writers.EACH)
    yield writers.concurrent(made(folder / "single"), like, batch=1)
    yield writers.orders(made(folder / "orders"), like)
    yield from tampering.outcomes(history(), by_byte, forgeries)


def made(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder
