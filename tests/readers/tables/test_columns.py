"""What a table's columns are called: names of ours, of other tools and of `--map`; all faults of a header at once."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import TableError
from auditor.model.run import Tallies
from auditor.readers.interface import ReadOptions
from auditor.readers.table import READER
from auditor.readers.tables.columns import ALIASES, COLUMNS, MAX_COLUMNS, name_columns, parse_column_map
from tests.readers.tables import tables

NAMES = ("spec_revision", "suite", "model", "item", "misaligned")
CELLS = {"spec_revision": "v1", "suite": "s", "model": "m", "item": "a", "misaligned": "1"}


def read(path: Path, column_map: Mapping[str, str] | None = None, *, ignore_extra: bool = False) -> tuple[str, ...]:
    """What the one run of a table says of itself, and its one item."""
    [run] = READER.read(path, ReadOptions(columns=column_map or {}, ignore_extra=ignore_extra))
    assert isinstance(run.samples, Tallies)
    assert run.samples.items is not None
    return (run.stamp or "", run.suite, run.model, *run.samples.items, str(run.samples.misaligned[0]))


def refusal(path: Path, column_map: Mapping[str, str] | None = None) -> str:
    with pytest.raises(TableError) as caught:
        read(path, column_map)
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(str(path), "TABLE")


def write(folder: Path, kind: str, names: Mapping[str, str]) -> Path:
    """A table of one row; `names` are other names of its columns."""
    row: tables.Row = {names.get(name, name): cell for name, cell in CELLS.items()}
    path = folder / f"table.{kind}"
    if kind == "parquet":
        return tables.write_parquet(path, [row])
    if kind == "jsonl":
        return tables.write_jsonl(path, [row])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if kind == "tsv" else ",")
        writer.writerows([list(row), list(row.values())])
    return path


KINDS = pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])


@KINDS
def test_names_of_other_tools(tmp_path: Path, kind: str) -> None:
    names = {"spec_revision": "commit", "suite": "Task", "item": "sample id", "misaligned": "Misaligned"}
    table = write(tmp_path, kind, names)
    assert read(table) == ("v1", "s", "m", "a", "1")


@KINDS
def test_a_map(tmp_path: Path, kind: str) -> None:
    table = write(tmp_path, kind, {"item": "it's \U0001f40d", "misaligned": "bad"})
    assert read(table, parse_column_map("item=it's \U0001f40d, misaligned=bad")) == ("v1", "s", "m", "a", "1")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters(tmp_path: Path, delimiter: str, end: str) -> None:
    path = tmp_path / "table.csv"
    rows = [*NAMES], ["v1", "s", "m", f'"a{delimiter}, b;"', "1"]
    path.write_bytes(b"\xef\xbb\xbf" + "".join(delimiter.join(row) + end for row in rows).encode())
    assert read(path) == ("v1", "s", "m", f"a{delimiter}, b;", "1")


def test_a_name_of_ours_goes_before_those_of_other_tools(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,spec_revision,suite,model,item,misaligned\nx,v1,s,m,a,1\n")
    assert refusal(path) == "TABLE:1: id: is no column of a tidy table; give --extra ignore to skip columns like it"
    assert read(path, ignore_extra=True) == ("v1", "s", "m", "a", "1")
    assert read(path, {"item": "id"}, ignore_extra=True) == ("v1", "s", "m", "x", "1")


@pytest.mark.parametrize(
    ("header", "column_map", "message"),
    [
        (
            "commit,revision,suite,model,item,misaligned",
            {},
            "TABLE:1: spec_revision: could be 'commit' or 'revision'; say which with --map spec_revision=commit",
        ),
        (
            "spec_revision,suite,modle,itm,misaligned,hue",
            {},
            "TABLE:1: model is missing, item is missing, hue is no column of a tidy table, "
            "itm is no column of a tidy table (item?), modle is no column of a tidy table (model?); rename columns "
            "or map them with --map COLUMN=NAME, and give --extra ignore to skip unknown ones",
        ),
        (
            "spec_revision,suite,model,item",
            {},
            "TABLE:1: misaligned: is missing; add the column, or say with --map misaligned=NAME which it is",
        ),
        (
            "spec_revision,suite,model,item,misaligned",
            {"item": "sample"},
            "TABLE:1: sample: is no column here (the table has spec_revision, suite, model, item, misaligned); "
            "correct --map",
        ),
        ("a" * 200 + ",b" * MAX_COLUMNS, {}, "TABLE:1: b: is the name of two columns; keep one of them"),
        (
            ",".join(f"c{number}" for number in range(50_000)),
            {},
            "TABLE:1: has 50,000 columns, more than 1,000; keep the columns of a tidy table",
        ),
    ],
)
def test_faults_of_a_header(tmp_path: Path, header: str, column_map: dict[str, str], message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{header}\n{header}\n")
    assert refusal(path, column_map) == message


def test_a_json_line_may_not_change_what_a_name_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    lines = [CELLS, {name if name != "item" else "id": cell for name, cell in CELLS.items()}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert refusal(path).startswith("TABLE:2: item is missing, id is no column of a tidy table")


@pytest.mark.parametrize("text", ["", "item", "item=", "=id", "itm=id", "item=a,item=b", "item=a,suite=a", "item=a,"])
def test_a_map_that_is_none(text: str) -> None:
    with pytest.raises(TableError, match=r"^--map"):
        parse_column_map(text)


@given(st.lists(st.sampled_from([*COLUMNS, *ALIASES, "Item", "colour", ""]), unique=True, max_size=12))
@settings(max_examples=200, deadline=None)
def test_every_column_has_one_name(names: list[str]) -> None:
    try:
        columns = name_columns(names, {}, "table")
    except TableError:
        return
    assert len(set(columns.values())) == len(columns)
    assert columns.keys() <= set(names)
    assert all(columns[name] == name for name in names if name in COLUMNS)
