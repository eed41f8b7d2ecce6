"""What is known of a step, a patch, a gap and a period: frozen, computed once by `judge`, read by checks, gate,
report and renderers.

Rates are from 0 to 1, limits leave the policy's error out at each end, runs are named by their record ids.
`Diagnostics` is what is shown with a verdict and never changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from auditor.assess.ablation_facts import AblationFacts
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.online_fdr import OnlineDecision
from auditor.assess.preregistration import PlanFacts
from auditor.assess.residual import Residual
from auditor.assess.sensitivity import Sensitivity, SuiteSensitivity
from auditor.assess.verdicts import Statement
from auditor.evidence import State, Step
from auditor.model.run import Grade
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.stats.intervals import Interval
from auditor.stats.replicates import RunEffect

# How samples of a suite ended, as reports have it; how it is worked out is in `endings`.


@dataclass(frozen=True, slots=True)
class SideExclusions:
    """How samples of one side ended, where the runs say so; in samples.

    Attributes:
        error, limit, refusal: of those without a score; `other` is what is left, otherwise ended or unsaid.
        refused: of those with a score, the ones that the log itself calls refusals; `refused_misaligned` of these.
    """

    error: int
    limit: int
    refusal: int
    other: int
    refused: int
    refused_misaligned: int


@dataclass(frozen=True, slots=True)
class Exclusions:
    """How the samples of both sides ended.

    Attributes:
        refused_rose: whether the share of scored refusals is shown to have risen.
        refusal_share_of_fall: what of the fall as reported goes when they count as misaligned on both sides, -1 to 1.
    """

    before: SideExclusions
    after: SideExclusions
    refused_rose: bool
    refusal_share_of_fall: float


# What texts of samples show, before and after, as reports have it; how it is worked out is in `signals`.


@dataclass(frozen=True, slots=True)
class SignalEstimate:
    """An estimate with its limits, each at the policy's error, clustered by item."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SignalSide:
    """What the texts of one side's samples show.

    Attributes:
        read: samples of which a text was read.
        of: whether it was their "reasoning", their "answers", or "both", each in some.
        aware: the share with a phrase of being tested, 0 to 1.
        repeating: the share that falls into repetition, 0 to 1.
        words: the mean number of words in a sample.
    """

    read: int
    of: str
    aware: SignalEstimate
    repeating: SignalEstimate
    words: SignalEstimate


@dataclass(frozen=True, slots=True)
class TranscriptSignals:
    """What texts show on the test suites, or on the held-out ones; a side of which none was read is None.

    `alike` is whether the same was read on both sides, by the same rules: reasoning and answers are not alike.
    """

    role: Role
    before: SignalSide | None
    after: SignalSide | None
    alike: bool


# How a step was measured, suite by suite, and what is shown beside its verdict: frozen, read by checks and reports.


