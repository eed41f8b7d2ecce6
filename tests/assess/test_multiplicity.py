"""tests.assess.test_multiplicity"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from auditor.assess.comparable import compare
from auditor.assess.facts import BehaviourFacts, MissingEvidence
from auditor.assess.judge import assess
from auditor.assess.multiplicity import REBASE_PENALTY, REPEAT_PENALTY, count_looks
from auditor.evidence import State, Step, assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.suite import Registry, Role, Suite
from auditor.model.verdict import Verdict
from auditor.model.verdict import Verdict as V
from benchmarks.stream.peeking import peeked
from tests.worlds import START, assessed, counts, graph, history, only, registry, run, scattered, without_items

# Twenty suites at 5 % each, uncorrected, would accuse 64 % of patches: twenty are enough to see that.
PATCHES = {1: 80, 20: 20}


def allowed(suites: int) -> float:
    """Three standard errors of a share of 5 % above the limits' own error at the border (6.2 % at worst)."""
    return 0.062 + 3 * math.sqrt(0.05 * 0.95 / PATCHES[suites])


def simulated(
    suites: int, test: tuple[float, float], held_out: tuple[float, float], sizes: tuple[int, int], seed: int
) -> list[Verdict]:
    """Verdicts of patches with these true rates (before, after), and samples a side of test and held-out."""
    dice = np.random.default_rng(seed)
    registry: dict[str, Suite] = {}
    runs: list[Run] = []
    spec_commits: dict[str, tuple[str, tuple[str, ...]]] = {}
    for patch in range(PATCHES[suites]):
        before, after = f"r{patch:03d}a", f"r{patch:03d}b"
        spec_commits |= {before: (before, ()), after: (after, (before,))}
        for place in range(suites + 1):
            rates, size = (held_out, sizes[1]) if place else (test, sizes[0])
            suite = Suite(f"s{patch}-{place}", f"b{patch:03d}", Role.HELD_OUT if place else Role.TEST)
            registry[suite.name] = suite
            for number, (revision, rate) in enumerate(((before, rates[0]), (before, rates[0]), (after, rates[1]))):
                tally = without_items(int(dice.binomial(size, rate)), size, 1.0)
                runs.append(run(suite.name, revision, tally, place=number))
    assessment = assess(assemble_evidence(graph(spec_commits), runs, Registry(registry)), Policy())
    return [
        next(behaviour.verdict for behaviour in patch.behaviours if behaviour.step is not None)
        for patch in assessment.patches
    ]


@pytest.mark.parametrize("suites", [1, 20])
def test_at_the_threshold_few_are_accused(suites: int) -> None:
    """Half of the fall carries over to each suite: the border of what may be accused."""
    verdicts = simulated(suites, (0.2, 0.0), (0.4, 0.2), (400, 20), seed=1)
    assert verdicts.count(Verdict.TEST_ONLY) / len(verdicts) <= allowed(suites)


def test_without_a_change_few_are_called_worse() -> None:
    suites = 20
    verdicts = simulated(suites, (0.2, 0.2), (0.2, 0.2), (200, 200), seed=2)
    assert verdicts.count(Verdict.WORSE) / len(verdicts) <= allowed(suites)
    assert verdicts.count(Verdict.TEST_ONLY) / len(verdicts) <= allowed(suites)
    assert verdicts.count(Verdict.ARTEFACT) == 0


def test_with_one_suite_that_did_not_move_among_twenty_the_patch_is_still_accused() -> None:
    """Holm costs power, not all of it."""
    verdicts = simulated(20, (0.2, 0.0), (0.2, 0.2), (800, 600), seed=3)
    assert verdicts.count(Verdict.TEST_ONLY) / len(verdicts) > 0.9


def on(day: int | None, suite: str, revision: str, text: str, place: int = 0) -> Run:
    created = None if day is None else START + timedelta(days=day, hours=place)
    tallies = scattered(counts(text), 7 * (day or 0) + place)
    made = run(suite, revision, tallies, created=created)
    return replace(made, record=f"{suite}-{revision}-{day}-{place}", identity=f"{suite}-{revision}-{day}-{place}")


TEST, HELD_OUT = ("test-0", "r0"), ("held-1", "r0")
FIRST = (on(0, *TEST, "40/400"), on(0, *TEST, "42/400", 1), on(1, "test-0", "r1", "0/400"))
AFTER = (("test-0", "0/400"), ("held-1", "40/400"))
BOTH = (*FIRST, on(0, *HELD_OUT, "41/400"), on(2, "held-1", "r1", "40/400"))


def counted(*runs: Run, planned: Mapping[str, datetime] | None = None) -> int:
    evidence = assemble_evidence(history(["r0", "r1"]), runs, registry())
    compared = compare(evidence, Step("spec", "lying", "m1", State("r0", "m1"), State("r1", "m1"), ()))
    return count_looks(compared.test, compared.held_out[0], planned or {}).number


