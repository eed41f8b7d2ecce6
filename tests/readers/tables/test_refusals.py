"""What the naive reference refuses, DuckDB refuses too: by file, row and column, in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import TableError
from auditor.model.run import Tallies
from auditor.readers.interface import ReadOptions
from auditor.readers.table import READER
from tests.readers.tables import tables
from tests.readers.tables.reference import read_in_python
from tests.readers.tables.tables import Row
from tests.readers.test_table import REFUSED, ROW

pytest.importorskip("duckdb", reason="DuckDB is not installed")


def refusal(path: Path, read: Callable[[Path, ReadOptions], object] = READER.read) -> str:
    with pytest.raises(TableError) as caught:
        read(path, ReadOptions())
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(str(path), "TABLE")


def both(folder: Path, name: str, text: str) -> tuple[str, str]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return refusal(path, read_in_python), refusal(path)


# Whose words are an engine's own, or name another line.
OTHERWISE = ("is no column", "is missing", "no such column", "counts more than valid_count")


@pytest.mark.parametrize(("lines", "message"), REFUSED, ids=[message[6:46] for _, message in REFUSED])
def test_csv(tmp_path: Path, lines: list[str], message: str) -> None:
    python, duckdb = both(tmp_path, "table.csv", "\n".join(lines) + "\n")
    if any(words in message for words in OTHERWISE):
        assert duckdb.startswith("TABLE")
    else:
        assert duckdb == python


@pytest.mark.parametrize(
    "lines",
    [
        [ROW | {"misaligned": 0.5}],
        [ROW | {"misaligned": float("nan")}],
        [ROW | {"severity": True}],
        [ROW | {"planned": True}],
        [ROW | {"suite": 1.5}],
        [ROW | {"suite": ["s"]}],
        [ROW | {"severity": {"a": {}}}],
        [ROW | {"item": 1.5}],
        [ROW | {"item": None}],
        [ROW | {"invalid_reason": [1], "misaligned": None}],
        [ROW | {"prompt": 2.5}],
        [ROW, ROW | {"item": "b", "epoch": 1.0}],
        [ROW, ROW | {"item": "b", "colour": "red"}],
        [ROW, [1]],
        [ROW, ROW],
    ],
    ids=str,
)
def test_json_lines(tmp_path: Path, lines: list[object]) -> None:
    python, duckdb = both(tmp_path, "table.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    assert duckdb == python


@pytest.mark.parametrize("text", [json.dumps(ROW)[:-1] + ",}", '{"item": 1, "item": 2}', "{", '{"a": 1e400}'])
def test_what_is_not_quite_json(tmp_path: Path, text: str) -> None:
    assert all(said.startswith("TABLE") for said in both(tmp_path, "table.jsonl", f"{json.dumps(ROW)}\n{text}\n"))


@pytest.mark.parametrize("second", ["v1,s,m,a ,0,{}", "v1,s,m ,a,0,{}", "v1,s,m,\u2003a\t,0,{}"])
def test_one_item_of_a_run_written_in_two_ways(tmp_path: Path, second: str) -> None:
    path = tmp_path / "table.csv"
    head = "spec_revision,suite,model,item,misaligned,epoch\nv1,s,m,a,1,1\n"
    path.write_text(f"{head}{second.format(1)}\n", encoding="utf-8")
    assert refusal(path).startswith("TABLE:3: item: 'a', epoch 1, stands on line 2 already")
    path.write_text(f"{head}{second.format(2)}\n", encoding="utf-8")
    [run] = READER.read(path, ReadOptions())
    assert run.samples == Tallies(("a",), (2,), (1,), (0,))


PARQUET: list[tuple[Row, dict[str, str], str]] = [
    ({"misaligned": 13}, {}, "TABLE:2: misaligned: 13 is not one of 1, 0, true, false; shares and percentages go as"),
    ({"misaligned": 0.5}, {"misaligned": "DOUBLE"}, "TABLE:2: misaligned: 0.5 is not one of 1, 0, true, false"),
    ({"misaligned": "0.5"}, {"misaligned": "VARCHAR"}, "TABLE:2: misaligned: '0.5' is not one of 1, 0, true, false"),
    ({"severity": 80.0}, {}, "TABLE:2: severity: 80.0 is not from 0 to 1"),
    ({"severity": float("nan")}, {}, "TABLE:2: severity: nan is no finite number"),
    ({"severity": float("inf")}, {}, "TABLE:2: severity: inf is no finite number"),
    ({"epoch": 0}, {}, "TABLE:2: epoch: epochs count from 1"),
    ({"item": None}, {}, "TABLE:2: item: is empty; fill the cell"),
    ({"item": " "}, {}, "TABLE:2: item: is empty; fill the cell"),
    ({"item": "a"}, {}, "TABLE:2: item: 'a', epoch 1, stands in row 1 already; number repetitions"),
    ({"suite": None}, {}, "TABLE:2: suite: is empty; fill the cell"),
    ({"scorer": "other"}, {}, "TABLE:2: scorer: differs from row 1 of the same run"),
    ({"role": "train"}, {}, "TABLE:2: role: 'train' is not one of test, held_out, deployment"),
    ({"invalid_reason": "error"}, {}, "TABLE:2: invalid_reason: is given for a sample that has a score"),
    ({"created": "2026-01-31 10:00:00"}, {"created": "TIMESTAMP"}, "TABLE: created: is of the type timestamp, whose"),
    ({"created": "2026-01-31T10:00"}, {"created": "VARCHAR"}, "TABLE:2: created: '2026-01-31T10:00' has no offset"),
    ({"colour": "red"}, {}, "TABLE: colour: is no column of a tidy table"),
    ({"prompt": "x"}, {"prompt": "BLOB"}, "TABLE: prompt: is of the type blob, which no cell of a tidy table has"),
    ({"severity": True}, {"severity": "BOOLEAN"}, "TABLE:2: severity: True is no finite number"),
    ({"item": 1.5}, {"item": "DOUBLE"}, "TABLE:1: item: 0.0 is not text"),
]


@pytest.mark.parametrize(("change", "types", "message"), PARQUET, ids=[message[6:46] for *_, message in PARQUET])
def test_parquet(tmp_path: Path, change: Row, types: dict[str, str], message: str) -> None:
    first: Row = dict.fromkeys(change) | ROW | ({"scorer": "one"} if "scorer" in change else {})
    first["item"] = 0.0 if "item" in types else "a"
    rows = [first, first | {"item": "b"} | change]
    text = refusal(tables.write_parquet(tmp_path / "table.parquet", rows, types))
    assert text.startswith(message)


def test_a_tally_with_more_misaligned_than_valid(tmp_path: Path) -> None:
    rows = tables.tallies()
    rows[4]["misaligned_count"] = 10
    text = refusal(tables.write_parquet(tmp_path / "table.parquet", rows))
    assert text == "TABLE:5: misaligned_count: counts more than valid_count; correct the counts"


def test_an_empty_table(tmp_path: Path) -> None:
    whole = tables.write_parquet(tmp_path / "table.parquet", tables.samples())
    duckdb = pytest.importorskip("duckdb")
    duckdb.execute(f"COPY (SELECT * FROM '{whole}' LIMIT 0) TO '{tmp_path / 'empty.parquet'}'")
    text = refusal(tmp_path / "empty.parquet")
    assert text == "TABLE: holds no rows; give a table with at least one run"


def test_a_partition_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.parquet/suite=s").mkdir(parents=True)
    assert refusal(tmp_path / "table.parquet").startswith("TABLE/suite=s: is a partition")


@pytest.mark.parametrize("cut", [4, 60, -9])
def test_a_damaged_file_is_one_line(tmp_path: Path, cut: int) -> None:
    path = tables.write_parquet(tmp_path / "table.parquet", tables.samples())
    path.write_bytes(path.read_bytes()[:cut])
    assert refusal(path).startswith("TABLE: DuckDB cannot read it")
