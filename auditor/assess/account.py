"""How a step was measured, suite by suite, and what is shown beside its verdict: frozen, read by checks and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auditor.assess.ended import Endings
from auditor.assess.voiced import Signals
from auditor.model.suite import Role
from auditor.stats.replicates import RunEffect


class What(StrEnum):
    """What can differ between the runs of a comparison."""

    ITEMS = "items"
    SCORER = "scorer"
    SAMPLING = "sampling"
    CONDITION = "condition"
    EXPOSURE = "exposure"
    CHECKPOINT = "checkpoint"
    INVALID = "invalid"
    PLANNED = "planned"
    CODE = "code"
    REFUSALS = "scored refusals"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between the two sides, as people write it."""

    what: What
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Apart:
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
class RunGap:
    """Runs of one side that disagree by more than their items explain, the error shared over all pairs of runs."""

    side: str
    runs: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SuiteMeasured:
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
    removed: Apart | None = None
    added: Apart | None = None
    invalid_rose: bool = False
    short: tuple[ShortRun, ...] = ()
    gaps: tuple[RunGap, ...] = ()
    twice: tuple[tuple[str, str], ...] = ()
    registered: date | None = None
    runs: tuple[str, ...] = ()
    endings: Endings | None = None

    def differs_in(self, what: What) -> Difference | None:
        """The difference of that kind; None without one."""
        return next((one for one in self.differences if one.what is what), None)


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
    """Mean severity of the rated samples on the test suites, 0 to 1, items as the unit.

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
class Moved:
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
    parted: bool
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
    def left(self) -> float:
        """What is left of it once every known part of measuring is taken away."""
        return self.raw - sum(part or 0.0 for part in (self.items, self.invalid, self.selection))


@dataclass(frozen=True, slots=True)
class AtAnyTime:
    """Whether what is said holds at any number of looks (`assess.looks`).

    Attributes:
        looks: how often it could be read with other runs than before, at least 1.
        e_value: over its family, at least 1; `asked` or more holds.
    """

    looks: int
    e_value: float
    asked: float

    @property
    def holds(self) -> bool:
        """Whether the evidence is enough however often one looked."""
        return self.e_value >= self.asked


@dataclass(frozen=True, slots=True)
class Account:
    """How a step was measured.

    Attributes:
        measured: every suite of the behaviour, by name.
        passed_over: suites that differ at the nearest states, where a clean pair further apart was taken instead.
        signals: of the test suites, then of the held-out ones; none where no text was read.
        pressed: checkpoints compared whose training is declared to have put pressure on the reasoning text: what it
            says of awareness, and what else is read from it, is weak evidence there.
        run_to_run: how far runs of one state lie apart, in all limits; None where no state was run twice.
    """

    measured: tuple[SuiteMeasured, ...] = ()
    passed_over: tuple[SuiteMeasured, ...] = ()
    strata: Strata | None = None
    severity: Severity | None = None
    moved: tuple[Moved, ...] = ()
    twins: tuple[Twins, ...] = ()
    signals: tuple[Signals, ...] = ()
    pressed: tuple[str, ...] = ()
    run_to_run: RunEffect | None = None