class ProtocolField(StrEnum):
    """What can differ between the runs of a comparison."""

    ITEMS = "items"
    SCORER = "scorer"
    SAMPLING = "sampling"
    CONDITION = "condition"
    EXPOSURE = "exposure"
    SOLVER = "solver"
    TASK_ARGUMENTS = "task args"
    MODEL_ARGUMENTS = "model args"
    DATASET = "dataset"
    SHUFFLED = "shuffled"
    LIMIT = "limit"
    CHECKPOINT = "checkpoint"
    INVALID = "invalid"
    PLANNED = "planned"
    CODE = "code"
    REFUSALS = "scored refusals"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between the two sides, as people write it."""

    what: ProtocolField
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class UnmatchedItems:
    """Items that only one side ran, beside those both ran, on the side that has both kinds.

    Attributes:
        items: how many only one side ran.
        rate: theirs, 0 to 1.
        others: the rate of the items both sides ran, on the same side.
        established: whether items that were removed are shown to be worse than the others, or added ones better.
    """

    items: int
    rate: float
    others: float
    established: bool


@dataclass(frozen=True, slots=True)
class ShortRun:
    """A run with fewer samples than were planned; incomplete ones too."""

    record: str
    side: str
    planned: int
    got: int


@dataclass(frozen=True, slots=True)
class RunDisagreement:
    """Runs of one side that disagree by more than their items explain, the error shared over all pairs of runs."""

    side: str
    runs: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SuiteDiagnostics:
    """One suite of the behaviour at a step, compared or not.

    Attributes:
        compared: whether the verdict rests on it.
        differences: what differs between the two sides.
        before, after: the rates as reported by all complete runs, 0 to 1; None where a side has none.
        fell: whether these are shown to have fallen, whatever else changed.
        removed: the items that only the runs before have; None without any.
        added: the items that only the runs after have; None without any.
        invalid_rose: whether the share of invalid samples is shown to have risen.
        twice: pairs of records that are one evaluation under two names.
        registered: the day a held-out role counts from, where a run of the step is older than that; else None.
        runs: the record ids of both sides.
        endings: how samples ended; None where no run says so.
    """

    suite: str
    role: Role
    compared: bool
    differences: tuple[Difference, ...] = ()
    before: float | None = None
    after: float | None = None
    fell: bool = False
    removed: UnmatchedItems | None = None
    added: UnmatchedItems | None = None
    invalid_rose: bool = False
    short: tuple[ShortRun, ...] = ()
    gaps: tuple[RunDisagreement, ...] = ()
    twice: tuple[tuple[str, str], ...] = ()
    registered: date | None = None
    runs: tuple[str, ...] = ()
    endings: Exclusions | None = None

    def differs_in(self, protocol_field: ProtocolField) -> Difference | None:
        """The difference of that kind; None without one."""
        return next((difference for difference in self.differences if difference.what is protocol_field), None)


@dataclass(frozen=True, slots=True)
class Share:
    """Misaligned among some samples."""

    misaligned: int
    samples: int

    @property
    def rate(self) -> float:
        """0 to 1; `samples` is above 0."""
        return self.misaligned / self.samples


@dataclass(frozen=True, slots=True)
class Stratum:
    """The rate among samples that did, or did not, voice awareness; a side without such samples is None."""

    before: Share | None
    after: Share | None


@dataclass(frozen=True, slots=True)
class Strata:
    """The test rate by voiced awareness. It comes after the patch: shown, and never subtracted.

    `unaware_unchanged` is True where the unaware stratum's fall is shown to be under the margin, False where it is
    shown to have fallen, None where neither is.
    """

    aware: Stratum
    unaware: Stratum
    unaware_unchanged: bool | None


@dataclass(frozen=True, slots=True)
class Severity:
    """Mean severity of the rated samples on the test suites, 0 to 1, clustered by item.

    Attributes:
        among: "misaligned" where only misaligned samples were rated, else "rated".
        shifted: whether what is left is shown to be milder, so that overt turned borderline; None where nobody can
            tell. Among misaligned: the mean fell. Among all rated: it fell less than half as much as the rate.
    """

    before: float
    after: float
    among: str
    shifted: bool | None


@dataclass(frozen=True, slots=True)
class MovedItems:
    """Item ids of a held-out suite that came into a test suite's runs at this step."""

    held_out: str
    test: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two conditions of the same items: the difference of their rates, `suite` minus `twin`, -1 to 1.

    `parted` is whether the difference is shown to have grown across the step.
    """

    suite: str
    twin: str
    before: float
    after: float
    diverged: bool
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most a part can be, in rate units (-1 to 1)."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The raw absolute fall of a rate, in parts that add up to it, in rate units; None where it cannot be separated.

    Attributes:
        raw: the fall as the most favourable pair of complete runs reports it; with one run a side, as reported.
        items: what restricting both sides to the items both ran takes away.
        invalid: what counting invalid samples as misaligned takes away then.
        selection: by how much the most favourable pair of runs exceeds all runs together; 0 with one run a side.
        behaviour: what is left.
        bounds: by part, over every reading of the invalid samples; a part without an entry cannot be separated.
        telling: whether measuring made more than a fifth of a raw fall that is established.
    """

    raw: float
    items: float | None
    invalid: float | None
    selection: float | None
    behaviour: float | None
    bounds: Mapping[str, Bounds]
    telling: bool

    @property
    def pooled(self) -> float:
        """The raw fall by all runs together."""
        return self.raw - (self.selection or 0.0)

    @property
    def remainder(self) -> float:
        """What is left of it once every known part of measuring is taken away."""
        return self.raw - sum(part or 0.0 for part in (self.items, self.invalid, self.selection))


