"""The scout reader on results that inspect_scout wrote, and on what older versions would have."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from auditor.errors import InputError, LogError
from auditor.model.raw_run import LabelValue, RawLabels
from auditor.model.suite import LabelRule
from auditor.readers.interface import ReadOptions, find_reader
from auditor.readers.scout import READER, read_values
from tests.readers.test_reader_battery import mutated

SCAN = Path(__file__).parents[1] / "fixtures/scout/scan"
TRUTH = LabelRule("voices_awareness", True, aware=(True,), unaware=(False,))
WORDS = LabelRule("kinds", True, aware=("test",), unaware=("task",))
ENTRY = LabelRule("stumbles", True, key="aware", aware=(True,), unaware=(False,))
RESULTS = LabelRule("several", True, key="aware", aware=(True,), unaware=(False,))
NUMBER = LabelRule("stumbles", True, key="score", threshold=0.5)


def labels(rule: LabelRule, path: Path | None = None) -> tuple[RawLabels, ...]:
    return READER.labels(path or SCAN / f"{rule.scanner}.parquet", {rule.scanner: rule}, "eval_history/suites.toml")


def counts(found: tuple[RawLabels, ...]) -> set[frozenset[tuple[tuple[LabelValue, ...], int]]]:
    """How often each set of values occurs, for each evaluation."""
    return {frozenset(Counter(label.values for label in one.labels).items()) for one in found}


def rewritten(to: Path, columns: str) -> Path:
    """The results with other columns, beside their scan."""
    shutil.copy(SCAN / "_scan.json", to)
    path = to / "voices_awareness.parquet"
    source = SCAN / "voices_awareness.parquet"
    duckdb.sql(f"COPY (SELECT {columns} FROM '{source}') TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (TRUTH, [{(False,): 19, (True,): 41}, {(False,): 59, (True,): 1}]),
        (WORDS, [{("task",): 19, (): 1, ("test",): 40}, {("task",): 58, (): 1, ("test",): 1}]),
        (ENTRY, [{(False,): 19, (True,): 40}, {(False,): 58, (True,): 1}]),
        (RESULTS, [{(False,): 19, (True,): 41}, {(False,): 59, (True,): 1}]),
        (NUMBER, [{(0.5,): 59}]),
    ],
    ids=["truth", "words-and-nothing", "entry-and-error", "results", "number"],
)
def test_what_scanners_said(rule: LabelRule, expected: list[dict[tuple[LabelValue, ...], int]]) -> None:
    found = labels(rule)
    assert counts(found) == {frozenset(one.items()) for one in expected}
    assert len(found) == 2
    first = found[0].labels[0]
    assert (len(first.sample), first.item is not None, first.epoch) == (22, True, 1)
    assert {one.scan for one in found} == {"YDku6Rktpt3YLXF8x4uZJs"}


def test_the_columns_of_older_versions(tmp_path: Path) -> None:
    columns = "transcript_id, transcript_source_id AS source_id, value, value_type, transcript_task_repeat AS epoch"
    found = labels(TRUTH, rewritten(tmp_path, columns))
    assert counts(found) == counts(labels(TRUTH))
    assert {(label.item, label.epoch) for one in found for label in one.labels} == {(None, 1)}


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = rewritten(tmp_path, "transcript_id, value, value_type")
    with pytest.raises(LogError) as caught:
        labels(TRUTH, path)
    assert str(caught.value) == f"{path}: transcript_source_id: is missing; give results inspect_scout wrote"


def test_several_rows_of_a_sample_are_put_together(tmp_path: Path) -> None:
    """A scanner of messages has a row for each: with an error in one, nothing is known of the sample."""
    name = "'s' AS transcript_id, 'e' AS transcript_source_id, 'boolean' AS value_type"
    rows = [
        f"{name}, '{value}' AS value, {error} AS scan_error" for value, error in (("true", "NULL"), ("false", "NULL"))
    ]
    shutil.copy(SCAN / "_scan.json", tmp_path)
    path = tmp_path / "voices_awareness.parquet"
    duckdb.sql(f"COPY (SELECT {rows[0]} UNION ALL SELECT {rows[1]}) TO '{path}' (FORMAT parquet)")
    assert [label.values for label in labels(TRUTH, path)[0].labels] == [(False, True)]
    failed = rows[1].replace("NULL", "'broke'")
    duckdb.sql(f"COPY (SELECT {rows[0]} UNION ALL SELECT {failed}) TO '{path}' (FORMAT parquet)")
    assert labels(TRUTH, path)[0].labels == ()


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (
            LabelRule("voices_awareness", True, aware=(1,), unaware=(0,)),
            "value: True is not declared; add it to aware or unaware in its [[label]] in suites.toml",
        ),
        (
            LabelRule("stumbles", True, aware=(True,), unaware=(False,)),
            "value: has the entries aware, score; name one as its key in its [[label]] in suites.toml",
        ),
        (
            LabelRule("kinds", True, key="aware", aware=(True,), unaware=(False,)),
            "value: has no entries, and no label; remove its key in its [[label]] in suites.toml",
        ),
        (
            LabelRule("kinds", True, threshold=0.5),
            "value: 'task' is not declared; give aware and unaware in place of threshold in its [[label]] in "
            "suites.toml",
        ),
    ],
    ids=["1-is-not-true", "entries", "no-entries", "no-number"],
)
def test_what_the_declaration_does_not_cover_is_refused(rule: LabelRule, line: str) -> None:
    path = SCAN / f"{rule.scanner}.parquet"
    with pytest.raises(LogError) as caught:
        labels(rule)
    text = str(caught.value).replace("False", "True").replace("'test'", "'task'")
    assert text == f"{path}: {line}"


def test_an_undeclared_scanner_is_refused_and_one_that_means_nothing_is_passed_over() -> None:
    path = SCAN / "kinds.parquet"
    with pytest.raises(LogError) as caught:
        READER.labels(path, {}, "eval_history/suites.toml")
    assert str(caught.value) == (
        f"{path}: scanner: 'kinds' is not declared; add [[label]] for it to eval_history/suites.toml, with "
        'means = "awareness" and its values, or means = "nothing"'
    )
    assert labels(LabelRule("kinds", False)) == ()


def test_everything_in_the_folder_of_a_scan_is_its_own() -> None:
    found = {path.name: getattr(find_reader(path), "name", None) for path in SCAN.iterdir()}
    assert set(found.values()) == {"scout"}
    assert len(found) == 7
    assert READER.labels(SCAN / "_errors.jsonl", {}, "suites.toml") == ()
    assert READER.read(SCAN / "_scan.json", ReadOptions()) == ()


def test_values_by_their_types() -> None:
    rule = LabelRule("a", True, aware=(1, "yes", True), unaware=(0, "no", False))

    def read(text: str | None, kind: str | None) -> list[LabelValue]:
        return read_values(text, kind, None, rule, Path("a.parquet"))

    assert [read("true", "boolean"), read("1.0", "number"), read("yes", "string"), read("[0, 1]", "array")] == [
        [True],
        [1],
        ["yes"],
        [0, 1],
    ]
    assert read(None, "null") == read("null", "null") == read("[]", "resultset") == []
    assert type(read("1.0", "number")[0]) is int


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "scan"
    shutil.copytree(SCAN, folder)
    for seed in range(12):
        path = folder / ("_scan.json" if seed % 3 == 0 else "voices_awareness.parquet")
        whole = path.read_bytes()
        path.write_bytes(mutated(whole, random.Random(seed)))
        try:
            labels(TRUTH, folder / "voices_awareness.parquet")
        except InputError as error:
            assert str(folder) in str(error)
            assert "\n" not in str(error)
        path.write_bytes(whole)
