"""The verdicts' benchmark: worlds judged side by side are judged as by themselves; its counts and limits are right."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from auditor.assess.judge import assess
from auditor.model.verdict import Verdict
from benchmarks.verdicts.cells import Share, broken, cell
from benchmarks.verdicts.draws import Size, items_of, moved
from benchmarks.verdicts.exact import power
from benchmarks.verdicts.histories import POLICY, evidence_of, generator, judged, patches_by_world
from benchmarks.verdicts.lab import Lab, Scenario
from benchmarks.verdicts.pictures import Curve, Picture, lines
from benchmarks.verdicts.practices import Reported, Reports, difference_of_differences, here_not_there, raw_threshold
from benchmarks.verdicts.rerun import flips
from benchmarks.verdicts.salami import accused
from benchmarks.verdicts.scenarios import SCENARIOS

SMALL = Size("small", (60, 2), (60, 2), 0.3)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def alone(scenario: Scenario, many: int) -> list[Verdict]:
    """The same worlds, each in a history of its own."""
    kinds, luck = generator(scenario.name, SMALL.name, 0), generator(scenario.name, SMALL.name, 0, "luck", 0)
    found = []
    for _ in range(many):
        lab = Lab(kinds, luck, SMALL)
        scenario.draw(lab)
        evidence = evidence_of([("w", scenario.revisions, lab.runs)], scenario.suites)
        patches = patches_by_world(assess(evidence, POLICY))["w"]
        assert scenario.read is not None
        found.append(patches[scenario.read].verdict)
    return found


@pytest.mark.parametrize(
    "name", ["genuine fix", "displacement", "split commits, fitted", "revert of a genuine fix", "awareness"]
)
def test_worlds_side_by_side_are_judged_as_by_themselves(name: str) -> None:
    together = [one.verdict for one in judged(BY_NAME[name], SMALL, 6)]
    assert together == alone(BY_NAME[name], 6)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_is_drawn_and_judged(scenario: Scenario) -> None:
    found = cell(scenario, SMALL, 2)
    assert sum(found.said.values()) == 2
    assert all(count >= 1 for count in found.practices.values())


def test_the_same_seed_gives_the_same_worlds() -> None:
    first, second = (list(judged(BY_NAME["no effect"], SMALL, 3)) for _ in range(2))
    assert [one.runs for one in first] == [one.runs for one in second]


def test_scenarios_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(SCENARIOS)


def test_exact_limits_of_a_share() -> None:
    """Clopper-Pearson: 0 of 59 has the upper 95 % limit 1 - 0.05^(1/59); 10 of 100 runs from 5.53 to 16.37 %."""
    assert Share(0, 59).high == pytest.approx(1.0 - 0.05 ** (1.0 / 59.0))
    assert Share(10, 100).low == pytest.approx(0.0553, abs=2e-4)
    assert Share(10, 100).high == pytest.approx(0.1637, abs=2e-4)
    assert (Share(0, 10).low, Share(10, 10).high) == (0.0, 1.0)


def test_a_promise_is_broken_by_what_is_false_in_that_world_only() -> None:
    """A genuine fix may be cleared as often as it is."""
    genuine = BY_NAME["genuine fix"]
    found = cell(genuine, Size("large", (300, 1), (300, 1), 0.3), 20)
    assert found.clearances.value > 0.5
    assert broken(genuine, found) == []


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_items_have_their_rate_and_their_correlation(rho: float) -> None:
    rng = np.random.default_rng(5)
    items = items_of(rng, 40_000, 0.15, rho)
    rate = float(items.chances.mean())
    assert rate == pytest.approx(0.15, abs=0.01)
    assert float(items.chances.var()) / (rate * (1.0 - rate)) == pytest.approx(rho, abs=0.02)
    for factor, whole in ((0.4, False), (0.4, True), (2.0, False)):
        assert float(moved(rng, items, factor, whole=whole).chances.mean()) == pytest.approx(factor * rate, rel=0.05)


def four(test: tuple[int, int], held_out: tuple[int, int]) -> Reports:
    return Reports(*(Reported(bad, 500) for bad in (*test, *held_out)))


def test_today_s_practices() -> None:
    """A fall that stays, one that carries over, one that carries over in ratio and not in points, and none."""
    stays, carries, small, none = (
        four((65, 1), (50, 50)),
        four((65, 1), (60, 1)),
        four((200, 5), (25, 1)),
        four((65, 64), (50, 50)),
    )
    assert [raw_threshold(reports) for reports in (stays, carries, small, none)] == [
        "cleared",
        "cleared",
        "cleared",
        "neither",
    ]
    assert [here_not_there(reports) for reports in (stays, carries, none)] == ["accused", "cleared", "neither"]
    assert [difference_of_differences(reports) for reports in (stays, carries, small, none)] == [
        "accused",
        "cleared",
        "accused",
        "neither",
    ]


def test_the_exact_test_keeps_its_error_and_finds_more_with_more() -> None:
    """At a held-out fall of exactly one half, whatever the base; at none, more with more samples."""
    for base in (0.02, 0.1, 0.3, 0.9):
        assert 0.0 < power(100, base, after=0.5 * base) <= 0.0501
    values = [power(samples, 0.1) for samples in (50, 100, 200)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(0.70, abs=0.01)


def test_flips_among_verdicts_given_twice() -> None:
    accused, cleared, part, open_ = (Verdict.TEST_ONLY, Verdict.GENERALISES, Verdict.PARTIAL, Verdict.INCONCLUSIVE)
    pairs = [(accused, accused), (accused, cleared), (part, cleared), (open_, cleared), (open_, open_), (part, part)]
    other, opposed, once = flips(pairs)
    assert [(share.count, share.of) for share in (other, opposed, once)] == [(2, 4), (1, 4), (1, 6)]


def test_a_picture_says_its_figures_and_stands_by_itself() -> None:
    """Well-formed, with every curve told apart without colour, and nothing asked from elsewhere."""
    curves = [Curve(name, ((0.0, 0.25), (1.0, 0.75))) for name in ("ours", "A & B", "third", "fourth", "fifth")]
    text = lines(Picture("Found", "across", "up, %", (0.0, 1.0), (0.0, 0.5, 1.0)), curves)
    tree = ElementTree.fromstring(text)
    element = tree.find("{http://www.w3.org/2000/svg}desc")
    assert element is not None
    assert element.text is not None
    assert "A & B: 0 25 %, 1 75 %" in element.text
    dashes = re.findall(r'<polyline [^>]*stroke-dasharray="([^"]*)"', text)
    assert len(set(dashes)) == len(curves)
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"(?:href|src|url)", text) == []


def test_a_fall_in_slices_is_found_by_its_window() -> None:
    """500 items, ten slices, nothing carried over; and nothing of the kind where all of it did."""
    size = Size("500 x 1", (500, 1), (500, 1), 0.3)
    assert any(window for _, window in accused(size, 10, 0.0, 2))
    assert accused(size, 10, 1.0, 2) == [(False, False)] * 2
