"""Runs the commands that a page of the documentation shows, and puts what they print below them.

A block is run where a line of it begins with a folder and a prompt, `~/project$ auditor audit`; lines that go on with
`> ` belong to the command. Blocks with a bare `$ ` are for the reader to type, and are left as they are. What a page
needs and does not show stands in an HTML comment, with the same prompts. All commands of a page share one home, whose
clock goes on by an hour a command: dates, names and folders are fixed, so that commits have the same ids everywhere.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.docs.pages import ROOT

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_PROMPT = re.compile(r"^(~(?:/[\w.-]+)*)\$ (.+)$")
_RANGE = re.compile(r"\b([0-9a-f]{12})\.\.([0-9a-f]{12})\b")
_ENDS = {"```console": "```", "<!--": "-->"}


def has_commands(page: str) -> bool:
    """Whether a page shows commands that are run."""
    return any(_PROMPT.match(line) for line in page.splitlines())


def record(page: str, home: Path) -> str:
    """The page with what its commands print, run below an empty folder."""
    return "\n".join(_record_lines(iter(page.splitlines()), _Shell(home))) + "\n"


def _record_lines(lines: Iterator[str], shell: _Shell) -> Iterator[str]:
    for line in lines:
        yield line
        if line in _ENDS:
            yield from _record_block(lines, _ENDS[line], shell, shown=line != "<!--")


def _record_block(lines: Iterator[str], end: str, shell: _Shell, *, shown: bool) -> Iterator[str]:
    """The lines of a block with its end; what stands below a command gives way to what it prints now."""
    folder, command, printed = "", [""], False
    for line in lines:
        prompt = _PROMPT.match(line)
        continued = bool(folder) and not printed and (line == ">" or line.startswith("> "))
        if folder and not printed and not continued:
            output = shell.run("\n".join(command), folder)
            yield from output if shown else ()
            printed = True
        if prompt:
            folder, command, printed = prompt[1], [prompt[2]], False
        elif continued:
            command.append(line[2:])
        if prompt or continued or not folder or line == end:
            yield line
        if line == end:
            return


class _Shell:
    """A shell in a home of its own, with `auditor` and the `python` that has it on its path."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = START
        (home / "bin").mkdir()
        for name, module in (("auditor", " -m auditor"), ("python", "")):
            program = home / "bin" / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{module} "$@"\n')
            program.chmod(0o755)

    def run(self, command: str, folder: str) -> list[str]:
        """The lines that a command prints, and its exit code where that is not 0."""
        self.now += timedelta(hours=1)
        place = self.home / folder.removeprefix("~").removeprefix("/")
        done = self._call("sh", "-c", f"exec 2>&1; {command}", place=place)
        text = _RANGE.sub(lambda ends: self._name_range(ends, place), done.stdout.replace(str(self.home), "~"))
        code = [f"(exit {done.returncode})"] if done.returncode else []
        return [*(line.rstrip() for line in text.rstrip().splitlines()), *code]

    def _name_range(self, ends: re.Match[str], place: Path) -> str:
        """A range as it stands, unless its head is a commit that is only proposed: its id depends on the day."""
        ids = self._call("git", "rev-list", "--all", place=place).stdout.splitlines()
        return ends[0] if any(each.startswith(ends[2]) for each in ids) else f"{ends[1]}..(proposed)"

    def _call(self, *command: str, place: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=place, env=self._environment(), capture_output=True, text=True, check=False)

    def _environment(self) -> dict[str, str]:
        author = {"NAME": "Ada", "EMAIL": "ada@example.org", "DATE": self.now.isoformat()}
        return {
            "PATH": os.pathsep.join([str(self.home / "bin"), os.environ["PATH"]]),
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "110",
            **{f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in author.items()},
        }
