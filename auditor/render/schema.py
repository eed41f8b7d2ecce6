"""The published schema of an audit (auditor.audit/1), one model for each of its objects.

What is undefined is null, never NaN; floats are rounded to 6 places after the verdict. Keys beyond the contract's first
version are additions; none is ever renamed.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from auditor.assess.facts import (
    ProtocolField,
    Trend,
)
from auditor.assess.preregistration import PlanState
from auditor.assess.residual import ResidualState
from auditor.clauses.deontic import Direction
from auditor.model.finding import Confidence, Severity
from auditor.model.run import Grade
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.render.ledger import DebtPart, ExcusedPart, WaiverPart


def _rounded(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("what is undefined is null")
    return round(value, 6) + 0.0


Number = Annotated[float, PlainSerializer(_rounded)]
Small = Annotated[float, PlainSerializer(lambda value: float(f"{value:.3g}"))]  # of tiny p-values


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChecksPart(_Part):
    """How many times checks fired, were clear, could not tell, could not run."""

    fired: int
    clear: int
    undecided: int
    not_run: int


class UndecidedPart(_Part):
    """Checks that could not tell, what they were run on, and why."""

    on: str
    why: str
    checks: list[str]


class CoveragePart(_Part):
    """What was looked at."""

    patches: int
    runs: int
    records: int
    checks: ChecksPart
    undecided: list[UndecidedPart]


class SightingPart(_Part):
    """Where a revision was seen: content id, commit (null for a dated folder), tag or folder name, date."""

    revision: str
    commit: str | None
    label: str | None
    date: datetime


class ChangesPart(_Part):
    """How many clauses changed, by kind."""

    added: int
    removed: int
    reworded: int
    moved: int


class RatePart(_Part):
    """A rate with its limits (error_rate left out at each end) and counts; items is null where there were none."""

    rate: Number
    low: Number
    high: Number
    misaligned: int
    valid: int
    items: int | None
    invalid: int


class RemainingPart(_Part):
    """What is left after: eliminated only where the exact upper limit is within the tolerance, else reduced.

    The limit is null where the rate seen is above the tolerance. That claim needs so many independent samples without
    a failure; size is those there are.
    """

    left: ResidualState
    upper: Number | None
    tolerance: Number
    needed: int | None
    size: Number


class SidesPart(_Part):
    """The rates before and after; both null without a comparable pair."""

    before: RatePart | None
    after: RatePart | None


class HeldOutPart(SidesPart):
    """The average of held-out suites; unchanged is null where it is not known."""

    unchanged: bool | None


class TransferPart(_Part):
    """Held-out fall over test fall; an end without a bound is null."""

    estimate: Number
    low: Number | None
    high: Number | None
    error_each_side: Number


class SuitePart(SidesPart):
    """One held-out suite, judged by itself; samples that were run before and have no counterpart after."""

    suite: str
    role: Role
    verdict: Verdict
    transfer: TransferPart | None
    attribution: AttributionPart
    remaining: RemainingPart
    not_run_after: int


class StepPart(_Part):
    """The two evaluated states: revision and checkpoint of each, the patches judged, and others in between."""

    before: str
    after: str
    patches: list[str]
    spanned: list[str]
    before_checkpoint: str
    after_checkpoint: str


class WithoutPart(_Part):
    """The verdict with one held-out suite left out, where it is another one; the others' levels are kept."""

    suite: str
    verdict: Verdict


class SensitivityPart(_Part):
    """What the verdict hangs on.

    `tips_at`: the transfer threshold above which the ruling suite is test-only and at or under which it is not; null
    where no threshold from 0 to 1 makes the difference. `on_rates`, `on_odds`: what each scale says of it by itself.
    """

    tips_at: Number | None
    on_rates: Verdict
    on_odds: Verdict
    without_suite: list[WithoutPart]


class ResidualPart(_Part):
    """What is left on the ruling held-out suite after the patch."""

    suite: str
    rate: Number
    low: Number
    high: Number
    remaining: RemainingPart


class BoundsPart(_Part):
    """The least and the most a part can be."""

    low: Number
    high: Number


class AttributionPart(_Part):
    """The raw fall of a rate in parts that add up to it; null where a part cannot be separated.

    With several runs a side, raw is what the most favourable pair of runs would report, and selection what that pair
    has over all runs together. A part without bounds cannot be separated.
    """

    raw: Number
    items: Number | None
    invalid: Number | None
    selection: Number | None
    behaviour: Number | None
    bounds: dict[str, BoundsPart]
    telling: bool


class DifferencePart(_Part):
    """One thing that differs between the two sides."""

    what: ProtocolField
    before: str
    after: str


class ApartPart(_Part):
    """Items only one side ran: how many, their rate, the others' rate, and whether the two are shown to differ."""

    items: int
    rate: Number
    others: Number
    established: bool


