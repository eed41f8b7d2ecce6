"""Small logs of Inspect and promptfoo, written as their tools write them, with what a test wants to vary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.readers.archives import STORED, write_zip


def sample(item: int | str, value: object, asks: str = "", epoch: int = 1, **more: object) -> dict[str, Any]:
    """A sample in full: its id, what it scored with the scorer `match`, what it asks (its id, if nothing)."""
    document: dict[str, Any] = {
        "id": item,
        "epoch": epoch,
        "input": asks or f"item {item}",
        "target": "yes",
        "messages": [],
    }
    return {**document, "scores": {"match": {"value": value}}, **more}


def inspect_log(
    samples: Sequence[Mapping[str, Any]],
    revision: str,
    task: str = "visible",
    created: str = "2026-01-02T10:00:00+00:00",
    **header: Any,  # noqa: ANN401 - as the log has it
) -> dict[str, Any]:
    """A whole `.json` log."""
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": f"{task}-{created}",
            "created": created,
            "task": task,
            "model": "m1",
            "dataset": {"samples": len(samples)},
            "metadata": {"spec_revision": revision},
        },
        "results": {"total_samples": len(samples), "completed_samples": len(samples), "scores": []},
        "samples": list(samples),
        **header,
    }


def write_json(path: Path, document: object) -> Path:
    """A document as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def write_eval(path: Path, log: Mapping[str, Any], again: Sequence[Mapping[str, Any]] = ()) -> Path:
    """A log as an archive; `again` are samples in full that were written before those of the same name in the log."""
    samples = log["samples"]
    rows = [{name: value for name, value in one.items() if name != "messages"} for one in samples]
    header = {name: value for name, value in log.items() if name != "samples"}
    members = [
        *((f"samples/{one['id']}_epoch_{one['epoch']}.json", one) for one in (*again, *samples)),
        ("summaries.json", rows),
        ("header.json", header),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_zip(path, [(name, json.dumps(value).encode()) for name, value in members], STORED)


def promptfoo_result(
    variables: Mapping[str, object], success: bool, place: int, spec: str = "", asserts: object = None
) -> dict[str, Any]:
    """One answer to the chat prompt that shows `spec` to the model and asks what `variables` have as `q`."""
    messages = [{"role": "system", "content": spec}] if spec else []
    return {
        "provider": {"id": "m1"},
        "prompt": {"raw": json.dumps([*messages, {"role": "user", "content": variables["q"]}]), "label": "chat"},
        "vars": dict(variables),
        "success": success,
        "score": int(success),
        "failureReason": 0 if success else 1,
        "testCase": {"description": f"Row #{place + 1}", **({"assert": asserts} if asserts else {})},
        "testIdx": place,
    }


def promptfoo_log(results: Sequence[Mapping[str, Any]], revision: str | None, evaluation: str) -> dict[str, Any]:
    """A results file of version 3."""
    passed = sum(result["success"] for result in results)
    return {
        "evalId": evaluation,
        "results": {
            "version": 3,
            "timestamp": "2026-01-02T10:00:00.000Z",
            "results": list(results),
            "stats": {"successes": passed, "failures": len(results) - passed, "errors": 0},
        },
        "config": {"description": "visible", "tags": {"spec_revision": revision} if revision else {}},
    }
