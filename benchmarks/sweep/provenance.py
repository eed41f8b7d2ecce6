"""Statements of the gate, read by what others read them with: in-toto's own bindings."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.sweep.outcome import Outcome, last_line, run

STATEMENT = "--format in-toto read and validated by in-toto's own bindings"
READERS = ("in-toto-attestation==0.9.3",)
# Raises on what it cannot read.
_READ_STATEMENT = """
import sys
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        read = json_format.Parse(file.read(), statement_pb2.Statement())
    Statement.copy_from_pb(read).validate()
    assert set(read.subject[0].digest) == {"gitCommit", "sha1"}, name
"""
_RANGES = (("HEAD~12", "HEAD"), ("HEAD~4", "HEAD"), ("HEAD", "HEAD"))


def outcomes(source: Path, folder: Path) -> Iterator[Outcome]:
    """One line: how many statements were read."""
    place = folder / "provenance"
    place.mkdir()
    python = place / "python/bin/python"
    run(sys.executable, "-m", "venv", place / "python", cwd=source)
    installed = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *READERS, cwd=place)
    if installed.returncode:
        yield Outcome(STATEMENT, "NOT RUN", last_line(installed))
        return
    auditor = (sys.executable, "-m", "auditor")
    run(*auditor, "demo", place / "demo", cwd=place, PYTHONPATH=str(source))
    statements = []
    for number, (base, head) in enumerate(_RANGES):
        call = (*auditor, "gate", "--base", base, "--head", head, "--format", "in-toto")
        text = run(*call, cwd=place / "demo", PYTHONPATH=str(source)).stdout
        statements.append(_kept(place / f"statement-{number}.json", text))
    yield _read(python, statements)


def _read(python: Path, files: Sequence[Path]) -> Outcome:
    done = run(python, "-c", _READ_STATEMENT, *files, cwd=python.parent)
    if done.returncode:
        return Outcome(STATEMENT, "FAILED", last_line(done))
    return Outcome(STATEMENT, "ok", f"{len(files)} documents read")


def _kept(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file
