"""auditor as a process: streams, encodings, terminals, and the same bytes everywhere."""

from __future__ import annotations

import os
import pty
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Auditor, tree_hash
from tests.processes import auditor as process
from tests.processes import environment, python
from tests.repos import GitRepo

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.mark.parametrize("style", ["text", "json"])
def test_the_same_bytes_under_every_locale_zone_hash_seed_and_width(judged: GitRepo, style: str) -> None:
    command = ("audit", "--repo", judged.path, "--format", style)
    usual = process(*command, LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    assert (usual.code, usual.err) == (0, "")
    assert "test-only" in usual.out.decode()
    elsewhere: tuple[dict[str, str], ...] = (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "2", "TZ": "Asia/Kathmandu"},
        {"PYTHONIOENCODING": "latin-1", "TZ": "America/St_Johns", "COLUMNS": "40", "NO_COLOR": "1"},
        {"FORCE_COLOR": "1", "COLUMNS": "200", "PYTHONHASHSEED": "3", "TERM": "xterm-256color"},
    )
    for variables in elsewhere:
        assert process(*command, cwd=None, **variables) == usual, variables


def test_errors_can_be_printed_under_every_locale(tmp_path: Path) -> None:
    said = process(
        "audit", "--repo", tmp_path / "λ", "--spec", "x", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
    )
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "no such folder" in said.err


def test_a_reader_that_goes_away_is_no_bug(judged: GitRepo) -> None:
    command = [sys.executable, "-m", "auditor", "audit", "--repo", str(judged.path), "--format", "json"]
    running = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    assert (running.wait(), said) == (2, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["--help"], ["checks"]])
def test_a_full_disk_is_no_pass(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", *arguments],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "auditor: No space left on device; check the path, its mode and the room on the disk\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("arguments", "streams", "code"),
    [
        ("log", ">&-", 0),
        ("diff main~1 main", ">&-", 0),
        ("blame spec.md:3", ">&- 2>&-", 0),
        ("log", "> /dev/full", 2),
        ("nonsense", "2> /dev/full", 2),
        ("show nowhere", "> /dev/full 2> /dev/full", 2),
        ("init", "<&- 2> /dev/full", 2),
        ("gate --hook pre-receive", "<&-", 2),
    ],
)
def test_a_stream_that_takes_nothing_is_no_bug(judged: GitRepo, arguments: str, streams: str, code: int) -> None:
    """Closed from the start, a stream is as one to the null device; one that is full ends in exit 2."""
    call = f"'{sys.executable}' -m auditor {arguments} {streams}"
    done = subprocess.run(["sh", "-c", call], cwd=judged.path, env=environment(), capture_output=True, check=False)
    assert done.returncode == code and b"Traceback" not in done.stderr


@pytest.mark.parametrize(("columns", "colour"), [(80, True), (120, True), (80, False)])
def test_a_terminal_gets_its_width_and_colour_where_wanted(judged: GitRepo, columns: int, colour: bool) -> None:
    variables = {"COLUMNS": str(columns), "TERM": "xterm-256color"} | ({} if colour else {"NO_COLOR": "1"})
    text = on_a_terminal(["audit", "--repo", str(judged.path)], variables)
    assert ("\x1b[1;31mtest-only" in text) == colour
    assert "test-only" in text
    assert "\u202e" not in text


def on_a_terminal(arguments: list[str], variables: dict[str, str]) -> str:
    """What auditor writes to a pseudo-terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "auditor", *arguments], env=environment(**variables), stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        parts = []
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # Linux says EIO when the last writer is gone
                break
            if not data:
                break
            parts.append(data)
        os.close(ours)
    assert running.returncode == 0
    return b"".join(parts).decode()


@pytest.mark.skipif(IS_ROOT, reason="no mode stops root")
def test_a_folder_that_cannot_be_read(own: GitRepo) -> None:
    records = own.path / "eval_history/records"
    records.chmod(0)
    try:
        said = process("audit", "--repo", own.path)
    finally:
        records.chmod(0o755)
    assert (said.code, said.out) == (2, b"")
    assert said.err == f"auditor: {records}: Permission denied; check the path, its mode and the room on the disk\n"


@pytest.mark.skipif(IS_ROOT, reason="no mode stops root")
def test_a_store_that_cannot_be_written(project: GitRepo, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("spec_revision,suite,model,item,misaligned\nv1,visible,m,a,1\n")
    store = project.path / "eval_history"
    store.chmod(0o555)
    try:
        said = process("ingest", table, "--repo", project.path)
    finally:
        store.chmod(0o755)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "Permission denied; make it writable" in said.err
    assert {path.name for path in store.iterdir()} == {"suites.toml"}


def test_a_machine_that_refuses_is_no_bug(judged: GitRepo, auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: str) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", deny)  # tests may run as root, whom no mode stops
    records = judged.path / "eval_history/records"
    assert auditor("audit", "--repo", judged.path) == (
        2,
        "",
        f"auditor: {records}: Permission denied; check the path, its mode and the room on the disk\n",
    )


LOADED = """
import sys
sys.argv = ["auditor", *{arguments!r}]
from auditor.__main__ import main
try:
    main()
except SystemExit as stop:
    print(stop.code, *sorted({unwanted!r} & set(sys.modules)))
"""
HEAVY = {"numpy", "networkx", "pydantic", "git", "rich", "markdown_it", "diff_match_patch", "zstandard"}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(argument: str) -> None:
    said = python("-c", LOADED.format(arguments=[argument], unwanted=HEAVY))
    assert said.out.decode().splitlines()[-1] == "0"


def test_checks_load_neither_git_nor_readers() -> None:
    said = python("-c", LOADED.format(arguments=["checks"], unwanted={"git", "zstandard"}))
    assert said.out.decode().splitlines()[-1] == "0"


def no_room() -> None:
    """No file this process writes may have a byte, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "t.csv"),
        ("preregister", "--suite", "visible", "--model", "m", "--samples", "3"),
        ("verify", "--seal"),
    ],
)
def test_a_disk_that_takes_nothing_is_never_exit_0(own: GitRepo, arguments: tuple[str, ...]) -> None:
    (own.path / "t.csv").write_text("spec_revision,suite,model,item,misaligned\nv1,visible,m,new,1\n")
    before = tree_hash(own.path / "eval_history")
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        cwd=own.path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=no_room,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert re.search("cannot be written: File too large; make it writable|the room on the disk$", done.stderr.strip())
    assert tree_hash(own.path / "eval_history") == before