class ShortRunPart(_Part):
    """A run with fewer samples than planned."""

    record: str
    side: str
    planned: int
    got: int


class RunGapPart(_Part):
    """Runs of one side that disagree by more than their items explain: the lowest and the highest rate."""

    side: str
    runs: int
    low: Number
    high: Number


class EndedPart(_Part):
    """How samples of one side ended: without a score (error, limit, refusal, other), and scored refusals."""

    error: int
    limit: int
    refusal: int
    other: int
    refused: int
    refused_misaligned: int


class EndingsPart(_Part):
    """How samples ended on both sides, and how much of the reported fall scored refusals make."""

    before: EndedPart
    after: EndedPart
    refused_rose: bool
    refused_made: Number


class MeasuredPart(_Part):
    """How one suite was measured on the two sides, compared or not; before and after are the rates as reported."""

    suite: str
    role: Role
    compared: bool
    differences: list[DifferencePart]
    before: Number | None
    after: Number | None
    fell: bool
    removed: ApartPart | None
    added: ApartPart | None
    invalid_rose: bool
    short: list[ShortRunPart]
    gaps: list[RunGapPart]
    twice: list[list[str]]
    registered: date | None
    runs: list[str]
    endings: EndingsPart | None


class SharePart(_Part):
    """Misaligned of some samples."""

    misaligned: int
    samples: int


class StratumPart(_Part):
    """One stratum on the two sides; null without such samples."""

    before: SharePart | None
    after: SharePart | None


class StrataPart(_Part):
    """The test rate by voiced awareness; shown, never subtracted."""

    aware: StratumPart
    unaware: StratumPart
    unaware_unchanged: bool | None


class MeasurePart(_Part):
    """An estimate with its limits."""

    estimate: Number
    low: Number
    high: Number


class SignalSidePart(_Part):
    """What the texts of one side's samples show: of their reasoning, of their answers, or of both."""

    read: int
    of: str
    aware: MeasurePart
    repeating: MeasurePart
    words: MeasurePart


class SignalsPart(_Part):
    """What texts show before and after; shown, and never part of a verdict."""

    role: Role
    before: SignalSidePart | None
    after: SignalSidePart | None
    alike: bool


class SeverityPart(_Part):
    """Mean severity before and after, among misaligned or all rated samples."""

    before: Number
    after: Number
    among: str
    shifted: bool | None


class MovedPart(_Part):
    """Held-out item ids that came into a test suite."""

    held_out: str
    test: str
    items: list[str]


class TwinsPart(_Part):
    """The difference of two conditions of the same items, before and after."""

    suite: str
    twin: str
    before: Number
    after: Number
    parted: bool
    runs: list[str]


class RunToRunPart(_Part):
    """How far runs of one state lie apart, as the variance of a run's log-odds: estimated, and as limits take it.

    From so many runs beyond the first of each state, with these effective degrees of freedom.
    """

    variance: Number
    bound: Number
    freedom: Number
    runs: int


class AccountPart(_Part):
    """How a step was measured; run_to_run is null where no state was run twice."""

    measured: list[MeasuredPart]
    passed_over: list[MeasuredPart]
    strata: StrataPart | None
    severity: SeverityPart | None
    moved: list[MovedPart]
    twins: list[TwinsPart]
    signals: list[SignalsPart]
    pressed: list[str]
    run_to_run: RunToRunPart | None


class CheckpointAlonePart(_Part):
    """What a checkpoint did by itself under one revision; full with all four states measured."""

    revision: str
    before: str
    after: str
    full: bool
    test: SidesPart
    held_out: SidesPart | None


class NotComparedPart(_Part):
    """A suite without a comparable pair, and why."""

    suite: str
    role: Role
    why: str


class AtAnyTimePart(_Part):
    """Whether an accusation or a clearance holds at any number of looks; null where there is neither.

    `looks` is how often it could be read with other runs than before. With more than one, the verdict needs `holds`.
    """

    looks: int
    e_value: Number
    asked: Number
    holds: bool


class BehaviourPart(_Part):
    """One (step, behaviour, model)."""

    behaviour: str
    model: str
    verdict: Verdict
    fingerprint: str
    hiding_suspected: bool
    near_zero: bool
    mechanisms: list[str]
    cause: Cause
    also_changed: list[str]
    grade: Grade | None
    step: StepPart
    reason: str
    missing: str | None
    samples_needed: int | None
    runs_needed: int | None
    sensitivity: SensitivityPart | None
    test: SidesPart
    held_out: HeldOutPart
    suites: list[SuitePart]
    not_compared: list[NotComparedPart]
    ruling_suite: str | None
    transfer: TransferPart | None
    residual: ResidualPart | None
    test_remaining: RemainingPart | None
    awareness: Trend
    attribution: AttributionPart | None
    fell: bool
    account: AccountPart
    checkpoint_alone: CheckpointAlonePart | None
    worse_beside: list[str]
    rebound_of: StepPart | None
    survives_fdr: bool | None
    evidence_anytime: AtAnyTimePart | None


