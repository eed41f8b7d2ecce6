"""Open gaps open where they are established, and are closed only by evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.assess.facts import Assessment, GapFacts
from auditor.checks.items_removed import CHECK as ITEMS_REMOVED
from auditor.checks.open_gap import CHECK
from auditor.evidence import State
from auditor.model.finding import Finding
from auditor.model.run import Run, Tallies
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from tests.worlds import assessed, assessment, by_item, counts, history, judged, only, registry, run, tallies


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
        gap = standing(at(("80/400", "82/400"), OPEN))
        assert (gap.open, gap.since, gap.state) == (True, State("r1", "m1"), State("r1", "m1"))
        assert (gap.test.misaligned, gap.held_out.misaligned) == (0, 80)

    def test_it_needs_no_patch(self) -> None:
        assert standing(at(OPEN)).open

    def test_overlapping_limits_are_no_gap(self) -> None:
        assert not standing(at(("60/400", "80/400"))).open
        assert standing(at(("50/400", "80/400"))).open

    def test_held_out_better_than_test_is_none(self) -> None:
        assert not standing(at(("80/400", "0/400"))).open

    def test_every_suite_has_its_own(self) -> None:
        gaps = at(("0/400", "80/400", "1/400")).standings
        assert [(gap.suite, gap.open) for gap in gaps] == [("held-1", True), ("held-2", False)]

    def test_deployment_is_named_apart(self) -> None:
        (gap,) = assessment("80/400 -> 0/400", deployment="82/400 -> 80/400").standings
        assert (gap.open, gap.role) == (True, Role.DEPLOYMENT)

    def test_invalid_test_samples_are_read_at_their_worst(self) -> None:
        """With 100 of 500 test samples invalid, the test rate may be as high as held-out's."""
        assert not standing(at(("0/400+100", "80/400"))).open

    def test_without_a_held_out_run_nothing_stands(self) -> None:
        assert at(("0/400", "")).standings == ()


def epochs(failures: int, items: int = 60, samples: int = 5) -> Tallies:
    """Failures spread one to an item, so that an item's samples are no more alike than others'."""
    rows = {f"i{item:05d}": (samples, int(item < failures), 0) for item in range(items)}
    return by_item(rows)


class TestLimits:
    def test_a_rate_has_the_limits_that_it_has_in_the_verdict(self) -> None:
        """0 of 300 in 60 items shows by itself nothing of how alike an item's samples are: at most 4.87 %, or 1.0."""
        sides = (("test-0", "r0", 48), ("test-0", "r1", 0), ("held-1", "r0", 51), ("held-1", "r1", 56))
        facts = assessed([run(suite, name, epochs(failures)) for suite, name, failures in sides], registry(1, 1))
        behaviour, gap = only(facts), standing(facts)
        assert behaviour.test is not None
        assert gap.test == behaviour.test.after
        assert gap.held_out == behaviour.suites[0].change.after
        assert gap.test.high == pytest.approx(0.0099, abs=1e-4)

    def test_other_sampling_before_says_nothing_of_them(self) -> None:
        sides = (("r0", 48, '{"temperature":1}'), ("r1", 0, '{"temperature":0}'))
        runs = [run("test-0", name, epochs(failures), sampling=sampling) for name, failures, sampling in sides]
        gap = standing(assessed([*runs, run("held-1", "r1", epochs(56))], registry(1, 1)))
        assert gap.test.high == pytest.approx(0.0487, abs=1e-4)


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
        gap = standing(at(OPEN, later))
        assert (gap.open, gap.since) == (True, State("r0", "m1"))

    def test_it_shows_the_last_rates_that_speak_of_it(self) -> None:
        assert standing(at(OPEN, ("0/400", "60/400"))).held_out.misaligned == 60
        assert standing(at(OPEN, ("0/400", "0/5"))).held_out.misaligned == 80

    def test_dropping_the_failing_held_out_items_later_is_no_closing_by_invalid(self) -> None:
        after = by_item({f"i{place:05d}": (int(place >= 80), 0, int(place < 80)) for place in range(400)})
        runs = [run("test-0", name, tallies(counts("0/400"))) for name in ("r0", "r1")]
        runs += [run("held-1", "r0", tallies(counts("80/400"))), run("held-1", "r1", after)]
        assert standing(assessed(runs, registry())).open


