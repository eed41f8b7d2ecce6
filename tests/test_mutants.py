"""Damaged logs and tables, a tenth of what `make sweep` reads: one line and exit code 2, or a record that is read."""

from __future__ import annotations

from pathlib import Path

from benchmarks.sweep.mutants import outcome, prefixes


def test_a_thousand_damaged_files_of_every_kind(tmp_path: Path) -> None:
    found = outcome(tmp_path, 1000, seed=20260101)
    assert found.result == "ok", found.detail


def test_prefixes_of_five_logs(tmp_path: Path) -> None:
    found = prefixes(tmp_path, step=29)
    assert found.result == "ok", found.detail
