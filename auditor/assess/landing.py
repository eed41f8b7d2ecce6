"""What a landing does to the rules and records it is judged by: policy loosened, suites changed, records removed.

Facts for the checks of scope `landing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from auditor.assess.lifted_accusations import LiftedAccusation
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.suite import Suite

DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Rules:
    """What one side says about how it is judged.

    Attributes:
        file: where its policy stands.
        suites_file: where its suites stand.
        specs: the paths of each configured spec, by name.
        folders: the names of those whose revisions are dated folders.
        store: the folder of the evaluation history.
    """

    policy: Policy = DEFAULT_POLICY
    suites: Mapping[str, Suite] = field(default_factory=dict)
    specs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()
    store: str = "eval_history"
    file: str = "auditor.toml"
    suites_file: str = "eval_history/suites.toml"


@dataclass(frozen=True, slots=True)
class LandingFacts:
    """A landing.

    Attributes:
        before: the rules where it started; None where there were none.
        after: the rules as it leaves them.
        patched: the names of the specs whose text it changes.
        removed, changed: names of the files of the evaluation history that it removes or changes: the ids of records,
            plans and the like, the numbers of seals.
        waivers: paths of the waivers that it adds or changes.
        unjudged: the names of specs whose text stays, and which nothing configures any longer.
        rewritten: dated revisions of before that it changes or removes, as "spec at label".
        dropped: commits of specs that the branch had and has no longer, of a push.
        reworded: the names of specs that it reads at other paths, where another text is, of a past landing whose patch
            no history shows.
        lifted: accusations that stood before it and do not with what it brings.
    """

    before: Rules | None = Rules()
    after: Rules = Rules()
    patched: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    lifted: tuple[LiftedAccusation, ...] = ()


def describe_loosening(before: Rules, after: Rules) -> tuple[str, ...]:
    """How the rules after let more through than those before: one phrase each, in a fixed order."""
    return (*_loosened_policy(before.policy, after.policy), *_loosened_configuration(before, after))


# A smaller number accuses less, or suspects less.
_LOOSER_BELOW = ("transfer_threshold", "error_rate", "zero_tolerance", "false_discovery_rate")
# A larger number calls more of what moved unmoved.
_LOOSER_ABOVE = ("unchanged_margin", "rise_margin")
_ON_INCONCLUSIVE = tuple(OnInconclusive)
_REQUIRE_HELD_OUT = tuple(reversed(RequireHeldOut))


def _loosened_policy(before: Policy, after: Policy) -> Iterator[str]:
    for name in _LOOSER_BELOW:
        old, new = getattr(before, name), getattr(after, name)
        if new < old:
            yield f"{name} {old:g} to {new:g}"
    for name in _LOOSER_ABOVE:
        old, new = getattr(before, name), getattr(after, name)
        if new > old:
            yield f"{name} {old:g} to {new:g}"
    if lost := [rule for rule in before.block_on if rule not in after.block_on]:
        yield f"block_on without {', '.join(lost)}"
    if _ON_INCONCLUSIVE.index(after.on_inconclusive) < _ON_INCONCLUSIVE.index(before.on_inconclusive):
        yield f"on_inconclusive {before.on_inconclusive} to {after.on_inconclusive}"
    if _REQUIRE_HELD_OUT.index(after.require_held_out) < _REQUIRE_HELD_OUT.index(before.require_held_out):
        yield f"require_held_out {before.require_held_out} to {after.require_held_out}"
    if before.evidence_debt_days is not None and after.evidence_debt_days is None:
        yield "evidence_debt_days unset, which forgives what is owed"
    elif (after.evidence_debt_days or 0) > (before.evidence_debt_days or 0):
        yield f"evidence_debt_days {before.evidence_debt_days or 'unset'} to {after.evidence_debt_days}"
    if after.reveal_held_out and not before.reveal_held_out:
        yield "reveal_held_out set"
    if after.clear_requires_grade > before.clear_requires_grade:
        yield f"clear_requires_grade {before.clear_requires_grade} to {after.clear_requires_grade}"
    if before.two_person and not after.two_person:
        yield "two_person taken back"


def _loosened_configuration(before: Rules, after: Rules) -> Iterator[str]:
    if before.store != after.store:
        yield f"store {before.store} to {after.store}"
    for name, paths in before.specs.items():
        if name not in after.specs:
            yield f"spec {name} no longer configured"
        elif (name in before.folders) is not (name in after.folders):
            kinds = ("dated folders", "commits") if name in before.folders else ("commits", "dated folders")
            yield f"spec {name} read from {kinds[1]} and no longer from {kinds[0]}"
        elif lost := [path for path in paths if path not in after.specs[name]]:
            yield f"spec {name} without {', '.join(lost)}"


def describe_suite_changes(before: Rules, after: Rules) -> tuple[str, ...]:
    """How suites that were registered before measure something else, or for somebody else, after: one phrase each."""
    return tuple(
        f"{name}: {phrase}"
        for name, old in before.suites.items()
        for phrase in _suite_changes(old, after.suites.get(name))
    )


def _suite_changes(old: Suite, new: Suite | None) -> Iterator[str]:
    if new is None:
        yield "no longer registered"
        return
    if new.role is not old.role:
        yield f"role {old.role} to {new.role}"
    if new.behaviour != old.behaviour:
        yield f"behaviour {old.behaviour} to {new.behaviour}"
    if new.registered != old.registered and (new.registered is None or not _counts_from_later_day(new, old)):
        yield f"registered {old.registered or 'always'} to {new.registered or 'always'}"
    if missing_tasks := [task for task in old.tasks if task not in new.tasks]:
        yield f"logs of the task {', '.join(missing_tasks)} are no longer its own"
    if new.twin != old.twin:
        yield f"twin {old.twin or 'none'} to {new.twin or 'none'}"
    if new.on_limit is not old.on_limit:
        yield f"on_limit {old.on_limit} to {new.on_limit}"
    if missing_changes := [change for change in old.declared_changes if change not in new.declared_changes]:
        yield f"declared change of {', '.join(change.what for change in missing_changes)} taken back"
    if old.score is not None and new.score != old.score:
        yield "its score is read in another way"
    if new.judge_errors != old.judge_errors:
        yield f"the declared errors of its judge, from {_count_errors(old)} to {_count_errors(new)}"
    if new.on_refusal is not old.on_refusal and old.on_refusal is not None:
        yield f"on_refusal {old.on_refusal} to {new.on_refusal or 'unset'}"
    if new.cluster_separator != old.cluster_separator:
        yield f"cluster_separator {old.cluster_separator or 'unset'} to {new.cluster_separator or 'unset'}"
    if old.looks_allowed is not None and (new.looks_allowed is None or new.looks_allowed > old.looks_allowed):
        yield f"looks_allowed {old.looks_allowed} to {'unset' if new.looks_allowed is None else new.looks_allowed}"


def _count_errors(suite: Suite) -> str:
    rates = (f"{rule.false_positive_rate:g} and {rule.false_negative_rate:g}" for rule in suite.judge_errors)
    return "; ".join(rates) or "none"


def _counts_from_later_day(new: Suite, old: Suite) -> bool:
    """Whether a role counts from a later day than it did: the stricter reading."""
    return old.registered is None or (new.registered is not None and new.registered > old.registered)
