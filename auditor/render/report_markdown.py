"""The periodic report as Markdown, for a pull request, an issue or a wiki: what the page says, without its pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date

from auditor.assess.facts import GapFacts
from auditor.audit import PatchEntry, PeriodEntry, RecordBasis, Report, Section, SpecChanges, patch_day
from auditor.document.report import answer_paragraphs, first_spec_commit, report_request, text_change_sentence
from auditor.model.suite import Role
from auditor.model.verification import VERIFICATION_LIMITS
from auditor.render import methods, upkeep
from auditor.render.account import run_to_run
from auditor.render.escape import markdown as text
from auditor.render.markdown_parts import change, listed, name_of, rate, sentence, table, transfer
from auditor.render.markdown_patch import findings, flagged, main, other, test_of
from auditor.render.since import compared_with, other_lines, quiet, verdict_line

_ROLES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}


def report_markdown(report: Report) -> str:
    """The report; every text of a spec or record is escaped."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    names = ", ".join(text(section.spec.history.spec) for section in report.sections)
    yield f"# {names}, {text(report.period.name)}"
    yield ""
    request = json.dumps(report_request(report)).replace("--", "-\\u002d")
    yield f"<!-- auditor-report {request} -->"
    at = f", read at commit `{report.head[:12]}`" if report.head else ""
    yield f"{report.period.since} to {report.period.until}{at}, auditor {report.audit.auditor_version}"
    for paragraph in answer_paragraphs(report):
        yield from ("", text(paragraph))
    for section in report.sections:
        yield from _section(report, section)
    if report.audit.waivers:
        lines = [f"{line}; {reason}" for line, reason in upkeep.waiver_lines(report)]
        yield from listed(f"## Waivers, as of {report.period.until}", lines)
        yield from findings(report.audit.waiver_findings)
    yield from listed("## Landings that changed what they are judged by", upkeep.landing_lines(report))
    yield from _coverage(report)
    yield from _methods(report)
    yield from _records(report)


def _section(report: Report, section: Section) -> Iterator[str]:
    if len(report.sections) > 1:
        yield from ("", f"## {text(section.spec.history.spec)}")
    if section.series:
        yield from _gaps(section)
    yield from _since_last(report, section.since)
    yield from _patches(section)
    if section.series:
        yield from _windows(section)
    if section.steps:
        yield from ("", "## Trained on, under one revision", "")
    for step in section.steps:
        facts, again = step.facts, ", a rebound: it takes back an earlier fall" if step.facts.rebound else ""
        sides = f"{text(facts.step.before.checkpoint)} to {text(facts.step.after.checkpoint)}"
        moved = f", test {change(facts.test)}" if facts.test else ""
        yield f"- **{facts.verdict}** {text(facts.behaviour)}, {sides}: {text(facts.conclusion)}{again}{moved}"
    outside = (*section.carried, *section.later)
    if outside:
        yield from ("", "## Carried over", "", "Flagged outside of the period:", "")
    for entry in outside:
        about = ", ".join(text(one.behaviour) for one in main(entry))
        yield f"- {patch_day(entry)} **{entry.facts.verdict}** {name_of(entry)} ({about})"
    yield from _upkeep(report, section)


def _gaps(section: Section) -> Iterator[str]:
    rows = [
        (text(gap.behaviour), text(gap.model), text(gap.suite), rate(gap.test), rate(gap.held_out), _day(section, gap))
        for gap in section.spec.gaps
    ]
    yield from ("", "## Standing gaps", "")
    yield from table(("behaviour", "model", "held-out suite", "test", "held-out", "since"), rows, "None is open.")


def _day(section: Section, gap: GapFacts) -> date:
    return first_spec_commit(section, gap.since.revision).date.date()


def _since_last(report: Report, since: SpecChanges | None) -> Iterator[str]:
    yield from ("", "## Since the last report", "", text(compared_with(report)))
    if since is None:
        if report.earlier is not None:
            yield "This spec was not tracked then."
        return
    yield from ("", text(quiet(since)), "")
    yield from (f"- {text(line)}" for line in (*map(verdict_line, since.verdicts), *other_lines(since)))
    if since.gaps:
        rows = [
            (gap.became, text(gap.known.behaviour), text(gap.known.suite), _standing(gap.before), _standing(gap.after))
            for gap in since.gaps
        ]
        yield from ("", *table(("gap", "behaviour", "held-out suite", "then: test, held-out", "now"), rows))


def _standing(gap: GapFacts | None) -> str:
    return f"{100 * gap.test.rate:.1f} %, {100 * gap.held_out.rate:.1f} %" if gap else "not compared"


def _patches(section: Section) -> Iterator[str]:
    yield from ("", f"## Patches of {text(section.within.name)}", "")
    if said := text_change_sentence(section.period):
        yield from (said, "")
    rows = [row for entry in section.period for row in _rows(entry)]
    yield from table(("landed", "patch", "verdict", "measured", "test", "held-out", "transfer"), rows, "None.")
    for entry in section.flagged:
        yield from flagged(section, entry)
    others = [entry for entry in section.period if not section.is_flagged(entry)]
    if others:
        yield from ("", "### The other patches" if section.flagged else "### The patches, one by one", "")
    for entry in others:
        yield from other(entry)


