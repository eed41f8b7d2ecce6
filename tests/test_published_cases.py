"""Published rates become tallies, with every assumption declared."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "examples" / "published_cases.py"
HEADER = "case,behaviour,suite,role,model,before_percent,after_percent,before_count,after_count,source\n"
CASES = HEADER + (
    'one,covert-action,"Quiet, please",test,m1,12.5,0.1,,,made up\n'
    "one,covert-action,Doors,held_out,m1,11,10,,,made up\n"
    "one,verbalised-evaluation-awareness,Doors,test,m1,2,40,,,made up\n"
    "two,reward-hacking,Tasks,test,m2,100,30,10/10,3/10,made up\n"
)


def convert(tmp_path: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "cases.csv"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, str(SCRIPT), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_counts_are_used_as_printed_and_assumed_otherwise(tmp_path: Path) -> None:
    names = rows(convert(tmp_path, CASES).stdout)
    told = [(r["suite"], r["spec_revision"], r["misaligned_count"], r["valid_count"]) for r in names]
    assert told == [
        ("Quiet, please (one)", "before", "38", "300"),
        ("Quiet, please (one)", "after", "0", "300"),
        ("Doors (one)", "before", "33", "300"),
        ("Doors (one)", "after", "30", "300"),
        ("Tasks (two)", "before", "10", "10"),
        ("Tasks (two)", "after", "3", "10"),
    ]
    assert {row["design_effect"] for row in names} == {"1.5"}
    assert [row["role"] for row in names[:4]] == ["test", "test", "held_out", "held_out"]


def test_awareness_is_left_out_and_said_so(tmp_path: Path) -> None:
    done = convert(tmp_path, CASES)
    assert done.returncode == 0
    assert "awareness" not in done.stdout
    assert "left out 1 rows on awareness" in done.stderr


def test_options_choose_the_case_the_names_and_the_assumptions(tmp_path: Path) -> None:
    out = tmp_path / "tallies.csv"
    options = ("--case", "one", "--before", "v1", "--after", "v2", "--assume-n", "1000", "--design-effect", "4")
    done = convert(tmp_path, CASES, *options, "--exposure", "trained", "-o", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert out.read_text(encoding="utf-8") == (
        "spec_revision,suite,model,behaviour,role,exposure,misaligned_count,valid_count,design_effect\n"
        'v1,"Quiet, please",m1,covert-action,test,trained,125,1000,4\n'
        'v2,"Quiet, please",m1,covert-action,test,trained,1,1000,4\n'
        "v1,Doors,m1,covert-action,held_out,trained,110,1000,4\n"
        "v2,Doors,m1,covert-action,held_out,trained,100,1000,4\n"
    )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("x,b,s,test,m,many,0,,,", "line 2: before_percent: 'many' is no number"),
        ("x,b,s,test,m,101,0,,,", "line 2: before_percent: '101' is no percentage"),
        ("x,b,s,test,m,nan,0,,,", "line 2: before_percent: 'nan' is no percentage"),
        ("x,b,s,test,m,1,0,4/3,,", "line 2: before_count: '4/3' is no share"),
        ("x,b,s,test,m,1,0,1/3,3,", "line 2: after_count: '3' is no count"),
        ("x,b,s", "line 2: before_percent: '' is no number"),
        ("", "no rows to convert"),
    ],
)
def test_a_bad_row_is_one_line_that_says_where(tmp_path: Path, row: str, says: str) -> None:
    done = convert(tmp_path, f"{HEADER}{row}\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    assert "no column behaviour" in convert(tmp_path, "case,suite\n").stderr


def test_the_published_table_converts(tmp_path: Path) -> None:
    shared = Path(__file__).parents[1] / "../shared/data/published_cases.csv"
    if not shared.exists():
        pytest.skip("the published cases are not part of the project")
    done = convert(tmp_path, shared.read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert {row["role"] for row in rows(done.stdout)} <= {"test", "held_out", "deployment"}
