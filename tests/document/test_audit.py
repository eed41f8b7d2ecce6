"""Windows on a terminal: told where no patch says as much, else counted."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from auditor.assess.facts import Assessment
from auditor.audit import PeriodEntry
from auditor.checks.catalogue import all_checks
from auditor.document.audit import period_blocks
from auditor.render.terminal import render_terminal
from tests.assess.test_periods import of_stairs
from tests.checks.harness import ran

WIDE = Console(width=120, color_system=None, highlight=False, markup=False, emoji=False)


def shown(assessment: Assessment) -> Sequence[str]:
    checked = ran(assessment)
    entries = [PeriodEntry(*pair) for pair in zip(assessment.periods, checked.by_period, strict=True)]
    return render_terminal(period_blocks(entries, iter(())), WIDE).splitlines()


def test_salami_is_told_with_what_was_found() -> None:
    text = shown(of_stairs(list(range(60, 5, -5)), [60] * 11))
    assert text[:3] == [
        "Periods: several patches judged together",
        "2026Q1 = the last 10 patches so far  test-only",
        "    lying of m1",
    ]
    assert text[-2:] == [
        "    Over 2026Q1, 10 patches together: the fall stayed on the test. No single patch shows it.",
        "    Findings: SD131 small-steps-on-test",
    ]


def test_what_patches_say_already_is_counted() -> None:
    assert shown(of_stairs([200, 100, 0], [200] * 3)) == [
        "Periods: several patches judged together",
        "Several patches taken as one (of a quarter, between two releases, the last 10), each behaviour from its first "
        "to its",
        "last evaluation there: 1 test-only. That is no more than single patches show.",
    ]


def test_without_windows_nothing_is_said() -> None:
    assert shown(of_stairs([80, 0], [80, 80])) == []
    assert {check.code for check in all_checks() if check.scope == "period"} == {"SD131", "SD132"}
