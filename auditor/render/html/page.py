"""The periodic report as one page: no script, no request, no inline style; safe to mail, the same bytes each time."""

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
from auditor.render import methods, upkeep
from auditor.render.account import (
    PARTS_NAMED,
    further_lines,
    hangs_on,
    run_to_run,
    telling,
    what_is_left,
    what_it_takes,
)
from auditor.render.html import figures, numbers, timeline, words
from auditor.render.html.environment import environment, style_of
from auditor.render.rates import reported_test
from auditor.render.since import compared_with, other_lines, quiet, verdict_line

_KINDS = {Role.TEST: "test", Role.HELD_OUT: "held", Role.DEPLOYMENT: "depl"}
_ROLES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}
_UPKEEP = (
    upkeep.suite_rows,
    upkeep.orphan_lines,
    upkeep.plan_lines,
    upkeep.debt_lines,
    upkeep.waiver_lines,
    upkeep.landing_lines,
    upkeep.undecided_lines,
    upkeep.nothing_of,
    upkeep.quarter_windows,
    upkeep.no_window,
    upkeep.no_news,
)
# Of this many patches that are not flagged, or fewer, each has its pictures; of more, its words, folded.
_FEW = 20
# As many behaviours of a patch that is not flagged have a row each.
_ROWS = 3


def report_html(report: Report) -> str:
    """The page."""
    style, digest = style_of("style.css")
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            residual=VERIFICATION_LIMITS,
            answers=answer_sentences(report),
            style=style,
            style_hash=digest,
            method=lambda text: _filled(text, report),
            request=json.dumps(report_request(report)),
        )
    )


def _environment() -> Environment:
    made = environment()
    made.globals.update(
        numbers=numbers,
        figures=figures,
        rows=_rows,
        axis_of=_axis_of,
        timeline=_timelines,
        changes=_changes,
        stories_of=_stories_of,
        listed=_listed,
        few=_FEW,
        rules=_rules,
        by_direction=_by_direction,
        seen=first_spec_commit,
        day_of=patch_day,
        kind_of=lambda suite: _KINDS[suite.role],
        main=_main,
        reported=reported_test,
        telling=telling,
        hangs_on=hangs_on,
        further=lambda facts: [line.plain for line in further_lines(facts)],
        text_changes=text_change_sentence,
        compared_with=compared_with,
        other_lines=other_lines,
        quiet=quiet,
        verdict_line=verdict_line,
        what_is_left=what_is_left,
        what_it_takes=what_it_takes,
        part_names={"reported": "reported fall", **PARTS_NAMED},
    )
    made.globals.update({one.__name__: one for one in _UPKEEP}, telling_windows=upkeep.telling)
    made.globals.update(orphans=upkeep.ORPHANS, roles=_ROLES, methods=methods)
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
    return [(one.behaviour, one.model, timeline.timeline(one, landed)) for one in section.series]


def _changes(section: Section, entry: PatchEntry) -> tuple[words.Shown, ...]:
    return words.changes_shown(section.comparisons[entry.facts.patch.id])


def _by_direction(changes: Sequence[words.Shown]) -> list[tuple[str, list[words.Shown], bool]]:
    """Many changes, as (title, changes, whether they are shown at once): first what takes away, by its own words."""
    less, more = (Direction.RELAXED, Direction.MIXED), (Direction.TIGHTENED,)
    grouped = (
        ("Ask for less, or for other things", [one for one in changes if one.direction in less], True),
        ("Ask for more", [one for one in changes if one.direction in more], False),
        ("Neither, by their normative words", [one for one in changes if one.direction not in less + more], False),
    )
    return [group for group in grouped if group[1]]


def _rules(findings: Sequence[Finding]) -> list[tuple[Check, list[Finding]]]:
    """The rules that fired, each with its findings, in the order of their codes."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.check, []).append(finding)
    return [(check, by_code[check.code]) for check in all_checks() if check.code in by_code]


def _main(entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that make a patch's verdict."""
    return [one for one in entry.facts.behaviours if one.verdict is entry.facts.verdict]


def _listed(section: Section, entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that have a row each in the table of patches."""
    found = _main(entry)
    return found if section.is_flagged(entry) or len(found) <= _ROWS else []


def _stories_of(entry: PatchEntry) -> list[tuple[tuple[Explanation, ...], list[str]]]:
    """What the behaviours that make a patch's verdict are compatible with, told once for those it is the same of."""
    told: dict[tuple[Explanation, ...], list[str]] = {}
    for one in _main(entry):
        told.setdefault(tuple(explanations(one)), []).append(one.behaviour)
    return list(told.items())


def _filled(text: str, report: Report) -> Markup:
    """A passage of `methods` with the policy's limits in it."""
    policy, runs = report.policy, run_to_run(entry.facts for entry in report.audit.patches)
    margin, threshold = (
        numbers.number(one, f"{one:g}") for one in (policy.unchanged_margin, policy.transfer_threshold)
    )
    return Markup(text).format(error=numbers.percent(policy.error_rate), margin=margin, threshold=threshold, runs=runs)


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
