"""auditor verify: from the command line, with its exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from auditor.model.canonical import dumps, sha256
from tests.cli.conftest import HEAD, Auditor, one_line, tree_hash
from tests.repos import GitRepo

RESIDUAL = "This does not show that the logs are genuine, that every run was logged, or that nobody saw the"


@pytest.fixture
def outside(own: GitRepo, auditor: Auditor, tmp_path: Path) -> Path:
    """A copy of the first checkpoint of `own`."""
    assert auditor("verify", "--repo", own.path, "--seal").code == 0
    return Path(shutil.copy(own.path / "eval_history/checkpoints/0001.json", tmp_path / "kept.json"))


def a_record(own: GitRepo) -> Path:
    return min((own.path / "eval_history/records").rglob("*.json"))


def test_without_a_checkpoint_from_outside_it_says_unwitnessed(own: GitRepo, auditor: Auditor) -> None:
    before = tree_hash(own.path)
    said = auditor("verify", "--repo", own.path)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:3] == [
        "eval_history: 1 item manifest, 5 records",
        "nothing is sealed; in no batch yet: 5",
        "no faults",
    ]
    assert lines[3].startswith("UNWITNESSED: ")
    assert lines[4].startswith(RESIDUAL)
    assert tree_hash(own.path) == before


def test_as_markdown_it_says_the_same_in_paragraphs(own: GitRepo, auditor: Auditor) -> None:
    text, markdown = (auditor("verify", "--repo", own.path, "--format", style).out for style in ("text", "markdown"))
    title, *paragraphs = markdown.replace("\\", "").strip().split("\n\n")
    assert (title, paragraphs) == ("# auditor verify", text.splitlines())


def test_sealed_and_held_against_a_copy_or_a_root(own: GitRepo, auditor: Auditor, outside: Path) -> None:
    root = json.loads(outside.read_text())["root"]
    table = outside.with_name("more.csv")
    table.write_text(f"{HEAD}\nv1,visible,m,i,1\n")
    for given in (outside, root):
        said = auditor("verify", "--repo", own.path, "--checkpoint", given)
        assert said.code == 0
        assert f"against {given}: as it was sealed" in said.out
        assert f"checkpoint 1  root {root}" in said.out
        assert f"The records sealed up to checkpoint 1 are unchanged since it was handed out ({given})." in said.out
        assert RESIDUAL in said.out
    assert auditor("ingest", table, "--repo", own.path).code == 0
    said = auditor("verify", "--repo", own.path, "--checkpoint", outside)
    assert "in no batch yet: 1\n" in said.out
    assert f"since it was handed out ({outside}); 1 later one is on the word of whoever keeps them.\n" in said.out


def test_sealing_says_what_it_did_and_does_it_once(own: GitRepo, auditor: Auditor) -> None:
    assert auditor("verify", "--repo", own.path, "--seal").err == "auditor: sealed 5 as checkpoint 1\n"
    assert auditor("verify", "--repo", own.path, "--seal").err == "auditor: nothing to seal\n"


def test_a_record_that_was_removed_is_named(own: GitRepo, auditor: Auditor, outside: Path) -> None:
    gone = a_record(own)
    gone.unlink()
    said = auditor("verify", "--repo", own.path, "--checkpoint", outside, "--format", "json")
    found = json.loads(said.out)
    assert (said.code, found["exit_code"], found["witnessed"]) == (1, 1, None)
    assert [(one["kind"], one["path"]) for one in found["faults"]] == [
        ("missing", "eval_history/checkpoints/0001.json")
    ]
    (held,) = found["against"]
    assert held["differences"] == [f"record {gone.stem}, sealed in batch 1, is missing"]


def test_a_history_that_was_written_anew_is_only_found_from_outside(
    own: GitRepo, auditor: Auditor, outside: Path
) -> None:
    a_record(own).unlink()
    shutil.rmtree(own.path / "eval_history/checkpoints")
    assert auditor("verify", "--repo", own.path, "--seal").code == 2
    own.commit(message="written anew")
    assert auditor("verify", "--repo", own.path, "--seal").code == 0
    assert auditor("verify", "--repo", own.path, "--checkpoint", outside).code == 1


@pytest.mark.parametrize("content", ["{}", "", '{"schema": "auditor.checkpoint/1"}'])
def test_a_checkpoint_that_is_none_is_one_line(own: GitRepo, auditor: Auditor, content: str, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(content)
    line = one_line(auditor("verify", "--repo", own.path, "--checkpoint", path))
    assert line.startswith(f"auditor: {path}: ")
    assert line.endswith("; give the copy as it was handed over")


def test_a_checkpoint_that_is_not_there_is_one_line(own: GitRepo, auditor: Auditor) -> None:
    line = one_line(auditor("verify", "--repo", own.path, "--checkpoint", "none.json"))
    assert line == (
        "auditor: none.json: cannot be read: No such file or directory; "
        "give a copy of a checkpoint's file, or its root of 64 hex digits"
    )


def test_a_folder_without_a_history_is_one_line(tmp_path: Path, auditor: Auditor) -> None:
    line = one_line(auditor("verify", "--repo", tmp_path))
    assert line.endswith("eval_history: there is no evaluation history; run this in the project, or auditor init")


def test_a_damaged_record_is_a_finding_and_no_error(own: GitRepo, auditor: Auditor) -> None:
    record = a_record(own)
    record.write_bytes(record.read_bytes().replace(b'"model":"m"', b'"model":"n"'))
    said = auditor("verify", "--repo", own.path, "--logs", own.path)
    assert said.code == 1
    place = record.relative_to(own.path).as_posix()
    assert f"1 fault\n- name: {place}: its content is not what its name says\nlogs: not read" in said.out
    assert one_line(auditor("verify", "--repo", own.path, "--seal")).startswith(f"auditor: {place}: its content")


def test_a_bare_repository_is_looked_at_and_not_sealed(own: GitRepo, auditor: Auditor, tmp_path: Path) -> None:
    own.git("clone", "-q", "--bare", str(own.path), str(tmp_path / "bare"))
    assert "5 records" in auditor("verify", "--repo", tmp_path / "bare").out
    assert "is bare" in one_line(auditor("verify", "--repo", tmp_path / "bare", "--seal"))


def logs(name: str) -> dict[str, int]:
    """How many records came to what."""
    records = json.loads(name)["logs"]["records"]
    return {
        state: sum(record["state"] == state for record in records) for state in {record["state"] for record in records}
    }


def test_records_are_derived_again_from_their_logs(
    own: GitRepo, judged: GitRepo, auditor: Auditor, tmp_path: Path
) -> None:
    path = judged.path.parent / "results.csv"
    said = auditor("verify", "--repo", own.path, "--logs", path)
    assert said.code == 0
    assert "logs: 1 file read, 0 refused\n5 agree with their logs\ngrades: B 5\n" in said.out
    fewer = tmp_path / "logs"
    fewer.mkdir()
    said = auditor("verify", "--repo", own.path, "--logs", fewer, "--format", "json")
    assert (said.code, logs(said.out)) == (3, {"no-log": 5})
    (fewer / "other.csv").write_text(f"{HEAD}\nv1,visible,m,i,1\n")
    said = auditor("verify", "--repo", own.path, "--logs", fewer, "--logs", path)
    assert said.code == 1
    assert f"in the logs, and never recorded: {fewer}/other.csv: visible" in said.out
    (fewer / "other.csv").write_text(f"{HEAD}\nv9,visible,m,i,1\n")
    said = auditor("verify", "--repo", own.path, "--logs", fewer, "--logs", path)
    assert said.code == 2
    assert f"- refused: {fewer}/other.csv" in said.out


def test_a_record_that_says_something_else_than_its_log_is_named(
    own: GitRepo, judged: GitRepo, auditor: Auditor
) -> None:
    old = next(path for path in (own.path / "eval_history/records").rglob("*.json") if b"visible" in path.read_bytes())
    members = json.loads(old.read_bytes())
    members["planned"], members["tallies"]["misaligned"][-1] = 7, 1
    data = dumps(members)
    new = own.path / f"eval_history/records/{sha256(data)[:2]}/{sha256(data)}.json"
    old.unlink()
    new.parent.mkdir(exist_ok=True)
    new.write_bytes(data)
    said = auditor("verify", "--repo", own.path, "--logs", judged.path.parent / "results.csv")
    assert said.code == 1
    assert "4 agree with their logs\n1 differ from their logs\n" in said.out
    assert f"- {new.stem[:12]} of visible in planned, tallies.misaligned (" in said.out
