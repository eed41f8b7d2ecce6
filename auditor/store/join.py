"""Labels joined to the tallies of the runs they are about, in whichever order both were ingested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.model.raw_run import RawLabel, RawLabels
from auditor.model.run import Awareness, Run, SampleVerdict, Tallies
from auditor.model.suite import LabelRule
from auditor.store.labels import load_labels
from auditor.store.samples import load_samples

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


@dataclass(frozen=True, slots=True)
class Unjoined:
    """Labels that count nowhere, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Runs with the labels of their samples counted in their tallies, in the order given; and labels left over."""

    runs: tuple[Run, ...]
    unjoined: tuple[Unjoined, ...]


def join(
    tree: Tree,
    store_path: str,
    runs: Iterable[Run],
    rules: Mapping[str, LabelRule],
    only: frozenset[str] | None = None,
) -> Joined:
    """`runs` with what the scanners of the store's scans said of their samples, as `rules` read it.

    All scans and scanners count together: a sample is aware where any of them says so, unaware where one says that and
    none says aware, and has no label else. Labels that a table gave stay as they are.

    Where `only` is given, the label files of these ids are read, and no others. Raises RecordError for a damaged file.
    """
    runs = tuple(runs)
    by_identity = defaultdict[str, list[Run]](list)
    for run in runs:
        by_identity[run.identity].append(run)
    said = defaultdict[str, list[RawLabels]](list)
    unjoined = []
    for labels in load_labels(tree, store_path, only):
        if why := _unused(labels, rules.get(labels.scanner), by_identity.get(labels.evaluation, [])):
            unjoined.append(Unjoined(f"labels of {labels.scanner} on evaluation {labels.evaluation}", why))
        else:
            said[labels.evaluation].append(labels)
    joined = [
        _with(run, load_samples(tree, store_path, run), said[run.identity], rules)
        if run.identity in said and run.samples is not None
        else run
        for run in runs
    ]
    return Joined(tuple(joined), tuple(unjoined))


def _unused(labels: RawLabels, rule: LabelRule | None, runs: Sequence[Run]) -> str:
    """Why labels count nowhere; "" where they do."""
    if rule is None:
        return "suites.toml does not say what they mean"
    if not rule.awareness or rule.key != labels.key:
        return "suites.toml says otherwise now how they are read; ingest the scan again"
    if not runs:
        return "no record is of that evaluation"
    return "" if any(run.samples is not None for run in runs) else "its record does not name its samples"


def _with(
    run: Run, verdicts: Sequence[SampleVerdict], labels: Sequence[RawLabels], rules: Mapping[str, LabelRule]
) -> Run:
    by_uuid = defaultdict[str, set[bool]](set)
    by_place = defaultdict[tuple[str | None, int | None], set[bool]](set)
    for some in labels:
        for label in some.labels:
            found = _readings(label, rules[some.scanner])
            by_uuid[label.sample] |= found
            by_place[label.item, label.epoch] |= found
    readings = [by_uuid[one.uuid] if one.uuid else by_place[one.item, one.epoch] for one in verdicts]
    return replace(run, tallies=replace(run.tallies, aware=_counted(run.tallies, verdicts, readings)))


def _readings(label: RawLabel, rule: LabelRule) -> set[bool]:
    if not label.values:
        return {False} if rule.nothing_is_unaware else set()
    return {means for value in label.values if (means := rule.reads(value)) is not None}


def _counted(tallies: Tallies, verdicts: Sequence[SampleVerdict], readings: Sequence[set[bool]]) -> Awareness | None:
    """Labels of valid samples, by item; None where no sample has one."""
    counts = {item: [0, 0, 0] for item in tallies.items or ()}
    for one, said in zip(verdicts, readings, strict=True):
        if one.misaligned is not None and said:
            row, aware = counts[one.item], any(said)
            row[0] += 1
            row[1] += aware
            row[2] += aware and one.misaligned
    labelled, aware_, both = (tuple(row[column] for row in counts.values()) for column in range(3))
    return Awareness(labelled, aware_, both) if any(labelled) else None
