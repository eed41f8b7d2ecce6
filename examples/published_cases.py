"""Turn published before-and-after rates into a tidy tally table that `auditor ingest` reads.

    python examples/published_cases.py cases.csv --case some-study --design-effect 1.5 -o tallies.csv

The input has the columns case, behaviour, suite, role, model, before_percent, after_percent, before_count,
after_count; others are passed over. A count is written "10/10" and is used as it stands. Where a publication prints
only percentages, --assume-n declares how many samples a side they are taken to stand for:
count = round(percent * n / 100), halves up. That number is an assumption, and so is a verdict on such rows.

--design-effect must be declared because published tables do not say which samples belong to one item. Samples of one
item resemble each other, so the effective sample is smaller than the printed one, by 1 + (m - 1) rho for m samples an
item with correlation rho. Fifty items in ten epochs with rho from 0.3 to 0.6 make 3.7 to 6.4; one sample an item makes
1. The default, 1.5, stands for few epochs and a mild correlation: raise it where the publication repeats its items.

Without --case, a suite is named with its case: two studies that use one name did not run the same items.

Rows whose behaviour is evaluation awareness are left out with a note on stderr: noticing a test is no misbehaviour.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

NEEDED = (
    "case",
    "behaviour",
    "suite",
    "role",
    "model",
    "before_percent",
    "after_percent",
    "before_count",
    "after_count",
)
COLUMNS = (
    "spec_revision",
    "suite",
    "model",
    "behaviour",
    "role",
    "exposure",
    "misaligned_count",
    "valid_count",
    "design_effect",
)
Row = Mapping[str, str]


class BadCase(Exception):
    """A row that cannot be used; says which line, which column, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the caller declares.

    Attributes:
        before: name of the revision before.
        after: name of the revision after.
        assume_n: samples a side where no count is printed, at least 1.
        design_effect: by how much the variance is larger than that of independent samples, at least 1.
        exposure: how the model knew the spec: trained, in_context or absent; empty leaves it unsaid.
    """

    before: str
    after: str
    assume_n: int
    design_effect: float
    exposure: str


def counts(row: Row, side: str, assume_n: int) -> tuple[int, int]:
    """Misaligned and valid samples of one side ("before" or "after"). Raises BadCase."""
    printed = row[f"{side}_count"].strip()
    if printed:
        return _printed(printed, f"{side}_count")
    return _assumed(row[f"{side}_percent"].strip(), f"{side}_percent", assume_n)


def _printed(text: str, column: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
    if match is None:
        raise BadCase(f"{column}: {text!r} is no count; write it as misaligned/valid, as in 3/10")
    misaligned, valid = int(match[1]), int(match[2])
    if misaligned > valid or valid == 0:
        raise BadCase(f"{column}: {text!r} is no share of a sample; check its two numbers")
    return misaligned, valid


def _assumed(text: str, column: str, n: int) -> tuple[int, int]:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        raise BadCase(f"{column}: {text!r} is no number; give a percentage, or a count beside it") from None
    if not (percent.is_finite() and 0 <= percent <= 100):
        raise BadCase(f"{column}: {text!r} is no percentage; give a number from 0 to 100")
    return int((percent * n / 100).quantize(Decimal(1), ROUND_HALF_UP)), n


def is_awareness(row: Row) -> bool:
    """Whether the row tells how often a model notices a test, which is not how often it misbehaves."""
    return re.search(r"aware|metagaming", row["behaviour"], re.IGNORECASE) is not None


def tallies(row: Row, declared: Declared, *, plain: bool) -> Iterator[dict[str, str]]:
    """The two rows, before and after, of one published case; `plain` leaves the case out of the suite's name.

    Raises BadCase.
    """
    for side, revision in (("before", declared.before), ("after", declared.after)):
        misaligned, valid = counts(row, side, declared.assume_n)
        yield {
            "spec_revision": revision,
            "suite": row["suite"] if plain else f"{row['suite']} ({row['case']})",
            "model": row["model"],
            "behaviour": row["behaviour"],
            "role": row["role"],
            "exposure": declared.exposure,
            "misaligned_count": str(misaligned),
            "valid_count": str(valid),
            "design_effect": f"{declared.design_effect:g}",
        }


def convert(lines: Iterable[str], case: str | None, declared: Declared) -> tuple[list[dict[str, str]], int]:
    """The tally rows of a CSV, of one case or of all, and how many awareness rows were left out. Raises BadCase."""
    reader = csv.DictReader(lines, restval="")
    missing = [column for column in NEEDED if column not in (reader.fieldnames or ())]
    if missing:
        raise BadCase(f"line 1: no column {', '.join(missing)}; add it to the header")
    found: list[dict[str, str]] = []
    left_out = 0
    for row in reader:
        if case is not None and row["case"] != case:
            continue
        if is_awareness(row):
            left_out += 1
            continue
        try:
            found.extend(tallies(row, declared, plain=case is not None))
        except BadCase as problem:
            raise BadCase(f"line {reader.line_num}: {problem}") from None
    if not found:
        raise BadCase("no rows to convert; check --case")
    return found, left_out


def write(rows: list[dict[str, str]], file: TextIO) -> None:
    """Rows as CSV with a header line."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _at_least_one(text: str) -> float:
    value = float(text)
    if not 1 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number of at least 1")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Published rates to a tidy tally table.")
    parser.add_argument("cases", type=Path, help="CSV of published cases")
    parser.add_argument("--case", help="only the rows of this case")
    parser.add_argument(
        "--assume-n", type=_positive, default=300, help="samples a side where no count is printed (300)"
    )
    parser.add_argument(
        "--design-effect", type=_at_least_one, default=1.5, help="variance over independent samples (1.5)"
    )
    parser.add_argument("--before", default="before", metavar="NAME", help="name of the revision before")
    parser.add_argument("--after", default="after", metavar="NAME", help="name of the revision after")
    parser.add_argument("--exposure", choices=("trained", "in_context", "absent"), default="", help="unsaid by default")
    parser.add_argument("-o", "--output", type=Path, help="file to write (standard output)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when a table was written, 2 when the input could not be used."""
    given = _parser().parse_args(arguments)
    declared = Declared(given.before, given.after, given.assume_n, given.design_effect, given.exposure)
    try:
        with given.cases.open(encoding="utf-8-sig", newline="") as file:
            rows, left_out = convert(file, given.case, declared)
        if given.output is None:
            write(rows, sys.stdout)
        else:
            with given.output.open("w", encoding="utf-8", newline="") as file:
                write(rows, file)
    except (BadCase, OSError, UnicodeDecodeError, csv.Error) as problem:
        sys.stderr.write(f"{given.cases}: {problem}\n")
        return 2
    if left_out:
        sys.stderr.write(f"{given.cases}: left out {left_out} rows on awareness, which is not misalignment\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