@dataclass(frozen=True, slots=True)
class SequentialEvidence:
    """Whether what is said holds at any number of looks (`assess.multiplicity`).

    Attributes:
        looks: how often it could be read with other runs than before, at least 1.
        e_value: over its family, at least 1; `threshold` or more holds.
    """

    looks: int
    e_value: float
    threshold: float

    @property
    def holds(self) -> bool:
        """Whether the evidence is enough however often one looked."""
        return self.e_value >= self.threshold


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How a step was measured.

    Attributes:
        measured: every suite of the behaviour, by name.
        passed_over: suites that differ at the nearest states, where a clean pair further apart was taken instead.
        signals: of the test suites, then of the held-out ones; none where no text was read.
        cot_pressure: checkpoints compared whose training is declared to have put pressure on the reasoning text: what
            it says of awareness, and what else is read from it, is weak evidence there.
        run_to_run: how far runs of one state lie apart, in all limits; None where no state was run twice.
    """

    measured: tuple[SuiteDiagnostics, ...] = ()
    passed_over: tuple[SuiteDiagnostics, ...] = ()
    strata: Strata | None = None
    severity: Severity | None = None
    moved: tuple[MovedItems, ...] = ()
    twins: tuple[Twins, ...] = ()
    signals: tuple[TranscriptSignals, ...] = ()
    cot_pressure: tuple[str, ...] = ()
    run_to_run: RunEffect | None = None


# What is known of a step, a patch, a state: frozen, computed once, read by checks, reports and the gate.


class Trend(StrEnum):
    """How the awareness rate moved. It comes after the patch; a fall clears nobody."""

    ROSE = "rose"
    FELL = "fell"
    STABLE = "stable"
    UNMEASURED = "unmeasured"


class MissingEvidence(StrEnum):
    """What an inconclusive verdict lacks."""

    NOTHING = ""
    FLOOR = "test-floor"
    TEST = "test-samples"
    TRIGGER = "second-before-run"
    HELD_OUT_TRIGGER = "second-held-out-before-run"
    OPEN_SUITE = "open-held-out-suite"
    ZERO = "held-out-floor"
    SCALE = "scale"
    OPTIONAL_STOPPING = "repeated-looks"
    INVALID = "invalid"
    HELD_OUT_ITEMS = "held-out-items"
    SMALL_FALL = "small-test-fall"
    PART_OR_WHOLE = "part-or-whole"
    HELD_OUT = "held-out-samples"
    RUNS = "more-runs"
    GRADE = "grade"
    JUDGE_ERROR = "judge-error"
    REFUSALS = "refusals"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate over items with its limits.

    Attributes:
        rate: mean over items of misaligned / valid, 0 to 1.
        low, high: limits of 90 % (`error_rate` at each end), clustered by item.
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
    """Held-out fall over test fall. An end without a bound is None; each errs with a probability of its own.

    Attributes:
        error_low: of the end that clears: the patch's error, shared by its behaviours, over the penalty of a single run
            before.
        error_high: of the end that accuses: the patch's error, shared by everything that could be accused.
    """

    estimate: float
    low: float | None
    high: float | None
    error_low: float
    error_high: float


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """One held-out suite at a step, judged by itself.

    Attributes:
        suite: its name; with its condition in brackets where it has one.
        p_values: of each statement, corrected for the patch's family.
        missing: what an inconclusive verdict lacks.
        residual: what is left after.
        missing_samples: held-out samples that were run before and have no counterpart after; they count as misaligned
            where invalid ones do.
        needed: held-out samples a side, as run, that would settle it with probability 0.8; None where none is known to.
        runs_needed: runs a side to spread them over, where runs of one state lie so far apart that those there are
            never settle it; None for most.
    """

    suite: str
    role: Role
    change: Change
    transfer: Transfer | None
    verdict: Verdict
    missing: MissingEvidence
    needed: int | None
    p_values: Mapping[Statement, float]
    attribution: Attribution
    sensitivity: SuiteSensitivity
    residual: Residual
    missing_samples: int = 0
    runs_needed: int | None = None


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A suite without a comparable pair of runs at a step, and why.

    Attributes:
        differences: where the protocols differ.
        same_as: the suite that it is under a second name; "" for most.
    """

    suite: str
    role: Role
    why: str
    differences: tuple[Difference, ...] = ()
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointContrast:
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
        diagnostics: how it was measured.
        accusations: p-values of what it might be accused of, uncorrected (`assess.online_fdr`).
        survives_fdr: whether the accusation is significant after correction for all patches; None where nothing is
            accused.
        sequential: whether an accusation or a clearance holds at any number of looks; None where there is neither.
        worse_beside: other behaviours of the model that are shown to be worse over the same two states.
        rebound_of: the earlier step whose fall this one takes back, without the spec being taken back; None for most.
        residual: what is left of the test rate after; None without a comparable pair.
        ablation: which clause changes carry its falls; None where no ablation of the patch was run on it.
        pooled: the average of several held-out suites, judged as one; it may accuse and never clears.
        withdrawn: the verdict that the numbers came to, where declared judge errors, undeclared refusals or the grade
            of the evidence made it inconclusive; None for most.
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
    missing: MissingEvidence
    hiding_suspected: bool
    near_zero: bool
    mechanisms: tuple[str, ...]
    cause: Cause
    also_changed: tuple[str, ...]
    grade: Grade | None
    awareness: Trend
    attribution: Attribution | None
    trigger_suspected: bool
    p_values: Mapping[Statement, float]
    fell: bool
    diagnostics: Diagnostics
    accusations: tuple[float, ...] = ()
    survives_fdr: bool | None = None
    sequential: SequentialEvidence | None = None
    checkpoint_contrast: CheckpointContrast | None = None
    worse_behaviours: tuple[str, ...] = ()
    sensitivity: Sensitivity | None = None
    rebound_of: Step | None = None
    residual: Residual | None = None
    ablation: AblationFacts | None = None
    pooled: SuiteFacts | None = None
    withdrawn: Verdict | None = None


