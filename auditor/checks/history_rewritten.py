"""A push leaves out commits of the spec that the branch had.

What it looks for
Commits that change a spec and are in the branch before the push, and not after it: a history that was rewritten, or
rewound.

Why it matters
What was said of a patch goes with it. The text and the records can stay the same to the letter while the patch that
they accuse is in no history any more.

What to do
Push on top of what is there; take a patch back by a commit that says so.

What it cannot see
A history that was rewritten on a server without the hook: afterwards nothing in the repository says so. A branch of
one's own, before it is pushed.
"""

from auditor.assess.landing import LandingFacts
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import count_noun, short_id

_LISTED = 3


def run(facts: LandingFacts) -> Outcome:
    """Fires where commits of a spec are left out."""
    if not facts.dropped:
        return Clear()
    commits = ", ".join(map(short_id, facts.dropped[:_LISTED]))
    more = f" and {len(facts.dropped) - _LISTED:,} more" if len(facts.dropped) > _LISTED else ""
    return Finding(
        f"the history is rewritten: {count_noun(len(facts.dropped), 'commit')} of the spec left out ({commits}{more})",
        Confidence.HIGH,
        identity="\n".join(facts.dropped),
    )


CHECK = LandingCheck(
    code="SD309",
    name="history-rewritten",
    title="A push leaves out commits of the spec that the branch had",
    severity=Severity.HIGH,
    remedy="push on top of what the branch has, and take a patch back by a commit",
    run=run,
    alone=True,
    cases=(
        LandingCase("a commit is left out", LandingFacts(dropped=("0" * 40,)), Finding),
        LandingCase("four are, with a patch", LandingFacts(dropped=("0" * 40,) * 4, patched=("conduct",)), Finding),
        LandingCase("nothing is", LandingFacts(), Clear),
    ),
)
