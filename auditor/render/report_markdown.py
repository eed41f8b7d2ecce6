"""The periodic report as Markdown, for a pull request, an issue or a wiki: what the page shows, without its pictures.

A `Report` comes in, text goes out; every text of a spec or record is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from auditor.assess.attribution import waterfall
from auditor.assess.facts import Attribution, BehaviourFacts, Change, GapFacts, PatchFacts, Rate, Transfer
from auditor.audit import PatchEntry, PeriodEntry, RecordBasis, Report, Section, SpecChanges, patch_day
from auditor.document.diagnostics import (
    PART_NAMES,
    describe_run_variation,
    diagnostic_sentences,
    residual_sentences,
    significance_sentence,
)
from auditor.document.report import (
    answer_paragraphs,
    explanations,
    first_spec_commit,
    report_request,
    text_change_sentence,
)
from auditor.model.finding import Finding
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.model.verification import VERIFICATION_LIMITS
from auditor.render import evidence_status, methods
from auditor.render.escape import escape_markdown as text
from auditor.render.html.clause_changes import clause_changes
from auditor.render.json import reported_test_rates
from auditor.render.report_changes import comparison_sentence, other_change_lines, unchanged_sentence, verdict_line

# Pieces of Markdown reports: tables, rates, names; every text of a spec or record is escaped.


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]], without: str = "") -> Iterator[str]:
    """A table; `without` where it has no rows."""
    given = [" | ".join(map(str, row)) for row in rows]
    if not given:
        yield without
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {row} |" for row in given)


def markdown_list(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading and a list; nothing where it is empty."""
    given = [f"- {text(line)}" for line in lines]
    if given:
        yield from ("", title, "", *given)


def patch_title(entry: PatchEntry) -> str:
    """A patch's first line, or what it is called."""
    after = entry.facts.patch.after
    return text(after.subject or after.label or entry.facts.patch.id[:12])


def format_change(given: Change) -> str:
    """A rate before, and after with its limits and counts."""
    return f"{100 * given.before.rate:.1f} % to {format_rate(given.after)}"


def format_rate(given: Rate) -> str:
    """A rate with its limits and counts."""
    limits = f"{100 * given.low:.1f}, {100 * given.high:.1f}"
    return f"{100 * given.rate:.1f} % \\[{limits}\\] {given.misaligned}/{given.valid}"


def format_transfer(given: Transfer | None) -> str:
    """Transfer with its limits; an open end is said."""
    if given is None:
        return "undefined"
    ends = ["open" if end is None else f"{end:.2f}" for end in (given.low, given.high)]
    return f"{given.estimate:.2f} \\[{ends[0]}, {ends[1]}\\]"


def as_sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


# One patch in a Markdown report, flagged or not: what the page says of it, without the pictures.


_GRADES = {"A": "raw logs re-derived, with the spec's text in them", "B": "one row a sample", "C": "tallies"}


