"""The periodic report as Markdown: for a pull request, an issue, or a wiki."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date

from auditor.assess.account import Attribution
from auditor.assess.attribution import waterfall
from auditor.assess.facts import BehaviourFacts, Change, GapFacts, Rate, Transfer
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.render.account import PARTS_NAMED
from auditor.render.escape import markdown as text
from auditor.render.since import compared_with, other_lines, quiet, verdict_line
from auditor.report import PatchEntry
from auditor.report.answer import answer, seen
from auditor.report.periodic import Holding, Report, Section, day_of
from auditor.report.request import request_of
from auditor.report.since import Since
from auditor.report.stories import stories
from auditor.report.verification import RESIDUAL


def report_markdown(report: Report) -> str:
    """The report; every text of a spec or record is escaped."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    names = ", ".join(text(section.spec.history.spec) for section in report.sections)
    yield f"# {names}, {text(report.period.name)}"
    yield ""
    request = json.dumps(request_of(report)).replace("--", "-\\u002d")
    yield f"<!-- auditor-report {request} -->"
    at = f", read at commit `{report.head[:12]}`" if report.head else ""
    yield f"{report.period.since} to {report.period.until}{at}, auditor {report.audit.auditor_version}"
    for paragraph in answer(report):
        yield from ("", text(paragraph))
    for section in report.sections:
        yield from _section(report, section)
    yield from _coverage(report)
    yield from _records(report.holding)


def _section(report: Report, section: Section) -> Iterator[str]:
    yield from ("", "## Standing gaps", "")
    gaps = [
        (text(gap.behaviour), text(gap.suite), _rate(gap.test), _rate(gap.held_out), _since(section, gap))
        for gap in section.spec.gaps
    ]
    yield from _table(("behaviour", "held-out suite", "test", "held-out", "since"), gaps, "None is open.")
    yield from _since_last(report, section.since)
    yield from ("", f"## Patches of {text(section.within.name)}", "")
    rows = [row for entry in section.period for row in _rows(entry)]
    yield from _table(("landed", "patch", "verdict", "measured", "test", "held-out", "transfer"), rows, "None.")
    for entry in section.flagged:
        yield from _flagged(entry)
    if section.steps:
        yield from ("", "## Trained on, under one revision", "")
    for step in section.steps:
        facts = step.facts
        sides = f"{text(facts.step.before.checkpoint)} to {text(facts.step.after.checkpoint)}"
        yield f"- **{facts.verdict}** {text(facts.behaviour)}, {sides}: {text(facts.conclusion)}"
    outside = (*section.carried, *section.later)
    if outside:
        yield from ("", "## Carried over", "", "Flagged outside of the period:", "")
    for entry in outside:
        yield f"- {day_of(entry)} **{entry.facts.verdict}** {_name(entry)}"


def _since_last(report: Report, since: Since | None) -> Iterator[str]:
    yield from ("", "## Since the last report", "", text(compared_with(report)))
    if since is None:
        if report.earlier is not None:
            yield "This spec was not tracked then."
        return
    yield from ("", text(quiet(since)), "")
    yield from (f"- {text(verdict_line(one))}" for one in since.verdicts)
    yield from (f"- {text(line)}" for line in other_lines(since))
    if since.gaps:
        rows = [
            (gap.became, text(gap.known.behaviour), text(gap.known.suite), _standing(gap.before), _standing(gap.after))
            for gap in since.gaps
        ]
        yield from ("", *_table(("gap", "behaviour", "suite", "then: test, held-out", "now"), rows, ""))


def _standing(gap: GapFacts | None) -> str:
    return f"{100 * gap.test.rate:.1f} %, {100 * gap.held_out.rate:.1f} %" if gap else "not compared"


