"""One battery for all engines: the records of a table are those of the naive reference, whichever counts it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from auditor.app.ingest import ingest, read_ingest_rules, to_runs
from auditor.app.project import open_project
from auditor.git import Folder
from auditor.model.run import Run
from auditor.readers.interface import Engine, ReadOptions
from auditor.store.records import load_records
from tests.readers.tables import tables
from tests.readers.tables.reference import read_in_python
from tests.readers.tables.tables import Row
from tests.repos import GitRepo

pytest.importorskip("duckdb", reason="DuckDB is not installed")
SUITES = "".join(
    f'[[suite]]\nname = "{name}"\nbehaviour = "concealment"\nrole = "{role}"\n'
    for name, role in (("visible", "test"), ("unseen", "held_out"))
)
WRITE = {"csv": tables.write_csv, "jsonl": tables.write_jsonl, "parquet": tables.write_parquet}
SPARK = pytest.mark.skipif(find_spec("pyspark") is None, reason="the extra spark is not installed (make sweep has it)")
TABLES = pytest.mark.parametrize("rows", tables.TABLES, ids=lambda one: one.__name__)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    git_repo = GitRepo(tmp_path_factory.mktemp("battery") / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
    git_repo.commit({"auditor.toml": settings, "eval_history/suites.toml": SUITES, "spec.md": "# Conduct\n\nSay so.\n"})
    git_repo.tag("v1")
    git_repo.commit({"spec.md": "# Conduct\n\nSay so.\n\nAlways.\n"})
    git_repo.tag("v2")
    return git_repo.path


def records(repository: Path, table: Path | str, engine: Engine) -> Mapping[str, Run]:
    """The records of a table, by id; the repository is as before."""
    for name in ("records", "items"):
        shutil.rmtree(repository / "eval_history" / name, ignore_errors=True)
    report = ingest([table], root=repository, extra="error", dry_run=False, engine=engine, master="local[2]")
    assert report.refusals == ()
    runs = load_records(Folder(repository), "eval_history")
    assert len(runs) == sum(file.added for file in report.files) > 0
    return {run.record: run for run in runs}


def reference(repository: Path, table: Path) -> Mapping[str, Run]:
    """The records that the naive reference makes of a table."""
    with open_project(repository) as project:
        rules = read_ingest_rules(project)
        runs = [run for raw in read_in_python(table, ReadOptions()) for run, _ in to_runs(raw, rules)]
    return {run.record: run for run in runs}


def content(runs: Mapping[str, Run]) -> list[str]:
    """The runs without what says which file they came in."""
    same = [replace(run, record="", identity="", source_sha256="", created=None) for run in runs.values()]
    return sorted(map(repr, same))


@TABLES
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_text_is_what_the_reference_has(
    repository: Path, tmp_path: Path, rows: Callable[[], list[Row]], kind: str
) -> None:
    table = WRITE[kind](tmp_path / f"table.{kind}", rows())
    assert records(repository, table, Engine.DUCKDB).keys() == reference(repository, table).keys()


@TABLES
def test_parquet_is_the_same_as_text(repository: Path, tmp_path: Path, rows: Callable[[], list[Row]]) -> None:
    as_text = reference(repository, tables.write_csv(tmp_path / "table.csv", rows()))
    as_parquet = records(repository, tables.write_parquet(tmp_path / "table.parquet", rows()), Engine.DUCKDB)
    assert content(as_parquet) == content(as_text)
    created = [{run.created for run in runs.values()} for runs in (as_text, as_parquet)]
    assert created[0] == created[1]


@SPARK
@TABLES
def test_spark_is_the_same_as_duckdb(repository: Path, tmp_path: Path, rows: Callable[[], list[Row]]) -> None:
    for kind in ("csv", "parquet"):
        table = WRITE[kind](tmp_path / f"table.{kind}", rows())
        assert records(repository, table, Engine.SPARK) == records(repository, table, Engine.DUCKDB)


def parts(folder: Path) -> Path:
    """A table as Spark writes it: a folder of parts, and files that are no part of it."""
    folder.mkdir()
    rows = tables.several_runs()
    for number in range(3):
        tables.write_parquet(folder / f"part-{number}.parquet", rows[number::3])
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.parquet.tmp").write_bytes(b"left by a crash")
    return folder


def test_a_folder_of_parts_is_one_table(repository: Path, tmp_path: Path) -> None:
    whole = tables.write_parquet(tmp_path / "whole.parquet", tables.several_runs())
    path = parts(tmp_path / "apart.parquet")
    of_parts = records(repository, path, Engine.DUCKDB)
    assert content(of_parts) == content(records(repository, whole, Engine.DUCKDB))
    [sha256] = {run.source_sha256 for run in of_parts.values()}
    moved = path.rename(tmp_path / "elsewhere.parquet")
    assert records(repository, moved, Engine.DUCKDB) == of_parts
    (moved / "part-2.parquet").rename(moved / "part-3.parquet")
    assert {run.source_sha256 for run in records(repository, moved, Engine.DUCKDB).values()} != {sha256}


def test_a_folder_of_parts_is_found_in_a_folder(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    parts(tmp_path / "results/apart.parquet")
    report = ingest([tmp_path / "results"], root=repository, extra="error", dry_run=True)
    assert [(Path(file.path).name, file.runs, file.refused) for file in report.files] == [("apart.parquet", 7, None)]


@SPARK
def test_spark_reads_a_folder_as_duckdb_does(repository: Path, tmp_path: Path) -> None:
    table = parts(tmp_path / "apart.parquet")
    assert records(repository, table, Engine.SPARK) == records(repository, table, Engine.DUCKDB)


@SPARK
@pytest.mark.parametrize("folder", [False, True])
def test_spark_reads_an_address(repository: Path, tmp_path: Path, folder: bool) -> None:
    """Where only Spark can list and hash the files, a table goes by the same sha256."""
    path = tmp_path / "table.parquet"
    table = parts(path) if folder else tables.write_parquet(path, tables.several_runs())
    assert records(repository, path.as_uri(), Engine.SPARK) == records(repository, table, Engine.DUCKDB)
