"""The reading process: what it may do, and what its end looks like from outside."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from auditor.errors import TableError
from auditor.readers.interface import ReadOptions
from auditor.readers.table import READER
from auditor.readers.tables import count as reading
from auditor.readers.tables.refusals import OpenTable
from auditor.readers.tables.session import BackendError, Opening, ProcessSession
from tests.readers.tables import tables

pytest.importorskip("duckdb", reason="DuckDB is not installed")


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    table = tables.write_parquet(tmp_path / "table.parquet", tables.samples())
    return Opening("duckdb", "parquet", (str(table),), str(tmp_path / "spill"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "SET enable_external_access = true",
        "SET threads = 64",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM '{folder}/other.parquet'",
    ],
)
def test_it_reads_its_table_and_nothing_else(opening: Opening, tmp_path: Path, sql: str) -> None:
    tables.write_parquet(tmp_path / "other.parquet", tables.samples())
    before = sorted(tmp_path.iterdir())
    with ProcessSession(opening, "table", 60) as session:
        with pytest.raises(BackendError):
            session.rows(sql.format(folder=tmp_path))
        assert session.rows("SELECT count(*) FROM source") == [(40,)]
    assert sorted(tmp_path.iterdir()) == before


def test_a_crash_is_one_line(opening: Opening) -> None:
    with ProcessSession(opening, "table", 60) as session:
        os.kill(session._process.pid, signal.SIGSEGV)
        with pytest.raises(TableError) as caught:
            session.rows("SELECT 1")
    assert str(caught.value) == (
        "table: the reading process ended by signal SIGSEGV; "
        "the table is damaged, or larger than this machine can count"
    )


def test_it_is_ended_when_time_is_up(opening: Opening) -> None:
    endless = "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i % 7 FROM t) SELECT count(*) FROM t"
    with (
        ProcessSession(opening, "table", 2) as session,
        pytest.raises(TableError, match="is not read after 2 seconds; split"),
    ):
        session.rows(endless)


def test_what_it_prints_is_no_answer(opening: Opening) -> None:
    with ProcessSession(opening, "table", 60) as session:
        assert session._check_piece([[1], ["a"]]) == [[1], ["a"]]
        wrong: tuple[object, ...] = ({}, [1], [[1], []])
        for nonsense in wrong:
            with pytest.raises(TableError, match="answered what is no answer"):
                session._check_piece(nonsense)


def test_an_interrupt_leaves_no_process_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tables.write_parquet(tmp_path / "table.parquet", tables.samples())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    started: list[int] = []

    def interrupt(table: OpenTable, _sha256: str) -> None:
        assert isinstance(table.session, ProcessSession)
        started.append(table.session._process.pid)
        assert list(scratch.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "count_table", interrupt)
    with pytest.raises(KeyboardInterrupt):
        READER.read(table, ReadOptions())
    assert list(scratch.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


@pytest.mark.parametrize("name", ["a b.parquet", "[1].parquet", "*.parquet", "it's.parquet", "{a}.parquet"])
def test_a_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    tables.write_parquet(tmp_path / "1.parquet", tables.awareness())
    table = tables.write_parquet(tmp_path / "plain.parquet", tables.samples()).rename(tmp_path / name)
    assert READER.read(table, ReadOptions())[0].where == f"{table}:1"