def test_records_after_everything_was_there_are_looks_on_whatever_day() -> None:
    assert counted(*BOTH) == 1
    assert counted(*BOTH, on(2, "test-0", "r1", "1/400", 5)) == 2
    assert counted(*BOTH, on(3, "test-0", "r1", "1/400")) == 2
    assert counted(*BOTH, on(3, "test-0", "r1", "1/400"), on(3, "held-1", "r1", "40/400")) == 3
    assert counted(*BOTH, on(3, "test-0", "r1", "1/400"), on(9, *HELD_OUT, "40/400")) == 3


def test_eight_batches_of_one_day_are_eight_looks() -> None:
    """Each is a test and a held-out run after the patch, all under one date."""
    batches = [on(2, suite, "r1", text, place) for place in range(8) for suite, text in AFTER]
    assert counted(*(run for run in BOTH if run.revision == "r0"), *batches) == 15
    same = [replace(run, created=START + timedelta(days=2)) for run in batches]
    assert counted(*(run for run in BOTH if run.revision == "r0"), *same) == 15


def test_a_run_that_was_there_before_the_first_result_is_no_look() -> None:
    third = on(0, *TEST, "44/400", 2)
    assert counted(*BOTH, third) == 1
    assert counted(*BOTH, on(5, *TEST, "44/400", 2)) == 2


def test_a_run_that_was_planned_before_the_first_result_is_no_look() -> None:
    again = on(3, "test-0", "r1", "1/400")
    assert counted(*BOTH, again, planned={again.record: START}) == 1
    assert counted(*BOTH, again, planned={again.record: START + timedelta(days=2)}) == 2


def test_the_second_run_before_that_the_verdict_asks_for_is_no_look() -> None:
    without = [one for one in BOTH if one != FIRST[1]]
    assert counted(*without, on(5, *TEST, "42/400")) == 1
    assert counted(*BOTH, on(5, *TEST, "42/400")) == 2


def test_a_second_held_out_run_before_costs_an_accusation_little_and_a_clearance_nothing() -> None:
    again = on(3, *HELD_OUT, "40/400")
    compared = compare(
        assemble_evidence(history(["r0", "r1"]), [*BOTH, again], registry()),
        Step("spec", "lying", "m1", State("r0", "m1"), State("r1", "m1"), ()),
    )
    looks = count_looks(compared.test, compared.held_out[0])
    assert (looks.number, looks.repeated, looks.rebased, looks.later) == (2, False, True, False)
    assert looks.penalties == (REBASE_PENALTY, 1.0)
    assert looks._replace(repeated=True).penalties == (REPEAT_PENALTY, REPEAT_PENALTY)
    assert looks._replace(later=True).penalties == (1.0, 1.0)


def test_a_run_without_a_date_may_have_been_added_because_of_what_was_read() -> None:
    assert counted(*(replace(one, created=None) for one in BOTH)) == 1
    assert counted(*BOTH, on(None, "test-0", "r1", "0/400")) == 2


def judged(day: int, bad: str) -> BehaviourFacts:
    """Nothing carries over; the held-out run before is done a third time on some day."""
    sides = [on(0, *TEST, bad), on(0, *TEST, bad, 1), on(0, *HELD_OUT, bad), on(0, *HELD_OUT, bad, 1)]
    after = [on(1, "test-0", "r1", "0/150"), on(2, "held-1", "r1", bad)]
    runs = [*sides, *after, on(day, *HELD_OUT, bad, 2)]
    return only(assessed(runs, registry()))


def test_what_would_be_an_accusation_is_none_when_it_was_looked_at_again() -> None:
    """The same run, made before there was a result, or a week after."""
    together, again = judged(0, "21/150"), judged(9, "21/150")
    assert (together.verdict, again.verdict, again.missing) == (
        V.TEST_ONLY,
        V.INCONCLUSIVE,
        MissingEvidence.OPTIONAL_STOPPING,
    )
    assert "runs were added after a first reading" in again.reason
    assert together.sequential and again.sequential
    assert (together.sequential.looks, again.sequential.looks) == (1, 2)
    assert not together.sequential.holds
    assert again.survives_fdr is None


def test_with_evidence_enough_it_stays_one() -> None:
    again = judged(9, "30/150")
    assert again.verdict is V.TEST_ONLY
    assert again.sequential and again.sequential.holds


def test_only_what_accuses_or_clears_says_whether_it_holds() -> None:
    unchanged = [on(0, *TEST, "40/400"), on(0, *TEST, "41/400", 1), on(1, "test-0", "r1", "40/400")]
    assert only(assessed([*unchanged, *BOTH[3:]], registry())).sequential is None


@pytest.mark.parametrize(("held_out", "batch"), [((0.1, 0.05), 50)])
def test_looking_ten_times_inflates_nothing(held_out: tuple[float, float], batch: int) -> None:
    """Transfer at the threshold; by the plain table 16 % are accused at some look (benchmarks/stream/RESULTS.md)."""
    shares = peeked(1, 120, 10, batch, (0.2, 0.0), held_out)
    assert shares.ever_plain > 0.08
    assert shares.ever <= 0.08
    assert shares.ever_sure <= 0.03
