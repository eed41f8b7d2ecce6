"""Inspect logs with samples that were run again, and the other files that Inspect leaves beside its logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.app.ingest import discover
from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun
from auditor.readers.interface import Engine, ReadOptions, reader_for
from tests.tiny_logs import inspect_log, sample, write_eval, write_json

SAMPLES = [sample("a", 1.0), sample("b", 0.0)]


def read(path: Path) -> RawRun:
    [run] = reader_for(path).read(path, ReadOptions())
    return run


def test_the_last_attempt_counts(tmp_path: Path) -> None:
    first = sample("b", 1.0, error={"message": "rate limited"})
    run = read(write_eval(tmp_path / "log.eval", inspect_log(SAMPLES, "v1"), [first]))
    assert isinstance(run.samples, tuple)
    logged = [one for one in run.samples if isinstance(one, LoggedSample)]
    scores = {one.item: (one.scores["match"], one.invalid_reason) for one in logged}
    assert scores == {"a": (1.0, None), "b": (0.0, None)}
    assert (run.retried, run.incomplete) == (1, None)


def test_the_last_attempt_is_held_against_the_summary(tmp_path: Path) -> None:
    log = inspect_log(SAMPLES, "v1")
    path = write_eval(tmp_path / "log.eval", log, [])
    changed = write_eval(tmp_path / "changed.eval", {**log, "samples": [SAMPLES[0]]}, [])
    assert read(path).retried == 0
    assert read(changed).incomplete == "the log's header counts 2 samples, the log holds 1"
    other = [sample("b", 0.0), *SAMPLES[:1], sample("b", 1.0)]
    twice = write_eval(tmp_path / "twice.eval", {**log, "samples": other}, [])
    with pytest.raises(LogError, match=r"otherwise than its summary says|of the same item and epoch twice"):
        read(twice)


def test_what_an_eval_set_leaves_beside_its_logs_is_passed_over(tmp_path: Path) -> None:
    log = inspect_log(SAMPLES, "v1")
    header = {name: value for name, value in log.items() if name != "samples"}
    good = [write_eval(tmp_path / "set/log.eval", log), write_json(tmp_path / "set/log.json", log)]
    others = [
        write_json(tmp_path / "set/logs.json", {"2026-01-02T10-00-00_visible.eval": header}),
        write_json(tmp_path / "set/eval-set.json", {"eval_set_id": "s", "tasks": [{"eval": {}, "version": 1}]}),
    ]
    write_json(tmp_path / "set/.buffer/log/manifest.json", header)
    assert discover([tmp_path], Engine.DUCKDB) == (sorted(good), sorted(others))


def test_the_order_of_choices_is_no_part_of_an_item(tmp_path: Path) -> None:
    """Inspect may shuffle them in each run, and the letter of the target with them."""
    items = [
        sample("a", 1.0, choices=["yes", "no", "unsure"], target="B"),
        sample("a", 1.0, choices=["no", "unsure", "yes"], target="A"),
        sample("a", 1.0, choices=["no", "unsure", "yes"], target="C"),
    ]
    logs = [
        inspect_log([document], "v1", created=f"2026-01-0{day}T10:00:00Z")
        for day, document in enumerate(items, start=1)
    ]
    runs = [read(write_json(tmp_path / f"{place}.json", log)) for place, log in enumerate(logs)]
    first, shuffled, other = (run.samples[0] for run in runs if isinstance(run.samples, tuple))
    assert (first.input, first.checker) == (shuffled.input, shuffled.checker)
    assert first.checker != other.checker
