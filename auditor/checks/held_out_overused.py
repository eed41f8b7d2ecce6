"""A held-out suite is overused.

What it looks for
A held-out suite whose looks are spent: as many decisions have looked at it as `looks_allowed` in suites.toml says, each
two evaluated states counting once, and each recorded look of people (`gate --reveal`) too. And one whose items a patch
says.

Why it matters
Whoever decides by a held-out suite again and again comes to write for it. In the end it falls with the test, and
`generalises` means no more than that there were two tests.

What to do
Write new items of the same kind, by people who have not seen the patches; register them as a new suite, and make this
one a test suite.

What it cannot see
Looks that nobody recorded. Suites without `looks_allowed`, of which nobody said how often is too often.
"""

from __future__ import annotations

from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.checks.interface import Clear, Outcome, UseCase, UseCheck
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import short_id


def run(use: HoldoutReuse) -> Outcome:
    """Fires where looks are spent, or a patch says items of the suite."""
    if use.leaked:
        patches = ", ".join(short_id(name) for name in use.leaked)
        return Finding(f"items of {use.suite} are said by patch {patches}: it is held out no longer", Confidence.HIGH)
    if use.exhausted:
        revealed = f", {use.revealed} of them by people" if use.revealed else ""
        return Finding(
            f"{use.suite} was looked at {use.uses} times{revealed}, of {use.allowed} allowed", Confidence.HIGH
        )
    return Clear()


CHECK = UseCheck(
    code="SD133",
    name="held-out-overused",
    title="A held-out suite was used as often as is allowed, or a patch says its items",
    severity=Severity.MEDIUM,
    remedy="write new held-out items, register them as a new suite, and make this one a test suite",
    run=run,
    cases=(
        UseCase("as many looks as are allowed", HoldoutReuse("forum-posts", 3, 0, 3), Finding),
        UseCase("people looked, too", HoldoutReuse("forum-posts", 2, 1, 3), Finding),
        UseCase("a patch says its items", HoldoutReuse("forum-posts", 1, 0, None, ("5" * 64,)), Finding),
        UseCase("one look left", HoldoutReuse("forum-posts", 2, 0, 3), Clear),
        UseCase("nobody said how often is too often", HoldoutReuse("forum-posts", 50, 3, None), Clear),
    ),
)
