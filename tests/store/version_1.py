"""Version 1 of records and item manifests as version 0.1 wrote them, to test that they are read."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from pathlib import Path

from auditor.model.canonical import dumps, rounded, sha256
from auditor.model.run import Run, Tallies

STORE = "eval_history"
PLAIN: tuple[str, ...] = (
    "identity",
    "spec",
    "revision",
    "suite",
    "behaviour",
    "role",
    "model",
    "checkpoint",
    "parent_checkpoint",
)
PLAIN += ("condition", "exposure", "scorer", "sampling", "planned", "incomplete", "source", "source_sha256", "grade")
PLAIN += ("cot_pressure", "corrects")
LATER = ("code_revision", "samples", "plan")


def encode(run: Run) -> tuple[bytes, bytes | None]:
    """The record and its item manifest."""
    items = run.tallies.items
    manifest = None if items is None else dumps({"schema": "auditor.items/1", "items": items})
    members = {name: getattr(run, name) for name in PLAIN}
    members |= {name: value for name in LATER if (value := getattr(run, name)) is not None}
    if run.signals is not None:
        members["signals"] = asdict(run.signals)
    members |= {
        "schema": "auditor.record/1",
        "created": None if run.created is None else run.created.astimezone(UTC).isoformat(),
        "items": None if manifest is None else sha256(manifest),
        "tallies": tallies(run.tallies),
    }
    return dumps(members), manifest


def tallies(counts: Tallies) -> dict[str, object]:
    aware, severity, reasons, effect = counts.aware, counts.severity, counts.reasons, counts.design_effect
    members: dict[str, object] = {name: list(getattr(counts, name)) for name in ("valid", "misaligned", "invalid")}
    members["aware"] = None if aware is None else columns(aware, "labelled", "aware", "aware_misaligned")
    members["severity"] = None if severity is None else columns(severity, "rated", "total")
    members["design_effect"] = None if effect is None else rounded(effect)
    if reasons:
        every = columns(reasons, "error", "limit", "refusal", "refused", "refused_misaligned")
        members["reasons"] = {name: column for name, column in every.items() if any(column)}
    return members


def columns(counts: object, *names: str) -> dict[str, list[float]]:
    return {name: list(getattr(counts, name)) for name in names}


def write(root: Path, run: Run) -> str:
    """Write the files of a run into the store; returns the record's name."""
    record, manifest = encode(run)
    name = sha256(record)
    files = {f"records/{name[:2]}/{name}.json": record}
    if manifest is not None:
        files[f"items/{sha256(manifest)}.json"] = manifest
    for path, data in files.items():
        file = root / STORE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return name