class PlacePart(_Part):
    """A path in the repository and a line from 1."""

    path: str
    line: Annotated[int, Field(ge=1)]


class FindingPart(_Part):
    """One firing of a check."""

    check: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    fingerprint: str
    place: PlacePart | None
    evidence: list[str]


class OutsidePart(_Part):
    """A behaviour of a model that was not evaluated both before and after the patch."""

    behaviour: str
    model: str


class RenamingPart(_Part):
    """A name before and after."""

    before: str
    after: str


class StructurePart(_Part):
    """What became of anchored sections and of levels of authority, and how many changes went in which direction."""

    sections_added: list[str]
    sections_removed: list[str]
    sections_renamed: list[RenamingPart]
    authority_renamed: list[RenamingPart]
    directions: dict[Direction, int]


class StreamPart(_Part):
    """A patch's place in the stream of accusations, its one p-value, and the level it was held to.

    Levels hold the false discovery rate over all patches however they depend on each other; none changes when later
    patches are appended.
    """

    number: int
    p_value: Small
    level: Small
    survives: bool


class HeadlinePart(_Part):
    """The behaviour, and the model, that a patch's verdict is about."""

    behaviour: str
    model: str


class PatchPart(_Part):
    """A patch and everything said of it."""

    id: str
    spec: str
    before: SightingPart
    after: SightingPart
    changes: ChangesPart
    structure: StructurePart
    verdict: Verdict
    headline: HeadlinePart | None
    hiding_suspected: bool
    mechanisms: list[str]
    behaviours: list[BehaviourPart]
    stream: StreamPart | None
    not_measured: list[OutsidePart]
    findings: list[FindingPart]


class GapPart(_Part):
    """A standing gap at the last state that says something of it."""

    spec: str
    behaviour: str
    model: str
    suite: str
    role: Role
    since: str
    revision: str
    checkpoint: str
    test: RatePart
    held_out: RatePart
    kept_open: str
    findings: list[FindingPart]


class PlanPart(_Part):
    """A run that was planned, and what became of it; `runs` fulfil it, or are what the state says."""

    id: str
    spec: str
    revision: str
    suite: str
    model: str
    checkpoint: str
    condition: str
    planned: int
    created: datetime
    note: str
    state: PlanState
    age_days: int | None
    runs: list[str]
    findings: list[FindingPart]


class CheckpointPart(_Part):
    """A step with no spec change."""

    spec: str
    behaviour: BehaviourPart
    findings: list[FindingPart]


class NotAssessedPart(_Part):
    """Something that could not be looked at."""

    what: str
    why: str


class SummaryPart(_Part):
    """Counts over patches."""

    hiding_suspected: int
    verdicts: dict[str, int]
    standing_gaps: int


class WindowPart(_Part):
    """Several patches judged as one: a quarter, what lies between two releases, the last patches.

    Its verdict is one of the family of all windows that end in `quarter`. While it is open it may grow, and is looked
    at again. `steps` are the verdicts of the steps inside it.
    """

    spec: str
    names: list[str]
    quarter: str
    open: bool
    steps: list[Verdict]
    behaviour: BehaviourPart
    findings: list[FindingPart]


class UsePart(_Part):
    """How often decisions looked at a held-out suite; `worn` where its looks are spent or a patch says its items."""

    spec: str
    suite: str
    looks: int
    decisions: int
    revealed: int
    allowed: int | None
    leaked_into: list[str]
    worn: bool
    findings: list[FindingPart]


class LandingPart(_Part):
    """A landing that changed what it is judged by: its commit, the latest day on which it can have landed."""

    commit: str
    landed: date
    patched: list[str]
    findings: list[FindingPart]


class AuditDocument(_Part):
    """The document `auditor audit --format json` prints."""

    schema_: Literal["auditor.audit/1"] = Field(default="auditor.audit/1", serialization_alias="schema")
    auditor_version: str
    coverage: CoveragePart
    patches: list[PatchPart]
    standing_gaps: list[GapPart]
    checkpoint_steps: list[CheckpointPart]
    windows: list[WindowPart]
    spec_findings: list[FindingPart]
    waivers: list[WaiverPart]
    waiver_findings: list[FindingPart]
    excused: list[ExcusedPart]
    plans: list[PlanPart]
    held_out_looks: list[UsePart]
    evidence_debts: list[DebtPart]
    landings: list[LandingPart]
    not_assessed: list[NotAssessedPart]
    summary: SummaryPart
