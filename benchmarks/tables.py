"""Tallies of large Parquet tables beside decoding their columns: time as a ratio, and peak memory.

python -m benchmarks.tables [--rows 10000000] [--large 100000000] [--spark]

Each table has one row a sample, 1,000 items a run, 50 or 10 epochs. The limit decodes every column that is read, in
DuckDB, with as many threads; its texts stay dictionaries, as columns of few values do, which makes it a hard one.
Beside it: the one statement by itself, its tallies kept as a table; and the reader whole, with its process, the sha256
of the file, the checks, and the tallies as Python values. Peak memory is of the process that asks and of what it
starts.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import sleep

import duckdb

from auditor.model.run import Tallies
from auditor.readers.interface import Engine, ReadOptions
from auditor.readers.table import READER
from auditor.readers.tables import statement
from auditor.readers.tables.duckdb_backend import DuckdbBackend
from auditor.readers.tables.session import Opening
from auditor.readers.tables.statement import column_kinds
from benchmarks.speed.timing import ROOT, commit_of, fastest

RESULTS = ROOT / "benchmarks/RESULTS-tables.md"
ITEMS = 1000
# How many values each text has depends on the shape: samples of 1,000 items in so many runs.
ROWS = """
COPY (SELECT 'v' || (i // ({items} * {epochs} * 20)) AS spec_revision,
             CASE WHEN (i // ({items} * {epochs})) % 2 = 0 THEN 'visible' ELSE 'unseen' END AS suite,
             'model-' || ((i // ({items} * {epochs} * 2)) % 10) AS model,
             'item-' || md5(CAST((i * 7919) % {items} AS VARCHAR))[:8] AS item,
             (i // {items}) % {epochs} + 1 AS epoch,
             CAST(hash(i) % 13 = 0 AS INT) AS misaligned
      FROM range({rows}) AS t(i)) TO '{path}' (FORMAT parquet)
"""
DECODE = """
SELECT sum(strlen(spec_revision)), sum(strlen(suite)), sum(strlen(model)), sum(strlen(item)), sum(epoch),
       sum(misaligned) FROM read_parquet('{path}')
"""


def write(path: Path, rows: int, epochs: int) -> Path:
    """A table of samples: every (run, item, epoch) once, the items of an epoch shuffled."""
    with duckdb.connect() as connection:
        connection.execute(ROWS.format(rows=rows, epochs=epochs, items=ITEMS, path=path))
    return path


def decode(path: Path) -> None:
    """The limit."""
    with duckdb.connect() as connection:
        connection.execute(DECODE.format(path=path)).fetchall()


def read(path: Path, rows: int, engine: Engine) -> int:
    """What auditor does. Returns the tallies it made."""
    runs = READER.read(path, ReadOptions(engine=engine, master=f"local[{os.cpu_count()}]"))
    tallies = [run.samples for run in runs if isinstance(run.samples, Tallies)]
    assert sum(sum(tally.valid) for tally in tallies) == rows
    return sum(len(tally.valid) for tally in tallies)


def count(path: Path) -> None:
    """The statement by itself."""
    backend = DuckdbBackend(Opening("duckdb", "parquet", (str(path),), f"{path}.spill", threads=os.cpu_count() or 1))
    kinds = column_kinds(backend.columns(), path, "duckdb")
    assert list(backend.answer(f"CREATE TEMP TABLE tallies AS {statement.tallies_sql(kinds)}"))


def resident(process: int) -> int:
    """The memory a process and its children have in use, in bytes."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process:
                total += resident(int(folder.name)) + int((folder / "statm").read_text().split()[1]) * 4096
        except (OSError, ValueError):
            continue
    return total


def peaks(work: Callable[[], int]) -> tuple[int, int, int]:
    """What work returns; the peak of this process and the peak of those it started, in MiB."""
    own, started, ended = [0], [0], threading.Event()

    def watch() -> None:
        while not ended.is_set():
            own[0] = max(own[0], int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
            started[0] = max(started[0], resident(os.getpid()))
            sleep(0.05)

    thread = threading.Thread(target=watch)
    thread.start()
    done = work()
    ended.set()
    thread.join()
    return done, own[0] // 2**20, started[0] // 2**20


def row(folder: Path, rows: int, epochs: int, engine: Engine, times: int) -> str:
    """One line of the table."""
    path = folder / f"{rows}-{epochs}.parquet"
    path = path if path.exists() else write(path, rows, epochs)
    limit = fastest(lambda: decode(path), times)
    alone = fastest(lambda: count(path), times) if engine is Engine.DUCKDB else None
    tallies, own, children = peaks(lambda: read(path, rows, engine))
    seconds = fastest(lambda: read(path, rows, engine), times)
    size = path.stat().st_size / 2**20
    cells = [engine.value, f"{rows:,}", f"{size:,.0f} MiB", f"{tallies:,}", f"{limit:.2f} s"]
    cells += ["", ""] if alone is None else [f"{alone:.2f} s", f"{alone / limit:.1f}"]
    cells += [f"{seconds:.2f} s", f"{seconds / limit:.1f}", f"{own:,} MiB", f"{children:,} MiB"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description="Tallies of large tables.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--large", type=int, default=100_000_000)
    parser.add_argument("--spark", action="store_true", help="count the first table on Spark too")
    namespace = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shapes = [(namespace.rows, 50, 3), (namespace.rows, 10, 3), (namespace.large, 50, 1), (namespace.large, 10, 1)]
        for rows, epochs, times in shapes:
            lines.append(row(folder, rows, epochs, Engine.DUCKDB, times))
            print(lines[-1], flush=True)
        if namespace.spark:
            lines.append(row(folder, namespace.rows, 50, Engine.SPARK, 1))
            print(lines[-1], flush=True)
    RESULTS.write_text(document(lines), encoding="utf-8")


def document(lines: list[str]) -> str:
    """The table with what it was measured with."""
    assert __doc__
    said = __doc__.strip().split("\n\n", 2)
    about = [said[0].replace("\n", " "), "", f"Written by `{said[1].strip()}`.", "", said[2]]
    tools = f"Python {platform.python_version()}, duckdb {version('duckdb')}, {os.cpu_count()} cores"
    head = [
        "engine",
        "rows",
        "file",
        "tallies",
        "decode",
        "statement",
        "ratio",
        "read",
        "ratio",
        "peak, asking",
        "peak, reading",
    ]
    table = [f"| {' | '.join(head)} |", "| --- |" + " ---: |" * (len(head) - 1), *lines]
    return "\n".join(["# Tables", "", *about, "", f"Commit {commit_of(ROOT)}; {tools}.", "", *table, ""])


if __name__ == "__main__":
    main()
