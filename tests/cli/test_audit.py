"""`auditor audit` and `auditor demo`, end to end on tiny real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from auditor.cli.main import run
from auditor.render.documents import audit_json_schema
from tests.cli.conftest import FIRST, HEAD, SECOND, SETTINGS, SUITES, THIRD, Auditor, one_line, results, tree_hash
from tests.repos import GitRepo


def document(auditor: Auditor, *arguments: str | Path) -> dict[str, object]:
    """The JSON document, held against the schema."""
    said = auditor("audit", *arguments, "--format", "json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    jsonschema.validate(found, json.loads(audit_json_schema()))
    assert isinstance(found, dict)
    return found


def labels(found: dict[str, object]) -> list[tuple[str, str]]:
    """Each patch's revision by its tag, with its verdict."""
    patches = found["patches"]
    assert isinstance(patches, list)
    return [(patch["after"]["label"], patch["verdict"]) for patch in patches]


def test_the_document(judged: GitRepo, auditor: Auditor) -> None:
    before = tree_hash(judged.path)
    found = document(auditor, "--repo", judged.path)
    assert labels(found) == [("v2", "test-only"), ("v3", "unmeasured")]
    assert found["summary"] == {
        "hiding_suspected": 1,
        "verdicts": {"test-only": 1, "unmeasured": 1},
        "open_gaps": 1,
    }
    assert tree_hash(judged.path) == before


def test_the_text(judged: GitRepo, auditor: Auditor) -> None:
    said = auditor("audit", "--repo", judged.path)
    assert (said.code, said.err) == (0, "")
    assert "test-only, hiding suspected\n" in said.out
    assert all(line == line.rstrip() for line in said.out.splitlines())
    assert max(map(len, said.out.splitlines())) <= 120


@pytest.mark.parametrize(
    ("wanted", "patches"),
    [
        (["v1..v2"], ["v2"]),
        (["v2..v3"], ["v3"]),
        (["v2.."], ["v3"]),
        (["v2"], ["v2"]),
        (["v3..v1"], []),
        (["--new-since", "v1"], ["v2", "v3"]),
        (["--new-since", "v2"], ["v3"]),
        (["--new-since", "v3"], []),
    ],
)
def test_ranges(wanted: list[str], patches: list[str], judged: GitRepo, auditor: Auditor) -> None:
    assert [label for label, _ in labels(document(auditor, *wanted, "--repo", judged.path))] == patches


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], 0),
        (["suspected"], 1),
        (["test-only"], 1),
        (["SD101"], 1),
        (["high"], 1),
        (["worse"], 0),
        (["worse", "unmeasured"], 1),
        (["SD102", "generalises"], 0),
    ],
)
def test_fail_on(wanted: list[str], code: int, judged: GitRepo, auditor: Auditor) -> None:
    options = [word for name in wanted for word in ("--fail-on", name)]
    assert auditor("audit", "--repo", judged.path, *options).code == code


def test_fail_on_looks_at_the_range_only(judged: GitRepo, auditor: Auditor) -> None:
    assert auditor("audit", "v2..v3", "--repo", judged.path, "--fail-on", "suspected").code == 0
    assert auditor("audit", "--new-since", "v1", "--repo", judged.path, "--fail-on", "suspected").code == 1


def test_several_specs(own: GitRepo, auditor: Auditor) -> None:
    own.commit({"auditor.toml": f'{SETTINGS}[[spec]]\nname = "tone"\npaths = ["tone.md"]\n', "tone.md": "Be kind.\n"})
    own.commit({"tone.md": "Be kind, and brief.\n"})
    both = document(auditor, "--repo", own.path)
    one = document(auditor, "--repo", own.path, "--spec", "tone")
    patches = both["patches"], one["patches"]
    assert [[patch["spec"] for patch in some] for some in patches if isinstance(some, list)] == [
        ["conduct", "conduct", "tone"],
        ["tone"],
    ]
    assert len(both["not_assessed"]) == 0  # type: ignore[arg-type]
    assert len(one["not_assessed"]) == 5  # type: ignore[arg-type]


