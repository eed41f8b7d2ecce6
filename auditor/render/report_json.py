"""The periodic report as a JSON document (auditor.report/1): the audit whole, and what the period makes of it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from auditor.assess.timeline import SeriesPoint
from auditor.audit import Report, Section
from auditor.document.report import RequestValue, SuiteRow, answer_paragraphs, orphan_lines, report_request, suite_rows
from auditor.model.suite import Role
from auditor.render.json import audit_document, rate_part
from auditor.render.json_parts import Part, print_document, schema_text
from auditor.render.report_changes import EarlierPart, SincePart, since_part
from auditor.render.schema import AuditDocument, Number, RatePart


class PeriodPart(Part):
    """Whole days, both inclusive."""

    name: str
    since: date
    until: date


class PolicyPart(Part):
    """The limits that were applied."""

    error_rate: Number
    transfer_threshold: Number
    unchanged_margin: Number
    zero_tolerance: Number
    false_discovery_rate: Number
    block_on: list[str]


class WitnessedPart(Part):
    """What came of holding the records against a checkpoint that somebody else has."""

    held_by: str
    number: int | None
    differences: list[str]


class HoldingPart(Part):
    """The records: how many, the last checkpoint with its root, how many are in no batch, faults, the witness."""

    records: int
    number: int | None
    root: str | None
    unsealed: int
    faults: int
    witness: WitnessedPart | None


class SuiteAtPart(Part):
    """A suite's rate at a state; the test is the average of its suites."""

    suite: str
    role: Role
    rate: RatePart


class PointPart(Part):
    """An evaluated state: its revision, where that was seen, its checkpoint, and the rates there."""

    sighting: str
    day: date
    revision: str
    checkpoint: str
    rates: list[SuiteAtPart]


class SeriesPart(Part):
    """One behaviour of one model over time."""

    behaviour: str
    model: str
    points: list[PointPart]


class SuiteRowPart(Part):
    """A suite the spec is measured on; looks is null for one that is not held out, or was not looked at yet."""

    suite: str
    behaviour: str
    role: Role
    registered: date | None
    looks: int | None
    allowed: int | None
    worn: bool


class SectionPart(Part):
    """One spec: ids of the patches of the period, of those flagged in it, before it and after it; what changed since.

    `since_last` is null without an earlier state, and for a spec that was not tracked then.
    """

    spec: str
    answer: str
    period: list[str]
    flagged: list[str]
    carried_over: list[str]
    later: list[str]
    since_last: SincePart | None
    suites: list[SuiteRowPart]
    eval_prompts_orphaned: list[str]
    series: list[SeriesPart]


class ReportDocument(Part):
    """The document `auditor report --format json` prints."""

    schema_: Literal["auditor.report/1"] = Field(default="auditor.report/1", serialization_alias="schema")
    request: dict[str, RequestValue | dict[str, RequestValue]]
    period: PeriodPart
    head: str | None
    records: HoldingPart
    policy: PolicyPart
    compared_with: EarlierPart | None
    not_compared: str
    specs: list[SectionPart]
    audit: AuditDocument


def report_json(report: Report) -> str:
    """The report as one JSON document, indented by two, with a newline at its end."""
    return print_document(
        ReportDocument(
            request=report_request(report),
            records=HoldingPart.model_validate(report.holding, from_attributes=True),
            period=PeriodPart.model_validate(report.period, from_attributes=True),
            head=report.head,
            policy=PolicyPart.model_validate(report.policy, from_attributes=True),
            compared_with=EarlierPart.model_validate(report.earlier, from_attributes=True) if report.earlier else None,
            not_compared=report.no_earlier,
            specs=[
                _section_part(section, text)
                for section, text in zip(report.sections, answer_paragraphs(report), strict=True)
            ],
            audit=audit_document(report.audit),
        )
    )


def report_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(ReportDocument)


def _section_part(section: Section, text: str) -> SectionPart:
    return SectionPart(
        spec=section.spec.history.spec,
        answer=text,
        period=[entry.facts.patch.id for entry in section.period],
        flagged=[entry.facts.patch.id for entry in section.flagged],
        carried_over=[entry.facts.patch.id for entry in section.carried],
        later=[entry.facts.patch.id for entry in section.later],
        since_last=since_part(section.since) if section.since else None,
        suites=[_suite_row_part(row) for row in suite_rows(section)],
        eval_prompts_orphaned=orphan_lines(section),
        series=[
            SeriesPart(behaviour=one.behaviour, model=one.model, points=[_point_part(point) for point in one.points])
            for one in section.series
        ],
    )


def _suite_row_part(row: SuiteRow) -> SuiteRowPart:
    suite, use = row.suite, row.use
    return SuiteRowPart(
        suite=suite.name,
        behaviour=suite.behaviour,
        role=suite.role,
        registered=suite.registered,
        looks=use.looks if use else None,
        allowed=suite.looks_allowed,
        worn=use is not None and use.worn,
    )


def _point_part(point: SeriesPoint) -> PointPart:
    test = [SuiteAtPart(suite="test", role=Role.TEST, rate=rate_part(point.test))] if point.test else []
    others = [SuiteAtPart(suite=name, role=role, rate=rate_part(rate)) for name, role, rate in point.held_out]
    return PointPart(
        sighting=point.sighting.name,
        day=point.sighting.date.date(),
        revision=point.state.revision,
        checkpoint=point.state.checkpoint,
        rates=[*test, *others],
    )
