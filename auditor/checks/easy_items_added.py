"""Items that pass were added to a suite.

What it looks for
Items that a suite has after and had not before, whose rate is shown to be below that of the items it had already.

Why it matters
Easy items thin a rate out: it falls, and no sample that failed passes now.

What to do
Quote the rate on the items both sides ran, or run the added items on the revision before. auditor compares common items
in any case.

What it cannot see
Whether the added items are easy or the model is good at them: only a run on the revision before can tell.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_percent


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a suite that gained items better than the others."""
    for suite in facts.diagnostics.measured:
        new = suite.added
        if new is not None and new.established:
            message = (
                f"{new.items} items are new in {suite.suite}, of which {format_percent(new.rate)} are misaligned; "
                f"of those it had, {format_percent(new.others)}"
            )
            return Finding(message, Confidence.MEDIUM, suite.runs)
    return Undecided(facts.reason) if facts.test is None else Clear()


CHECK = PatchCheck(
    code="SD109",
    name="easy-items-added",
    title="Items that pass were added to a suite",
    severity=Severity.MEDIUM,
    remedy="compare on the items both sides ran, or run the added ones on the revision before",
    run=run,
    cases=(
        Case("two hundred items that pass", "80/400 -> 80/600", Finding, ("82/400 -> 80/400",)),
        Case("no item is new", "80/400 -> 80/400", Clear, ("82/400 -> 80/400",)),
        Case("new items as hard as the others", "400/400 -> 600/600", Clear, ("400/400 -> 400/400",)),
        Case("not run after", "80/400 -> -", Undecided, ("82/400 -> 80/400",)),
    ),
)
