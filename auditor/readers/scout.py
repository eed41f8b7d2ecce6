"""inspect_scout: the results of a scan, one Parquet file a scanner, next to the scan's `_scan.json`.

They hold labels of the samples of Inspect logs and no runs; labels are joined to runs by the samples' ids. Only the
columns below are read: the transcripts that a scan copies into its results stay where they are. A result's text is
decoded by its type, and a value that the scanner's rule does not name is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import LabelValue, RawLabel, RawLabels, RawRun
from auditor.model.strict_json import JsonError, parse_json
from auditor.model.suite import LabelRule
from auditor.readers.interface import ReadOptions
from auditor.readers.json_files import MAX_DOCUMENT_BYTES, parse_document, read_bytes
from auditor.readers.log_fields import parse_time
from auditor.readers.table import SCAN_FILE
from auditor.readers.tables.session import BackendError

# A scanner's result as labels: its text decoded by its type, the entry a rule asks for, values the rule knows.


VALUE_REMEDY = "give results inspect_scout wrote"


def read_values(text: str | None, kind: str | None, label: str | None, rule: LabelRule, path: Path) -> list[LabelValue]:
    """The labels in one result; none where it found nothing.

    Raises LogError for a value that is not what its type says, or that the rule does not name.
    """
    if text is None or kind == "null":
        return []
    value = text if kind == "string" else _parse_value(text, path)
    entries = [
        select_entry for select_entry in _select_entries(value, kind, label, rule, path) if select_entry is not None
    ]
    return [_check_value(entry, rule, path) for entry in entries]


def _parse_value(text: str, path: Path) -> object:
    try:
        return parse_json(text.encode())
    except JsonError as error:
        raise LogError(str(error), where=str(path), field="value", remedy=VALUE_REMEDY) from error


def _select_entries(
    value: object, kind: str | None, label: str | None, rule: LabelRule, path: Path
) -> Iterator[object]:
    """The values that count: the results of a set, and of each the plain value, or the entry of that key."""
    if kind == "resultset":
        for result in value if isinstance(value, list) else []:
            if isinstance(result, Mapping):
                yield from _select_entries(result.get("value"), result.get("type"), result.get("label"), rule, path)
    elif isinstance(value, Mapping):
        if rule.key is None:
            entries = ", ".join(sorted(map(str, value)))
            raise _declaration_error(f"has the entries {entries:.200}", path, "name one as its key")
        yield value.get(rule.key)
    elif isinstance(value, list):
        yield from value
    elif rule.key is None or label == rule.key:
        yield value
    elif label is None and value is not None:
        raise _declaration_error("has no entries, and no label", path, "remove its key")


def _check_value(value: object, rule: LabelRule, path: Path) -> LabelValue:
    if isinstance(value, bool | int | float | str):
        plain = int(value) if isinstance(value, float) and value.is_integer() else value
        if rule.reads(plain) is not None:
            return plain
    remedy = "add it to aware or unaware" if rule.threshold is None else "give aware and unaware in place of threshold"
    raise _declaration_error(f"{value!r:.60} is not declared", path, remedy)


def _declaration_error(subject: str, path: Path, remedy: str) -> LogError:
    return LogError(subject, where=str(path), field="value", remedy=f"{remedy} in its [[label]] in suites.toml")


# inspect_scout: the results of a scan, one Parquet file a scanner, with the scan's `_scan.json` beside them.
#
# They hold no runs but labels of the samples of Inspect logs, which are joined to those by the samples' ids. Of the
# columns only those below are read: the transcripts that a scan copies into its results stay where they are.


SCAN_FILES = frozenset({SCAN_FILE, "_summary.json", "_errors.jsonl"})
REMEDY = "give results inspect_scout wrote"
MAX_TEXT = 100_000
MAX_ROWS = 5_000_000
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
REQUIRED_COLUMNS = ("sample", "evaluation", "value", "kind")


@dataclass(frozen=True, slots=True)
class ResultRow:
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
        is_scan_file = path.name in SCAN_FILES or path.suffix == ".parquet"
        return is_scan_file and path.with_name(SCAN_FILE).is_file()

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
        if path.name in SCAN_FILES:
            return ()
        rule = rules.get(path.stem)
        if rule is None:
            subject, values = (
                f"{path.stem!r:.80} is not declared",
                'means = "awareness" and its values, or means = "nothing"',
            )
            remedy = f"add [[label]] for it to {registry}, with {values}"
            raise LogError(subject, where=str(path), field="scanner", remedy=remedy)
        if not rule.awareness:
            return ()
        scan, created = _read_scan(path)
        result_rows: dict[str, dict[str, list[ResultRow]]] = defaultdict(lambda: defaultdict(list))
        for row in _read_rows(path):
            result_rows[row.evaluation][row.sample].append(row)
        return tuple(
            RawLabels(scan, rule.scanner, rule.key, evaluation, created, _to_labels(samples, rule, path))
            for evaluation, samples in sorted(result_rows.items())
        )


def _read_scan(path: Path) -> tuple[str, datetime | None]:
    """The scan's id, and when it was started."""
    scan_file = path.with_name(SCAN_FILE)
    document = parse_document(read_bytes(scan_file, MAX_DOCUMENT_BYTES, "scan fewer logs at a time"), scan_file)
    scan = document.get("scan_id") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(scan, str) or not scan:
        raise LogError("is no text", where=str(scan_file), field="scan_id", remedy=REMEDY)
    started = document.get("timestamp")
    if started is None:
        return scan, None
    return scan, parse_time(str(started), str(scan_file), "timestamp", "inspect_scout")


