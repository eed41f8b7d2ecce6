"""Everything a periodic report says, as one frozen value: page, Markdown, JSON and verification are readings of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from auditor.assess.timeline import Series
from auditor.clauses.comparison import Comparison
from auditor.model.period import Period
from auditor.model.policy import Policy
from auditor.model.suite import Suite
from auditor.report import Audit, CheckpointEntry, PatchEntry, SpecReport
from auditor.report.since import Earlier, Previous, Since


@dataclass(frozen=True, slots=True)
class Section:
    """One spec's part of a report.

    Attributes:
        spec: its whole audit; what lies outside the period is carried over from it.
        period: the patches of the period, oldest first.
        comparisons: what each of them did to the clauses, by patch id.
        series: its behaviours over time.
        suites: the suites it is measured on, by name.
        blocking: the verdicts that the policy blocks on.
        since: what changed since the last report; None where there is none, or the spec was not tracked then.
    """

    spec: SpecReport
    within: Period
    period: tuple[PatchEntry, ...]
    comparisons: Mapping[str, Comparison]
    series: tuple[Series, ...]
    suites: tuple[Suite, ...]
    blocking: tuple[str, ...]
    since: Since | None = None

    @property
    def flagged(self) -> tuple[PatchEntry, ...]:
        """Of the period: hiding suspected, or a verdict the policy blocks on."""
        return tuple(entry for entry in self.period if self.is_flagged(entry))

    @property
    def carried(self) -> tuple[PatchEntry, ...]:
        """Flagged patches that landed before the period."""
        early = (entry for entry in self.spec.patches if day_of(entry) < self.within.since)
        return tuple(entry for entry in early if self.is_flagged(entry))

    @property
    def later(self) -> tuple[PatchEntry, ...]:
        """Flagged patches that landed after it."""
        late = (entry for entry in self.spec.patches if day_of(entry) > self.within.until)
        return tuple(entry for entry in late if self.is_flagged(entry))

    @property
    def steps(self) -> tuple[CheckpointEntry, ...]:
        """Steps from one checkpoint to the next, under one revision; however old, as a training run has no date."""
        return self.spec.checkpoint_steps

    def is_flagged(self, entry: PatchEntry) -> bool:
        """Whether a patch gets a section of its own."""
        return entry.hiding_suspected or entry.facts.verdict in self.blocking


def day_of(entry: PatchEntry) -> date:
    """The day a patch was seen, in the time zone it was made in; said by whoever made it, and not to be relied on."""
    return entry.facts.patch.after.date.date()


@dataclass(frozen=True, slots=True)
class Holding:
    """The records a report rests on.

    Attributes:
        records: how many files named by their content the store holds, item manifests aside.
        number, root: of the last checkpoint, and its tree hash (64 hex digits); None without one.
        unsealed: how many of the records are in no batch.
        faults: how many files of the store are not what they should be.
        witness: what came of holding the store against a checkpoint from outside; None without one.
    """

    records: int
    number: int | None
    root: str | None
    unsealed: int
    faults: int
    witness: Witnessed | None = None


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint somebody else holds: its number (None for none of ours), and what is not as it was sealed."""

    held_by: str
    number: int | None
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A periodic report.

    Attributes:
        head: the commit it was made at; None outside of git.
        holding: the records it rests on.
        audit: the whole audit it rests on.
        sections: one a spec.
        policy: the policy applied.
        earlier: the state it is compared with; else `no_earlier` says why there is none.
        previous: the report that was given to compare with; None where the state was chosen by its day.
    """

    period: Period
    head: str | None
    holding: Holding
    audit: Audit
    sections: tuple[Section, ...]
    policy: Policy
    earlier: Earlier | None = None
    no_earlier: str = ""
    previous: Previous | None = None
