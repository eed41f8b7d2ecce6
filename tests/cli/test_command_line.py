"""The command line itself: help, its groups, suggestions, and the options that stand before any verb."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli.main import VERBS, translate_first_spellings
from tests.cli.conftest import Auditor, one_line
from tests.repos import GitRepo

ESCAPE = "\x1b["


def test_help_lists_every_verb_in_its_group(auditor: Auditor) -> None:
    done = auditor("--help")
    lines = done.out.splitlines()
    for group, verbs in VERBS.items():
        start = lines.index(f"{group}:")
        below = lines[start + 1 :][: next((at for at, line in enumerate(lines[start + 1 :]) if not line), None)]
        assert [line.split()[0] for line in below if line[2:3] != " "] == list(verbs)
    assert list(VERBS) == ["Evidence", "Judgement", "History", "Reports", "Set-up"]


def test_without_a_verb_there_is_help(auditor: Auditor) -> None:
    assert auditor() == auditor("--help") == auditor("help")
    assert auditor().code == 0


def test_help_of_a_verb(auditor: Auditor) -> None:
    assert auditor("help", "audit") == auditor("audit", "--help")
    assert "Usage: auditor hook install [OPTIONS]" in auditor("help", "hook", "install").out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("adit",), "auditor: No such command 'adit'; do you mean audit?; see auditor --help"),
        (("statsu",), "auditor: No such command 'statsu'; do you mean status?; see auditor --help"),
        (("zzz",), "auditor: No such command 'zzz'; see auditor --help"),
        (("help", "adit"), "auditor: No such command 'adit'; do you mean audit?; see auditor --help"),
        (("help", "audit", "x"), "auditor: audit: No such command 'x'; see auditor audit --help"),
        (("-C", "nowhere", "audit"), "auditor: nowhere: -C: no such folder; give a folder"),
    ],
)
def test_a_misspelled_verb_is_one_line_with_the_nearest(
    auditor: Auditor, arguments: tuple[str, ...], line: str
) -> None:
    assert one_line(auditor(*arguments)) == line


def test_a_misspelled_option_is_one_line_with_the_nearest(auditor: Auditor) -> None:
    assert "'--spec'" in one_line(auditor("audit", "--sepc", "x"))
    assert "install" in one_line(auditor("hook", "instal"))
    line = "auditor: --repo stands behind the verb; before it, -C DIR works in another folder; see auditor --help"
    assert one_line(auditor("--repo", ".", "audit")) == line
    assert one_line(auditor("audit", "--results")).endswith("requires an argument; see auditor --help")


def test_a_group_alone_says_what_is_in_it(auditor: Auditor) -> None:
    done = auditor("hook")
    assert (done.code, done.err) == (0, "") and "uninstall" in done.out


def test_a_folder_before_any_verb(auditor: Auditor, judged: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(judged.path.parent)
    assert auditor("-C", judged.path, "audit") == auditor("audit", "--repo", judged.path)
    nested = auditor("-C", "..", "-C", judged.path.parent.name, "-C", judged.path.name, "log", "--no-pager")
    assert nested == auditor("log", "--repo", judged.path, "--no-pager")
    assert Path.cwd() == judged.path.parent


@pytest.mark.parametrize("arguments", [("--color", "always", "audit"), ("audit", "--color=always")])
def test_colour_where_it_is_wanted(
    auditor: Auditor, judged: GitRepo, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE in auditor(*arguments, "--repo", judged.path).out
    assert ESCAPE not in auditor("--color", "never", "audit", "--repo", judged.path).out
    assert ESCAPE not in auditor("audit", "--repo", judged.path).out
    assert ESCAPE not in auditor("--color", "always", "audit", "--repo", judged.path, "--format", "json").out


def test_spellings_of_version_1_behind_the_options_of_the_program() -> None:
    before = ["-C", "x", "--color=never", "-Cy", "--color", "auto"]
    assert translate_first_spellings([*before, "run", "begin", "x"]) == [*before, "preregister", "x"]
    assert translate_first_spellings([*before, "audit", "--today", "x"]) == [*before, "audit", "--as-of", "x"]
    assert translate_first_spellings(["-C"]) == ["-C"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_for_each_shell(shell: str, tmp_path: Path) -> None:
    environment = os.environ | {"_AUDITOR_COMPLETE": f"{shell}_source"}
    call = [sys.executable, "-c", "import sys; sys.argv[0] = 'auditor'; from auditor.__main__ import main; main()"]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, "_AUDITOR_COMPLETE" in done.stdout) == (0, True), done
    words = os.environ | {"_AUDITOR_COMPLETE": "zsh_complete", "COMP_WORDS": "auditor aud", "COMP_CWORD": "1"}
    done = subprocess.run(call, env=words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, "audit")


def test_help_imports_no_verb() -> None:
    program = (
        "import sys; from auditor.cli.main import run; run(['--help']);"
        "print(sorted(name for name in sys.modules if name.startswith('auditor.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['auditor.cli.main', 'auditor.cli.options']"
