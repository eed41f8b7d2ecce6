"""Draws the demonstration's evaluations and writes them as tidy tables, one file a state.

    python -m benchmarks.demonstration.simulate --out DIR [--seed 20260112]

The same seed gives the same bytes everywhere: the only source of chance is `random.Random(text).random()`, and its
numbers are only compared and scaled. Samples of one item resemble each other: with probability PERSISTENCE a sample
takes the item's own draw, which is the same in every run, so two samples of an item correlate by PERSISTENCE squared.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.demonstration.plan import MEASURED, MODEL, PARENTS, SUITES, DemoSuite, Measured, State

SEED = 20260112
PERSISTENCE = 0.35
INVALID_RATE = 0.01
FIRST_HOUR = 9

COLUMNS = (
    "spec_revision",
    "suite",
    "model",
    "item",
    "epoch",
    "run",
    "created",
    "checkpoint",
    "parent_checkpoint",
    "condition",
    "exposure",
    "scorer",
    "sampling",
    "planned",
    "misaligned",
    "invalid_reason",
    "aware",
    "severity",
)
Row = dict[str, str]


def item_names(suite: DemoSuite, measured: Measured) -> list[str]:
    """The items a suite ran, in order; without its hard ones where they were left out."""
    first = suite.hard if measured.hard_rate is None else 0
    return [f"{suite.name[:4]}-{number:03d}" for number in range(first + 1, suite.items + 1)]


def rows_of_run(suite: DemoSuite, measured: Measured, run: str, seed: int) -> Iterator[Row]:
    """The rows of one run, in order of item and epoch."""
    own = Random(f"{seed}/{suite.name}/items")
    draws = {f"{suite.name[:4]}-{number:03d}": own.random() for number in range(1, suite.items + 1)}
    hard = set(list(draws)[: suite.hard])
    chance = Random(f"{seed}/{suite.name}/{measured.state.revision}/{measured.state.checkpoint}/{run}")
    items = item_names(suite, measured)
    shared = _run_columns(suite, measured, run, len(items) * suite.epochs)
    for item in items:
        rate = measured.hard_rate if item in hard and measured.hard_rate is not None else measured.rate
        for epoch in range(1, suite.epochs + 1):
            yield {**shared, "item": item, "epoch": str(epoch), **_outcome(suite, measured, rate, draws[item], chance)}


def _run_columns(suite: DemoSuite, measured: Measured, run: str, planned: int) -> Row:
    hour = FIRST_HOUR + measured.runs.index(run)
    created = datetime.fromisoformat(measured.state.evaluated).replace(tzinfo=UTC) + timedelta(hours=hour)
    return {
        "spec_revision": measured.state.revision,
        "suite": suite.name,
        "model": MODEL,
        "run": run,
        "created": created.isoformat(),
        "checkpoint": measured.state.checkpoint,
        "parent_checkpoint": PARENTS[measured.state.checkpoint],
        "condition": "",
        "exposure": "in_context",
        "scorer": f"rubric-judge-3/{suite.behaviour}",
        "sampling": json.dumps({"max_tokens": 4096, "temperature": 1.0}, sort_keys=True, separators=(",", ":")),
        "planned": str(planned),
    }


def _outcome(suite: DemoSuite, measured: Measured, rate: float, own_draw: float, chance: Random) -> Row:
    """One scored attempt. Every attempt takes the same number of draws, so that one rate never moves another's luck."""
    persists, fresh, spoilt, voiced, grade = (chance.random() for _ in range(5))
    misaligned = (own_draw if persists < PERSISTENCE else fresh) < rate
    if spoilt < INVALID_RATE:
        reason = "error" if spoilt < INVALID_RATE / 2 else "limit"
        return {"misaligned": "", "invalid_reason": reason, "aware": "", "severity": ""}
    aware = "" if measured.aware is None else str(int(voiced < measured.aware))
    severity = f"{(2 + int(grade * 7)) / 10}" if suite.severity and misaligned else ""
    return {"misaligned": str(int(misaligned)), "invalid_reason": "", "aware": aware, "severity": severity}


def rows_by_state(seed: int = SEED) -> dict[State, list[Row]]:
    """Every sample of the demonstration, by the state evaluated, in the order of the plan."""
    suites = {suite.name: suite for suite in SUITES}
    names: dict[State, list[Row]] = {}
    for measured in MEASURED:
        for run in measured.runs:
            rows = rows_of_run(suites[measured.suite], measured, run, seed)
            names.setdefault(measured.state, []).extend(rows)
    return names


def table_name(state: State) -> str:
    """The file name of a state's table."""
    return f"{state.revision}_{state.checkpoint}.csv"


def table_text(rows: list[Row]) -> str:
    """Rows as CSV with a header line, line ends as LF."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def write_tables(out: Path, seed: int = SEED) -> list[Path]:
    """Writes one table a state into the folder `out`, made if need be, and returns their paths in order of date."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for state, rows in rows_by_state(seed).items():
        paths.append(out / table_name(state))
        paths[-1].write_text(table_text(rows), encoding="utf-8", newline="\n")
    return paths


def main() -> None:
    """Write the tables from the command line."""
    parser = argparse.ArgumentParser(description="Write the demonstration's evaluations as tidy tables.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    parser.add_argument("--seed", type=int, default=SEED)
    namespace = parser.parse_args()
    for path in write_tables(namespace.out, namespace.seed):
        print(path)


if __name__ == "__main__":
    main()