def _rows(entry: PatchEntry) -> Iterator[Sequence[object]]:
    verdict = f"**{entry.facts.verdict}**{', hiding suspected' if entry.hiding_suspected else ''}"
    if not main(entry):
        yield patch_day(entry), name_of(entry), verdict, "nothing, on both sides of it", "", "", ""
    for facts in main(entry):
        ruling = facts.ruling
        held_out = change(ruling.change) if ruling else "not measured"
        carried = transfer(ruling.transfer) if ruling and facts.fell else ""
        yield patch_day(entry), name_of(entry), verdict, text(facts.behaviour), test_of(facts), held_out, carried


def _windows(section: Section) -> Iterator[str]:
    name = text(section.within.name)
    yield from ("", "## Several patches as one", "")
    whole = upkeep.quarter_windows(section)
    if whole:
        yield from (f"{name} as one window: what its patches did together.", "")
    rows = [_window_row(entry) for entry in whole]
    yield from table(("behaviour", "verdict", "patches", "test", "held-out"), rows, text(upkeep.no_window(section)))
    told = list(upkeep.telling(section.spec.windows))
    for entry in told:
        names = f"{', '.join(map(text, entry.facts.names))}{', so far' if entry.facts.open else ''}"
        reason = text(sentence(entry.facts.facts.reason))
        yield from ("", f"**{names}**: {reason} No patch of them says so by itself.", *findings(entry.findings))
    if not told:
        yield from ("", text(upkeep.no_news(section)))


def _window_row(entry: PeriodEntry) -> Sequence[object]:
    facts = entry.facts.facts
    hiding = ", hiding suspected" if facts.hiding_suspected else ""
    held_out = change(facts.ruling.change) if facts.ruling else "not measured"
    verdict = f"**{facts.verdict}**{hiding}"
    return text(facts.behaviour), verdict, len(facts.step.patches), test_of(facts), held_out


def _upkeep(report: Report, section: Section) -> Iterator[str]:
    standing = [one for one in section.spec.spec_findings if not upkeep.is_orphan(one)]
    if standing:
        yield from ("", "## The text as it stands", *findings(standing))
    rows = [_suite_row(row) for row in upkeep.suite_rows(section)]
    if rows:
        yield from ("", "## What the evidence rests on", "")
        yield from table(("suite", "behaviour", "role", "counts from", "looks", "state"), rows)
    yield from listed("### Eval prompts orphaned", upkeep.orphan_lines(section))
    yield from listed("### Planned, and no result", upkeep.plan_lines(section))
    yield from listed(f"### Evidence debts, as of {report.period.until}", upkeep.debt_lines(report, section))


def _suite_row(row: upkeep.SuiteRow) -> Sequence[object]:
    suite, since = row.suite, row.suite.registered or "always"
    return text(suite.name), text(suite.behaviour), _ROLES[suite.role], since, row.looks, row.state


def _coverage(report: Report) -> Iterator[str]:
    covered, checks = report.audit.coverage, report.audit.coverage.checks
    yield from ("", "## What was looked at, and what was not", "")
    yield (
        f"{covered.runs:,} runs in {covered.records:,} records; {covered.patches:,} patches in all of history. Checks: "
        f"{checks.fired:,} fired, {checks.clear:,} clear, {checks.undecided:,} could not tell, "
        f"{checks.not_run:,} could not run."
    )
    for section in report.sections:
        if nothing := upkeep.nothing_of(report, section):
            of = f"{section.spec.history.spec}: {nothing}." if len(report.sections) > 1 else sentence(nothing)
            yield from ("", text(of))
    left_out = [f"{one.what}: {one.why}" for one in report.audit.not_assessed]
    yield from listed("Left out:", left_out) if left_out else ("", "Nothing that is recorded was left out.")
    yield from listed("Why checks could not tell:", upkeep.undecided_lines(covered))


def _methods(report: Report) -> Iterator[str]:
    policy = report.policy
    given = {
        "runs": run_to_run(entry.facts for entry in report.audit.patches),
        "error": f"{100 * policy.error_rate:g} %",
        "margin": f"{policy.unchanged_margin:g}",
        "threshold": f"{policy.transfer_threshold:g}",
    }
    yield from ("", "## How to read the numbers", "", methods.RATES.format(**given), "")
    yield from (f"- {term}: {said.format(**given)}" for term, said in methods.TERMS)
    yield from ("", methods.LIMITS)


def _records(report: Report) -> Iterator[str]:
    yield from ("", "## Records, and how to check this report", "")
    yield from _held(report.holding)
    period = report.period
    yield from ("", "```console", *([f"git checkout {report.head}"] if report.head else []))
    yield f"auditor report --since {period.since} --until {period.until} --format markdown -o again.md"
    yield from ("auditor verify --report THIS-FILE", "```")


def _held(holding: RecordBasis) -> Iterator[str]:
    unsealed = f", {holding.unsealed:,} of them unsealed" if holding.unsealed else ""
    faults = f"; {holding.faults:,} files of the store are not what they should be" if holding.faults else ""
    yield f"{holding.records:,} records{unsealed}{faults}."
    if holding.root:
        yield f"Checkpoint {holding.number}, root `{holding.root}`."
    if holding.witness is None:
        yield "UNWITNESSED: no checkpoint that somebody outside holds was compared."
    elif holding.witness.differences:
        changed = text("; ".join(holding.witness.differences))
        yield f"CHANGED since the checkpoint held by {text(holding.witness.held_by)}: {changed}."
    else:
        yield f"Unchanged since checkpoint {holding.witness.number}, held by {text(holding.witness.held_by)}."
    yield VERIFICATION_LIMITS
