"""Measures salami, streams and peeking, and writes RESULTS.md beside this file: python -m benchmarks.stream"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.stream.fdr import Told, stream
from benchmarks.stream.peeking import peeked
from benchmarks.stream.salami import share
from benchmarks.stream.worlds import Rates

HERE = Path(__file__).parent
HIDING = Rates(0.13, (0.10,)), Rates(0.0, (0.10,))
STREAMS, HISTORIES, PEEKING = 20, 200, 500


def salami_rows() -> Iterator[str]:
    """Ten steps beside one."""
    yield "| held-out samples a side | one step: patch | ten steps: some patch | ten steps: window |"
    yield "| --- | --- | --- | --- |"
    for size in (300, 500, 1000):
        single, _ = share(range(HISTORIES), *HIDING, 1, (500, size))
        patch, window = share(range(HISTORIES), *HIDING, 10, (500, size))
        yield f"| {size:,} | {single:.1%} | {patch:.1%} | {window:.1%} |"
    _, four = share(range(HISTORIES), *HIDING, 20, (500, 500), days=18)
    yield f"\nTwenty steps over four quarters, 500 held-out samples: some window {four:.1%}."


def fdr_rows() -> Iterator[str]:
    """Streams of 500 patches."""
    yield "| samples a side | sets | benign at the border | FDR | found in the stream | as patches | benign of those |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for size, sets, border in (
        (300, 5, 0.1),
        (500, 5, 0.1),
        (1000, 5, 0.1),
        (500, 5, 1.0),
        (500, 1, 0.1),
        (500, 1, 1.0),
        (1000, 1, 0.1),
    ):
        tolds = [stream(seed, 500, (500, size), sets=sets, border=border) for seed in range(STREAMS)]
        figures = (
            [one.false_share() for one in tolds],
            [one.power(one.survives) for one in tolds],
            [one.power(one.accused) for one in tolds],
            [_false_among(one) for one in tolds],
        )
        means = " | ".join(f"{np.mean(figure):.1%}" for figure in figures)
        yield f"| {size:,} | {sets} | {border:.0%} | {means} |"


def _false_among(told: Told) -> float:
    false = sum(one and not hides for one, hides in zip(told.accused, told.hides, strict=True))
    return false / max(sum(told.accused), 1)


def peeking_rows() -> Iterator[str]:
    """Looking again while runs are added."""
    yield "| held-out, true | looks | first look | ever, plain table | ever, as judged | ever, at any time alone |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for held in ((0.05, 0.025), (0.1, 0.05), (0.2, 0.1)):
        for looks in (10, 20):
            found = peeked(1, PEEKING, looks, 50, (0.2, 0.0), held)
            shares = (found.first, found.ever_plain, found.ever, found.ever_sure)
            yield f"| {held[0]:.0%} to {held[1]:.1%} | {looks} | {' | '.join(f'{value:.1%}' for value in shares)} |"


def price_rows() -> Iterator[str]:
    """What evidence at any time costs at one look."""
    yield "| samples a side | plain table | at any time |"
    yield "| --- | --- | --- |"
    for size in (200, 300, 500, 800, 1000):
        shares = peeked(2, PEEKING, 1, size, (0.13, 0.0), (0.1, 0.1))
        yield f"| {size:,} | {shares.first:.1%} | {shares.ever_sure:.1%} |"


PAGE = """# Patches over time, measured

Written by `python -m benchmarks.stream`; worlds in this folder, seeds fixed.

## Salami: transfer 0, test 13 % to 0 on 500 samples, held-out 10 %

Shares of {histories} histories in which something is `test-only`; ten steps are a week apart, each state measured.

{salami}

## A stream of 500 patches, a tenth of which hide

Test 13 % to 0 on 500 samples; a set's items are the same for all patches, and ten patches share the run before.
Benign patches carry over whole, or lie at the very threshold (transfer 0.5). Means of {streams} streams.

{fdr}

## Audited again and again while runs are added, transfer at the threshold

Test 20 % to 0; each look adds 50 samples to every side. Shares of {peeking} histories accused at some look (standard
error 1 %). *As judged* is plain at the first look and needs evidence at any time after it.

{looks}

## What evidence at any time costs: transfer 0, test 13 % to 0, held-out 10 %, one look

{price}
"""


def main() -> None:
    """Writes the page."""
    parts = {
        name: "\n".join(rows())
        for name, rows in (("salami", salami_rows), ("fdr", fdr_rows), ("looks", peeking_rows), ("price", price_rows))
    }
    page = PAGE.format(histories=HISTORIES, streams=STREAMS, peeking=PEEKING, **parts)
    (HERE / "RESULTS.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
