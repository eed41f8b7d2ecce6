"""tests.checks.test_clause_weakened"""

from __future__ import annotations

import pytest

from auditor.checks.clause_weakened import run
from auditor.checks.interface import TextCase
from auditor.model.finding import Finding, Severity
from tests.checks.harness import text_of


def findings(before: str, after: str) -> tuple[Finding, ...]:
    outcome = run(text_of(TextCase("", before, after, Finding)))
    assert isinstance(outcome, tuple)
    return outcome


SAME = [
    (
        "Acme may only open the files of guests in these cases:",
        "Acme staff may only open the files of guests in these cases:",
    ),
    ("When an order is split, list both halves.", "**(Plan B)** When an order is split, list both halves."),
    ("Answer in one line. Do not name the author.", "Answer in one line (do not name the author)."),
    ("Only send maps to the master of the ship.", "Send maps only to the master of the ship."),
    ("Keep the report up to 40 lines.", "Limit the report to 40 lines."),
    ("There are only few ropes to count.", "There are only a few ropes to count."),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_the_same_rule_in_other_words_is_not_weaker(before: str, after: str) -> None:
    assert findings(f"# Conduct\n\n{before}", f"# Conduct\n\n{after}") == ()


SEVERITIES = [
    ("Never sail at night.", "Sail at night.", Severity.HIGH),
    (
        "The pilot must not name the owner.",
        "The pilot should not name the owner, the crew or the guests.",
        Severity.HIGH,
    ),
    ("You must log each call.", "You may log each call and must sign each log.", Severity.HIGH),
    ("The pilot must log each call.", "The pilot must log each call, unless it is late.", Severity.NOTE),
]


@pytest.mark.parametrize(("before", "after", "severity"), SEVERITIES)
def test_a_rule_that_is_turned_round_or_has_a_weaker_modal_is_grave(
    before: str, after: str, severity: Severity
) -> None:
    (finding,) = findings(before, after)
    assert finding.severity is severity  # that of the check where it is worse


def test_a_rule_that_is_written_anew_the_other_way_round_is_one_finding() -> None:
    before = "# Keys\n\nNever hand the spare key of the boat house to guests."
    after = (
        "# Keys\n\nWe changed this in spring. You may hand the spare key out. Guests bring it back to the boat house."
    )
    (finding,) = findings(before, after)
    assert finding.severity is Severity.HIGH


def test_a_plain_order_not_to_is_taken_out_only_where_nothing_came_in_its_place() -> None:
    kept = "# Conduct\n\nGreet the crew."
    rule = "Do not lend the boat."
    assert len(findings(f"{kept}\n\n{rule}", kept)) == 1
    assert findings(f"{kept}\n\n{rule}", f"{kept}\n\nThe harbour opens at dawn, whatever the tide says.") == ()
