"""What a table says of the revision it was evaluated under: any name that git resolves, resolved once."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.git import Folder
from auditor.store.records import load_records
from tests.cli.conftest import FIRST, HEAD, THIRD, Auditor, one_line, tree_hash
from tests.repos import GitRepo


def table(folder: Path, *names: str) -> Path:
    """A row for each name of a revision; `names` are of different runs."""
    path = folder / "table.csv"
    rows = [f"{name},visible,m,a,1,{number}" for number, name in enumerate(names)]
    path.write_text("\n".join((f"{HEAD},run", *rows)) + "\n")
    return path


def revisions(project: GitRepo) -> set[str]:
    return {run.revision for run in load_records(Folder(project.path), "eval_history")}


@pytest.mark.parametrize("name", ["main", "HEAD", "HEAD~0", "refs/heads/main"])
def test_a_branch_that_moves_later_changes_nothing(
    name: str, project: GitRepo, tmp_path: Path, auditor: Auditor
) -> None:
    rows = table(tmp_path, name)
    done = auditor("ingest", rows, "--repo", project.path)
    [revision] = revisions(project)
    assert done.code == 0
    assert revision.startswith(auditor("revision", "v2", "--repo", project.path).out.split()[0])
    assert done.err == f"{rows}: spec_revision {name} may move; it is read as revision {revision[:12]}\n"
    project.commit({"spec.md": THIRD})
    before = tree_hash(project.path)
    again = auditor("ingest", rows, "--repo", project.path)
    assert (again.code, again.err) == (0, done.err)
    assert tree_hash(project.path) == before
    assert "1 agree" in auditor("audit", "--repo", project.path, "--rederive", rows).err


def test_a_source_under_several_revisions_is_not_guessed_at(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{HEAD}\nHEAD,visible,m,a,1\nHEAD~1,visible,m,a,0\n")
    assert auditor("ingest", path, "--repo", project.path).code == 0
    project.commit({"spec.md": THIRD})
    project.commit({"spec.md": f"{THIRD}\nAsk twice.\n"})
    before = tree_hash(project.path)
    line = one_line(auditor("ingest", path, "--repo", project.path))
    assert line == (
        f"{path}:2: spec_revision HEAD: has moved since this source was recorded, under 2 revisions; "
        "write the commit in place of it"
    )
    assert tree_hash(project.path) == before


def test_a_commit_without_the_spec_says_so(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    project.git("switch", "-q", "--orphan", "empty")
    project.commit({"README.md": "About.\n"})
    project.checkout("main")
    rows = table(tmp_path, "empty")
    line = one_line(auditor("ingest", rows, "--repo", project.path))
    assert line == f"{rows}:2: spec_revision empty: the spec is not there; name a commit that has it"


@pytest.mark.parametrize("tagged", [True, False])
def test_a_text_that_head_does_not_know_is_one_line(
    tagged: bool, project: GitRepo, tmp_path: Path, auditor: Auditor
) -> None:
    project.branch("other")
    project.commit({"spec.md": f"{FIRST}\nElsewhere.\n"})
    if tagged:
        project.tag("v3")
    project.checkout("main")
    name = "v3" if tagged else "other"
    rows = table(tmp_path, name)
    assert one_line(auditor("ingest", rows, "--repo", project.path)) == (
        f"{rows}:2: spec_revision {name}: stands for a text of conduct that is not in the history of HEAD; "
        "merge or check out that commit, then ingest"
    )


def test_an_audit_of_results_says_what_a_branch_is_read_as(project: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    done = auditor("audit", "--repo", project.path, "--results", table(tmp_path, "HEAD", "HEAD~1"))
    assert done.code == 0
    assert done.err.count("may move; it is read as revision") == 2