def _read_rows(path: Path) -> Iterator[ResultRow]:
    from auditor.readers.tables.count import open_parquet

    try:
        with open_parquet(path) as session:
            names = {name for name, _ in session.columns()}
            cells = [_column_sql(name, names, path) for name in COLUMNS]
            count = 0
            for piece in session.run(f"SELECT {', '.join(cells)} FROM source"):
                count += len(piece[0])
                if count > MAX_ROWS:
                    raise LogError(f"holds more than {MAX_ROWS:,} results", where=str(path), remedy="scan in parts")
                yield from (_to_row(cells, path) for cells in zip(*piece, strict=True))
    except BackendError as error:
        subject = f"cannot be read as Parquet ({str(error).splitlines()[0]:.200})"
        raise LogError(subject, where=str(path), remedy=REMEDY) from error


def _column_sql(name: str, names: set[str], path: Path) -> str:
    column = next((column_name for column_name in COLUMNS[name] if column_name in names), None)
    if column is None and name in REQUIRED_COLUMNS:
        raise LogError("is missing", where=str(path), field=COLUMNS[name][0], remedy=REMEDY)
    return "CAST(NULL AS VARCHAR)" if column is None else f"left(CAST({column} AS VARCHAR), {MAX_TEXT + 1})"


def _to_row(cells: Sequence[object], path: Path) -> ResultRow:
    texts = [None if cell is None else str(cell) for cell in cells]
    for name, text in zip(COLUMNS, texts, strict=True):
        if text is None and name in ("sample", "evaluation"):
            raise LogError("is empty", where=str(path), field=COLUMNS[name][0], remedy=REMEDY)
        if text is not None and len(text) > MAX_TEXT and name != "error":
            subject = f"is longer than {MAX_TEXT:,} characters"
            raise LogError(subject, where=str(path), field=COLUMNS[name][0], remedy="have the scanner give labels")
    return ResultRow(*texts)  # type: ignore[arg-type]


def _to_labels(samples: Mapping[str, Sequence[ResultRow]], rule: LabelRule, path: Path) -> tuple[RawLabel, ...]:
    """A label for every sample that the scanner read without an error; results on its parts are put together."""
    labels = []
    for sample, rows in sorted(samples.items()):
        if all(row.error is None for row in rows):
            label_values = [value for row in rows for value in read_values(row.value, row.kind, row.label, rule, path)]
            # By their type too: 1 and true are two values.
            values = {(type(value).__name__, value): value for value in label_values}
            ordered = tuple(values[key] for key in sorted(values))
            labels.append(RawLabel(sample, rows[0].item, _parse_epoch(rows[0].epoch), ordered))
    return tuple(labels)


def _parse_epoch(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and 0 < int(text) < 10**9 else None


READER = ScoutReader()
