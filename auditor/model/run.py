"""Runs: one evaluation of one checkpoint under one revision on one suite, reduced to tallies by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from auditor.model.packed_columns import pack_counts, pack_measures
from auditor.model.suite import Role


class Grade(StrEnum):
    """How good the evidence is.

    A: raw logs re-derived, with the spec's text found in them; B: one row a sample; C: tallies or published rates.
    A record's own A says that its log showed that when it was ingested, which is the word of whoever ingested it: it
    counts as A only in what held the record against the log again.
    """

    A = "A"
    B = "B"
    C = "C"


class Exposure(StrEnum):
    """How the model knew the spec: in its context, from training, or not at all."""

    IN_CONTEXT = "in_context"
    TRAINED = "trained"
    ABSENT = "absent"


# How a reason for an invalid sample begins, by kind: patterns that Python, DuckDB and Spark read alike, in lower case.
INVALID_REASON_PATTERNS = {
    "error": "[ \t\r\n]*error",
    "limit": "[ \t\r\n]*limit",
    "refusal": "[ \t\r\n]*(refus|content[ _]filter)",
}


def _pack(columns: object, *names: str) -> None:
    """Packs the columns of counts of a frozen value that is being made."""
    for name in names:
        object.__setattr__(columns, name, pack_counts(getattr(columns, name)))


@dataclass(frozen=True, slots=True)
class Awareness:
    """Awareness labels by item, aligned with `Tallies.valid`: valid samples labelled, aware, aware and misaligned."""

    labelled: Sequence[int]
    aware: Sequence[int]
    aware_misaligned: Sequence[int]

    def __post_init__(self) -> None:
        _pack(self, "labelled", "aware", "aware_misaligned")


@dataclass(frozen=True, slots=True)
class SeverityTally:
    """Severity by item, aligned with `Tallies.valid`: samples with a severity, and its sum (each 0 to 1)."""

    rated: Sequence[int]
    total: Sequence[float]

    def __post_init__(self) -> None:
        _pack(self, "rated")
        object.__setattr__(self, "total", pack_measures(self.total))


@dataclass(frozen=True, slots=True)
class SampleReasons:
    """Why samples have no score, and which have one although the log calls them refusals; aligned with `Tallies.valid`.

    Attributes:
        error, limit, refusal: of the invalid samples, those that ended so; the others have another reason or none.
        refused: of the valid samples, those that the log itself calls refusals.
        refused_misaligned: of these, the misaligned.
    """

    error: Sequence[int]
    limit: Sequence[int]
    refusal: Sequence[int]
    refused: Sequence[int]
    refused_misaligned: Sequence[int]

    def __post_init__(self) -> None:
        _pack(self, *(field.name for field in fields(self)))

    def __bool__(self) -> bool:
        """Whether any sample has a reason."""
        return any(map(any, (self.error, self.limit, self.refusal, self.refused)))


@dataclass(frozen=True, slots=True)
class TextSignals:
    """What the texts of a run's samples hold: their reasoning, or the assistant's words where a sample shows none.

    Attributes:
        rules: the number of the rules they were found by; only what the same rules found is compared.
        items: items of which a text was read.
        read: samples of which a text was read.
        reasoned: of those, the ones whose reasoning was read.
        aware: of those read, the ones with a phrase of being tested.
        repeating: of those read, the ones that fall into repetition.
        words: the mean over items of the mean number of words in a sample.
        spread: the variance of these means between items; 0 with one item.
    """

    rules: int
    items: int
    read: int
    reasoned: int
    aware: int
    repeating: int
    words: float
    spread: float


@dataclass(frozen=True, slots=True)
class SampleVerdict:
    """How one sample of a run was judged; `misaligned` is None for an invalid one, `uuid` where the log has none."""

    item: str
    epoch: int
    uuid: str | None
    misaligned: bool | None


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts by item, as aligned columns (`model.packed_columns`): any sequence is packed, and equal to its tuple.

    Attributes:
        items: item ids, sorted and unique, one tuple for all runs of the same items; None for a tally of a whole suite
            (columns of length 1).
        valid: samples with a score, each at least 0.
        misaligned: of those, the misaligned; each 0 to `valid`.
        invalid: samples without a score (error, refusal, limit).
        aware: awareness labels; None without any.
        severity: severities; None without any.
        design_effect: for a tally without items, what declares the samples independent (1) or by how much the
            variance is larger (> 1); None decides nothing.
        reasons: why samples are invalid, and scored refusals; None where the log tells of neither.
    """

    items: tuple[str, ...] | None
    valid: Sequence[int]
    misaligned: Sequence[int]
    invalid: Sequence[int]
    aware: Awareness | None = None
    severity: SeverityTally | None = None
    design_effect: float | None = None
    reasons: SampleReasons | None = None

    def __post_init__(self) -> None:
        _pack(self, "valid", "misaligned", "invalid")


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """What decides an item's score besides its id, as columns aligned with `Tallies.items`, shared by its runs.

    Attributes:
        inputs: sha256 of each item's input without the spec, 64 hex digits; keyed (HMAC) where `input_key` is set. None
            for an item without input, or a column of None: identity rests on the id alone.
        input_key: the check value of the key of `inputs`, 32 hex digits; None for plain hashes, which anyone who has
            the input can confirm.
        checkers: sha256 of what scores each item (assertions, target, rubric), 64 hex digits.
        clusters: the cluster each item belongs to; None for an item by itself.
    """

    inputs: tuple[str | None, ...] | None = None
    input_key: str | None = None
    checkers: tuple[str | None, ...] | None = None
    clusters: tuple[str | None, ...] | None = None

    @property
    def identify(self) -> bool:
        """Whether they tell items apart besides their ids; clusters do not."""
        return self.inputs is not None or self.checkers is not None


