"""The report as PDF: by a real Chromium where there is one, and what becomes of browsers that are none."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from auditor.app.pdf import NAMES, browser, pdf_of
from auditor.errors import InputError
from tests.cli.conftest import Auditor, auditor, one_line, project, tree_hash
from tests.repos import GitRepo

__all__ = ["auditor", "project"]

PAGE = "<!doctype html><html lang=en><title>T</title><p>Rates by suite</p><img src='ASKED'></html>"
DAY = date(2026, 9, 30)
PDF = "%PDF-1.4 /CreationDate (D:20010101101010+00'00') %%EOF"
# What a browser is asked for is in its one argument that begins so.
PRINTS = 'for one; do case "$one" in --print-to-pdf=*) printf "%s" "{}" > "${{one#*=}}";; esac; done'


def program(folder: Path, does: str, name: str = "chromium") -> Path:
    """A browser that does what a line of shell says."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{does}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """The folder of temporary files, empty; its name is short, for Chromium makes a socket in it. After `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def found() -> str:
    try:
        return browser(os.environ)
    except InputError as error:
        pytest.skip(str(error))


def test_a_browser_prints_the_same_bytes_twice_asks_nobody_and_leaves_nothing(temporary: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        page = PAGE.replace("ASKED", f"http://127.0.0.1:{server.getsockname()[1]}/")
        first, second = (pdf_of(page, found(), DAY, os.environ) for _ in range(2))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert first == second and first.startswith(b"%PDF-")
    assert first.count(b"(D:20260930000000+00'00')") == 2  # made and changed on the day given, not today
    assert list(temporary.iterdir()) == []


def test_the_day_is_the_reports(temporary: Path, tmp_path: Path) -> None:
    printed = pdf_of(PAGE, str(program(tmp_path / "bin", PRINTS.format(PDF))), DAY, os.environ)
    assert printed == PDF.replace("20010101101010", "20260930000000").encode()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("does", "line"),
    [
        ("echo no such thing; exit 3", "chromium printed nothing (exit code 3: no such thing)"),
        (PRINTS.format("%PDF-1.4 half of it"), "chromium printed nothing (exit code 0)"),
        (PRINTS.format("<html></html>"), "chromium printed nothing (exit code 0)"),
    ],
)
def test_what_is_no_whole_pdf_is_one_line(does: str, line: str, temporary: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        pdf_of(PAGE, str(program(tmp_path / "bin", does)), DAY, os.environ)
    assert str(raised.value) == f"--format pdf: {line}; write --format html"
    assert list(temporary.iterdir()) == []


def test_one_that_hangs_is_ended_with_its_helpers(temporary: Path, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    hangs = program(tmp_path / "bin", f"(while :; do echo x >> {alive}; sleep 0.05; done) & wait")
    with pytest.raises(InputError, match=r"took longer than 0\.3 s"):
        pdf_of(PAGE, str(hangs), DAY, os.environ, seconds=0.3)
    size = alive.stat().st_size
    time.sleep(0.2)
    assert alive.stat().st_size == size and list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_usual_name_is_found(name: str, tmp_path: Path) -> None:
    file = program(tmp_path / "bin", "", name)
    assert browser({"PATH": str(tmp_path / "bin")}) == str(file)


def only_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with git on it and no browser."""
    git = shutil.which("git")
    assert git is not None
    folder.mkdir()
    (folder / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_without_a_browser_nothing_is_done(
    auditor: Auditor, project: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_git(tmp_path / "bin", monkeypatch)
    before = tree_hash(project.path)
    asked = ("report", "--quarter", "2026Q3", "--format", "pdf", "-o", tmp_path / "q3.pdf", "--repo", project.path)
    assert one_line(auditor(*asked)) == (
        f"auditor: --format pdf: none of {', '.join(NAMES)} is on PATH; "
        "install Chromium or Chrome, or write --format html and print that in any browser"
    )
    assert not (tmp_path / "q3.pdf").exists() and tree_hash(project.path) == before


def test_into_a_file(auditor: Auditor, project: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(only_git(tmp_path / "bin", monkeypatch), PRINTS.format(PDF))
    file = tmp_path / "q3.pdf"
    asked = ("report", "--quarter", "2026Q3", "--format", "pdf", "-o", file, "--repo", project.path)
    assert auditor(*asked) == (0, "", f"wrote {file}\n")
    assert b"D:20260930000000" in file.read_bytes()
    assert "is there already" in one_line(auditor(*asked))
