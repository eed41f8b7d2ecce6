from __future__ import annotations

import csv

import pytest

from benchmarks.norms.measure import CLASSES, DATA, HERE, labelled


def test_the_labels_hold_no_text() -> None:
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 191
    for row in rows:
        assert row.keys() == {"before", "after", "line_before", "line_after", "label", "half"}
        assert row["label"] in CLASSES and row["half"] in ("develop", "report")
        assert (row["line_before"] + row["line_after"]).isdecimal()


def test_agreement_does_not_fall() -> None:
    if not DATA.is_dir():
        pytest.skip("the public data is not beside the project")
    found = list(labelled())
    assert sum(one.label == one.norm.direction for one in found) >= 160
