"""The fast half of the store's promises; the slow half is `benchmarks/sweep/records.py`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.sweep import crashes, records, tampering, writers
from benchmarks.sweep.good_files import TABLE, USUAL, project


@pytest.mark.parametrize("batch", [1, 10])
def test_writers_at_once_are_all_there_once(tmp_path: Path, batch: int) -> None:
    outcome = writers.concurrent(tmp_path, records.example(), workers=6, each=10, batch=batch)
    assert (outcome.result, outcome.detail.partition(";")[0]) == ("ok", "60 of 60 there once, 0 faults")


def test_a_killed_writer_loses_nothing(tmp_path: Path) -> None:
    outcome = writers.killed(tmp_path, records.example(), kills=15)
    assert outcome.result == "ok", outcome.detail


def test_any_order_any_number_of_times(tmp_path: Path) -> None:
    outcome = writers.orders(tmp_path, records.example(), count=5)
    assert outcome.result == "ok", outcome.detail


def test_no_byte_and_no_record_changes_unseen() -> None:
    for outcome in tampering.outcomes(records.history(), by_byte=300, forgeries=200):
        assert outcome.result == "ok", outcome.detail


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here; make sweep says NOT RUN")
def test_an_ingest_that_fails_or_dies_anywhere_can_be_repeated(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    trial = crashes.Trial(tmp_path, project(tmp_path / "base", USUAL), ("ingest", str(table)))
    calls = trial.calls()
    assert len(list(crashes.points(calls))) > 30
    chosen = [
        crashes.Point("fsync", calls["fsync"][-1], "error=EIO"),
        crashes.Point("linkat", calls["linkat"][-1], "signal=KILL"),
        crashes.Point("mkdir", calls["mkdir"][-1], "error=ENOSPC"),
    ]
    assert [wrong for point in chosen if (wrong := trial.at(point))] == []
