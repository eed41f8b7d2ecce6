"""Labels of samples, joined to the tallies of the run whose samples they are about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.git import Folder
from auditor.model.canonical import sha256
from auditor.model.raw_run import RawLabel, RawLabels
from auditor.model.run import Awareness, SampleVerdict
from auditor.model.suite import LabelRule
from auditor.store.labels import add_labels, encode_samples, join_labels
from tests.store.builders import a_run
from tests.store.writers import STORE, store

VERDICTS = (
    SampleVerdict("i1", 1, "first", True),
    SampleVerdict("i1", 2, "second", False),
    SampleVerdict("i2", 1, "third", False),
    SampleVerdict("i2", 2, "fourth", None),
)
RULE = LabelRule("kinds", awareness=True, aware=("test",), unaware=("task",))
LABELS = (("first", ("test",)), ("second", ("task",)), ("third", ()), ("fourth", ("test",)))


@pytest.mark.parametrize(
    ("rule", "awareness"),
    [
        (RULE, Awareness(labelled=(2, 0), aware=(1, 0), aware_misaligned=(1, 0))),
        (
            replace(RULE, nothing_is_unaware=True),
            Awareness(labelled=(2, 1), aware=(1, 0), aware_misaligned=(1, 0)),
        ),
    ],
)
def test_labels_count_by_item(tmp_path: Path, rule: LabelRule, awareness: Awareness) -> None:
    """A sample without a result counts only where the rule says what that means; an invalid one never."""
    samples = encode_samples(VERDICTS)
    run = a_run(log="evaluation", samples=sha256(samples))
    store(tmp_path).add([run], {sha256(samples): samples})
    rows = tuple(RawLabel(uuid, None, None, values) for uuid, values in LABELS)
    labels = RawLabels("scan", "kinds", None, "evaluation", None, rows)
    assert add_labels(tmp_path, STORE, [labels], dry_run=False) == (True,)
    joined = join_labels(Folder(tmp_path), STORE, [run], {"kinds": rule})
    assert (joined.unjoined, [run.tallies.aware for run in joined.runs]) == ((), [awareness])
