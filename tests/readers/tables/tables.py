"""Tables for the battery of the engines: the same rows as CSV, JSON Lines and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Row = dict[str, object]
SUITE: Row = {"spec_revision": "v1", "suite": "visible", "model": "m"}


def samples() -> list[Row]:
    return [
        SUITE | {"item": f"item-{number % 7}", "epoch": number // 7 + 1, "misaligned": (None, 1, 0)[number % 3]}
        for number in range(40)
    ]


def awareness() -> list[Row]:
    aware = (None, True, False, True)
    return [row | {"aware": aware[number % 4]} for number, row in enumerate(samples())]


def severity() -> list[Row]:
    """Sums that depend on the order of adding, were they added as they are."""
    rated = (0.1, 0.2, 0.3, None, 1, 1e-9, 0.7, 0.123456789012345, 0.000000000499)
    return [row | {"severity": rated[number % 9]} for number, row in enumerate(samples())]


def several_runs() -> list[Row]:
    """Runs told apart by every column that does so, their rows mingled, with everything said of them."""
    document: Row = {
        "created": "2026-01-31T10:00:00+02:00", "role": "test", "behaviour": "concealment", "exposure": "trained",
        "cot_pressure": 0, "scorer": "judge", "sampling": '{"temperature":0}', "planned": 40,
    }  # fmt: skip
    documents: list[Row] = [
        {}, {"model": "n"}, {"checkpoint": "k", "parent_checkpoint": "p"}, {"condition": "monitored"}, {"run": "2"},
        {"spec_revision": "v2"}, {"suite": "unseen", "role": "held_out"},
    ]  # fmt: skip
    columns: Row = dict.fromkeys(("checkpoint", "parent_checkpoint", "condition", "run"))
    return [columns | row | document | one for row in samples()[:12] for one in documents]


def invalid_only() -> list[Row]:
    reasons = ("error", "refusal", None)
    return [
        SUITE | {"item": f"é{number}", "misaligned": None, "invalid_reason": reasons[number % 3]} for number in range(6)
    ]


def reasons() -> list[Row]:
    """Of every kind, as people write them, several an item; samples with a score have none."""
    said = ("Error: timed out", " refused", "content_filter", "limit: tokens", "the log ends", "REFUSAL", None, None)
    bad = (None, None, None, None, None, None, 1, 0)
    return [
        SUITE
        | {"item": f"i{n % 5}", "epoch": n // 5 + 1, "misaligned": bad[n % 8], "invalid_reason": said[n % 8]}
        | {"aware": (None, True)[n % 2], "severity": (None, 0.25, 0.5)[n % 3]}
        for n in range(80)
    ]


def many_epochs() -> list[Row]:
    return [SUITE | {"item": "a", "epoch": number + 1, "misaligned": number % 2} for number in range(140)]


def numbered_items() -> list[Row]:
    return [SUITE | {"item": number, "misaligned": number % 2, "prompt": f"Say {number}."} for number in range(12)]


def tallies() -> list[Row]:
    return [SUITE | {"item": f"i{number}", "misaligned_count": number, "valid_count": 9} for number in range(9)]


def totals() -> list[Row]:
    return [
        SUITE | {"run": str(run), "misaligned_count": run, "valid_count": 500, "design_effect": 1.5} for run in (1, 2)
    ]


TABLES: tuple[Callable[[], list[Row]], ...] = (
    samples, awareness, severity, several_runs, invalid_only, reasons, many_epochs, numbered_items, tallies, totals,
)  # fmt: skip
TYPES = {
    "misaligned": "TINYINT", "epoch": "BIGINT", "aware": "BOOLEAN", "severity": "DOUBLE", "cot_pressure": "BOOLEAN",
    "created": "TIMESTAMP WITH TIME ZONE", "planned": "INTEGER", "misaligned_count": "BIGINT", "valid_count": "BIGINT",
    "design_effect": "DOUBLE",
}  # fmt: skip


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: Sequence[Row], types: dict[str, str] | None = None) -> Path:
    """As other tools write it, with a type for each column."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    integer = all(isinstance(row.get("item"), int) for row in rows)
    known = TYPES | ({"item": "BIGINT"} if integer else {}) | (types or {})
    names = list(rows[0])
    columns = ", ".join(f'"{name}" {known.get(name, "VARCHAR")}' for name in names)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({columns})")
        values = [[row[name] for name in names] for row in rows]
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(names))})", values)
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path
