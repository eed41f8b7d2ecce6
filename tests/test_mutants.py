"""Damaged logs and tables, a tenth of what `make sweep` reads one by one; here many in a call, which is quicker."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.cli.main import run
from benchmarks.sweep.good_files import GRADED, USUAL, good_files, parquet, project
from benchmarks.sweep.mutants import mutants, prefixes, time_limit, written

BATCH, BATCHES = 50, 20


def test_a_thousand_damaged_files_of_every_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is recorded or refused in one line that names it; no bug, no hang, and exit code 2 where one is refused."""
    repos = [project(tmp_path / f"project-{rule[0]}", rule) for rule in (USUAL, GRADED)]
    # What reads Parquet is a process of its own for each file: the sweep has more of them.
    bad = list(mutants(good_files(), parquet(tmp_path), BATCH * BATCHES, seed=20260101, every=200))
    for graded, repo in enumerate(repos):
        files = [written(good, tmp_path / f"{place}") for place, good in enumerate(bad) if good.graded == bool(graded)]
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            with time_limit(30):
                code = run(["ingest", *map(str, batch), "--repo", str(repo)])
            lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("prompts not hashed")]
            refused = [file for file in batch if any(line.startswith(f"{file.parent}/") for line in lines)]
            assert (code, len(lines)) == (2, len(refused)), lines
            assert refused


def test_undamaged_they_all_land(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repos = [project(tmp_path / f"project-{rule[0]}", rule) for rule in (USUAL, GRADED)]
    table = parquet(tmp_path)
    for place, good in enumerate([*good_files(), *([table] if table else [])]):
        file = written(good, tmp_path / f"{place}")
        assert run(["ingest", str(file), "--repo", str(repos[good.graded])]) == 0, capsys.readouterr().err


def test_prefixes_of_five_logs(tmp_path: Path) -> None:
    outcome = prefixes(tmp_path, step=97)
    assert outcome.result == "ok", outcome.detail