def _rows(entry: PatchEntry) -> Iterator[Sequence[object]]:
    main = [one for one in entry.facts.behaviours if one.verdict is entry.facts.verdict]
    verdict = f"**{entry.facts.verdict}**{', hiding suspected' if entry.hiding_suspected else ''}"
    if not main:
        yield day_of(entry), _name(entry), verdict, "nothing, on both sides of it", "", "", ""
    for facts in main:
        ruling = facts.ruling
        held_out = _change(ruling.change) if ruling else "not measured"
        transfer = _transfer(ruling.transfer) if ruling and facts.fell else ""
        test = _change(facts.test) if facts.test else "not measured"
        yield day_of(entry), _name(entry), verdict, text(facts.behaviour), test, held_out, transfer


def _flagged(entry: PatchEntry) -> Iterator[str]:
    yield from ("", f"### {_name(entry)}", "")
    hiding = f", hiding suspected: {', '.join(entry.mechanisms)}" if entry.hiding_suspected else ""
    yield f"**{entry.facts.verdict}**{hiding}; {day_of(entry)}, patch `{entry.facts.patch.id[:12]}`"
    for facts in entry.facts.behaviours:
        if facts.verdict is entry.facts.verdict:
            yield from ("", f"{_capital(text(facts.reason))}.", "")
            yield from _suites(facts)
            if facts.attribution and (facts.attribution.telling or facts.verdict is Verdict.MEASUREMENT):
                yield from _waterfall(facts.attribution)
            if facts.cause is Cause.UNRESOLVED:
                yield from ("", f"What did it is unresolved: {text('; '.join(facts.also_changed))}.")
            yield from ("", "Compatible with, and what would tell:", "")
            yield from (f"- {story.what} {story.separate}" for story in stories(facts))
    if entry.findings:
        yield ""
        yield from (f"- `{one.check}` {text(one.name)}: {text(one.message)}." for one in entry.findings)


def _suites(facts: BehaviourFacts) -> Iterator[str]:
    rows = [("test", _change(facts.test), "")] if facts.test else []
    for suite in facts.suites:
        kind = "deployment" if suite.role is Role.DEPLOYMENT else "held-out"
        rows.append((f"{kind} {text(suite.suite)}", _change(suite.change), _transfer(suite.transfer)))
    yield from _table((text(facts.behaviour), "before and after", "transfer"), rows, "")


def _waterfall(parts: Attribution) -> Iterator[str]:
    yield from ("", f"Of the reported fall, {100 * parts.raw:.1f} points:", "")
    for name, part in waterfall(parts).items():
        said = "cannot be separated" if part is None else f"{100 * part:.1f}"
        yield f"- {PARTS_NAMED[name]}: {said}"


def _coverage(report: Report) -> Iterator[str]:
    covered, checks = report.audit.coverage, report.audit.coverage.checks
    yield from ("", "## What was looked at, and what was not", "")
    yield (
        f"{covered.runs:,} runs in {covered.records:,} records. Checks: {checks.fired} fired, {checks.clear} clear, "
        f"{checks.undecided} could not tell, {checks.not_run} could not run."
    )
    yield from (f"- {text(one.what)}: {text(one.why)}" for one in report.audit.not_assessed)


def _records(holding: Holding) -> Iterator[str]:
    yield from ("", "## Records", "")
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
    yield RESIDUAL


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], without: str) -> Iterator[str]:
    if not rows:
        yield without
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)


def _since(section: Section, gap: GapFacts) -> date:
    return seen(section, gap.since.revision).date.date()


def _name(entry: PatchEntry) -> str:
    after = entry.facts.patch.after
    return text(after.subject or after.label or entry.facts.patch.id[:12])


def _change(change: Change) -> str:
    return f"{100 * change.before.rate:.1f} % to {_rate(change.after)}"


def _rate(rate: Rate) -> str:
    limits = f"{100 * rate.low:.1f}, {100 * rate.high:.1f}"
    return f"{100 * rate.rate:.1f} % \\[{limits}\\] {rate.misaligned}/{rate.valid}"


def _transfer(given: Transfer | None) -> str:
    if given is None:
        return "undefined"
    ends = ["open" if end is None else f"{end:.2f}" for end in (given.low, given.high)]
    return f"{given.estimate:.2f} \\[{ends[0]}, {ends[1]}\\]"


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"
