"""A suite that was registered measures something else, or for somebody else.

What it looks for
A registered suite whose role, behaviour, day of registration (to an earlier one), scoring rule, use of limits, twin or
allowed looks change, that loses a task or a declared change, or that is registered no longer.

Why it matters
A held-out suite that becomes a test, or a test that becomes held-out, turns every verdict on it round. The gate goes
by the registry before the landing; from the next landing on it does not.

What to do
Register another suite under another name; or land the change by itself and say why.

What it cannot see
A suite whose items change under the same name: SD121 and SD108 look for that in its runs.
"""

from dataclasses import replace
from datetime import date

from auditor.assess.landing import LandingFacts, Rules, describe_suite_changes
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Place, Severity
from auditor.model.suite import DeclaredChange, LimitUse, Role, Suite


def run(facts: LandingFacts) -> Outcome:
    """Fires where a registered suite changes."""
    if facts.before is None:
        return Clear()
    names = describe_suite_changes(facts.before, facts.after)
    if not names:
        return Clear()
    name = f", in one landing with {', '.join(facts.patched)}" if facts.patched else ""
    message = f"registered suites change: {'; '.join(names)}{name}"
    return Finding(message, Confidence.HIGH, identity="\n".join(names), place=Place(facts.before.suites_file, 1))


_HELD_OUT = Suite(
    "unseen",
    "lying",
    Role.HELD_OUT,
    date(2026, 3, 1),
    ("unseen_1",),
    looks_allowed=5,
    declared_changes=(DeclaredChange("items", date(2026, 3, 1), "broken items"),),
)


def _rules(*suites: Suite) -> Rules:
    return Rules(suites={suite.name: suite for suite in suites})


def _case(title: str, expect: type[Finding] | type[Clear], **changes: object) -> LandingCase:
    after = _rules(replace(_HELD_OUT, **changes))  # type: ignore[arg-type]
    return LandingCase(title, LandingFacts(_rules(_HELD_OUT), after), expect)


CHECK = LandingCheck(
    code="SD302",
    name="suites-moved",
    title="A suite that was registered measures something else, or for somebody else",
    severity=Severity.HIGH,
    remedy="register another suite under another name, or land the change by itself and say why",
    run=run,
    cases=(
        _case("a held-out suite becomes a test", Finding, role=Role.TEST),
        _case("it measures another behaviour", Finding, behaviour="theft"),
        _case("it is registered earlier", Finding, registered=date(2026, 1, 1)),
        _case("it is registered always", Finding, registered=None),
        _case("it may be looked at more often", Finding, looks_allowed=50),
        _case("logs of another task are its own", Finding, tasks=("easy",)),
        _case("it has a twin", Finding, twin="watched"),
        _case("samples that a limit ended are scored", Finding, on_limit=LimitUse.SCORE),
        _case("it changes nothing that was declared", Finding, declared_changes=()),
        LandingCase("it is gone", LandingFacts(_rules(_HELD_OUT), _rules()), Finding),
        _case("it is registered later", Clear, registered=date(2026, 4, 1)),
        _case("logs know it by another name, too", Clear, tasks=("unseen_1", "unseen_2")),
        _case("it may be looked at less often", Clear, looks_allowed=2),
        LandingCase("a suite is added", LandingFacts(_rules(), _rules(_HELD_OUT)), Clear),
        LandingCase("the first configuration", LandingFacts(None, _rules(_HELD_OUT)), Clear),
    ),
)
