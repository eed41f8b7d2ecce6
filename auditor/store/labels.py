"""Labels of samples, and how each sample was judged: on disk, and joined to the tallies of runs.

`<store>/labels/<sha256>.json`: one immutable file for a scan, a scanner, an evaluation.
`<store>/samples/<sha256>.json`: columns by sample (item, epoch, the log's own id, and `said`: 1 misaligned, 0 not,
- invalid), named by the run's record. Labels may come before or after the log they are about and never change its
record; they are joined when records are read, as `suites.toml` declares then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.errors import RecordError
from auditor.model.numbers import short_id
from auditor.model.raw_run import RawLabel, RawLabels
from auditor.model.run import Awareness, Run, SampleVerdict, Tallies
from auditor.model.suite import LabelRule
from auditor.store.content_files import FileKind, StrictForm, Timestamp
from auditor.store.durable import RESTORE

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


# Labels of samples on disk, `<store>/labels/<sha256>.json`: one immutable file for a scan, a scanner, an evaluation.
#
# Labels come before or after the log they are about, and never change its record: they are joined to the tallies when
# records are read, by the samples' ids, and mean what `suites.toml` says then.


class _LabelRow(StrictForm):
    """A sample's labels in a file."""

    sample: str
    item: str | None
    epoch: Annotated[int, Field(ge=1)] | None
    values: list[bool | int | float | str]


class _LabelsFile(StrictForm):
    """A file as its JSON has it."""

    schema_: Literal["auditor.labels/1"] = Field(alias="schema")
    scan: str
    scanner: str
    key: str | None
    evaluation: str
    created: Timestamp | None
    labels: list[_LabelRow]


LABEL_FILES = FileKind("file of labels", "labels", "auditor.labels/1", _LabelsFile)


def encode_labels(labels: RawLabels) -> bytes:
    """The file's canonical bytes, whatever the order of the labels. Raises RecordError for what is no Unicode."""
    rows = [
        {"sample": label.sample, "item": label.item, "epoch": label.epoch, "values": list(label.values)}
        for label in sorted(labels.labels, key=lambda label: label.sample)
    ]
    head = {name: getattr(labels, name) for name in ("scan", "scanner", "key", "evaluation", "created")}
    return LABEL_FILES.encode({**head, "labels": rows}, f"labels of scanner {labels.scanner!r:.80}")


def add_labels(root: Path, store_path: str, labels: Sequence[RawLabels], *, dry_run: bool) -> tuple[bool, ...]:
    """Write label files; says of each whether it is new. Those that are there already stay as they are.

    Raises RecordError where they cannot be written.
    """
    return LABEL_FILES.add(root, store_path, map(encode_labels, labels), dry_run=dry_run)


def load_labels(tree: Tree, store_path: str, only: frozenset[str] | None = None) -> tuple[RawLabels, ...]:
    """Every label file of the store at `store_path`, by name, or those of these ids; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode_labels(*file) for file in LABEL_FILES.files(tree, store_path, only))


def decode_labels(data: bytes, name: str, where: str) -> RawLabels:
    """The labels in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = LABEL_FILES.decode(data, name, where)
    labels = tuple(RawLabel(row.sample, row.item, row.epoch, tuple(row.values)) for row in file.labels)
    return RawLabels(file.scan, file.scanner, file.key, file.evaluation, file.created, labels)


# How each sample of a run was judged, `<store>/samples/<sha256>.json`: what labels that come later are joined by.
#
# Columns by sample, in the order of items and epochs: the item's place among the run's items, the epoch, the log's
# own id of the sample (null where it has none), and a character of `said`: 1 misaligned, 0 not, - invalid. A run's
# record names its file, so that it cannot be changed unseen; it is read for runs that have labels, and for no others.


_VERDICT_DIGITS = {True: "1", False: "0", None: "-"}
_DIGIT_VERDICTS = {digit: verdict for verdict, digit in _VERDICT_DIGITS.items()}


class _SamplesFile(StrictForm):
    """A file as its JSON has it."""

    schema_: Literal["auditor.samples/1"] = Field(alias="schema")
    item: list[Annotated[int, Field(ge=0)]]
    epoch: list[Annotated[int, Field(ge=1)]]
    uuid: list[str | None]
    said: Annotated[str, Field(pattern="^[01-]*$")]


SAMPLE_FILES = FileKind("file of samples", "samples", "auditor.samples/1", _SamplesFile)


def encode_samples(verdicts: Sequence[SampleVerdict]) -> bytes:
    """The file's canonical bytes, whatever the order of the verdicts. Raises RecordError for what is no Unicode."""
    ordered = sorted(verdicts, key=lambda verdict: (verdict.item, verdict.epoch))
    place = {item: number for number, item in enumerate(sorted({verdict.item for verdict in ordered}))}
    columns = {
        "item": [place[verdict.item] for verdict in ordered],
        "epoch": [verdict.epoch for verdict in ordered],
        "uuid": [verdict.uuid for verdict in ordered],
        "said": "".join(_VERDICT_DIGITS[verdict.misaligned] for verdict in ordered),
    }
    return SAMPLE_FILES.encode(columns, "samples")


