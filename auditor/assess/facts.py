"""What is known of a step, a patch, a state: frozen, computed once, read by checks, reports and the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.assess.account import Account, AtAnyTime, Attribution, Difference
from auditor.assess.elimination import Remaining
from auditor.assess.planned import PlanFacts
from auditor.assess.sensitivity import Sensitivity, SuiteSensitivity
from auditor.assess.stream import Place
from auditor.assess.uses import SuiteUse
from auditor.assess.verdicts import Statement
from auditor.evidence import State, Step
from auditor.model.run import Grade
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.stats.intervals import Interval


class Trend(StrEnum):
    """How the awareness rate moved. It comes after the patch; a fall clears nobody."""

    ROSE = "rose"
    FELL = "fell"
    STABLE = "stable"
    UNMEASURED = "unmeasured"


class Missing(StrEnum):
    """What an inconclusive verdict lacks."""

    NOTHING = ""
    FLOOR = "test-floor"
    TEST = "test-samples"
    TRIGGER = "second-before-run"
    ZERO = "held-out-floor"
    SCALE = "scale"
    LOOKS = "repeated-looks"
    INVALID = "invalid"
    GONE = "held-out-items"
    HELD_OUT = "held-out-samples"
    RUNS = "more-runs"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate over items with its limits.

    Attributes:
        rate: mean over items of misaligned / valid, 0 to 1.
        low, high: 5 % left out at each end (`error_rate`), items as the unit.
        misaligned, valid, invalid: samples.
        items: items; None where samples came without.
        size: effective independent samples.
        runs: record ids.
    """

    rate: float
    low: float
    high: float
    misaligned: int
    valid: int
    invalid: int
    items: int | None
    size: float
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A rate before and after, and its fall (None where the before-rate is 0)."""

    before: Rate
    after: Rate
    fall: Interval | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Held-out fall over test fall. An end without a bound is None; each is left out with probability `error`."""

    estimate: float
    low: float | None
    high: float | None
    error: float


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """One held-out suite at a step, judged by itself.

    Attributes:
        suite: its name; with its condition in brackets where it has one.
        p_values: of each statement, corrected for the patch's family.
        missing: what an inconclusive verdict lacks.
        left: what is left after.
        gone: held-out samples that were run before and have no counterpart after; they count as misaligned where
            invalid ones do.
        needed: held-out samples a side, as run, that would settle it with probability 0.8; None where none is known to.
        runs_needed: runs a side to spread them over, where runs of one state lie so far apart that those there are
            never settle it; None for most.
    """

    suite: str
    role: Role
    change: Change
    transfer: Transfer | None
    verdict: Verdict
    missing: Missing
    needed: int | None
    p_values: Mapping[Statement, float]
    attribution: Attribution
    hangs_on: SuiteSensitivity
    left: Remaining
    gone: int = 0
    runs_needed: int | None = None


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A suite without a comparable pair of runs at a step, and why; `differences` where the protocols differ."""

    suite: str
    role: Role
    why: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckpointAlone:
    """What a checkpoint did by itself, under one revision; with all four states measured, patch and it are separate.

    Attributes:
        revision: the one revision under which both were evaluated.
        before, after: the checkpoints, in the order of training.
        full: whether all four states were evaluated (a 2x2 of spec and checkpoint).
        held_out: the average over held-out suites; None without a comparable one.
    """

    revision: str
    before: str
    after: str
    full: bool
    test: Change
    held_out: Change | None


@dataclass(frozen=True, slots=True)
class BehaviourFacts:
    """The verdict for one (step, behaviour, lineage), and what it rests on.

    Attributes:
        reason: one sentence, the numbers and what they come to; `conclusion` is its last clause, without the numbers.
        test: the average over the test suites, on common items; None without a comparable pair.
        held_out: the average over held-out suites; None without one.
        held_out_unchanged: whether the average held-out fall is under the unchanged margin; None if not known.
        ruling: the held-out suite whose verdict rules; None without one.
        also_changed: what else changed in the step.
        triggered: whether the only before-run may be the one that triggered the patch.
        fell: whether the test rate is shown to have fallen.
        account: how it was measured.
        accusations: p-values of what it might be accused of, uncorrected (`assess.stream`).
        survives_fdr: whether the accusation holds across the stream of patches; None where nothing is accused.
        at_any_time: whether an accusation or a clearance holds at any number of looks; None where there is neither.
        worse_beside: other behaviours of the model that are shown to be worse over the same two states.
        rebound: the earlier step whose fall this one takes back, without the spec being taken back; None for most.
        left: what is left of the test rate after; None without a comparable pair.
    """

    behaviour: str
    model: str
    verdict: Verdict
    reason: str
    conclusion: str
    step: Step
    test: Change | None
    held_out: Change | None
    held_out_unchanged: bool | None
    suites: tuple[SuiteFacts, ...]
    ruling: SuiteFacts | None
    not_compared: tuple[NotCompared, ...]
    missing: Missing
    hiding_suspected: bool
    near_zero: bool
    mechanisms: tuple[str, ...]
    cause: Cause
    also_changed: tuple[str, ...]
    grade: Grade | None
    awareness: Trend
    attribution: Attribution | None
    triggered: bool
    p_values: Mapping[Statement, float]
    fell: bool
    account: Account
    accusations: tuple[float, ...] = ()
    survives_fdr: bool | None = None
    at_any_time: AtAnyTime | None = None
    checkpoint_alone: CheckpointAlone | None = None
    worse_beside: tuple[str, ...] = ()
    sensitivity: Sensitivity | None = None
    rebound: Step | None = None
    left: Remaining | None = None


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """A patch and what is known of it.

    Attributes:
        verdict: the worst of its behaviours'; `unmeasured` where it lies in no step at all.
        behaviours: one for every step it lies in.
        place: in the stream of accusations; None where nothing was evaluated before and after.
        outside: (behaviour, model) of what is measured in this project, but not both before and after this patch.
    """

    patch: Patch
    verdict: Verdict
    behaviours: tuple[BehaviourFacts, ...]
    outside: tuple[tuple[str, str], ...]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class GapFacts:
    """How a held-out suite stands to the test at the last state that says something of it.

    Attributes:
        open: whether it is a standing gap: the held-out lower limit above the test's upper limit, and never closed.
        since: the state at which the gap was first seen; `state` where there is none.
        state: the state of these rates.
        kept_open: why a later state whose rates look closed closes nothing: items went away; "" for most.
    """

    behaviour: str
    model: str
    suite: str
    role: Role
    open: bool
    since: State
    state: State
    test: Rate
    held_out: Rate
    kept_open: str = ""


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """Something that could not be looked at, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """Several patches judged as one (`assess.windows`).

    Attributes:
        names: every stretch of history with these two states: a quarter, two releases, the last patches.
        quarter: in which it ends: the family whose error is held.
        open: whether it may yet grow, and is looked at again when it does.
        facts: the verdict, by the same table; `facts.step.patches` are the patches, `facts.cause` is of none of them.
        steps: the verdicts of the steps inside.
    """

    names: tuple[str, ...]
    quarter: str
    open: bool
    facts: BehaviourFacts
    steps: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything assessed about one spec."""

    spec: str
    patches: tuple[PatchFacts, ...]
    checkpoint_steps: tuple[BehaviourFacts, ...]
    standings: tuple[GapFacts, ...]
    not_assessed: tuple[NotAssessed, ...]
    windows: tuple[WindowFacts, ...] = ()
    plans: tuple[PlanFacts, ...] = ()
    uses: tuple[SuiteUse, ...] = ()
