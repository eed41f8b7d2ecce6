"""Provenance and statements, read by what others read them with: the prov package, in-toto's own bindings."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor.render.prov import graph_prov
from benchmarks.sweep.hostile import PAYLOADS, told_web, web
from benchmarks.sweep.outcome import Outcome, last_line, run

PROV = "--format prov read, written and read again by the prov package"
STATEMENT = "--format in-toto read and validated by in-toto's own bindings"
READERS = ("prov==3.2.3", "in-toto-attestation==0.9.3")
# Both say how many they read; what they cannot read they raise on.
_READ_PROV = """
import sys
from prov.model import ProvDocument
for name in sys.argv[1:]:
    read = ProvDocument.deserialize(name)
    assert read.get_records(), name
    assert ProvDocument.deserialize(content=read.serialize(format="json")) == read, name
"""
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
    """One line a reader."""
    place = folder / "provenance"
    place.mkdir()
    python = place / "python/bin/python"
    run(sys.executable, "-m", "venv", place / "python", cwd=source)
    installed = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *READERS, cwd=place)
    if installed.returncode:
        yield from (Outcome(part, "NOT RUN", last_line(installed)) for part in (PROV, STATEMENT))
        return
    auditor = (sys.executable, "-m", "auditor")
    run(*auditor, "demo", place / "demo", cwd=place, PYTHONPATH=str(source))
    graph = run(*auditor, "graph", "--format", "prov", cwd=place / "demo", PYTHONPATH=str(source))
    yield _read(PROV, python, _READ_PROV, [_kept(place / "demo.prov.json", graph.stdout), *_hostile(place)])
    statements = []
    for number, (base, head) in enumerate(_RANGES):
        call = (*auditor, "gate", "--base", base, "--head", head, "--format", "in-toto")
        said = run(*call, cwd=place / "demo", PYTHONPATH=str(source)).stdout
        statements.append(_kept(place / f"statement-{number}.json", said))
    yield _read(STATEMENT, python, _READ_STATEMENT, statements)


def _hostile(place: Path) -> Iterator[Path]:
    (place / "web").mkdir()
    plain = web(place / "web")
    for number, payload in enumerate(PAYLOADS):
        yield _kept(place / f"hostile-{number}.prov.json", graph_prov(told_web(plain, payload)))


def _read(part: str, python: Path, program: str, files: Sequence[Path]) -> Outcome:
    done = run(python, "-c", program, *files, cwd=python.parent)
    if done.returncode:
        return Outcome(part, "FAILED", last_line(done))
    return Outcome(part, "ok", f"{len(files)} documents read")


def _kept(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file
