"""Real repositories for the gate: a spec on `main`, a patch on `branch`, and records written as counts."""

from __future__ import annotations

import csv
import functools
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.app.ingest import ingest
from auditor.cli.main import run
from auditor.model.spec import revision_id
from tests.repos import GitRepo

SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
SUITES = """
[[suite]]
name = "visible"
behaviour = "lying"
role = "test"
tasks = ["lying_visible"]

[[suite]]
name = "unseen"
tasks = ["unseen"]
behaviour = "lying"
role = "held_out"
"""
_FOLDER = tempfile.TemporaryDirectory(prefix="auditor-landings-")
FIRST = "# Conduct\n\nSay what is true.\n"
SECOND = FIRST + "\nIn reviews, never praise work that fails its tests.\n"
THIRD = SECOND + "\nSay so when you are not sure.\n"


def content(text: str) -> str:
    """The content id of a spec of one file."""
    return revision_id({"spec.md": text.encode()})


@dataclass
class Evaluated:
    """A repository whose spec says FIRST on `main`, with the runs before a patch recorded there."""

    repo: GitRepo
    folder: Path
    tables: int = 0

    def record(self, revision: str, counts: Mapping[str, str], runs: int = 1) -> None:
        """Record runs of suites ("80/400": 80 misaligned of 400 items) in the work tree, without committing."""
        self.tables += 1
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["spec_revision", "suite", "model", "item", "misaligned", "run"])
        for suite, count in counts.items():
            misaligned, items = map(int, count.split("/"))
            for number in range(runs):
                cells = ([f"i{item:04d}", int(item < misaligned), f"{self.tables}.{number}"] for item in range(items))
                rows.writerows([revision, suite, "m1", *cell] for cell in cells)
        if counts:
            self.table(text.getvalue())

    def table(self, text: str) -> None:
        """Record the runs of a tidy table in the work tree."""
        file = self.folder / "table.csv"
        file.write_text(text)
        report = ingest([file], root=self.repo.path, extra="error", dry_run=False)
        assert not report.refusals, report.refusals

    def patch(self, text: str = SECOND, *, message: str = "Do not praise", **after: str) -> str:
        """Commit a text, and with it a run of each suite under it; the commit's id."""
        self.repo.write({"spec.md": text})
        self.repo.commit(message=message)
        if not after:
            return self.repo.head()
        self.record(content(text), after)
        return self.repo.commit(message="results")

    def gate(
        self, capsys: pytest.CaptureFixture[str], *options: str, base: str = "main", head: str = "branch"
    ) -> tuple[int, str, str]:
        """(exit code, stdout, stderr) of `auditor gate`."""
        where = [] if "--repo" in options else ["--repo", str(self.repo.path)]
        code = run(["gate", "--base", base, "--head", head, *where, *options])
        out, err = capsys.readouterr()
        return code, out, err

    def decide(
        self, capsys: pytest.CaptureFixture[str], *options: str, base: str = "main", head: str = "branch"
    ) -> Mapping[str, Any]:
        """The JSON document of `auditor gate`; its exit code must be the process's."""
        code, out, err = self.gate(capsys, "--format", "json", *options, base=base, head=head)
        assert out, err
        document: Mapping[str, Any] = json.loads(out)
        assert document["exit_code"] == code
        return document


def evaluated(
    folder: Path, settings: str = SETTINGS, suites: str = SUITES, before: Mapping[str, str] | None = None
) -> Evaluated:
    """`before` are counts by suite, recorded on `main` twice under FIRST; `branch` is checked out, equal to `main`."""
    counts = {"visible": "80/400", "unseen": "80/400"} if before is None else before
    first = _evaluated(settings, suites, tuple(counts.items()))
    return Evaluated(first.repo.copy(folder / "repo"), folder, first.tables)


@functools.cache
def _evaluated(settings: str, suites: str, before: tuple[tuple[str, str], ...]) -> Evaluated:
    """The same, made once; to be copied."""
    folder = Path(_FOLDER.name) / str(len(list(Path(_FOLDER.name).iterdir())))
    made = Evaluated(GitRepo(folder / "repo"), folder)
    made.repo.commit({"spec.md": FIRST, "auditor.toml": settings, "eval_history/suites.toml": suites}, message="set up")
    made.record(content(FIRST), dict(before), runs=2)
    made.repo.commit({"README.md": "x"}, message="evaluated")
    made.repo.branch("branch")
    return made


def rules(entries: Sequence[Mapping[str, Any]]) -> list[object]:
    """The rules of some entries, without what is said of configuration and beside a verdict."""
    return [entry["check"] for entry in entries if entry["check"] not in ("configuration", "findings")]
