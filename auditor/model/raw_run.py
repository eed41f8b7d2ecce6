"""Raw runs and labels: what a reader takes from a log or table, before a suite's rules and the spec's history are
known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor.model.run import Exposure, ProtocolDetails, ReportedTotal, Tallies, TextSignals
from auditor.model.suite import Role

# A score as a log writes it: a number, a letter or word, a truth value, a dictionary of these; None is missing.
ScoreValue = float | str | bool | None
Score = ScoreValue | Mapping[str, ScoreValue]
# A label as a scanner gives it.
LabelValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class LoggedSample:
    """One scored attempt as a log has it.

    Attributes:
        item: the item's id.
        epoch: the repetition, from 1.
        scores: what each scorer said, by scorer name.
        invalid_reason: error, limit or refusal; None for a sample that ran to its end.
        refused: whether the log itself calls the answer a refusal, whatever its score.
        uuid: the sample's own id, where the log gives it one.
        input: the hash of the item's input without the spec, 64 hex digits; None where the log has none.
        checker: the hash of what checks the item, 64 hex digits; None where nothing of its own does.
        label: what people call the item, where its id is a hash; never stored.
    """

    item: str
    epoch: int
    scores: Mapping[str, Score]
    invalid_reason: str | None
    refused: bool = False
    uuid: str | None = None
    input: str | None = None
    checker: str | None = None
    label: str = ""


Samples = tuple[LoggedSample, ...] | Tallies


@dataclass(frozen=True, slots=True)
class RawRun:
    """One run as its source tells it. None is "not said", throughout.

    Attributes:
        source: the reader's name ("inspect", "table").
        where: the file, for messages; with a line where there is one.
        source_sha256: of the whole file.
        log_id: the log's own id.
        run: the table's `run` column, or "".
        suite: the suite's or task's name.
        stamp: the name of the revision evaluated, as the log's metadata or the table's `spec_revision` gives it.
        system_messages: the distinct system messages of the log, for an exact match with a revision's text.
        created: with offset.
        planned: samples planned.
        incomplete: why the run cannot support a verdict.
        sampling: canonical JSON of temperature and the like.
        spec: the spec's name where the source gives it.
        prompts: what items say to the model, as (item, text), each pair once; never stored, only hashed with a key.
        by_sample: whether `samples`, given as tallies, were counted from one row a sample.
        edited: samples with a score that was changed after it was given.
        code_revision: the commit of the evaluation's code, which is not the spec's.
        signals: what was read in the texts of its samples.
        plan: the id of the plan the evaluation was stamped with, or its beginning.
        protocol: how else the run was evaluated.
        retried: samples that the log has several attempts of; the last counts.
        totals: what the tool says of its own run, held against its rows: by scorer, "" for what is of no score.
        clusters: the cluster of each item that is in one.
    """

    source: str
    where: str
    source_sha256: str
    log_id: str | None
    run: str
    suite: str
    stamp: str | None
    system_messages: tuple[str, ...]
    model: str
    checkpoint: str | None
    parent_checkpoint: str | None
    behaviour: str | None
    role: Role | None
    condition: str
    exposure: Exposure | None
    scorer: str | None
    sampling: str | None
    created: datetime | None
    planned: int | None
    incomplete: str | None
    samples: Samples
    cot_pressure: bool | None = None
    spec: str | None = None
    prompts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    edited: int = 0
    by_sample: bool = False
    code_revision: str | None = None
    plan: str | None = None
    signals: TextSignals | None = None
    protocol: ProtocolDetails = field(default_factory=ProtocolDetails)
    retried: int = 0
    totals: Mapping[str, tuple[ReportedTotal, ...]] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RawLabel:
    """What a scanner said of one sample.

    Attributes:
        sample: the sample's uuid.
        item, epoch: which sample it is, where the scan says.
        values: every different thing it said, in a fixed order; none where it ran and found nothing.
    """

    sample: str
    item: str | None
    epoch: int | None
    values: tuple[LabelValue, ...]


@dataclass(frozen=True, slots=True)
class RawLabels:
    """What one scanner of a scan said of the samples of one evaluation.

    Attributes:
        scan: the scan's id.
        scanner: the name it goes by in the scan.
        key: the entry taken from values that have several; None for plain ones.
        evaluation: the id of the log whose samples they are.
        created: when the scan was started, with offset; None where it does not say.
        labels: by sample, each once.
    """

    scan: str
    scanner: str
    key: str | None
    evaluation: str
    created: datetime | None
    labels: tuple[RawLabel, ...]
