"""Tidy tables (`.csv`, `.jsonl`, `.parquet`): one row a sample, or one row a tally. The columns: `tables.columns`.

Every table is counted by an engine (`tables.count`).
"""

from __future__ import annotations

from pathlib import Path

from auditor.model.raw_run import RawRun
from auditor.readers.interface import ReadOptions
from auditor.readers.json_files import first_key

# What lies beside the results of a scan by inspect_scout, which are Parquet and JSON lines too.
SCAN_FILE = "_scan.json"
# How the lines of other tools' logs begin; no column is called so.
OTHER_TOOLS_KEYS = {"doc_id", "spec"}


class TableReader:
    """Reads the runs of a tidy table."""

    name = "table"
    kinds = "tidy tables (.csv, .tsv, .jsonl, .parquet)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By its name, unless its lines or its folder are another tool's; Parquet also by how it begins."""
        if path.with_name(SCAN_FILE).is_file():
            return False
        if path.suffix == ".jsonl":
            return first_key(head) not in OTHER_TOOLS_KEYS
        return path.suffix in {".csv", ".tsv", ".parquet"} or head.startswith(b"PAR1")

    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a table. Raises TableError naming line and column."""
        from auditor.readers.tables.count import read_table

        return read_table(path, options.engine, options)


READER = TableReader()