class TestOtherProtocols:
    """Runs that no comparison would compare neither open nor close a gap together."""

    HOT = '{"temperature":0.7}'

    @staticmethod
    def gap(*more: Run) -> GapFacts:
        """A gap of 0/400 to 80/400 at r0, and more runs."""
        runs = [run("test-0", "r0", tallies(counts("0/400"))), run("held-1", "r0", tallies(counts("80/400")))]
        return standing(assessed([*runs, *more], registry()))

    @pytest.mark.parametrize("sampling", [HOT, '{"temperature":1}'])
    def test_a_test_run_at_another_temperature_closes_nothing(self, sampling: str) -> None:
        hot = run("test-0", "r0", tallies(counts("180/400")), sampling=sampling, place=1)
        gap = self.gap(hot)
        assert (gap.open, gap.test.misaligned, gap.test.valid) == (True, 0, 400)

    def test_nor_one_at_a_later_state(self) -> None:
        hot = run("test-0", "r1", tallies(counts("80/400")), sampling=self.HOT)
        gap = self.gap(hot, run("held-1", "r1", tallies(counts("80/400"))))
        assert (gap.open, gap.since.revision) == (True, "r0")
        assert gap.kept_open == (
            "at r1 the rates are close, but in runs that cannot be compared with those in which it opened: test-0 "
            '(sampling unsaid then, {"temperature":0.7} now)'
        )

    def test_nor_a_held_out_run_with_another_judge(self) -> None:
        now = [run("test-0", "r1", tallies(counts("0/400")))]
        now += [run("held-1", "r1", tallies(counts("0/400")), scorer="judge-2")]
        assert self.gap(*now).open
        assert not self.gap(now[0], run("held-1", "r1", tallies(counts("0/400")))).open

    def test_a_gap_that_is_there_under_another_protocol_closes_under_that(self) -> None:
        def hot(revision: str, held_out: str) -> list[Run]:
            sides = (("test-0", "0/400"), ("held-1", held_out))
            return [run(suite, revision, tallies(counts(side)), sampling=self.HOT) for suite, side in sides]

        first = [run("test-0", "r0", tallies(counts("0/400"))), run("held-1", "r0", tallies(counts("80/400")))]
        still = [*first, *hot("r1", "80/400")]
        names = history(("r0", "r1", "r2"))
        assert standing(assessed(still, registry(), names)).open
        assert not standing(assessed([*still, *hot("r2", "0/400")], registry(), names)).open
        plain = [replace(one, revision="r2", record=f"{one.record}-r2", identity=f"{one.identity}-r2") for one in first]
        assert standing(assessed([*still, *hot("r2", "0/400"), *plain], registry(), names)).open


class TestItemsThatWent:
    """Leaving out what fails closes no gap, and gives no clearance."""

    @staticmethod
    def world(held_out: Tallies, test: Tallies | None = None) -> Assessment:
        """A gap of 0/400 to 80/400, and a state after with these."""
        runs = [run("test-0", "r0", tallies(counts("0/400"))), run("held-1", "r0", tallies(counts("80/400")))]
        runs += [run("test-0", "r1", test or tallies(counts("0/400"))), run("held-1", "r1", held_out)]
        return assessed(runs, registry())

    def test_failing_held_out_items_that_are_dropped_close_nothing(self) -> None:
        gap = standing(self.world(tallies(counts("0/320"), lost=80)))
        assert (gap.open, gap.since, gap.state) == (True, State("r0", "m1"), State("r0", "m1"))
        assert gap.kept_open == (
            "at r1 the rates are close, but not on the items that were run when it opened: "
            "80 of the 400 items on which it opened are gone"
        )
        fired = CHECK.run(gap)
        assert isinstance(fired, Finding)
        assert fired.message.endswith("are gone")

    def test_nor_does_a_suite_of_other_items(self) -> None:
        gap = standing(self.world(tallies(counts("0/400"), lost=400)))
        assert (gap.open, "400 of the 400" in gap.kept_open) == (True, True)

    def test_nor_do_failing_items_that_are_new_in_the_test(self) -> None:
        rows = {f"i{place:05d}": (1, int(place >= 400), 0) for place in range(500)}
        assert standing(self.world(tallies(counts("80/400")), by_item(rows))).open

    def test_items_that_passed_may_go(self) -> None:
        """The near miss: 80 items that never failed are gone, and the rest is mended."""
        rows = {f"i{place:05d}": (1, 0, 0) for place in range(320)}
        gap = standing(self.world(by_item(rows)))
        assert (gap.open, gap.kept_open) == (False, "")

    def test_a_suite_that_grew_closes_by_the_items_it_had(self) -> None:
        assert not standing(self.world(tallies(counts("0/800")))).open

    def test_a_fall_by_dropped_items_clears_no_patch(self) -> None:
        """As reported, held-out falls as the test does; on common items it did not move, and the check says why."""
        facts = judged("80/400 -> 0/400", "80/400 -> 0/320")
        assert facts.verdict is not Verdict.GENERALISES
        [removed] = [suite.removed for suite in facts.diagnostics.measured if suite.removed is not None]
        assert (removed.items, removed.established) == (80, True)
        assert isinstance(ITEMS_REMOVED.run(facts), Finding)


class TestClosing:
    def test_a_measured_fall_of_held_out_closes(self) -> None:
        gap = standing(at(OPEN, ("0/400", "1/400")))
        assert (gap.open, gap.state) == (False, State("r1", "m1"))

    def test_so_does_a_test_rate_that_rose_to_it(self) -> None:
        assert not standing(at(OPEN, ("80/400", "80/400"))).open

    def test_it_may_open_again_with_a_new_date(self) -> None:
        gap = standing(at(OPEN, ("0/400", "1/400"), OPEN))
        assert (gap.open, gap.since) == (True, State("r2", "m1"))

    def test_a_revert_to_a_state_with_a_gap_shows_it_again(self) -> None:
        gap = standing(at(OPEN, ("0/400", "1/400"), revisions=("r0", "r1", "r0")))
        assert (gap.open, gap.since) == (True, State("r0", "m1"))
