"""auditor view, from the command line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.git import Folder
from auditor.store.records import RecordStore, load_records
from tests.cli.conftest import Auditor, one_line
from tests.repos import GitRepo


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a work tree."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path): path.read_bytes() for path in paths}


def test_the_pages_lie_in_the_git_directory_and_the_work_tree_stays_as_it_is(auditor: Auditor, own: GitRepo) -> None:
    before = files_of(own.path)
    said = auditor("view", "--repo", own.path)
    home = Path(said.out.strip())
    assert said.code == 0 and home == own.path.resolve() / ".git/auditor/view/index.html"
    assert re.fullmatch(r"\d+ files, \d+ of them new or changed\n", said.err)
    assert "concealment" in home.read_text() and files_of(own.path) == before
    assert auditor("view", "--repo", own.path).err.endswith(", 0 of them new or changed\n")


def test_pages_into_a_folder_that_can_be_published(auditor: Auditor, judged: GitRepo, tmp_path: Path) -> None:
    pages = tmp_path / "public" / "pages"
    said = auditor("view", "--repo", judged.path, "-o", pages)
    assert (said.code, said.out) == (0, f"{pages.resolve() / 'index.html'}\n")
    assert {"index.html", "view.css", "search.html", "suite-unseen.html"} <= {path.name for path in pages.iterdir()}
    assert str(judged.path) not in "".join(path.read_text() for path in pages.iterdir())


def test_a_folder_of_other_files_is_one_line(auditor: Auditor, judged: GitRepo) -> None:
    line = one_line(auditor("view", "--repo", judged.path, "-o", judged.path))
    assert line.endswith("-o: holds other files; give a new or empty folder, or one that auditor view wrote")


def test_dated_folders_need_a_folder_for_the_pages(auditor: Auditor, tmp_path: Path) -> None:
    (tmp_path / "2026-01-05").mkdir()
    (tmp_path / "2026-01-05" / "spec.md").write_text("# Conduct\n\nSay what you did.\n")
    (tmp_path / "auditor.toml").write_text('[[spec]]\nname = "conduct"\nsource = "folder"\npaths = ["*/spec.md"]\n')
    line = one_line(auditor("view", "--repo", tmp_path))
    assert line.endswith("is no git repository, in which pages could be kept; name a folder for the pages with -o")
    assert auditor("view", "--repo", tmp_path, "-o", tmp_path / "pages").code == 0


@pytest.mark.parametrize("spot", ["file", "file/below"])
def test_a_place_that_cannot_be_a_folder_is_one_line(
    auditor: Auditor, judged: GitRepo, tmp_path: Path, spot: str
) -> None:
    (tmp_path / "file").write_text("x")
    said = auditor("view", "--repo", judged.path, "-o", tmp_path / spot)
    assert said.code == 2 and said.err.count("\n") <= 4 and "file" in said.err


def test_a_spec_without_evaluations_has_pages_of_its_text(auditor: Auditor, project: GitRepo, tmp_path: Path) -> None:
    (project.path / "auditor.toml").unlink(missing_ok=True)
    said = auditor("view", "--repo", project.path, "--spec", "spec.md", "-o", tmp_path / "pages")
    assert said.code == 0, said.err
    assert list((tmp_path / "pages").glob("clause-*.html"))


def test_a_committed_report_is_named_with_its_quarter_and_linked_beside_the_repository(
    auditor: Auditor, own: GitRepo, tmp_path: Path
) -> None:
    """Published elsewhere it cannot be linked; a page that is no report is passed over."""
    quarter = re.search(r"quarter-(\d{4}q\d)\.html", _page(auditor, own, "reports"))
    assert quarter is not None
    report = own.path / "audits" / "a report.html"
    report.parent.mkdir()
    assert auditor("report", "--repo", own.path, "--quarter", quarter[1], "-o", report).code == 0
    other = '<meta name="auditor-report" content="{&quot;schema&quot;: 1}"><script>alert(1)</script>'
    own.commit({"audits/a report.html": report.read_text(), "other.html": other})
    assert '<a href="../../../audits/a%20report.html">audits/a report.html</a>' in _page(auditor, own, "reports")
    page = _page(auditor, own, f"quarter-{quarter[1]}")
    assert "auditor verify --report &#39;audits/a report.html&#39;" in page and "other.html" not in page
    assert auditor("view", "--repo", own.path, "-o", tmp_path / "public").code == 0
    public = (tmp_path / "public" / "reports.html").read_text()
    assert "audits/a report.html" in public and "../" not in public


def test_a_corrected_record_is_named_with_what_corrects_it(auditor: Auditor, own: GitRepo) -> None:
    runs = load_records(Folder(own.path), "eval_history")
    run = next(run for run in runs if sum(run.tallies.misaligned))
    fixed = replace(run, planned=99, corrects=run.record, reason="<b>planned</b> more")
    RecordStore(own.path, "eval_history").add([fixed])
    own.commit(message="Correct a record")
    text = _page(auditor, own, "reports")
    assert "Records that were corrected" in text and run.record[:12] in text
    assert "&lt;b&gt;planned&lt;/b&gt; more" in text
    link = re.search(r'<a href="(run-[0-9a-f]+\.html)">', text)
    assert link is not None
    assert f"This record corrects {run.record[:12]}" in _page(auditor, own, link[1].removesuffix(".html"))


def test_a_patch_names_the_items_of_its_test_that_moved_and_counts_those_of_held_out(
    auditor: Auditor, own: GitRepo
) -> None:
    patches = re.findall(r'href="(patch-[0-9a-f]+)\.html"', _page(auditor, own, "index"))
    pages = [page for name in patches if "Items that moved" in (page := _page(auditor, own, name))]
    assert pages and all("(test) of" in page and "(held-out) of" in page for page in pages)


def _page(auditor: Auditor, project: GitRepo, name: str) -> str:
    """A page of a view, written anew."""
    assert auditor("view", "--repo", project.path).code == 0
    return (project.path / ".git/auditor/view" / f"{name}.html").read_text()
