"""Precision and recall on pairs of clauses labelled by hand, from the published releases of one spec.

`labels.csv` holds file, releases, first lines and the kind, no text. The clauses were drawn among those whose text
stands in one release of a pair only, and among those whose text stands in both in another order or section, each shown
with the nearest texts of the other release by words in common, and judged by reading before the matcher's answer was
seen. The matcher was then improved on batch 1; batch 2 was drawn and judged after that.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from auditor.clauses.formats import parse_clauses
from auditor.clauses.match import match_clauses
from benchmarks.lineage.generate import Truth
from benchmarks.lineage.generated import PUBLISHED, Score

LABELS = Path(__file__).parent / "labels.csv"


def run(batch: str) -> Score:
    """Every label of a batch against the answer for the clauses it names; nothing where the releases are absent."""
    score = Score()
    for (before, after, name), labels in _labels(batch).items():
        paths = [PUBLISHED / release / name for release in (before, after)]
        if all(path.exists() for path in paths):
            _compare(score, f"{before} {after}", labels, _answers(*paths))
    return score


def _labels(batch: str) -> dict[tuple[str, str, str], list[Truth]]:
    labels = defaultdict(list)
    with LABELS.open(newline="") as file:
        for row in csv.DictReader(file):
            ours, theirs = (tuple(sorted(map(int, row[side].split()))) for side in ("lines_before", "lines_after"))
            if row["batch"] == batch:
                pair = row["release_before"], row["release_after"], row["file"]
                labels[pair].append((row["kind"], ours, theirs))
    return dict(labels)


def _answers(before: Path, after: Path) -> list[Truth]:
    matching = match_clauses(
        parse_clauses(before.name, before.read_text()), parse_clauses(after.name, after.read_text())
    )
    answers: list[Truth] = [("unchanged", (clause.line,), (other.line,)) for clause, other in matching.unchanged]
    for change in matching.changes:
        ours = [clause.line for clause in (change.before,) if clause]
        theirs = [clause.line for clause in (change.after,) if clause]
        (theirs if change.kind.value == "split" else ours).extend(clause.line for clause in change.others)
        answers.append((change.kind.value, tuple(sorted(ours)), tuple(sorted(theirs))))
    return answers


def _compare(score: Score, where: str, labels: list[Truth], answers: list[Truth]) -> None:
    named = ({line for label in labels for line in label[1]}, {line for label in labels for line in label[2]})
    touching = {answer for answer in answers if named[0] & set(answer[1]) or named[1] & set(answer[2])}
    true = set(labels)
    for kind in sorted({one[0] for one in true | touching}):
        score.add(kind, {one for one in touching if one[0] == kind}, {one for one in true if one[0] == kind})
    score.missed += [("missed", one, where) for one in sorted(true - touching)]
    score.missed += [("made up", one, where) for one in sorted(touching - true)]