def load_samples(tree: Tree, store_path: str, run: Run) -> tuple[SampleVerdict, ...]:
    """How the samples of a run were judged; none where its record names no file.

    Raises RecordError for a file that is missing, not what its name says, or at odds with the run's tallies.
    """
    if run.samples is None:
        return ()
    path = SAMPLE_FILES.path(store_path, run.samples)
    data = tree.read(path)
    if data is None:
        raise RecordError("is missing", where=path, remedy=RESTORE)
    file = SAMPLE_FILES.decode(data, run.samples, path)
    try:
        return _match_tallies(file, run.tallies)
    except (ValueError, IndexError) as error:
        subject = f"says otherwise than record {short_id(run.record)}, which names it"
        raise RecordError(subject, where=path, remedy=RESTORE) from error


def _match_tallies(file: _SamplesFile, tallies: Tallies) -> tuple[SampleVerdict, ...]:
    """The verdicts in a file. Raises ValueError or IndexError where they do not add up to the tallies."""
    items = tallies.items or ()
    columns = zip(file.item, file.epoch, file.uuid, file.said, strict=True)
    verdicts = tuple(SampleVerdict(items[at], epoch, uuid, _DIGIT_VERDICTS[text]) for at, epoch, uuid, text in columns)
    counts = Counter((verdict.item, verdict.misaligned) for verdict in verdicts)
    for place, item in enumerate(items):
        bad = tallies.misaligned[place]
        if (counts[item, True], counts[item, False]) != (bad, tallies.valid[place] - bad):
            raise ValueError("other counts than the tallies")
    return verdicts


# Labels joined to the tallies of the runs they are about, in whichever order both were ingested.


@dataclass(frozen=True, slots=True)
class UnjoinedLabels:
    """Labels that count nowhere, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class JoinedRuns:
    """Runs with the labels of their samples counted in their tallies, in the order given; and labels left over."""

    runs: tuple[Run, ...]
    unjoined: tuple[UnjoinedLabels, ...]


def join_labels(
    tree: Tree,
    store_path: str,
    runs: Iterable[Run],
    rules: Mapping[str, LabelRule],
    only: frozenset[str] | None = None,
) -> JoinedRuns:
    """`runs` with what the scanners of the store's scans said of their samples, as `rules` read it.

    All scans and scanners count together: a sample is aware where any of them says so, unaware where one says that and
    none says aware, and has no label else. Labels that a table gave stay as they are.

    Where `only` is given, the label files of these ids are read, and no others. Raises RecordError for a damaged file.
    """
    runs = tuple(runs)
    by_log = defaultdict[str, list[Run]](list)
    for run in runs:
        by_log[_log_of(run)].append(run)
    labels_of = defaultdict[str, list[RawLabels]](list)
    unjoined = []
    for labels in load_labels(tree, store_path, only):
        if why := _reason_unused(labels, rules.get(labels.scanner), by_log.get(labels.evaluation, [])):
            unjoined.append(UnjoinedLabels(f"labels of {labels.scanner} on evaluation {labels.evaluation}", why))
        else:
            labels_of[labels.evaluation].append(labels)
    joined = [
        _with_labels(run, load_samples(tree, store_path, run), labels_of[_log_of(run)], rules)
        if _log_of(run) in labels_of and run.samples is not None
        else run
        for run in runs
    ]
    return JoinedRuns(tuple(joined), tuple(unjoined))


def _log_of(run: Run) -> str:
    """The id of the run's log; version 1 records hold it as the run's identity."""
    return run.log or run.identity


def _reason_unused(labels: RawLabels, rule: LabelRule | None, runs: Sequence[Run]) -> str:
    """Why labels count nowhere; "" where they do."""
    if rule is None:
        return "suites.toml does not say what they mean"
    if not rule.awareness or rule.key != labels.key:
        return "suites.toml says otherwise now how they are read; ingest the scan again"
    if not runs:
        return "no record is of that evaluation"
    return "" if any(run.samples is not None for run in runs) else "its record does not name its samples"


def _with_labels(
    run: Run, verdicts: Sequence[SampleVerdict], labels: Sequence[RawLabels], rules: Mapping[str, LabelRule]
) -> Run:
    by_uuid = defaultdict[str, set[bool]](set)
    by_place = defaultdict[tuple[str | None, int | None], set[bool]](set)
    for scan_labels in labels:
        for label in scan_labels.labels:
            readings_of_label = _read_label(label, rules[scan_labels.scanner])
            by_uuid[label.sample] |= readings_of_label
            by_place[label.item, label.epoch] |= readings_of_label
    readings = [
        by_uuid[verdict.uuid] if verdict.uuid else by_place[verdict.item, verdict.epoch] for verdict in verdicts
    ]
    return replace(run, tallies=replace(run.tallies, aware=_count_awareness(run.tallies, verdicts, readings)))


def _read_label(label: RawLabel, rule: LabelRule) -> set[bool]:
    if not label.values:
        return {False} if rule.nothing_is_unaware else set()
    return {means for value in label.values if (means := rule.reads(value)) is not None}


def _count_awareness(
    tallies: Tallies, verdicts: Sequence[SampleVerdict], readings: Sequence[set[bool]]
) -> Awareness | None:
    """Labels of valid samples, by item; None where no sample has one."""
    counts = {item: [0, 0, 0] for item in tallies.items or ()}
    for verdict, readings_of_sample in zip(verdicts, readings, strict=True):
        if verdict.misaligned is not None and readings_of_sample:
            row, aware = counts[verdict.item], any(readings_of_sample)
            row[0] += 1
            row[1] += aware
            row[2] += aware and verdict.misaligned
    labelled, aware_, both = (tuple(row[column] for row in counts.values()) for column in range(3))
    return Awareness(labelled, aware_, both) if any(labelled) else None
