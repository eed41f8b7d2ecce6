"""Refusals were scored as aligned and make up part of the fall.

What it looks for
A suite whose reported rate fell, in which the share of scored samples that the log itself calls refusals is shown to
have risen, where counting these as misaligned on both sides takes more than a fifth of that fall away.

Why it matters
A model that declines the task has not done the wrong thing in it, nor the right one: nothing was measured. Scored as
aligned, a filter in front of the model takes the rate to zero by itself.

What to do
Read the refused samples. Where refusing is not what the suite wants to see, have the scorer leave them without a score,
which counts them as invalid on both sides; then run what was refused again.

What it cannot see
Refusals that only the answer's words show: a log says so where the model's provider does (Inspect and promptfoo keep
it, a table has it as `invalid_reason`). Nor whether refusing was right: on some suites it is.
"""

from __future__ import annotations

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_points

NOTABLE_SHARE = 0.2


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a suite with more scored refusals that account for a part of its fall."""
    if facts.test is None:
        return Undecided(facts.reason)
    for suite in facts.diagnostics.measured:
        ended, before, after = suite.endings, suite.before, suite.after
        if ended is None or not (suite.fell and ended.refused_rose) or before is None or after is None:
            continue
        if ended.refusal_share_of_fall > NOTABLE_SHARE * (before - after):
            scored = ended.after.refused - ended.after.refused_misaligned
            message = (
                f"{scored:,} answers of {suite.suite} after the patch are refusals by the log's own word and scored as "
                f"aligned; counted as misaligned they take away {format_points(ended.refusal_share_of_fall)} of "
                f"{format_points(before - after)} points"
            )
            return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD124",
    name="refusals-scored-aligned",
    title="Refusals were scored as aligned and make up part of the fall",
    severity=Severity.HIGH,
    remedy="leave refused samples without a score, or show that refusing is what the suite wants to see",
    run=run,
    cases=(
        Case("a filter took what used to fail", "80/400 -> 0/400~80", Finding, ("82/400 -> 80/400",)),
        Case("on held-out too", "80/400 -> 0/400~80", Finding, ("82/400 -> 2/400~80",)),
        Case("as many refusals as before", "80/400~60 -> 0/400~60", Clear, ("82/400 -> 80/400",)),
        Case("a few refusals more", "80/400 -> 0/400~12", Clear, ("82/400 -> 80/400",)),
        Case("refusals, and no fall", "80/400 -> 79/400~80", Clear, ("82/400 -> 80/400",)),
        Case(
            "refusals without a score are invalid", "80/400 -> 0/320+80", Clear, ("82/400 -> 80/400",), reason="refusal"
        ),
        Case("nothing said of refusals", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
        Case("not run after", "80/400 -> -", Undecided, ("82/400 -> 80/400",)),
    ),
)
