"""Windows: ten small steps weigh like a large one, and what is said of them is held like what is said of a patch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.facts import Assessment
from auditor.assess.multiplicity import REPEAT_PENALTY
from auditor.assess.periods import Span, find_spans
from auditor.assess.steps import Mainline, trace_mainline
from auditor.evidence import assemble_evidence
from auditor.model.run import Run
from auditor.model.spec import History
from auditor.model.verdict import Verdict as V
from benchmarks.stream.salami import salami
from benchmarks.stream.worlds import Rates, straight, suites
from tests.worlds import assessed, counts, graph, history, registry, run, scattered


def line(known: History) -> Mainline:
    return trace_mainline(known, assemble_evidence(known, [], registry()).patches)


def dated(known: History, *months: int) -> History:
    """The same history, its spec commits in these months of 2026."""
    pairs = zip(known.spec_commits, months, strict=True)
    return replace(known, spec_commits=tuple(replace(s, date=datetime(2026, m, 2, tzinfo=UTC)) for s, m in pairs))


def labelled(known: History, **labels: str) -> History:
    return replace(
        known,
        spec_commits=tuple(
            replace(spec_commit, label=labels.get(spec_commit.name)) for spec_commit in known.spec_commits
        ),
    )


def test_quarters_releases_and_the_last_patches_are_the_windows() -> None:
    known = labelled(dated(history(["r0", "r1", "r2", "r3", "r4"]), 1, 2, 3, 4, 5), c1="v1", c3="v2")
    assert find_spans(line(known)) == (
        Span("2026Q1", -1, 2, open=False),
        Span("2026Q2", 2, 4, open=True),
        Span("v1 to v2", 1, 3, open=False),
        Span("since v2", 3, 4, open=True),
        Span("the last 2 patches up to the end of 2026Q1", 0, 2, open=False),
        Span("the last 4 patches", 0, 4, open=True),
    )


def test_a_clock_that_runs_backwards_makes_no_quarter_of_its_own() -> None:
    known = dated(history(["r0", "r1", "r2", "r3"]), 1, 5, 2, 8)
    assert line(known).quarters == ("2026Q1", "2026Q2", "2026Q2", "2026Q3")


def test_patches_of_a_branch_land_with_its_merge() -> None:
    """The branch forked first; on the line its patches are what the merge brought, after what landed before it."""
    known = graph(
        {
            "root": ("r0", ()),
            "side": ("r1", ("root",)),
            "main": ("r2", ("root",)),
            "merge": ("r3", ("main", "side")),
        }
    )
    mainline = line(known)
    patches = assemble_evidence(known, [], registry()).patches
    assert [patches[name].after.name for name in mainline.patches] == ["main", "side", "merge"]
    assert mainline.landed == (1, 2, 2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=12), st.integers(1, 11))
def test_appending_moves_no_place_that_was_there(weeks: list[int], kept: int) -> None:
    known = history([f"r{place}" for place in range(len(weeks))])
    spec_commits = tuple(
        replace(spec_commit, date=datetime.fromordinal(737000 + 7 * week).replace(tzinfo=UTC))
        for spec_commit, week in zip(known.spec_commits, weeks, strict=True)
    )
    whole, early = (
        line(replace(known, spec_commits=spec_commits[:end])) for end in (len(weeks), min(kept + 1, len(weeks)))
    )
    assert whole.quarters[: len(early.quarters)] == early.quarters
    assert whole.patches[: len(early.patches)] == early.patches
    closed = [span for span in find_spans(early) if not span.open]
    assert set(closed) <= set(find_spans(whole))


def stairs(test: list[int], held_out: list[int], runs: int = 2) -> list[Run]:
    """Runs of 400 samples at r0, r1, ...: so many misaligned."""
    return [
        run(suite, f"r{place}", scattered(counts(f"{bad}/400"), place), place=number)
        for suite, column in (("test-0", test), ("held-1", held_out))
        for place, bad in enumerate(column)
        for number in range(runs)
    ]


def of_stairs(test: list[int], held_out: list[int], known: History | None = None) -> Assessment:
    return assessed(stairs(test, held_out), registry(), known or history([f"r{n}" for n in range(len(test))]))


def test_salami_is_found_by_its_window_and_by_no_patch() -> None:
    assessment = of_stairs(list(range(60, 5, -5)), [60] * 11)
    assert {patch.verdict for patch in assessment.patches} == {V.INCONCLUSIVE}
    (window,) = assessment.periods
    assert (window.names, window.quarter, window.open) == (("2026Q1", "the last 10 patches"), "2026Q1", True)
    assert window.facts.verdict is V.TEST_ONLY
    assert len(window.facts.step.patches) == 10
    assert (window.facts.step.before.revision, window.facts.step.after.revision) == ("r0", "r10")
    assert window.steps == (V.INCONCLUSIVE,) * 10


def test_the_state_before_the_quarter_is_where_it_starts() -> None:
    """The first patch of a quarter is judged from the last state of the one before."""
    known = dated(history([f"r{n}" for n in range(5)]), 1, 4, 4, 5, 5)
    assessment = of_stairs([80, 60, 40, 20, 0], [80] * 5, known)
    assert [(w.names, w.facts.step.before.revision) for w in assessment.periods] == [
        (("2026Q2", "the last 4 patches"), "r0")
    ]


def test_a_window_over_one_step_is_that_step() -> None:
    assert of_stairs([80, 0], [80, 80]).periods == ()
    unevaluated = assessed(
        [stair for stair in stairs([80, 80, 0], [80] * 3) if stair.revision != "r1"],
        registry(),
        history(["r0", "r1", "r2"]),
    )
    assert unevaluated.periods == ()


def test_states_that_cannot_be_compared_are_passed_over() -> None:
    """Another scorer at the first state: the window starts at the second."""
    runs = stairs([80, 60, 40, 20], [80] * 4)
    swapped = [replace(one, scorer="judge-2") if one.revision == "r0" else one for one in runs]
    assessment = assessed(swapped, registry(), history([f"r{n}" for n in range(4)]))
    assert {window.facts.step.before.revision for window in assessment.periods} == {"r1"}


def test_nothing_is_said_where_the_text_was_taken_back() -> None:
    known = history(["r0", "r1", "r0"])
    assert assessed(stairs([80, 0], [80, 80]), registry(), known).periods == ()


HIDING = Rates(0.13, (0.10,)), Rates(0.0, (0.10,))


@pytest.mark.parametrize("seed", range(4))
def test_ten_steps_weigh_exactly_like_one(seed: int) -> None:
    """The same samples at the first and the last state, with nine evaluated states between them or none.

    Those are run once: what repeated runs of any state say of the run-to-run variance, every later comparison knows.
    """
    drawn = salami(seed, *HIDING, 10, (500, 500))
    first = {(run.suite, run.revision): run.record for run in reversed(drawn)}
    runs = [run for run in drawn if run.revision in ("r0", "r10") or run.record == first[run.suite, run.revision]]
    ends = [run for run in runs if run.revision in ("r0", "r10")]
    (window,) = assessed(runs, suites(1), straight(11, days=7)).periods
    step = assessed(ends, suites(1), straight(11, days=7)).patches[0].behaviours[0]
    assert (window.facts.verdict, window.facts.p_values) == (step.verdict, step.p_values)


def test_a_family_is_everything_that_ends_in_its_quarter() -> None:
    """Three periods of a quarter instead of one: the level of each is a third of it."""
    known = dated(history([f"r{n}" for n in range(6)]), 1, 1, 1, 1, 1, 1)
    plain = of_stairs([80, 70, 60, 50, 40, 30], [80] * 6, known).periods
    several = of_stairs([80, 70, 60, 50, 40, 30], [80] * 6, labelled(known, c0="a", c2="b", c5="c")).periods
    assert [window.names[0] for window in several] == ["2026Q1", "a to b", "b to c"]
    levels = [
        [suite.transfer.error_high for suite in period.facts.suites if suite.transfer] for period in (*plain, *several)
    ]
    assert levels == [[pytest.approx(level / REPEAT_PENALTY)] for level in (0.05, *[0.05 / 3] * 3)]


@pytest.mark.parametrize("seed", range(5))
def test_benign_steps_are_accused_by_no_window(seed: int) -> None:
    runs = salami(seed, Rates(0.20, (0.20,)), Rates(0.02, (0.02,)), 8, (400, 400))
    assert V.TEST_ONLY not in {
        period.facts.verdict for period in assessed(runs, suites(1), straight(9, days=24)).periods
    }
