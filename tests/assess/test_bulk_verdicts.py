"""Arrays in, verdicts out: what `bulk` says is what `assess` says of the same counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.suite import Registry, Role, Suite
from auditor.model.verdict import Verdict, worst_verdict
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion
from auditor.stats.multiplicity import holm_levels
from tests.bulk_verdicts import CODES, Histories, holm_levels_of_rows, judge_histories, single_behaviour
from tests.stats.draws import drawn
from tests.worlds import graph, run, without_items


def _through_assess(counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]], sizes: tuple[int, int]) -> Verdict:
    """One patch; `counts` of shape (behaviours, 1 + suites, 2), the test first; two runs before, alike in sum."""
    runs: list[Run] = []
    registry: dict[str, Suite] = {}
    for behaviour, suites in enumerate(counts):
        for place, (before, after) in enumerate(suites):
            suite = Suite(f"s{behaviour}-{place}", f"b{behaviour}", Role.HELD_OUT if place else Role.TEST)
            registry[suite.name], size = suite, sizes[1 if place else 0]
            for number, share in enumerate((before // 2, before - before // 2)):
                runs.append(run(suite.name, "r0", without_items(int(share), size // 2, 1.0), place=number))
            runs.append(run(suite.name, "r1", without_items(int(after), size, 1.0)))
    history = graph({"r0": ("r0", ()), "r1": ("r1", ("r0",))})
    (patch,) = assess(assemble_evidence(history, runs, Registry(registry)), Policy()).patches
    return worst_verdict([facts.verdict for facts in patch.behaviours])


def _fall(counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]], size: int) -> Fall:
    sizes = np.full(counts.shape[:-1], float(size))
    return Fall(Proportion(counts[..., 0] / size, sizes), Proportion(counts[..., 1] / size, sizes))


@pytest.mark.parametrize(("behaviours", "suites"), [(1, 0), (1, 1), (1, 3), (3, 1), (3, 2)])
def test_the_same_verdicts_as_through_runs_and_graph(behaviours: int, suites: int) -> None:
    rng = np.random.default_rng(51)
    patches, sizes = 16, (400, 200)
    rates = rng.choice([0.0, 0.05, 0.1, 0.2, 0.3], (patches, behaviours, 1 + suites, 2))
    rates[..., 0] = np.maximum(rates[..., 0], 0.1)
    size = np.array([sizes[0]] + [sizes[1]] * suites)[:, np.newaxis]
    counts = rng.binomial(size, rates)
    test, held_out = _fall(counts[:, :, 0], sizes[0]), _fall(counts[:, :, 1:], sizes[1])
    history_verdicts = judge_histories(
        Histories(test.at((..., None)), test, held_out.at((..., None)), np.full((patches, behaviours), 2.0)),
        Policy(),
    )
    expected = [CODES[_through_assess(count, sizes)] for count in counts]
    assert history_verdicts.patch.tolist() == expected
    assert len(set(expected)) > 1
    assert history_verdicts.suite.shape == history_verdicts.levels.shape == (patches, behaviours, suites)


def test_three_readings_alike_are_one_reading() -> None:
    rng = np.random.default_rng(52)
    test, held_out = drawn(rng, 200, 300, 0.2, 0.02), drawn(rng, 200, 300, 0.2, 0.1)
    histories = single_behaviour(test, held_out, runs_before=1)
    three = Histories(
        histories.test.at((..., [0, 0, 0])),
        histories.raw,
        histories.held_out.at((..., [0, 0, 0])),
        histories.runs_before,
    )
    assert judge_histories(histories, Policy()).patch.tolist() == judge_histories(three, Policy()).patch.tolist()


@given(st.lists(st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.03, 1.0]), min_size=4, max_size=4), min_size=1))
@settings(max_examples=100, deadline=None)
def test_the_levels_of_rows_are_those_of_each_family(rows: list[list[float]]) -> None:
    values = holm_levels_of_rows(np.array(rows), 0.05)
    assert values.tolist() == [list(holm_levels(row, 0.05)) for row in rows]
