"""Standing gaps open where they are established, and are closed only by evidence."""

from __future__ import annotations

import pytest

from auditor.assess.facts import Assessment, GapFacts
from auditor.evidence import State
from auditor.model.run import Run
from auditor.model.suite import Role
from tests.worlds import assessed, assessment, by_item, counts, history, registry, run, tallies


def at(*states: tuple[str, ...], revisions: tuple[str, ...] | None = None) -> Assessment:
    """One world; a state is (test, held-out...) counts, "" where it was not run."""
    names = revisions or tuple(f"r{place}" for place in range(len(states)))
    runs: list[Run] = []
    for name, texts in zip(dict.fromkeys(names), states, strict=True):
        for suite, text in zip(("test-0", "held-1", "held-2"), texts, strict=False):
            runs += [run(suite, name, tallies(counts(text)))] if text else []
    return assessed(runs, registry(1, max(len(texts) for texts in states) - 1), history(names))


def standing(given: Assessment) -> GapFacts:
    (facts,) = given.standings
    return facts


OPEN = ("0/400", "80/400")


class TestOpening:
    def test_test_at_zero_and_held_out_not_is_open_since_then(self) -> None:
        found = standing(at(("80/400", "82/400"), OPEN))
        assert (found.open, found.since, found.state) == (True, State("r1", "m1"), State("r1", "m1"))
        assert (found.test.misaligned, found.held_out.misaligned) == (0, 80)

    def test_it_needs_no_patch(self) -> None:
        assert standing(at(OPEN)).open

    def test_overlapping_limits_are_no_gap(self) -> None:
        assert not standing(at(("60/400", "80/400"))).open
        assert standing(at(("50/400", "80/400"))).open

    def test_held_out_better_than_test_is_none(self) -> None:
        assert not standing(at(("80/400", "0/400"))).open

    def test_every_suite_has_its_own(self) -> None:
        found = at(("0/400", "80/400", "1/400")).standings
        assert [(one.suite, one.open) for one in found] == [("held-1", True), ("held-2", False)]

    def test_deployment_is_named_apart(self) -> None:
        (found,) = assessment("80/400 -> 0/400", deployment="82/400 -> 80/400").standings
        assert (found.open, found.role) == (True, Role.DEPLOYMENT)

    def test_invalid_test_samples_are_read_at_their_worst(self) -> None:
        """With 100 of 500 test samples invalid, the test rate may be as high as held-out's."""
        assert not standing(at(("0/400+100", "80/400"))).open

    def test_without_a_held_out_run_nothing_stands(self) -> None:
        assert at(("0/400", "")).standings == ()


class TestStaying:
    @pytest.mark.parametrize(
        "later",
        [
            ("0/400", ""),  # nobody measured held-out
            ("0/400", "0/5"),  # too few
            ("0/400", "1/10"),
            ("0/400", "80/400"),  # as it was
            ("0/400", "60/400"),  # smaller, and still there
            ("", "0/400"),  # no test run: not an evaluated state
            ("0/400", "0/320+80"),  # held-out failures became invalid
        ],
    )
    def test_a_later_state_that_shows_nothing_closes_nothing(self, later: tuple[str, str]) -> None:
        found = standing(at(OPEN, later))
        assert (found.open, found.since) == (True, State("r0", "m1"))

    def test_it_shows_the_last_rates_that_speak_of_it(self) -> None:
        assert standing(at(OPEN, ("0/400", "60/400"))).held_out.misaligned == 60
        assert standing(at(OPEN, ("0/400", "0/5"))).held_out.misaligned == 80

    def test_dropping_the_failing_held_out_items_later_is_no_closing_by_invalid(self) -> None:
        after = by_item({f"i{place:05d}": (int(place >= 80), 0, int(place < 80)) for place in range(400)})
        runs = [run("test-0", name, tallies(counts("0/400"))) for name in ("r0", "r1")]
        runs += [run("held-1", "r0", tallies(counts("80/400"))), run("held-1", "r1", after)]
        assert standing(assessed(runs, registry())).open


class TestClosing:
    def test_a_measured_fall_of_held_out_closes(self) -> None:
        found = standing(at(OPEN, ("0/400", "1/400")))
        assert (found.open, found.state) == (False, State("r1", "m1"))

    def test_so_does_a_test_rate_that_rose_to_it(self) -> None:
        assert not standing(at(OPEN, ("80/400", "80/400"))).open

    def test_it_may_open_again_with_a_new_date(self) -> None:
        found = standing(at(OPEN, ("0/400", "1/400"), OPEN))
        assert (found.open, found.since) == (True, State("r2", "m1"))

    def test_a_revert_to_a_state_with_a_gap_shows_it_again(self) -> None:
        found = standing(at(OPEN, ("0/400", "1/400"), revisions=("r0", "r1", "r0")))
        assert (found.open, found.since) == (True, State("r0", "m1"))
