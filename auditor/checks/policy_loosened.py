"""What lands lets more through than the rules before it.

What it looks for
A policy or a configuration that accuses less, blocks less, asks for less evidence, shows held-out rates, or no longer
looks at a spec or at the records: thresholds, block_on, require_held_out, evidence_debt_days, two_person, paths, store.

Why it matters
Whoever cannot pass a gate can lower it. The gate goes by the rules before the landing, so that nothing is gained at
once; from the next landing on it is.

What to do
Land the change of policy by itself, with a reason, and have somebody else than the spec's author review it.

What it cannot see
Whether a change is for the better. Thresholds that move toward more accusations are none of its business, nor are
settings of the continuous integration that calls the gate.
"""

from dataclasses import replace

from auditor.assess.landing import LandingFacts, Rules, describe_loosening
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Place, Severity, first_word
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.run import Grade
from auditor.model.verdict import Verdict


def run(facts: LandingFacts) -> Outcome:
    """Fires where a rule asks for less than it did."""
    if facts.before is None:
        return Clear()
    moved = [f"spec {name} read from other files, with another text" for name in facts.reworded]
    names = (*describe_loosening(facts.before, facts.after), *moved)
    if not names:
        return Clear()
    name = f", in one landing with {', '.join(facts.patched)}" if facts.patched else ""
    message = f"the rules ask for less: {'; '.join(names)}{name}"
    first_words = describe_loosening(_in_first_words(facts.before), _in_first_words(facts.after))
    identity = "\n".join((*moved, *first_words))
    return Finding(message, Confidence.HIGH, identity=identity, place=Place(facts.before.file, 1))


def _in_first_words(rules: Rules) -> Rules:
    """Rules with block_on in the words of version 1, so that a waiver granted then still names its finding."""
    names = (rule for rule in rules.policy.block_on if rule != Verdict.MOSTLY_TEST)
    return replace(rules, policy=replace(rules.policy, block_on=tuple(map(first_word, names))))


def _policy(**changes: object) -> Rules:
    return Rules(policy=Policy(**changes))  # type: ignore[arg-type]


CHECK = LandingCheck(
    code="SD301",
    name="policy-loosened",
    title="What lands lets more through than the rules before it",
    severity=Severity.HIGH,
    remedy="land the change of policy by itself, reviewed by somebody else than the spec's author",
    run=run,
    cases=(
        LandingCase("block_on is emptied", LandingFacts(after=_policy(block_on=())), Finding),
        LandingCase(
            "a file of another name and text", LandingFacts(reworded=("conduct",), patched=("conduct",)), Finding
        ),
        LandingCase("with a patch", LandingFacts(after=_policy(block_on=()), patched=("conduct",)), Finding),
        LandingCase("held-out not wanted", LandingFacts(after=_policy(require_held_out=RequireHeldOut.NEVER)), Finding),
        LandingCase("inconclusive passes", LandingFacts(after=_policy(on_inconclusive=OnInconclusive.PASS)), Finding),
        LandingCase("debt is allowed", LandingFacts(after=_policy(evidence_debt_days=30)), Finding),
        LandingCase("a larger rise is let through", LandingFacts(after=_policy(rise_margin=0.05)), Finding),
        LandingCase("lower evidence clears", LandingFacts(_policy(clear_requires_grade=Grade.B), _policy()), Finding),
        LandingCase("a lower threshold", LandingFacts(after=_policy(transfer_threshold=0.3)), Finding),
        LandingCase("a spec is dropped", LandingFacts(Rules(specs={"a": ("a.md",)}), Rules()), Finding),
        LandingCase(
            "a spec is read from dated folders",
            LandingFacts(Rules(specs={"a": ("a.md",)}), Rules(specs={"a": ("a.md",)}, folders=frozenset({"a"}))),
            Finding,
        ),
        LandingCase("a higher threshold", LandingFacts(after=_policy(transfer_threshold=0.7)), Clear),
        LandingCase("more is blocked", LandingFacts(after=_policy(block_on=(*Policy().block_on, "SD103"))), Clear),
        LandingCase("another spec is added", LandingFacts(Rules(), Rules(specs={"a": ("a.md",)})), Clear),
        LandingCase("the first configuration", LandingFacts(None, _policy(block_on=())), Clear),
    ),
)
