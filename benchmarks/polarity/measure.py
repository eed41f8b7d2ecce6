"""Recall and false alarms of SD204 on `rules.tsv`, through the product: `python -m benchmarks.polarity.measure`.

The table becomes a git repository of one spec, with a section a row: a first commit has every row's wording before,
and each further commit puts one row's wording after in its place. `auditor audit --format json` reads it, and what
SD204 reports of a commit is what it reports of that row. Rows are in turn for development and held out.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parent / "rules.tsv"
HALVES = ("develop", "held out")
_WEAKENED = "SD204"
_FIRST_DAY = 1_767_265_200  # 2026-01-01T11:00:00+00:00
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Row:
    """A change of one rule.

    Attributes:
        label: weaker, same, or stricter.
        kind: how it is made.
        half: develop or held out.
    """

    label: str
    kind: str
    before: str
    after: str
    half: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SD204 says of a row: the worst severity, "" where it is silent, and the messages."""

    row: Row
    severity: str
    messages: tuple[str, ...]


def read_rows() -> list[Row]:
    """The table, in its order."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Row(**row, half=HALVES[number % len(HALVES)]) for number, row in enumerate(rows)]


def measure(rows: Sequence[Row]) -> list[Outcome]:
    """What the product says of each row, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
        stream = "".join(_stream(rows)).encode()
        subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input=stream, check=True)
        command = [sys.executable, "-m", "auditor", "audit", "--repo", folder, "--spec", "rules.md", "--format", "json"]
        output = subprocess.run(command, capture_output=True, check=True).stdout
    patches = {patch["after"]["commit"]: patch for patch in json.loads(output)["patches"]}
    by_date = sorted(patches.values(), key=lambda patch: str(patch["after"]["date"]))
    return [_outcome(row, patch) for row, patch in zip(rows, by_date, strict=True)]


def _outcome(row: Row, patch: dict[str, list[dict[str, str]]]) -> Outcome:
    findings = [finding for finding in patch["findings"] if finding["check"] == _WEAKENED]
    order = ["high", "medium", "low", "note"]
    severities = sorted((finding["severity"] for finding in findings), key=order.index)
    return Outcome(row, severities[0] if severities else "", tuple(finding["message"] for finding in findings))


def _stream(rows: Sequence[Row]) -> Iterator[str]:
    for number in range(len(rows) + 1):
        sections = [f"## Rule {at + 1}\n\n{row.after if at < number else row.before}\n" for at, row in enumerate(rows)]
        text, who = "\n".join(sections), f"Ada <ada@example.org> {_FIRST_DAY + number * _HOUR} +0000"
        yield f"commit refs/heads/main\ncommitter {who}\ndata 1\nx\n"
        yield f"M 644 inline rules.md\ndata {len(text.encode())}\n{text}\n"


def share(part: int, whole: int) -> str:
    """Both numbers and their ratio."""
    return f"{part} of {whole} ({part / whole:.0%})"


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A table, as Markdown: a line for each label and half, and one for each kind of weakening."""
    yield "| rows | half | reported | with the highest severity |"
    yield "| --- | --- | ---: | ---: |"
    labels = list(dict.fromkeys(outcome.row.label for outcome in outcomes))
    for label in labels:
        for half in HALVES:
            group = [outcome for outcome in outcomes if (outcome.row.label, outcome.row.half) == (label, half)]
            yield _line(f"{label} | {half}", group)
    for kind in dict.fromkeys(outcome.row.kind for outcome in outcomes if outcome.row.label == "weaker"):
        yield _line(f"weaker: {kind} | both", [outcome for outcome in outcomes if outcome.row.kind == kind])


def _line(title: str, group: Sequence[Outcome]) -> str:
    reported = sum(outcome.severity != "" for outcome in group)
    high = sum(outcome.severity == "high" for outcome in group)
    return f"| {title} | {share(reported, len(group))} | {share(high, len(group))} |"


def main() -> None:
    """Prints the table; with `--misses HALF` the rows of a half that are not as their label says."""
    outcomes = measure(read_rows())
    print("\n".join(table(outcomes)))
    if "--misses" in sys.argv:
        half = sys.argv[sys.argv.index("--misses") + 1]
        for outcome in outcomes:
            wrong = (outcome.severity == "") == (outcome.row.label == "weaker")
            low = outcome.row.label == "weaker" and outcome.severity not in ("", "high")
            if outcome.row.half == half and (wrong or low):
                print(f"{outcome.row.label} ({outcome.severity}): {outcome.row.before} => {outcome.row.after}")
                print(f"      {outcome.messages}")


if __name__ == "__main__":
    main()
