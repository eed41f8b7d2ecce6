"""The periodic report as a page: no script, no request, no inline style; safe to mail, the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jinja2 import Environment
from markupsafe import Markup

from auditor.assess.facts import BehaviourFacts, SuiteFacts
from auditor.audit import PatchEntry, Report, Section, patch_day
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import Check
from auditor.clauses.deontic import Direction
from auditor.document.diagnostics import (
    PART_NAMES,
    describe_residual,
    describe_run_variation,
    further_diagnostics,
    notable_differences,
    samples_to_confirm,
    sensitivity_clauses,
)
from auditor.document.report import (
    Explanation,
    answer_sentences,
    explanations,
    first_spec_commit,
    report_request,
    text_change_sentence,
)
from auditor.model.finding import Finding
from auditor.model.suite import Role
from auditor.model.verification import VERIFICATION_LIMITS
from auditor.render import evidence_status, methods
from auditor.render.html import clause_changes, figures, numbers
from auditor.render.html import figures as timeline
from auditor.render.html.environment import page_environment, page_style
from auditor.render.json import reported_test_rates
from auditor.render.report_changes import comparison_sentence, other_change_lines, unchanged_sentence, verdict_line

_KINDS = {Role.TEST: "test", Role.HELD_OUT: "held", Role.DEPLOYMENT: "depl"}
_ROLES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}
_EVIDENCE_STATUS = (
    evidence_status.suite_rows,
    evidence_status.orphan_lines,
    evidence_status.plan_lines,
    evidence_status.debt_lines,
    evidence_status.waiver_lines,
    evidence_status.landing_lines,
    evidence_status.undecided_lines,
    evidence_status.nothing_of,
    evidence_status.quarter_windows,
    evidence_status.no_window,
    evidence_status.no_news,
)
# Of this many patches that are not flagged, or fewer, each has its pictures; of more, its words, folded.
_MAX_WITH_PICTURES = 20
# As many behaviours of a patch that is not flagged have a row each.
_MAX_ROWS = 3


def report_html(report: Report) -> str:
    """The page."""
    style, digest = page_style("style.css")
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            residual=VERIFICATION_LIMITS,
            answers=answer_sentences(report),
            style=style,
            style_hash=digest,
            method=lambda text: _fill_limits(text, report),
            request=json.dumps(report_request(report)),
        )
    )


def _environment() -> Environment:
    made = page_environment()
    made.globals.update(
        numbers=numbers,
        figures=figures,
        rows=_rows,
        axis_of=_axis_of,
        timeline=_timelines,
        changes=_changes,
        stories_of=_group_stories,
        listed=_row_behaviours,
        few=_MAX_WITH_PICTURES,
        rules=_fired_checks,
        by_direction=_by_direction,
        seen=first_spec_commit,
        day_of=patch_day,
        kind_of=lambda suite: _KINDS[suite.role],
        main=_headline_behaviours,
        reported=reported_test_rates,
        telling=notable_differences,
        hangs_on=sensitivity_clauses,
        further=lambda facts: list(further_diagnostics(facts)),
        text_changes=text_change_sentence,
        compared_with=comparison_sentence,
        other_lines=other_change_lines,
        quiet=unchanged_sentence,
        verdict_line=verdict_line,
        what_is_left=describe_residual,
        what_it_takes=samples_to_confirm,
        part_names={"reported": "reported fall", **PART_NAMES},
    )
    made.globals.update(
        {one.__name__: one for one in _EVIDENCE_STATUS}, telling_windows=evidence_status.notable_periods
    )
    made.globals.update(orphans=evidence_status.ORPHAN_CHECKS, roles=_ROLES, methods=methods)
    made.filters["sentence"] = _sentence
    return made


def _rows(facts: BehaviourFacts) -> list[tuple[str, str, SuiteFacts | None]]:
    ordered = sorted(facts.suites, key=lambda suite: (suite.role is Role.DEPLOYMENT, suite.suite))
    return [("test", "test", None), *((suite.suite, _KINDS[suite.role], suite) for suite in ordered)]


def _axis_of(facts: BehaviourFacts) -> figures.Axis:
    changes = [suite.change for suite in facts.suites]
    return figures.axis_of([*([facts.test] if facts.test else []), *changes])


def _timelines(section: Section) -> list[tuple[str, str, Markup]]:
    landed = {entry.facts.patch.after.name: section.is_flagged(entry) for entry in section.period}
    return [(one.behaviour, one.model, timeline.draw_timeline(one, landed)) for one in section.series]


def _changes(section: Section, entry: PatchEntry) -> tuple[clause_changes.ClauseChange, ...]:
    return clause_changes.clause_changes(section.comparisons[entry.facts.patch.id])


def _by_direction(
    changes: Sequence[clause_changes.ClauseChange],
) -> list[tuple[str, list[clause_changes.ClauseChange], bool]]:
    """Many changes, as (title, changes, whether they are shown at once): first what takes away, by its own words."""
    less, more = (Direction.RELAXED, Direction.MIXED), (Direction.TIGHTENED,)
    grouped = (
        ("Ask for less, or for other things", [one for one in changes if one.direction in less], True),
        ("Ask for more", [one for one in changes if one.direction in more], False),
        ("Neither, by their normative words", [one for one in changes if one.direction not in less + more], False),
    )
    return [group for group in grouped if group[1]]


def _fired_checks(findings: Sequence[Finding]) -> list[tuple[Check, list[Finding]]]:
    """The rules that fired, each with its findings, in the order of their codes."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    return [(check, by_code[check.code]) for check in all_checks() if check.code in by_code]


def _headline_behaviours(entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that make a patch's verdict."""
    return [one for one in entry.facts.behaviours if one.verdict is entry.facts.verdict]


def _row_behaviours(section: Section, entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that have a row each in the table of patches."""
    found = _headline_behaviours(entry)
    return found if section.is_flagged(entry) or len(found) <= _MAX_ROWS else []


def _group_stories(entry: PatchEntry) -> list[tuple[tuple[Explanation, ...], list[str]]]:
    """What the behaviours that make a patch's verdict are compatible with, told once for those it is the same of."""
    told: dict[tuple[Explanation, ...], list[str]] = {}
    for one in _headline_behaviours(entry):
        told.setdefault(tuple(explanations(one)), []).append(one.behaviour)
    return list(told.items())


def _fill_limits(text: str, report: Report) -> Markup:
    """A passage of `methods` with the policy's limits in it."""
    policy, runs = report.policy, describe_run_variation(entry.facts for entry in report.audit.patches)
    margin, threshold = (
        numbers.number(one, f"{one:g}") for one in (policy.unchanged_margin, policy.transfer_threshold)
    )
    return Markup(text).format(error=numbers.percent(policy.error_rate), margin=margin, threshold=threshold, runs=runs)


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
