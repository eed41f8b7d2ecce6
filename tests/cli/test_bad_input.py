"""What a user gets wrong: one line on stderr, exit 2, and nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.errors import LogError
from auditor.readers.log_fields import read_text
from tests.cli.conftest import HEAD, SETTINGS, SUITES, THIRD, Auditor, one_line, results, tree_hash
from tests.repos import GitRepo

LOGS = Path(__file__).parents[1] / "fixtures/inspect"
STAMPED = LOGS / "test_first.eval"

TABLES = {
    "unknown column": (
        f"{HEAD},hue\nv1,visible,m,a,1,red\n",
        ":1: hue: is no column of a tidy table; give --extra ignore to skip columns like it",
    ),
    "unknown suite": (
        f"{HEAD}\nv1,nowhere,m,a,1\n",
        ":2: suite: 'nowhere' is no suite and no task of one (known: unseen, visible); "
        "auditor init --from TABLE --test nowhere registers it (--held-out for what the spec's writers do not see)",
    ),
    "unbound revision": (
        f"{HEAD}\nv9,visible,m,a,1\n",
        ":2: spec_revision v9: is no revision of the spec, and no name that git resolves; known are v2, v1; "
        "stamp runs with auditor revision",
    ),
    "no revision": (
        f"{HEAD}\n,visible,m,a,1\n",
        ":2: spec_revision: is empty: probably $(auditor revision) failed when the evaluation was started; "
        "run auditor revision by itself to see why, and fill the cell with the revision evaluated",
    ),
    "NaN": (f"{HEAD},severity\nv1,visible,m,a,1,NaN\n", ":2: severity: 'NaN' is no finite number; correct the cell"),
    "a percentage for a fraction": (
        f"{HEAD},severity\nv1,visible,m,a,1,85\n",
        ":2: severity: '85' is not from 0 to 1; correct the cell",
    ),
    "a rate for a sample": (
        f"{HEAD}\nv1,visible,m,a,0.85\n",
        ":2: misaligned: '0.85' is not one of 1, 0, true, false; shares and percentages go as misaligned_count and "
        "valid_count; correct the cell",
    ),
    "a percentage for a sample": (
        f"{HEAD}\nv1,visible,m,a,1\nv1,visible,m,b,12 %\n",
        ":3: misaligned: '12 %' is not one of 1, 0, true, false; shares and percentages go as misaligned_count and "
        "valid_count; correct the cell",
    ),
    "percentages with a decimal comma": (
        f"{HEAD};run\nv1,visible,m,a,12;5\n".replace(",", ";"),
        ":2: misaligned: '12' is not one of 1, 0, true, false; shares and percentages go as misaligned_count and "
        "valid_count; correct the cell",
    ),
    "a misspelled name of a revision": (
        f"{HEAD}\nmaster,visible,m,a,1\nmian,visible,m,a,1\n".replace("master", "v1"),
        ":3: spec_revision mian: is no revision of the spec, and no name that git resolves; the nearest name is main; "
        "stamp runs with auditor revision",
    ),
    "many faults of a header": (
        "commit;suite;modle;id;hue\nv1;visible;m;a;1\n",
        ":1: model is missing, misaligned is missing, hue is no column of a tidy table, "
        "modle is no column of a tidy table (model?); rename columns or map them "
        "with --map COLUMN=NAME, and give --extra ignore to skip unknown ones",
    ),
    "outcomes as other tools give them": (
        "commit,suite,model,pass_rate\nv1,visible,m,0.4\n",
        ":1: item is missing, misaligned is missing, pass_rate is no column of a tidy table (shares go as "
        "misaligned_count and valid_count); rename columns or map them with --map COLUMN=NAME, and give --extra ignore "
        "to skip unknown ones",
    ),
    "what is passed, in place of what fails": (
        "commit,suite,model,id,passed\nv1,visible,m,a,1\n",
        ":1: misaligned is missing, passed is no column of a tidy table (misaligned is its opposite, 1 or 0); rename "
        "columns or map them with --map COLUMN=NAME, and give --extra ignore to skip unknown ones",
    ),
    "a cell too few": (
        f"{HEAD}\nv1,visible,m,a\n",
        ":2: has 4 cells, the header 5; quote cells that hold commas or line ends",
    ),
    "an open quote": (
        f'{HEAD}\nv1,visible,m,a,"1\n',
        ":2: is no CSV (unexpected end of data); quote cells as RFC 4180 has it",
    ),
    "no rows": (f"{HEAD}\n", ": holds no rows; give a table with at least one run"),
    "nothing at all": ("", ": holds no rows; give a table with at least one run"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table(name: str, project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    text, message = TABLES[name]
    table = tmp_path / "table.csv"
    table.write_text(text)
    before = tree_hash(project.path)
    line = f"{table}{message}".replace("TABLE", str(table))
    assert one_line(auditor("ingest", table, "--repo", project.path)) == line
    assert tree_hash(project.path) == before


FILES: dict[str, tuple[str, bytes, str]] = {
    "JSON lines cut short": ("t.jsonl", b'{"suite": "visible"', ":1: not JSON at line 1, column 20"),
    "not UTF-8": ("t.csv", b"\xff\xfe\x00", ":1: is not UTF-8; save the table as UTF-8"),
    "JSON cut short": ("log.json", b"{", ": is cut short before it says what it is; get the log"),
    "a log without its fields": ("log.json", b'{"version": 2, "eval": {}}', ": eval.created: Field required; give a"),
    "no zip": ("log.eval", b"PK", ": not a complete zip archive, so the log was cut short or damaged; get the log"),
    "an .eval cut short": ("log.eval", STAMPED.read_bytes()[:-200], ": not a complete zip archive, so the log was cut"),
    "the middle of a zip": ("log.eval", STAMPED.read_bytes()[300:], ": "),
    "another kind of file": ("notes.txt", b"hello", ": no evaluation log or table of a known kind; known are:"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file(name: str, project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    file_name, data, message = FILES[name]
    file = tmp_path / file_name
    file.write_bytes(data)
    before = tree_hash(project.path)
    assert one_line(auditor("ingest", file, "--repo", project.path)).startswith(f"{file}{message}")
    assert tree_hash(project.path) == before


def test_an_ambiguous_prefix(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    first = project.git("rev-parse", "v1^{commit}")
    project.tag(first[:8], "HEAD")
    table = tmp_path / "table.csv"
    table.write_text(f"{HEAD}\n{first[:8]},visible,m,a,1\n")
    before = tree_hash(project.path)
    line = one_line(auditor("ingest", table, "--repo", project.path))
    assert line.startswith(f"{table}:2: spec_revision {first[:8]}: stands for several: ")
    assert line.endswith("; write more of it")
    assert tree_hash(project.path) == before


def test_one_run_identity_with_different_content(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    assert auditor("ingest", STAMPED, "--repo", project.path, "--spec", "conduct").code == 2
    project.write(
        {"eval_history/suites.toml": SUITES.replace('role = "test"', 'role = "test"\ntasks = ["mistakes_visible"]')}
    )
    assert auditor("ingest", STAMPED, "--repo", project.path).code == 0
    project.write(
        {"eval_history/suites.toml": (project.path / "eval_history/suites.toml").read_text().replace("high", "low")}
    )
    before = tree_hash(project.path)
    line = one_line(auditor("ingest", STAMPED, "--repo", project.path))
    assert line.startswith(f"{STAMPED}: run 2xB424VaCkfqsMotouEFUH: one run identity with different content: ")
    assert "correct it: auditor ingest --correct " in line
    assert tree_hash(project.path) == before


def test_what_is_good_lands_beside_what_is_not(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    for name, row in (("a.csv", "v1,visible,m,a,1"), ("b.csv", "v1,visible,m,a,7"), ("c.csv", "v2,visible,m,a,0")):
        (tmp_path / name).write_text(f"{HEAD}\n{row}\n")
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    said = auditor("ingest", *files, "--repo", project.path)
    assert one_line(said).startswith(f"{files[1]}:2: misaligned: '7' is not one of 1, 0, true, false")
    assert len(list((project.path / "eval_history/records").rglob("*.json"))) == 2


CONFIGURATION = {
    "malformed TOML": ("auditor.toml", "[[spec]\n", "auditor.toml:1: is not TOML: "),
    "an unknown key": (
        "auditor.toml",
        SETTINGS + "colour = 1\n",
        "auditor.toml: spec[0].colour: is no key of this table; "
        "allowed are changelog, eval_prompts, format, name, paths, source",
    ),
    "a percentage for a fraction": (
        "auditor.toml",
        SETTINGS + "[policy]\nunchanged_margin = 20\n",
        "auditor.toml: policy.unchanged_margin: 20 is not allowed here; it should be less than or equal to 1",
    ),
    "NaN": (
        "auditor.toml",
        SETTINGS + "[policy]\nerror_rate = nan\n",
        "auditor.toml: policy.error_rate: nan is not allowed here; it should be a finite number",
    ),
    "a path that no commit has": (
        "auditor.toml",
        SETTINGS.replace("spec.md", "gone.md"),
        "gone.md: no commit has it; check paths, or the branch",
    ),
    "malformed suites": ("eval_history/suites.toml", "[[suite]\n", "eval_history/suites.toml:1: is not TOML: "),
    "an unknown role": (
        "eval_history/suites.toml",
        SUITES.replace('"test"', '"tset"'),
        "eval_history/suites.toml: suite[0].role: 'tset' is not allowed here; it should be 'test', 'held_out' or 'dep",
    ),
    "a threshold in percent": (
        "eval_history/suites.toml",
        SUITES.replace("unit", "threshold = 50\nunit"),
        "eval_history/suites.toml: suite[0].score.threshold: 50 would make every sample alike; ",
    ),
    "a file that is no record": (
        "eval_history/records/ab/notes.json",
        "{}",
        "eval_history/records/ab/notes.json: is no record; move it out of the records",
    ),
    "a record that was edited": (
        f"eval_history/records/ab/ab{62 * '0'}.json",
        "{}",
        f"eval_history/records/ab/ab{62 * '0'}.json: its content is not what its name says; restore it from the rep",
    ),
}


@pytest.mark.parametrize("verb", ["audit", "ingest"])
@pytest.mark.parametrize("name", CONFIGURATION)
def test_bad_configuration(name: str, verb: str, project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    path, text, message = CONFIGURATION[name]
    (project.path / path).parent.mkdir(parents=True, exist_ok=True)
    project.write({path: text})
    (tmp_path / "table.csv").write_text(f"{HEAD}\nv1,visible,m,a,1\n")
    before = tree_hash(project.path)
    said = auditor(verb, *([tmp_path / "table.csv"] if verb == "ingest" else []), "--repo", project.path)
    assert one_line(said).startswith(f"auditor: {message}")
    assert said.out == ""
    assert tree_hash(project.path) == before


@pytest.mark.parametrize("text", ["[[binding]\n", '[[binding]]\nrevision = "v1"\n', '[[binding]]\nfile = "x"\n'])
def test_bad_bindings(text: str, project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    project.write({"eval_history/bindings.toml": text})
    before = tree_hash(project.path)
    line = one_line(auditor("ingest", tmp_path, "--repo", project.path))
    assert line.startswith("auditor: eval_history/bindings.toml:")
    assert tree_hash(project.path) == before


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("verb", [["audit"], ["ingest", STAMPED]])
def test_an_empty_repository(verb: list[str | Path], bare: bool, tmp_path: Path, auditor: Auditor) -> None:
    empty = GitRepo(tmp_path / "empty", bare=bare)
    line = one_line(auditor(*verb, "--repo", empty.path, "--spec", "spec.md"))
    assert line == f"auditor: {empty.path}: the repository has no commits; commit the spec first"


def test_no_such_folder(tmp_path: Path, auditor: Auditor) -> None:
    line = one_line(auditor("audit", "--repo", tmp_path / "gone", "--spec", "spec.md"))
    assert line == f"auditor: {tmp_path / 'gone'}: no such folder; give the folder of a git repository"


def test_no_such_log(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    line = one_line(auditor("ingest", tmp_path / "gone.eval", "--repo", project.path))
    assert line == f"{tmp_path / 'gone.eval'}: cannot be read: No such file or directory; check the path and its mode"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "nonsense: is no commit here; fetch it, or check the name with git log"),
        (["v1...v2"], "v1...v2: three dots are no range of patches; write A..B"),
        (["--new-since", "gone"], "gone: is no commit here; fetch it, or check the name with git log"),
        (["--new-since", ""], "audit: --new-since is empty; see auditor audit --help"),
        ([""], "audit: RANGE is empty; see auditor audit --help"),
        (["v1..v2", "--new-since", "v1"], "audit: give RANGE or --new-since, not both; see auditor audit --help"),
        (["--spec", "gone.md"], "--spec: gone.md: no commit has it; give a path from the root, PROJECT"),
        (
            ["--spec", "../secret"],
            "--spec: '../secret' should be a path inside the project, with / between its parts and no ..; "
            "give it from the root, PROJECT",
        ),
        (
            ["--fail-on", "tset-only"],
            "--fail-on: tset-only: would never match; give suspected, a verdict, a check's code or a severity",
        ),
        (["--output=x"], "audit: No such option '--output'; see auditor audit --help"),
        (
            ["--format", "xml"],
            "audit: Invalid value for '--format': 'xml' is not one of 'text', 'json', 'jsonl', 'sarif', 'junit', "
            "'github', 'gitlab', 'markdown'; see auditor audit --help",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments(arguments: list[str], message: str, project: GitRepo, auditor: Auditor) -> None:
    before = tree_hash(project.path)
    said = auditor("audit", "--repo", project.path, *arguments)
    assert one_line(said) == f"auditor: {message}".replace("PROJECT", str(project.path))
    assert said.out == ""
    assert tree_hash(project.path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["adit"], "No such command 'adit'; do you mean audit?"),
        (["ingest"], "ingest: Missing argument 'PATH...'; see auditor ingest --help"),
        (["checks", "SD999"], "SD999: no such check; give one of SD101, "),
        (["checks", "\x1b[2J"], "<U+001B>[2J: no such check; "),
    ],
)
def test_bad_commands(arguments: list[str], message: str, auditor: Auditor) -> None:
    assert one_line(auditor(*arguments)).startswith(f"auditor: {message}")


def test_a_demonstration_does_not_write_over_anything(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    before = tree_hash(tmp_path)
    line = one_line(auditor("demo", project.path))
    assert line == f"auditor: {project.path}: holds another project; give a new folder"
    assert one_line(auditor("demo", tmp_path)) == f"auditor: {tmp_path}: is not empty; give a new folder"
    assert tree_hash(tmp_path) == before


def test_a_commit_of_the_past_that_cannot_be_read_is_named_and_the_rest_judged(
    project: GitRepo, tmp_path: Path, auditor: Auditor
) -> None:
    """It is passed over in every verb; the checks of text on it are undecided, never clear."""
    (tmp_path / "t.csv").write_text(results())
    before = json.loads(auditor("audit", "--repo", project.path, "--format", "json").out)["coverage"]["checks"]
    project.branch("later")
    bad = project.commit({"spec.md": b"caf\xe9"})
    project.commit({"spec.md": THIRD})
    assert auditor("ingest", tmp_path / "t.csv", "--repo", project.path).code == 0
    done = auditor("audit", "--repo", project.path)
    assert done.code == 0
    line = f"commit {bad[:12]} of conduct: spec.md: is not UTF-8 at byte 3; it is passed over"
    assert line in " ".join(done.out.split())
    assert "test-only" in done.out
    document = json.loads(auditor("audit", "--repo", project.path, "--format", "json").out)
    assert len(document["patches"]) == 2
    assert document["coverage"]["checks"]["undecided"] > before["undecided"]
    assert bad[:12] in " ".join(name for each in document["coverage"]["undecided"] for name in each["on"])
    gate = auditor("gate", "--repo", project.path, "--base", "main", "--head", "later")
    assert f"commit {bad[:12]} cannot be read and is passed over: spec.md: is not UTF-8 at byte 3" in (
        " ".join(gate.out.split())
    )
    reason = "it is passed over, and what it changes is part of the next patch"
    for verb in (("log",), ("diff", "v1", "HEAD"), ("blame", "spec.md:1"), ("show", "HEAD")):
        assert auditor(*verb, "--repo", project.path)[::2] == (
            0,
            f"auditor: commit {bad[:12]} of conduct: spec.md: is not UTF-8 at byte 3; {reason}\n",
        ), verb
    for verb in (("log", "v1..v2"), ("show", "v2"), ("revision",), ("status",)):
        assert auditor(*verb, "--repo", project.path)[::2] == (0, ""), verb
    assert line.partition("; ")[0].removeprefix(f"commit {bad[:12]} of conduct: ") in one_line(
        auditor("revision", bad, "--repo", project.path)
    )


def test_a_report_that_cannot_be_written_seals_nothing(own: GitRepo, auditor: Auditor) -> None:
    before = tree_hash(own.path / "eval_history")
    for path, line in ((own.path / "gone/x.html", "no such folder; make it first"), (own.path / "spec.md", "is there")):
        assert line in one_line(auditor("report", "--quarter", "2026Q1", "-o", path, "--repo", own.path))
    assert tree_hash(own.path / "eval_history") == before


def test_an_empty_stamp_says_which_command_failed() -> None:
    """`spec_revision=$(auditor revision)` gives the log an empty name where the command in it fails."""
    with pytest.raises(
        LogError, match=r"spec_revision: is empty: \$\(auditor revision\) printed no id .*; run auditor"
    ):
        read_text({"spec_revision": " "}, "spec_revision", "log.json")
