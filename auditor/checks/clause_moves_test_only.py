"""A clause change carries the fall on the test, and nothing of it held out.

What it looks for
In the ablations of a patch (auditor ablate), a clause change that takes more from the test rate than the unchanged
margin, a fifth of the rate before the patch, and on every held-out suite is shown to take less than that; and no
ablation of it that takes anything from the held-out rate.

Why it matters
It names the clause. What the other clauses of the patch did for the behaviour is no reason to keep the one that only
moves the score, and a patch whose rates fell on both sides may hold one of each.

What to do
Read the clause next to the test items that it moved: does it speak of their scenario? Take it out, or word it for the
behaviour, and evaluate the text again. The text without it is there already, and evaluated.

What it cannot see
Why the clause moves the test, and whether held-out suites lack the situation that it is about. Ablations are shown in
context and do not speak for a model that was trained on the spec. Of two clauses that each do the whole, neither
carries anything when it is left out.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, confidence_of
from auditor.model.ablation import KIND_WORDS, describe_change
from auditor.model.finding import Finding, Severity
from auditor.model.numbers import format_interval, format_points


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the first clause change that carries the test fall and none of the held-out fall."""
    ablation = facts.ablation
    if ablation is None:
        return Clear()
    for each in ablation.spared():
        test, held_out = each.test, each.held_out
        assert test is not None
        assert held_out is not None
        message = (
            f"{describe_change(each.change)} takes {format_points(test.effect)} points "
            f"{format_interval(test.low, test.high)} from the test rate ({KIND_WORDS[each.kind]}), and none from the "
            f"held-out rate: {format_points(held_out.effect)} {format_interval(held_out.low, held_out.high)}"
        )
        return Finding(message, confidence_of(facts), tuple(sorted({*test.runs, *held_out.runs})))
    return Clear() if ablation.all_known() else Undecided(f"by ablation: {ablation.conclusion}")


CHECK = PatchCheck(
    code="SD141",
    name="clause-moves-test-only",
    title="A clause change carries the fall on the test and none of the held-out fall",
    severity=Severity.HIGH,
    remedy="take the clause out or word it for the behaviour, and evaluate the text again",
    run=run,
    cases=(
        Case(
            "the second change moves the test alone",
            "160/800 -> 0/800",
            Finding,
            ("160/800 -> 40/800",),
            ablations=("2/800, 156/800", "150/800, 42/800"),
        ),
        Case(
            "the second change moves both",
            "160/800 -> 0/800",
            Clear,
            ("160/800 -> 40/800",),
            ablations=("2/800, 42/800", "150/800, 150/800"),
        ),
        Case(
            "the second change moves held-out a little",
            "160/800 -> 0/800",
            Clear,
            ("160/800 -> 40/800",),
            ablations=("2/800, 156/800", "150/800, 66/800"),
        ),
        Case(
            "too few items to tell",
            "12/60 -> 0/60",
            Undecided,
            ("12/60 -> 3/60",),
            ablations=("1/60, 12/60", "12/60, 4/60"),
        ),
        Case("no ablation was run", "160/800 -> 0/800", Clear, ("160/800 -> 40/800",)),
    ),
)