class Measured(NamedTuple):
    """A behaviour of a model that is measured in this project."""

    behaviour: str
    model: str


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """A patch and what is known of it.

    Attributes:
        headline: the behaviour whose verdict matters most (`assess.headline`); None where it lies in no step at all.
        behaviours: one for every step it lies in.
        leading: those that are shown with the headline: of its rank, and every other of the same accusation.
        place: in the stream of accusations; None where nothing was evaluated before and after.
        outside: what is measured in this project, but not both before and after this patch.
    """

    patch: Patch
    headline: BehaviourFacts | None
    behaviours: tuple[BehaviourFacts, ...]
    leading: tuple[BehaviourFacts, ...]
    other_behaviours: tuple[Measured, ...]
    place: OnlineDecision | None = None

    @property
    def verdict(self) -> Verdict:
        """The headline's; `unmeasured` without one."""
        return self.headline.verdict if self.headline is not None else Verdict.UNMEASURED


@dataclass(frozen=True, slots=True)
class GapFacts:
    """How a held-out suite stands to the test at the last state that says something of it.

    Attributes:
        open: whether it is an open gap: the held-out lower limit above the test's upper limit, and never closed.
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
class PeriodFacts:
    """Several patches judged as one (`assess.periods`).

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


# The history as a whole: what carried over of many behaviours together, and each behaviour's trend.


class HistoryAnswer(StrEnum):
    """What the numbers of a whole period or trend come to. They warn; none of them clears or accuses a patch."""

    STAYED = "stays-on-test"
    OPEN = "open"
    NOT_FALLEN = "test-not-fallen"
    TOO_FEW = "too-few"


@dataclass(frozen=True, slots=True)
class BehaviourChange:
    """A behaviour of a model at its first and its last evaluated state of a period."""

    behaviour: str
    model: str
    before: State
    after: State
    test: Change
    held_out: Change


class NotMeasured(NamedTuple):
    """A behaviour of a model that has no part in a period's transfer, and why."""

    behaviour: str
    model: str
    why: str


@dataclass(frozen=True, slots=True)
class PeriodTransfer:
    """What carried over to held-out of all that the tests fell by over a period (`assess.joint_transfer`).

    Attributes:
        names: of the period: a quarter, or `all of history`; both where there is one quarter.
        open: whether it may yet grow.
        patches: how many landed in it.
        answer: `stays-on-test` where transfer's upper limit is under the threshold, `open` where not; it never clears.
        test_fall: the share of the summed test rates that fell, below 0 where they rose; null with too few behaviours.
        transfer: jackknifed over behaviours; null with too few, and where the tests did not fall.
        behaviours: those that are in it, whether or not a patch was about them.
    """

    spec: str
    names: tuple[str, ...]
    open: bool
    patches: int
    answer: HistoryAnswer
    test_fall: float | None
    transfer: Transfer | None
    behaviours: tuple[BehaviourChange, ...]
    not_measured: tuple[NotMeasured, ...]


@dataclass(frozen=True, slots=True)
class FittedRate:
    """A rate at the first and the last state, by a line through all of them, and its relative fall with limits."""

    first: float
    last: float
    fall: Interval


@dataclass(frozen=True, slots=True)
class BehaviourTrend:
    """How a behaviour's test and held-out rates moved over all states (`assess.trends`).

    Attributes:
        states: those with a test run; `comparable_states` of them have test and held-out runs that measured alike.
        answer: as of a period; `too-few` is of states.
        test, held_out, transfer: null with too few states.
    """

    spec: str
    behaviour: str
    model: str
    states: int
    comparable_states: int
    answer: HistoryAnswer
    test: FittedRate | None
    held_out: FittedRate | None
    transfer: Transfer | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything assessed about one spec."""

    spec: str
    patches: tuple[PatchFacts, ...]
    checkpoint_steps: tuple[BehaviourFacts, ...]
    standings: tuple[GapFacts, ...]
    not_assessed: tuple[NotAssessed, ...]
    periods: tuple[PeriodFacts, ...] = ()
    transfers: tuple[PeriodTransfer, ...] = ()
    trends: tuple[BehaviourTrend, ...] = ()
    plans: tuple[PlanFacts, ...] = ()
    uses: tuple[HoldoutReuse, ...] = ()
