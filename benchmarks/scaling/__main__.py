"""Draws every dimension at three sizes ten times apart, and keeps the table in benchmarks/RESULTS-scaling.md.

python -m benchmarks.scaling [--only WORDS] [--calls]

Ends with 1 where a cost grows with an exponent over 1.15. User seconds of CPU count, of the command and what it starts;
with --calls, how many functions it calls, at small sizes twice apart.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.scaling.growth import MOST, calls_of, draw_calls, draw_seconds
from benchmarks.scaling.worlds import DIMENSIONS, Dimension, Shape, evidence, ingested, revisions
from benchmarks.speed.timing import ROOT, commit_of, git

RESULTS = ROOT / "benchmarks/RESULTS-scaling.md"


def main() -> int:
    """Draw all dimensions, or those whose name has some words."""
    parser = argparse.ArgumentParser(description=f"How cost grows; over an exponent of {MOST} is a failure.")
    parser.add_argument("--only", default="", help="dimensions with these words; the file is left as it is")
    parser.add_argument("--calls", action="store_true", help="count calls at small sizes; the file is left as it is")
    options = parser.parse_args()
    if options.calls:
        return count_calls(options.only)
    words = options.only
    commit = commit_of(ROOT)
    rows = []
    failed = False
    for dimension in DIMENSIONS:
        if words not in dimension.name:
            continue
        with tempfile.TemporaryDirectory() as folder:  # outside of this checkout, whose history is another
            seconds, exponent = draw_seconds(dimension, Path(folder))
        failed |= exponent > MOST
        rows.append(row(dimension, seconds, exponent))
        print(rows[-1], flush=True)
    if not words:
        RESULTS.write_text(document(rows, commit), encoding="utf-8")
    return 1 if failed else 0


def count_calls(words: str) -> int:
    """Prints what calls grow with, after a command of each kind: what those import is no cost of a size."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, build in (("text", revisions), ("evidence", partial(evidence, Shape())), ("table", ingested)):
            calls_of(build(Path(folder) / name, 3))
        for dimension in DIMENSIONS:
            if words in dimension.name:
                calls, exponent = draw_calls(dimension, Path(folder) / dimension.name)
                failed |= exponent > MOST
                mark = " FAILS" if exponent > MOST else ""
                print(
                    f"{dimension.name}: {calls} calls at {dimension.small}, exponent {exponent:.2f}{mark}", flush=True
                )
    return 1 if failed else 0


def row(dimension: Dimension, seconds: Sequence[float], exponent: float) -> str:
    """A row of the table."""
    costs = " | ".join(f"{size:,}: {cost:.2f} s" for size, cost in zip(dimension.sizes, seconds, strict=True))
    return f"| {dimension.name} | {costs} | {exponent:.2f}{' FAILS' if exponent > MOST else ''} |"


def document(rows: Sequence[str], commit: str) -> str:
    """The table as Markdown."""
    version = git("--version", cwd=ROOT).decode().split()[2]
    lines = [
        "# How cost grows",
        "",
        "Written by `make bench`, in user seconds of CPU of a command and of what it starts, at three sizes.",
        "The exponent is that of what grows: the start, which every size pays, is no part of it. Over",
        f"{MOST} the benchmark fails; `make test` holds the same exponents for numbers of calls at small sizes",
        "(`tests/test_scaling.py`).",
        "",
        f"Commit {commit}; Python {platform.python_version()}, git {version}.",
        "",
        "| what grows | small | larger | largest | exponent |",
        "| --- | ---: | ---: | ---: | ---: |",
        *rows,
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
