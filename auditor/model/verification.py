"""What verifying the evaluation history came to, and what that shows and does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import EXIT_BLOCKED, EXIT_COULD_NOT_RUN, EXIT_EVIDENCE_MISSING, EXIT_PASS, worst_exit
from auditor.model.integrity import CheckpointComparison, StoreCheckpoint, StoreFault
from auditor.model.run import Grade

VERIFICATION_LIMITS = (
    "This does not show that the logs are genuine, that every run was logged, or that nobody saw the held-out items."
)


class RederivationState(StrEnum):
    """What came of a record."""

    AGREES = "agrees"
    DIFFERS = "differs"
    CORRECTED = "corrected"
    NO_LOG = "no-log"


@dataclass(frozen=True, slots=True)
class RederivedRecord:
    """One record.

    Attributes:
        state: `corrected` for one that another record replaces; the log is held against that one.
        file: the log or table its run was found in; None without one.
        differs: the members of the record that the log gives otherwise, sorted.
        grade: A where the counts of a raw log with the spec's text in it were derived again and agree; else what the
            record itself can show, at most B.
    """

    record: str
    suite: str
    state: RederivationState
    file: str | None
    differs: tuple[str, ...]
    grade: Grade


@dataclass(frozen=True, slots=True)
class LogsReport:
    """What came of reading the logs again.

    Attributes:
        files: how many were read.
        refused: one line for each that could not be used.
        unrecorded: the runs in them that no record is of, as "file: suite".
        records: every record, by id.
    """

    files: int
    refused: tuple[str, ...]
    unrecorded: tuple[str, ...]
    records: tuple[RederivedRecord, ...]

    @property
    def agreeing(self) -> frozenset[str]:
        """The records that agree with their logs."""
        return frozenset(record.record for record in self.records if record.state is RederivationState.AGREES)

    def count(self, state: RederivationState) -> int:
        """How many records came to that."""
        return sum(record.state is state for record in self.records)


@dataclass(frozen=True, slots=True)
class OutsideCheckpoint:
    """A checkpoint from outside: the file or root as it was given, and what it says of the store."""

    given: str
    witness: CheckpointComparison


@dataclass(frozen=True, slots=True)
class ReportDifference:
    """One place where a report and its remake differ: its line, what it says, and what the records give.

    Lines that were moved, repeated or dropped are named as that, those next to each other as one.
    """

    line: int
    says: str
    gives: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of making a report again.

    Attributes:
        file: the report's.
        head: the commit it was made at; batch: the last batch of records it rests on, None for all that are there.
        numbers: how many of its numbers were computed again and compared: those of lines that have a counterpart.
        differences: what is not the same.
        held_by: who it says holds a checkpoint outside, which only that checkpoint can show; None where it names none.
    """

    file: str
    head: str | None
    batch: int | None
    numbers: int
    differences: tuple[ReportDifference, ...]
    held_by: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying.

    Attributes:
        store: the store's path from the root.
        counts: how many files of each folder have the content their name says.
        unknown: the folders among them whose kind this version does not know.
        checkpoints: the sealed batches, in order.
        unsealed: ids in no batch, sorted.
        faults: what is wrong, sorted.
        held: one for each checkpoint from outside; without any the records are unwitnessed.
        logs: None where no logs were given, or where faults kept the records from being read for them.
        logs_asked: whether logs were given.
        reports: reports made again.
    """

    store: str
    counts: Mapping[str, int]
    unknown: tuple[str, ...]
    checkpoints: tuple[StoreCheckpoint, ...]
    unsealed: tuple[str, ...]
    faults: tuple[StoreFault, ...]
    outside_checkpoints: tuple[OutsideCheckpoint, ...]
    logs: LogsReport | None
    logs_asked: bool
    reports: tuple[Reproduction, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the records are what they say, and what every checkpoint from outside says."""
        return not self.faults and all(
            outside_checkpoint.witness.holds for outside_checkpoint in self.outside_checkpoints
        )

    @property
    def latest_outside_checkpoint(self) -> OutsideCheckpoint | None:
        """The latest checkpoint from outside up to which everything is as it was sealed; None without one."""
        outside_checkpoints = sorted(
            self.outside_checkpoints, key=lambda outside_checkpoint: outside_checkpoint.witness.number or 0
        )
        return outside_checkpoints[-1] if outside_checkpoints and self.sound else None

    @property
    def statement(self) -> tuple[str, str]:
        """What may be said of the records, and what not: two sentences or three."""
        return self._standing, VERIFICATION_LIMITS

    @property
    def _standing(self) -> str:
        if not self.sound:
            return "The records are not what they say, or not what they were."
        if self.latest_outside_checkpoint is None:
            text = "UNWITNESSED: whoever keeps these records could have removed or rewritten any of them"
            return f"{text}; only a checkpoint that somebody else holds can show that they did not."
        number, name = self.latest_outside_checkpoint.witness.number, self.latest_outside_checkpoint.given
        text = f"The records sealed up to checkpoint {number} are unchanged since it was handed out ({name})"
        later = len(self.unsealed) + sum(len(checkpoint.ids) for checkpoint in self.checkpoints[number or 0 :])
        ones = "later one is" if later == 1 else "later ones are"
        return f"{text}; {later:,} {ones} on the word of whoever keeps them." if later else f"{text}."

    @property
    def exit_code(self) -> int:
        """2 a log was refused; 1 something is not what it says or was; 3 a record's log is missing; else 0."""
        codes = [EXIT_PASS if self.sound else EXIT_BLOCKED]
        codes += [EXIT_BLOCKED for report in self.reports if report.differences]
        if self.logs is not None:
            codes += [EXIT_COULD_NOT_RUN] if self.logs.refused else []
            codes += [EXIT_BLOCKED] if self.logs.count(RederivationState.DIFFERS) or self.logs.unrecorded else []
            codes += [EXIT_EVIDENCE_MISSING] if self.logs.count(RederivationState.NO_LOG) else []
        return worst_exit(codes)