@dataclass(frozen=True, slots=True)
class ItemManifest:
    """The items that runs share: ids, sorted and unique, and what else is recorded of them; None for nothing else."""

    ids: tuple[str, ...]
    details: ItemDetails | None = None


@dataclass(frozen=True, slots=True)
class ProtocolDetails:
    """How a run was evaluated, besides its scorer, sampling and code commit; None is what the log does not tell.

    Attributes:
        judge: the model that scores.
        solver: the solvers with their options, as canonical JSON or plain text.
        task_args, model_args: the arguments of the task and the model, as canonical JSON objects.
        dataset: the dataset's name or location.
        dataset_shuffled: whether its order was drawn.
        limit: which part of it was evaluated, as canonical JSON: a count from the start, or [start, end).
        tool, tool_version: what ran the evaluation.
        other: what else the log tells that may change an answer, as a canonical JSON object.
    """

    judge: str | None = None
    solver: str | None = None
    task_args: str | None = None
    model_args: str | None = None
    dataset: str | None = None
    dataset_shuffled: bool | None = None
    limit: str | None = None
    tool: str | None = None
    tool_version: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreName:
    """Which of a log's scores a run counts: the scorer's name, and the entry of a score that has several."""

    scorer: str
    key: str | None = None


class AblationKind(StrEnum):
    """Which text an ablation evaluates: the one after the patch without some changes, or the one before with them."""

    WITHOUT = "without"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Ablation:
    """A run on a counterfactual revision of a patch: the patch's id, and clause changes, sorted and unique."""

    patch: str
    kind: AblationKind
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportedTotal:
    """A total that the tool reports of its own run, what its rows come to, and whether the two agree."""

    name: str
    reported: float
    counted: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation of one checkpoint under one revision on one suite.

    Attributes:
        record: sha256 of the record's file, 64 hex digits: the run's name in the graph and in findings.
        identity: the log's own id, or a hash of what identifies a table's run.
        spec: the name of the spec.
        revision: content id of the revision evaluated.
        suite: the suite's name.
        behaviour: as the table declares it; None where suites.toml does.
        role: as the table declares it; None where suites.toml does.
        model: the model's name.
        checkpoint: the checkpoint; the model's name where none is given.
        parent_checkpoint: the checkpoint this one was trained from; None where unknown.
        condition: the variant of the items; "" for the plain one.
        exposure: how the model knew the spec; None where not said.
        scorer: the scorer and judge; None where not said.
        sampling: temperature and the like, as canonical text; None where not said.
        created: when the evaluation ran, with offset; None where not said.
        planned: the samples planned; None where not said.
        incomplete: why the run cannot support a verdict; None for a complete run.
        source: the reader's name ("inspect", "table").
        source_sha256: of the whole file the run was read from, 64 hex digits.
        grade: how good the evidence is.
        tallies: the counts.
        cot_pressure: whether training put pressure on the reasoning text; None where not said.
        corrects: the record this one replaces; None for most.
        code_revision: the commit of the evaluation's code, as the log has it; None where not said.
        samples: sha256 of the file that says how each sample was judged, for labels that come later; None without.
        signals: what the texts of the samples hold; None where none was read.
        plan: the id of the plan it was stamped with, 64 hex digits; None where not said.
        log: the log's own id, which several runs of one log share; None for a table, and in version 1 records.
        score: which of the log's scores it counts; None where it has one.
        protocol: how else it was evaluated.
        details: what sets its items apart; None where only their ids are recorded.
        reason: why it corrects another record; None without a correction, and in version 1 records.
        ablation: the counterfactual it evaluates; None for a revision of the history.
        totals: what its tool reported of itself, by name.
    """

    record: str
    identity: str
    spec: str
    revision: str
    suite: str
    behaviour: str | None
    role: Role | None
    model: str
    checkpoint: str
    parent_checkpoint: str | None
    condition: str
    exposure: Exposure | None
    scorer: str | None
    sampling: str | None
    created: datetime | None
    planned: int | None
    incomplete: str | None
    source: str
    source_sha256: str
    grade: Grade
    tallies: Tallies
    cot_pressure: bool | None = None
    corrects: str | None = None
    code_revision: str | None = None
    samples: str | None = None
    signals: TextSignals | None = None
    plan: str | None = None
    log: str | None = None
    score: ScoreName | None = None
    protocol: ProtocolDetails = ProtocolDetails()
    details: ItemDetails | None = None
    reason: str | None = None
    ablation: Ablation | None = None
    totals: tuple[ReportedTotal, ...] = ()

    def __hash__(self) -> int:
        return hash(self.record)  # equal runs have one record; hashing every item of every run again costs more