def test_a_bare_repository_says_the_same(judged: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    judged.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    said = auditor("audit", "--repo", judged.path)
    assert said.code == 0
    assert auditor("audit", "--repo", tmp_path / "bare.git") == said


def test_a_folder_in_the_repository_will_do(judged: GitRepo, auditor: Auditor) -> None:
    whole = auditor("audit", "--repo", judged.path)
    assert whole.code == 0
    assert auditor("audit", "--repo", judged.path / "eval_history") == whole


def test_an_unconfigured_spec(own: GitRepo, auditor: Auditor) -> None:
    own.commit({"auditor.toml": None})
    found = document(auditor, "--repo", own.path, "--spec", "spec.md")
    assert labels(found) == [("v2", "unmeasured"), ("v3", "unmeasured")]


def test_dated_folders_say_what_commits_say(tmp_path: Path, auditor: Auditor) -> None:
    root = tmp_path / "folders"
    for name, text in (("2026-01-01", FIRST), ("2026-02-01", SECOND), ("2026-03-01", THIRD)):
        (root / name).mkdir(parents=True)
        (root / name / "spec.md").write_text(text)
    (root / "auditor.toml").write_text(SETTINGS.replace("spec.md", "*/spec.md") + 'source = "folder"\n')
    (root / "eval_history").mkdir()
    (root / "eval_history/suites.toml").write_text(SUITES)
    (tmp_path / "dated.csv").write_text(results().replace("v1,", "2026-01-01,").replace("v2,", "2026-02-01,"))
    assert auditor("ingest", tmp_path / "dated.csv", "--repo", root).code == 0
    found = document(auditor, "--repo", root)
    assert labels(found) == [("2026-02-01", "test-only"), ("2026-03-01", "unmeasured")]
    assert labels(document(auditor, "2026-01-01..2026-02-01", "--repo", root)) == [("2026-02-01", "test-only")]
    line = one_line(auditor("audit", "2026-01-01..2026-09-09", "--repo", root))
    assert line.startswith("auditor: 2026-09-09: no such dated folder; give one of 2026-01-01, 2026-02-01, 2026-03-01")


def test_what_is_written_to_a_terminal_cannot_steer_it(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    project.commit({"spec.md": THIRD}, message="\x1b[2Jgone \u202e backwards \u200b\x07")
    (tmp_path / "t.csv").write_text(f"{HEAD}\nv1,visible,m\x1b[31m,a,1\nv2,visible,m\x1b[31m,a,0\n")
    auditor("ingest", tmp_path / "t.csv", "--repo", project.path)
    out = auditor("audit", "--verbose", "--repo", project.path).out
    assert not [character for character in out if character in "\x1b\x07\u202e\u200b"]
    assert "<U+202E> backwards <U+200B><U+0007>" in out


def test_the_demonstration(tmp_path: Path, auditor: Auditor) -> None:
    folder = tmp_path / "demo"
    first = auditor("demo", folder)
    assert (first.code, first.err) == (0, "")
    assert "Hiding suspected in 2 patches" in first.out
    before = tree_hash(folder)
    assert auditor("demo", folder) == first
    assert tree_hash(folder) == before
    assert first.out.startswith(auditor("audit", "--repo", folder).out)
    found = document(auditor, "--repo", folder)
    assert len(labels(found)) == 15
    for argument, code in (("suspected", 1), ("artefact", 1), ("SD106", 0)):
        assert auditor("audit", "--repo", folder, "--fail-on", argument).code == code


def test_the_demonstration_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["demo"]) == 0
    assert "auditor audit --repo auditor-demo --verbose" in capsys.readouterr().out
    assert GitRepo(tmp_path / "auditor-demo").head() == GitRepo(tmp_path / "auditor-demo").git("rev-parse", "main")
