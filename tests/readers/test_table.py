"""Tidy tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.model.run import Exposure, SampleReasons, Tallies
from auditor.model.suite import Role
from auditor.readers.interface import ReadOptions, reader_for

HEAD = "spec_revision,suite,model,item,misaligned"
TALLY = "spec_revision,suite,model,item,misaligned_count,valid_count"
TOTAL = "spec_revision,suite,model,misaligned_count,valid_count"


def read(path: Path, *, ignore_extra: bool = False) -> tuple[RawRun, ...]:
    return reader_for(path).read(path, ReadOptions(ignore_extra=ignore_extra))


def table(folder: Path, *lines: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TableError) as caught:
        read(path)
    return str(caught.value).replace(str(path), "TABLE")


def test_one_row_a_sample(tmp_path: Path) -> None:
    [run] = read(table(tmp_path, HEAD, "v1,s,m,a,1", "v1,s,m,b,FALSE", "v1,s,m,c,"))
    assert run.samples == Tallies(("a", "b", "c"), (1, 1, 0), (1, 0, 0), (0, 0, 1))
    assert (run.source, run.stamp, run.suite, run.model, run.run) == ("table", "v1", "s", "m", "")
    assert run.where == f"{tmp_path / 'table.csv'}:2"
    assert (run.log_id, run.checkpoint, run.condition, run.created, run.incomplete) == (None, None, "", None, None)


def test_every_column(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "spec_revision": "v1", "suite": "s", "model": "m", "item": 7, "misaligned": None, "epoch": 2, "run": "r",
        "created": "2026-01-31T10:00:00Z", "role": "held_out", "behaviour": "b", "condition": "c", "checkpoint": "k",
        "parent_checkpoint": "p", "exposure": "trained", "cot_pressure": 0, "invalid_reason": "refusal", "aware": True,
        "severity": 0.5, "scorer": "judge", "sampling": "t=0", "planned": 20, "prompt": "never kept",
    }  # fmt: skip
    [run] = read(table(tmp_path, json.dumps(row), name="table.jsonl"))
    assert run.samples == Tallies(("7",), (0,), (0,), (1,), reasons=SampleReasons((0,), (0,), (1,), (0,), (0,)))
    assert (run.run, run.created, run.role) == ("r", datetime(2026, 1, 31, 10, tzinfo=UTC), Role.HELD_OUT)
    assert (run.behaviour, run.condition, run.checkpoint, run.parent_checkpoint) == ("b", "c", "k", "p")
    assert (run.exposure, run.cot_pressure, run.planned) == (Exposure.TRAINED, False, 20)
    assert (run.scorer, run.sampling) == ("judge", "t=0")
    assert run.prompts == (("7", "never kept"),)
    assert "never kept" not in repr(run)


def test_tallies_by_item_are_sorted(tmp_path: Path) -> None:
    [run] = read(table(tmp_path, TALLY, "v1,s,m,b,1,4", "v1,s,m,a,0,5"))
    assert run.samples == Tallies(("a", "b"), (5, 4), (0, 1), (0, 0))


@pytest.mark.parametrize(("cell", "effect"), [("1", 1.0), ("1.5", 1.5), ("", None)])
def test_a_tally_of_a_whole_suite(tmp_path: Path, cell: str, effect: float | None) -> None:
    [run] = read(table(tmp_path, TOTAL + ",design_effect", f"v1,s,m,65,500,{cell}"))
    assert run.samples == Tallies(None, (500,), (65,), (0,), design_effect=effect)


def test_runs_are_told_apart(tmp_path: Path) -> None:
    rows = [
        "v1,s,m,a,1,,,", "v2,s,m,a,1,,,", "v1,t,m,a,1,,,", "v1,s,n,a,1,,,", "v1,s,m,a,1,k,,", "v1,s,m,a,1,,c,",
        "v1,s,m,a,1,,,r", "v1,s,m,b,1,,,",
    ]  # fmt: skip
    runs = read(table(tmp_path, HEAD + ",checkpoint,condition,run", *rows))
    told = [(run.stamp, run.suite, run.model, run.checkpoint, run.condition, run.run) for run in runs]
    assert told == [
        ("v1", "s", "m", None, "", ""), ("v2", "s", "m", None, "", ""), ("v1", "t", "m", None, "", ""),
        ("v1", "s", "n", None, "", ""), ("v1", "s", "m", "k", "", ""), ("v1", "s", "m", None, "c", ""),
        ("v1", "s", "m", None, "", "r"),
    ]  # fmt: skip
    assert [run.samples.items for run in runs if isinstance(run.samples, Tallies)] == [("a", "b"), *[("a",)] * 6]


def test_a_byte_order_mark_blank_lines_and_quotes_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    text = f'{HEAD},prompt\r\n\r\nv1,s,m,"a, b",1,"two\r\nlines"\r\nv1,s,m,c,2,x\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    line = "TABLE:5: misaligned: '2' is not one of 1, 0, true, false; shares and percentages go as misaligned_count"
    assert refusal(path).startswith(line)
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("c,2", "c,1").encode())
    [run] = read(path)
    assert isinstance(run.samples, Tallies)
    assert run.samples.items == ("a, b", "c")


SHARES = "shares and percentages go as misaligned_count and valid_count"
REFUSED: list[tuple[list[str], str]] = [
    ([HEAD, "v1,s,m,a,13"], f"TABLE:2: misaligned: '13' is not one of 1, 0, true, false; {SHARES}; correct the cell"),
    ([HEAD, "v1,s,m,a,0.5"], f"TABLE:2: misaligned: '0.5' is not one of 1, 0, true, false; {SHARES}; correct the cell"),
    ([HEAD, "v1,s,m,a,NaN"], f"TABLE:2: misaligned: 'NaN' is not one of 1, 0, true, false; {SHARES}; correct the cell"),
    (
        [HEAD, ",s,m,a,1"],
        "TABLE:2: spec_revision: is empty: probably $(auditor revision) failed when the evaluation was started; "
        "run auditor revision by itself to see why, and fill the cell with the revision evaluated",
    ),
    ([HEAD, "v1,s,m, ,1"], "TABLE:2: item: is empty; fill the cell"),
    ([HEAD, "v1,s,m,a"], "TABLE:2: has 4 cells, the header 5; quote cells that hold commas or line ends"),
    ([HEAD, 'v1,s,m,"a,1'], "TABLE:2: is no CSV (unexpected end of data); quote cells as RFC 4180 has it"),
    ([HEAD + ",item"], "TABLE:1: item: is the name of two columns; keep one of them"),
    ([HEAD], "TABLE: holds no rows; give a table with at least one run"),
    (["spec_revision,suite,model,item", "v1,s,m,a"], "TABLE:1: misaligned: is missing; add the column"),
    (
        [HEAD + ",severty", "v1,s,m,a,1,0"],
        "TABLE:1: severty: is no column of a tidy table; "
        "rename it to severity, or give --extra ignore to skip columns like it",
    ),
    ([HEAD, "v1,s,m,a,1", "v1,s,m,a,0"], "TABLE:3: item: 'a', epoch 1, stands on line 2 already; number repetitions"),
    (
        [HEAD + ",scorer", "v1,s,m,a,1,j", "v1,s,m,b,0,"],
        "TABLE:3: scorer: differs from line 2 of the same run; "
        "make it the same, or tell the runs apart in the column run",
    ),
    (
        [HEAD + ",invalid_reason", "v1,s,m,a,1,error"],
        "TABLE:2: invalid_reason: is given for a sample that has a score; empty one of them",
    ),
    ([HEAD + ",epoch", "v1,s,m,a,1,0"], "TABLE:2: epoch: epochs count from 1; correct the cell"),
    ([HEAD + ",severity", "v1,s,m,a,1,80"], "TABLE:2: severity: '80' is not from 0 to 1; correct the cell"),
    ([HEAD + ",severity", "v1,s,m,a,1,1e400"], "TABLE:2: severity: '1e400' is no finite number; correct the cell"),
    ([HEAD + ",severity", "v1,s,m,a,1,0_1"], "TABLE:2: severity: '0_1' is no finite number; correct the cell"),
    (
        [HEAD + ",created", "v1,s,m,a,1,2026-01-31T10:00"],
        "TABLE:2: created: '2026-01-31T10:00' has no offset from UTC, such as Z or +02:00; correct the cell",
    ),
    ([HEAD + ",created", "v1,s,m,a,1,soon"], "TABLE:2: created: 'soon' is no ISO 8601 time; correct the cell"),
    (
        [HEAD + ",role", "v1,s,m,a,1,train"],
        "TABLE:2: role: 'train' is not one of test, held_out, deployment; correct the cell",
    ),
    (
        [TALLY, "v1,s,m,a,-1,5"],
        "TABLE:2: misaligned_count: '-1' is no whole number from 0 to 1,000,000,000; correct the cell",
    ),
    ([TALLY, "v1,s,m,a,6,5"], "TABLE:2: misaligned_count: counts more than valid_count; correct the counts"),
    ([TALLY, "v1,s,m,a,,5"], "TABLE:2: misaligned_count: is empty; fill the cell"),
    ([TALLY, "v1,s,m,a,1,5", "v1,s,m,a,1,5"], "TABLE:3: item: has its tally on line 2 already; add them up"),
    ([TALLY, "v1,s,m,a,1,5", "v1,s,m,,1,5"], "TABLE:3: item: is empty here and given elsewhere in the run"),
    ([TALLY + ",epoch", "v1,s,m,a,1,5,1"], "TABLE:1: epoch: tallies have no such column; give either"),
    ([HEAD + ",design_effect", "v1,s,m,a,1,2"], "TABLE:1: design_effect: samples have no such column; give either"),
    ([TALLY + ",design_effect", "v1,s,m,a,1,5,2"], "TABLE:2: design_effect: is for rows without item; leave it out"),
    ([TOTAL + ",design_effect", "v1,s,m,1,5,0.5"], "TABLE:2: design_effect: '0.5' is under 1, which says the samples"),
    ([TOTAL, "v1,s,m,1,5", "v1,s,m,1,5"], "TABLE:3: item: has its tally on line 2 already"),
]


@pytest.mark.parametrize(("lines", "message"), REFUSED, ids=[message[6:46] for _, message in REFUSED])
def test_refuses_in_one_line(tmp_path: Path, lines: list[str], message: str) -> None:
    text = refusal(table(tmp_path, *lines))
    assert text == message or text.startswith(message)
    assert "\n" not in text


ROW: dict[str, object] = {"spec_revision": "v1", "suite": "s", "model": "m", "item": "a", "misaligned": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"item": 1, "item": 2}', "TABLE:1: has the key 'item' twice; write one JSON object a line"),
        ("[1]", "TABLE:1: is no object; write one JSON object a line"),
        ("{", "TABLE:1: not JSON at line 1, column 2 (Expecting property name enclosed in double quotes); write"),
        (json.dumps(ROW | {"misaligned": 1.5}), "TABLE:1: misaligned: 1.5 is not one of 1, 0, true, false"),
        (json.dumps(ROW | {"misaligned": float("nan")}), "TABLE:1: misaligned: nan is not one of 1, 0, true, false"),
        (json.dumps(ROW | {"severity": True}), "TABLE:1: severity: True is no finite number"),
        (json.dumps(ROW | {"planned": True}), "TABLE:1: planned: True is no whole number"),
        (json.dumps(ROW | {"suite": 1.5}), "TABLE:1: suite: 1.5 is not text"),
        (json.dumps(ROW | {"suite": ["s"]}), "TABLE:1: suite: ['s'] is not text"),
        (json.dumps(ROW | {"severity": {"a": {}}}), "TABLE:1: nested deeper than 2 levels"),
    ],
)
def test_refuses_json_lines(tmp_path: Path, line: str, message: str) -> None:
    assert refusal(table(tmp_path, line, name="table.jsonl")).startswith(message)


def test_a_run_does_not_mix_samples_and_tallies(tmp_path: Path) -> None:
    counts = {name: value for name, value in ROW.items() if name != "misaligned"}
    counts |= {"item": "b", "misaligned_count": 1, "valid_count": 2}
    text = refusal(table(tmp_path, json.dumps(ROW), json.dumps(counts), name="table.jsonl"))
    assert text == ("TABLE: has lines of samples and lines of tallies; write the samples and the tallies as two tables")


def test_bad_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(HEAD.encode() + b"\nv1,s,m,a,1\nv1,s,m,\xff,1\n")
    assert refusal(path) == "TABLE:3: is not UTF-8; save the table as UTF-8"


def test_extra_columns_may_be_ignored(tmp_path: Path) -> None:
    path = table(tmp_path, HEAD + ",note", "v1,s,m,a,1,hello")
    [run] = read(path, ignore_extra=True)
    assert run.samples == Tallies(("a",), (1,), (1,), (0,))


def test_a_table_needs_its_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setattr("auditor.readers.tables.session.find_spec", lambda name: None)
    missing = "TABLE: is Parquet, which is read by DuckDB, which is not here; pip install 'duckdb'"
    assert refusal(path) == missing


@given(st.lists(st.lists(st.text(max_size=6), max_size=6), max_size=5), st.binary(max_size=60))
@settings(max_examples=25, deadline=None)
def test_anything_else_is_a_table_error(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], tail: bytes
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    body = "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass") + tail
    for name, head in (("table.csv", HEAD.encode() + b"\n"), ("other.csv", b""), ("table.jsonl", b"")):
        path = folder / name
        path.write_bytes(head + body)
        try:
            read(path)
        except TableError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["table.csv", "table.jsonl", "table.parquet"])
def test_truth_as_pandas_writes_it_beside_missing_values(tmp_path: Path, name: str) -> None:
    """1.0, 0.0 and NaN; any other number of such a column is refused."""
    cells = (("a", 1.0), ("b", 0.0), ("c", None))
    if name.endswith("csv"):
        lines = [HEAD, *(f"v1,s,m,{item},{'' if cell is None else cell}" for item, cell in cells)]
        path = table(tmp_path, *lines, name=name)
    elif name.endswith("jsonl"):
        path = table(
            tmp_path, *(json.dumps(ROW | {"item": item, "misaligned": cell}) for item, cell in cells), name=name
        )
    else:
        path = tmp_path / name
        values = ", ".join(f"('v1', 's', 'm', '{i}', {'NaN' if c is None else c}::DOUBLE)" for i, c in cells)
        rows = f"SELECT * FROM (VALUES {values.replace('NaN', chr(39) + 'nan' + chr(39))}) AS t({HEAD})"
        duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    [run] = reader_for(path).read(path, ReadOptions())
    assert run.samples == Tallies(("a", "b", "c"), (1, 1, 0), (1, 0, 0), (0, 0, 1))
