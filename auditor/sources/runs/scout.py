"""inspect_scout: the results of a scan, one Parquet file a scanner, with the scan's `_scan.json` beside them.

They hold no runs but labels of the samples of Inspect logs, which are joined to those by the samples' ids. Of the
columns only those below are read: the transcripts that a scan copies into its results stay where they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import RawLabel, RawLabels, RawRun
from auditor.model.suite import LabelRule
from auditor.sources.engines.backend import BackendError
from auditor.sources.runs.documents import DOCUMENT_BYTES, parse, read_bytes
from auditor.sources.runs.interface import ReadOptions
from auditor.sources.runs.metadata import time_of
from auditor.sources.runs.scout_values import values_of
from auditor.sources.runs.table import SCAN

BESIDE = frozenset({SCAN, "_summary.json", "_errors.jsonl"})
WROTE = "give results inspect_scout wrote"
TEXT = 100_000
ROWS = 5_000_000
# What is read, under the names it has had; the last four are not in all versions.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sample": ("transcript_id",),
    "evaluation": ("transcript_source_id", "source_id", "eval_id"),
    "value": ("value",),
    "kind": ("value_type",),
    "item": ("transcript_task_id", "task_id", "sample_id"),
    "epoch": ("transcript_task_repeat", "task_repeat", "epoch"),
    "label": ("label",),
    "error": ("scan_error",),
}
ALWAYS = ("sample", "evaluation", "value", "kind")


@dataclass(frozen=True, slots=True)
class Row:
    """One result of a scanner, its cells as text."""

    sample: str
    evaluation: str
    value: str | None
    kind: str | None
    item: str | None
    epoch: str | None
    label: str | None
    error: str | None


class ScoutReader:
    """Reads the labels in a scan's results."""

    name = "scout"
    kinds = "inspect_scout results (*.parquet beside _scan.json)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A file of a folder that holds a scan."""
        known = path.name in BESIDE or path.suffix == ".parquet"
        return known and path.with_name(SCAN).is_file()

    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """No runs."""
        return ()

    def labels(self, path: Path, rules: Mapping[str, LabelRule], registry: str) -> tuple[RawLabels, ...]:
        """The labels of a scanner's results, by evaluation; none of the files beside them.

        Args:
            rules: what is declared of scanners.
            registry: the file that declares it, for messages.

        Raises LogError for a scanner that is not declared, or not as it is; TableError or LogError for a bad file.
        """
        if path.name in BESIDE:
            return ()
        rule = rules.get(path.stem)
        if rule is None:
            what, values = (
                f"{path.stem!r:.80} is not declared",
                'means = "awareness" and its values, or means = "nothing"',
            )
            remedy = f"add [[label]] for it to {registry}, with {values}"
            raise LogError(what, where=str(path), field="scanner", remedy=remedy)
        if not rule.awareness:
            return ()
        scan, created = _scan(path)
        found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in _rows(path):
            found[row.evaluation][row.sample].append(row)
        return tuple(
            RawLabels(scan, rule.scanner, rule.key, evaluation, created, _labels(samples, rule, path))
            for evaluation, samples in sorted(found.items())
        )


def _scan(path: Path) -> tuple[str, datetime | None]:
    """The scan's id, and when it was started."""
    beside = path.with_name(SCAN)
    document = parse(read_bytes(beside, DOCUMENT_BYTES, "scan fewer logs at a time"), beside)
    scan = document.get("scan_id") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(scan, str) or not scan:
        raise LogError("is no text", where=str(beside), field="scan_id", remedy=WROTE)
    started = document.get("timestamp")
    if started is None:
        return scan, None
    return scan, time_of(str(started), str(beside), "timestamp", "inspect_scout")


def _rows(path: Path) -> Iterator[Row]:
    from auditor.sources.engines.read import parquet

    try:
        with parquet(path) as session:
            there = {name for name, _ in session.columns()}
            cells = [_cell(name, there, path) for name in COLUMNS]
            count = 0
            for piece in session.run(f"SELECT {', '.join(cells)} FROM source"):
                count += len(piece[0])
                if count > ROWS:
                    raise LogError(f"holds more than {ROWS:,} results", where=str(path), remedy="scan in parts")
                yield from (_row(cells, path) for cells in zip(*piece, strict=True))
    except BackendError as error:
        what = f"cannot be read as Parquet ({str(error).splitlines()[0]:.200})"
        raise LogError(what, where=str(path), remedy=WROTE) from error


def _cell(name: str, there: set[str], path: Path) -> str:
    column = next((one for one in COLUMNS[name] if one in there), None)
    if column is None and name in ALWAYS:
        raise LogError("is missing", where=str(path), field=COLUMNS[name][0], remedy=WROTE)
    return "CAST(NULL AS VARCHAR)" if column is None else f"left(CAST({column} AS VARCHAR), {TEXT + 1})"


def _row(cells: Sequence[object], path: Path) -> Row:
    texts = [None if cell is None else str(cell) for cell in cells]
    for name, text in zip(COLUMNS, texts, strict=True):
        if text is None and name in ("sample", "evaluation"):
            raise LogError("is empty", where=str(path), field=COLUMNS[name][0], remedy=WROTE)
        if text is not None and len(text) > TEXT and name != "error":
            what = f"is longer than {TEXT:,} characters"
            raise LogError(what, where=str(path), field=COLUMNS[name][0], remedy="have the scanner give labels")
    return Row(*texts)  # type: ignore[arg-type]


def _labels(samples: Mapping[str, Sequence[Row]], rule: LabelRule, path: Path) -> tuple[RawLabel, ...]:
    """A label for every sample that the scanner read without an error; results on its parts are put together."""
    found = []
    for sample, rows in sorted(samples.items()):
        if all(row.error is None for row in rows):
            said = [value for row in rows for value in values_of(row.value, row.kind, row.label, rule, path)]
            # By their type too: 1 and true are two values.
            values = {(type(value).__name__, value): value for value in said}
            ordered = tuple(values[key] for key in sorted(values))
            found.append(RawLabel(sample, rows[0].item, _epoch(rows[0].epoch), ordered))
    return tuple(found)


def _epoch(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and 0 < int(text) < 10**9 else None


READER = ScoutReader()