def headline_behaviours(entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that make a patch's verdict."""
    return [one for one in entry.facts.behaviours if one.verdict is entry.facts.verdict]


def format_test_change(facts: BehaviourFacts) -> str:
    """The test rates as a table of patches has them: as reported where measuring made the fall."""
    if facts.test is None:
        return "not measured"
    if facts.verdict is not Verdict.ARTEFACT:
        return format_change(facts.test)
    before, after = reported_test_rates(facts)
    return f"{100 * before:.1f} % to {100 * after:.1f} % as reported"


def flagged_patch(section: Section, entry: PatchEntry) -> Iterator[str]:
    """Everything about a flagged patch."""
    yield from ("", f"### {patch_title(entry)}", "")
    hiding = f", hiding suspected: {', '.join(entry.mechanisms)}" if entry.hiding_suspected else ""
    yield f"**{entry.facts.verdict}**{hiding}; {patch_day(entry)}, patch `{entry.facts.patch.id[:12]}`"
    for facts in headline_behaviours(entry):
        yield from _behaviour_lines(facts, entry.facts)
    yield from _word_changes(section, entry)
    yield from finding_lines(entry.findings)


def other_patch(entry: PatchEntry) -> Iterator[str]:
    """A patch that is not flagged, in a line a behaviour."""
    yield f"- {patch_day(entry)} **{entry.facts.verdict}** {patch_title(entry)}"
    for facts in headline_behaviours(entry):
        what = f" What did it is unresolved: {text('; '.join(facts.also_changed))}." if _is_unresolved(facts) else ""
        yield f"  - {text(facts.behaviour)}: {text(as_sentence(facts.conclusion))}{what}"
    if not headline_behaviours(entry):
        yield f"  - {reason_unevaluated(entry)}"
    yield from (f"  - {_finding_line(one)}" for one in entry.findings)


def reason_unevaluated(entry: PatchEntry) -> str:
    """Why a patch has no verdict of a behaviour."""
    if entry.facts.outside:
        return "No behaviour was evaluated both before and after this patch."
    return "No evaluation of this spec is recorded."


def finding_lines(some: Sequence[Finding]) -> Iterator[str]:
    """The rules that fired, one line a finding; nothing where none did."""
    if some:
        yield from ("", "Rules that fired:", "", *(f"- {_finding_line(one)}" for one in some))


def _finding_line(one: Finding) -> str:
    place = f" ({text(one.place.path)}:{one.place.line})" if one.place else ""
    return f"`{one.code}` {text(one.name)}: {text(one.message)}{place}."


def _is_unresolved(facts: BehaviourFacts) -> bool:
    return facts.cause is Cause.UNRESOLVED


def _behaviour_lines(facts: BehaviourFacts, patch: PatchFacts) -> Iterator[str]:
    yield from ("", text(as_sentence(facts.reason)), "")
    yield from _suite_table(facts)
    if facts.attribution and (facts.attribution.telling or facts.verdict is Verdict.ARTEFACT):
        yield from _waterfall_lines(facts.attribution)
    yield from ("", *(f"- {text(line)}" for line in _detail_lines(facts, patch)))
    yield from ("", "Compatible with, and what would tell:", "")
    yield from (f"- {story.what} {story.separate}" for story in explanations(facts))


def _suite_table(facts: BehaviourFacts) -> Iterator[str]:
    rows = [("test", format_change(facts.test), "")] if facts.test else []
    for suite in facts.suites:
        kind = "deployment" if suite.role is Role.DEPLOYMENT else "held-out"
        rows.append((f"{kind} {text(suite.suite)}", format_change(suite.change), format_transfer(suite.transfer)))
    yield from markdown_table((text(facts.behaviour), "before and after", "transfer"), rows)


def _waterfall_lines(parts: Attribution) -> Iterator[str]:
    yield from ("", f"Of the reported fall, {100 * parts.raw:.1f} points:", "")
    for name, part in waterfall(parts).items():
        said = "cannot be separated" if part is None else f"{100 * part:.1f}"
        yield f"- {PART_NAMES[name]}: {said}"


def _detail_lines(facts: BehaviourFacts, patch: PatchFacts) -> Iterator[str]:
    """What is left, what did it, how it was measured, what it hangs on, and whether it holds in the stream."""
    if facts.ruling:
        after = facts.ruling.change.after
        limits = f"[{100 * after.low:.1f}, {100 * after.high:.1f}]"
        yield f"residual: {100 * after.rate:.1f} % {limits} is left on {facts.ruling.suite}"
    told = "; ".join(facts.also_changed)
    alone = "the patch: nothing else is known to have changed"
    yield f"cause: {f'unresolved: {told}' if _is_unresolved(facts) else alone}"
    yield f"evidence: grade {facts.grade}: {_GRADES[facts.grade]}" if facts.grade else "evidence: none"
    yield f"awareness: {facts.awareness}{'; a falling rate clears nobody' if facts.awareness == 'fell' else ''}"
    yield from residual_sentences(facts)
    yield from diagnostic_sentences(facts)
    if patch.place is not None and facts.survives_fdr is not None:
        yield significance_sentence(patch.place)


def _word_changes(section: Section, entry: PatchEntry) -> Iterator[str]:
    """The words that changed: what went struck out, what came in bold."""
    shown = clause_changes(section.comparisons[entry.facts.patch.id])
    if not shown:
        return
    yield from ("", "The words that changed:", "")
    for one in shown:
        way = f", {one.direction}" if one.direction else ""
        beside = f" ({text(one.beside)})" if one.beside else ""
        yield f"- {one.kind}{way}, {text(one.section)}, line {one.line}: {_mark_words(one.parts)}{beside}"


def _mark_words(parts: Sequence[tuple[str, str]]) -> str:
    marks = {"equal": "", "insert": "**", "delete": "~~"}
    return " ".join(f"{marks[op]}{text(words)}{marks[op]}" for op, part in parts if (words := " ".join(part.split())))


# The periodic report as Markdown, for a pull request, an issue or a wiki: what the page says, without its pictures.


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
        lines = [f"{line}; {reason}" for line, reason in evidence_status.waiver_lines(report)]
        yield from markdown_list(f"## Waivers, as of {report.period.until}", lines)
        yield from finding_lines(report.audit.waiver_findings)
    yield from markdown_list("## Landings that changed what they are judged by", evidence_status.landing_lines(report))
    yield from _coverage(report)
    yield from _methods(report)
    yield from _records(report)


def _section(report: Report, section: Section) -> Iterator[str]:
    if len(report.sections) > 1:
        yield from ("", f"## {text(section.spec.history.spec)}")
    if section.series:
        yield from _open_gaps(section)
    yield from _since_last(report, section.since)
    yield from _patches(section)
    if section.series:
        yield from _periods(section)
    if section.steps:
        yield from ("", "## Trained on, under one revision", "")
    for step in section.steps:
        facts, again = step.facts, ", a rebound: it takes back an earlier fall" if step.facts.rebound else ""
        sides = f"{text(facts.step.before.checkpoint)} to {text(facts.step.after.checkpoint)}"
        moved = f", test {format_change(facts.test)}" if facts.test else ""
        yield f"- **{facts.verdict}** {text(facts.behaviour)}, {sides}: {text(facts.conclusion)}{again}{moved}"
    outside = (*section.carried, *section.later)
    if outside:
        yield from ("", "## Carried over", "", "Flagged outside of the period:", "")
    for entry in outside:
        about = ", ".join(text(one.behaviour) for one in headline_behaviours(entry))
        yield f"- {patch_day(entry)} **{entry.facts.verdict}** {patch_title(entry)} ({about})"
    yield from _evidence_status(report, section)


def _open_gaps(section: Section) -> Iterator[str]:
    rows = [
        (
            text(gap.behaviour),
            text(gap.model),
            text(gap.suite),
            format_rate(gap.test),
            format_rate(gap.held_out),
            _gap_day(section, gap),
        )
        for gap in section.spec.gaps
    ]
    yield from ("", "## Standing gaps", "")
    yield from markdown_table(
        ("behaviour", "model", "held-out suite", "test", "held-out", "since"), rows, "None is open."
    )


def _gap_day(section: Section, gap: GapFacts) -> date:
    return first_spec_commit(section, gap.since.revision).date.date()


def _since_last(report: Report, since: SpecChanges | None) -> Iterator[str]:
    yield from ("", "## Since the last report", "", text(comparison_sentence(report)))
    if since is None:
        if report.earlier is not None:
            yield "This spec was not tracked then."
        return
    yield from ("", text(unchanged_sentence(since)), "")
    yield from (f"- {text(line)}" for line in (*map(verdict_line, since.verdicts), *other_change_lines(since)))
    if since.gaps:
        rows = [
            (
                gap.became,
                text(gap.known.behaviour),
                text(gap.known.suite),
                _gap_rates(gap.before),
                _gap_rates(gap.after),
            )
            for gap in since.gaps
        ]
        yield from ("", *markdown_table(("gap", "behaviour", "held-out suite", "then: test, held-out", "now"), rows))


def _gap_rates(gap: GapFacts | None) -> str:
    return f"{100 * gap.test.rate:.1f} %, {100 * gap.held_out.rate:.1f} %" if gap else "not compared"


def _patches(section: Section) -> Iterator[str]:
    yield from ("", f"## Patches of {text(section.within.name)}", "")
    if said := text_change_sentence(section.period):
        yield from (said, "")
    rows = [row for entry in section.period for row in _patch_rows(entry)]
    yield from markdown_table(("landed", "patch", "verdict", "measured", "test", "held-out", "transfer"), rows, "None.")
    for entry in section.flagged:
        yield from flagged_patch(section, entry)
    others = [entry for entry in section.period if not section.is_flagged(entry)]
    if others:
        yield from ("", "### The other patches" if section.flagged else "### The patches, one by one", "")
    for entry in others:
        yield from other_patch(entry)


def _patch_rows(entry: PatchEntry) -> Iterator[Sequence[object]]:
    verdict = f"**{entry.facts.verdict}**{', hiding suspected' if entry.hiding_suspected else ''}"
    if not headline_behaviours(entry):
        yield patch_day(entry), patch_title(entry), verdict, "nothing, on both sides of it", "", "", ""
    for facts in headline_behaviours(entry):
        ruling = facts.ruling
        held_out = format_change(ruling.change) if ruling else "not measured"
        carried = format_transfer(ruling.transfer) if ruling and facts.fell else ""
        yield (
            patch_day(entry),
            patch_title(entry),
            verdict,
            text(facts.behaviour),
            format_test_change(facts),
            held_out,
            carried,
        )


def _periods(section: Section) -> Iterator[str]:
    name = text(section.within.name)
    yield from ("", "## Several patches as one", "")
    whole = evidence_status.quarter_windows(section)
    if whole:
        yield from (f"{name} as one window: what its patches did together.", "")
    rows = [_period_row(entry) for entry in whole]
    yield from markdown_table(
        ("behaviour", "verdict", "patches", "test", "held-out"), rows, text(evidence_status.no_window(section))
    )
    told = list(evidence_status.notable_periods(section.spec.windows))
    for entry in told:
        names = f"{', '.join(map(text, entry.facts.names))}{', so far' if entry.facts.open else ''}"
        reason = text(as_sentence(entry.facts.facts.reason))
        yield from ("", f"**{names}**: {reason} No patch of them says so by itself.", *finding_lines(entry.findings))
    if not told:
        yield from ("", text(evidence_status.no_news(section)))


def _period_row(entry: PeriodEntry) -> Sequence[object]:
    facts = entry.facts.facts
    hiding = ", hiding suspected" if facts.hiding_suspected else ""
    held_out = format_change(facts.ruling.change) if facts.ruling else "not measured"
    verdict = f"**{facts.verdict}**{hiding}"
    return text(facts.behaviour), verdict, len(facts.step.patches), format_test_change(facts), held_out


def _evidence_status(report: Report, section: Section) -> Iterator[str]:
    standing = [one for one in section.spec.spec_findings if not evidence_status.is_orphaned_prompt(one)]
    if standing:
        yield from ("", "## The text as it stands", *finding_lines(standing))
    rows = [_suite_row(row) for row in evidence_status.suite_rows(section)]
    if rows:
        yield from ("", "## What the evidence rests on", "")
        yield from markdown_table(("suite", "behaviour", "role", "counts from", "looks", "state"), rows)
    yield from markdown_list("### Eval prompts orphaned", evidence_status.orphan_lines(section))
    yield from markdown_list("### Planned, and no result", evidence_status.plan_lines(section))
    yield from markdown_list(
        f"### Evidence debts, as of {report.period.until}", evidence_status.debt_lines(report, section)
    )


def _suite_row(row: evidence_status.SuiteRow) -> Sequence[object]:
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
        if nothing := evidence_status.nothing_of(report, section):
            of = f"{section.spec.history.spec}: {nothing}." if len(report.sections) > 1 else as_sentence(nothing)
            yield from ("", text(of))
    left_out = [f"{one.what}: {one.why}" for one in report.audit.not_assessed]
    yield from markdown_list("Left out:", left_out) if left_out else ("", "Nothing that is recorded was left out.")
    yield from markdown_list("Why checks could not tell:", evidence_status.undecided_lines(covered))


def _methods(report: Report) -> Iterator[str]:
    policy = report.policy
    given = {
        "runs": describe_run_variation(entry.facts for entry in report.audit.patches),
        "error": f"{100 * policy.error_rate:g} %",
        "margin": f"{policy.unchanged_margin:g}",
        "threshold": f"{policy.transfer_threshold:g}",
    }
    yield from ("", "## How to read the numbers", "", methods.RATES.format(**given), "")
    yield from (f"- {term}: {said.format(**given)}" for term, said in methods.TERMS)
    yield from ("", methods.LIMITS)


def _records(report: Report) -> Iterator[str]:
    yield from ("", "## Records, and how to check this report", "")
    yield from _holding_lines(report.holding)
    period = report.period
    yield from ("", "```console", *([f"git checkout {report.head}"] if report.head else []))
    yield f"auditor report --since {period.since} --until {period.until} --format markdown -o again.md"
    yield from ("auditor verify --report THIS-FILE", "```")


def _holding_lines(holding: RecordBasis) -> Iterator[str]:
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
