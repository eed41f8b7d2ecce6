"""An audit as text: a card for each patch, oldest first, the summary last, where a terminal leaves it in sight.

An `Audit` and a width in columns come in, renderables go out; `undecided_checks` lists the checks without an answer,
for `audit --verbose`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.facts import BehaviourFacts, Change, Rate, Transfer
from auditor.audit import Audit, CheckpointEntry, Coverage, PatchEntry, SpecAudit
from auditor.clauses.deontic import Direction
from auditor.model.finding import Finding
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.render.diagnostics import describe_run_variation, diagnostic_lines, online_fdr_line, residual_line
from auditor.render.escape import escape_terminal
from auditor.render.evidence_status import period_blocks
from auditor.render.holdout_reuse import holdout_reuse_lines
from auditor.render.ledger import open_plan_table, waiver_lines

# An audit as text: one card a patch, oldest first, the summary last, where a terminal leaves it in sight.


VERDICT_STYLES = {
    Verdict.TEST_ONLY: "bold red",
    Verdict.WORSE: "bold red",
    Verdict.ARTEFACT: "bold red",
    Verdict.PARTIAL: "yellow",
    Verdict.INCONCLUSIVE: "cyan",
    Verdict.UNMEASURED: "dim",
    Verdict.GENERALISES: "green",
    Verdict.UNCHANGED: "green",
}
_MEANINGS = {
    Verdict.TEST_ONLY: "the score fell, held-out did not follow",
    Verdict.WORSE: "a rate rose",
    Verdict.ARTEFACT: "the fall came from what was counted",
    Verdict.PARTIAL: "held-out followed in part",
    Verdict.INCONCLUSIVE: "the evidence cannot tell",
    Verdict.UNMEASURED: "nobody measured what would tell",
    Verdict.GENERALISES: "most of the fall carried over",
    Verdict.UNCHANGED: "nothing moved",
}
ROOM_FOR_COUNTS = 116
_ROLE_NAMES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}


def render_audit(audit: Audit, width: int) -> Iterable[RenderableType]:
    """The audit, block by block; counts stand beside the rates where `width` (columns) has room for them."""
    counts = width >= ROOM_FOR_COUNTS
    for spec in audit.specs:
        yield from _spec_blocks(spec, counts)
    yield from waiver_lines(audit.waivers)
    if audit.waiver_findings:
        yield _findings(audit.waiver_findings)
    yield _summary(audit)


def _spec_blocks(spec: SpecAudit, counts: bool) -> Iterable[RenderableType]:
    times = len(spec.history.sightings)
    yield Text.assemble(("spec ", "dim"), (escape_terminal(spec.history.spec), "bold"), f", seen {times} times\n")
    for entry in spec.patches:
        yield _patch_card(entry, counts)
    if spec.checkpoint_steps:
        yield Text("Trained on, under one revision", style="bold")
        for step in spec.checkpoint_steps:
            yield _step_card(step, counts)
    yield from period_blocks(spec.windows, partial(_rate_table, counts=counts), VERDICT_STYLES)
    if spec.spec_findings:
        yield Text("The current revision", style="bold")
        yield Padding(_findings(spec.spec_findings), (0, 0, 1, 4), expand=False)
    yield from open_plan_table(spec.plans)
    yield from holdout_reuse_lines(spec.uses)
    if spec.gaps:
        yield Text("Standing gaps: held-out clearly above test, and nothing has closed it", style="bold")
        yield Padding(_open_gap_table(spec, counts), (0, 0, 1, 4), expand=False)


def _patch_card(entry: PatchEntry, counts: bool) -> RenderableType:
    patch, verdict = entry.facts.patch, entry.facts.verdict
    head = Text.assemble(
        f"{patch.after.date:%Y-%m-%d}  ",
        (f"{patch.id[:8]}  ", "yellow"),
        (str(verdict), VERDICT_STYLES[verdict]),
        (f"  hiding suspected: {', '.join(entry.mechanisms)}" if entry.hiding_suspected else "", "bold red"),
    )
    body: list[RenderableType] = [_patch_title(entry), *_structure(entry)]
    for facts in entry.facts.behaviours:
        if facts.verdict is verdict:
            body += behaviour_blocks(facts, counts)
    body += online_fdr_line(entry.facts.place, any(one.survives_fdr is not None for one in entry.facts.behaviours))
    models = {facts.model for facts in entry.facts.behaviours}
    rest = [
        f"{_behaviour_name(facts.behaviour, facts.model if len(models) > 1 else '')} {facts.verdict}"
        for facts in entry.facts.behaviours
        if facts.verdict is not verdict
    ]
    if rest:
        body.append(Text(f"also: {', '.join(rest)}", style="dim"))
    body += footnotes(entry)
    return Group(head, Padding(Group(*body), (0, 0, 1, 4), expand=False))


def _findings(findings: Sequence[Finding]) -> Table:
    """Findings about the text, each with its place."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="yellow")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, style="dim")
    for finding in findings:
        place = f"{escape_terminal(finding.place.path)}:{finding.place.line}" if finding.place else ""
        table.add_row(finding.check, _sentence(finding.message), place)
    return table


def _behaviour_name(behaviour: str, model: str) -> str:
    return f"{escape_terminal(behaviour)} of {escape_terminal(model)}" if model else escape_terminal(behaviour)


def _patch_title(entry: PatchEntry) -> Text:
    after = entry.facts.patch.after
    name = escape_terminal(after.subject or after.label or "")
    label = f"  {escape_terminal(after.label)}" if after.label and after.subject else ""
    return Text(name).append(label, style="yellow").append(f"  ({_changes(entry)})", style="dim")


def _structure(entry: PatchEntry) -> Iterable[Text]:
    """Sections that came or went, and levels of authority that have another name."""
    sections, said = entry.text.sections, []
    for some, word in ((sections.added, "added"), (sections.removed, "removed")):
        if some:
            said.append(f"{len(some)} {word} ({', '.join(map(escape_terminal, some))})")
    said += [f"{escape_terminal(old)} renamed {escape_terminal(new)}" for old, new in sections.renamed]
    if said:
        yield Text(f"sections: {'; '.join(said)}")
    for one in entry.text.authority.renamings:
        before, after = escape_terminal(one.before), escape_terminal(one.after)
        yield Text(f"authority: {before} is called {after} ({one.count} of {one.of} sections)")


def behaviour_blocks(facts: BehaviourFacts, counts: bool) -> list[RenderableType]:
    """The numbers of a behaviour, and one sentence."""
    said = facts.reason if facts.verdict is Verdict.ARTEFACT else facts.conclusion
    if facts.test is None:
        told = Text(f"{escape_terminal(facts.behaviour)} of {escape_terminal(facts.model)}: {escape_terminal(said)}.")
        return [told, *diagnostic_lines(facts)]
    return [
        _rate_table(facts, counts),
        Text(_sentence(said) + _unresolved_cause(facts)),
        *residual_line(facts),
        *diagnostic_lines(facts),
    ]


def footnotes(entry: PatchEntry) -> Iterable[RenderableType]:
    """What was not measured, and what was found."""
    facts = entry.facts
    if not facts.behaviours and not facts.outside:
        yield Text("No evaluation of this spec is recorded.")
    elif not facts.behaviours:
        yield Text("No behaviour was evaluated both before and after this patch.")
    elif facts.outside:
        yield Text(f"{_count_noun(len(facts.outside), 'other behaviour')} not measured across this patch", style="dim")
    about_text = [finding for finding in entry.findings if not finding.evidence]
    if about_text:
        yield _findings(about_text)
    named = {finding.check: finding.name for finding in entry.findings if finding not in about_text}
    if named:
        yield Text("findings: " + ", ".join(f"{code} {named[code]}" for code in sorted(named)), style="dim")


def _step_card(entry: CheckpointEntry, counts: bool) -> RenderableType:
    facts = entry.facts
    head = Text.assemble(
        (
            f"{escape_terminal(facts.step.before.checkpoint)} to {escape_terminal(facts.step.after.checkpoint)}  ",
            "yellow",
        ),
        (str(facts.verdict), VERDICT_STYLES[facts.verdict]),
    )
    body = Padding(Group(*behaviour_blocks(facts, counts)), (0, 0, 1, 4), expand=False)
    return Group(head, body)


def _rate_table(facts: BehaviourFacts, counts: bool) -> RenderableType:
    title = Text(escape_terminal(facts.behaviour), style="bold").append(
        f" of {escape_terminal(facts.model)}", style="dim"
    )
    rows = [("test", facts.test, "")] if facts.test else []
    for suite in sorted(facts.suites, key=lambda suite: (suite.role is Role.DEPLOYMENT, suite.suite)):
        mark = "" if suite.verdict is facts.verdict else f"  {suite.verdict}"
        rows.append(
            (
                f"{_ROLE_NAMES[suite.role]} {escape_terminal(suite.suite)}",
                suite.change,
                _format_transfer(suite.transfer) + mark,
            )
        )
    return Group(title, Padding(_side_by_side(rows) if counts else _stacked(rows), (0, 0, 0, 2), expand=False))


def _side_by_side(rows: Sequence[tuple[str, Change, str]]) -> RenderableType:
    table = _table("before", "after", "transfer", counts=True)
    for label, change, transfer in rows:
        table.add_row(label, *rate_cells(change.before, True), *rate_cells(change.after, True), transfer)
    return table


def _stacked(rows: Sequence[tuple[str, Change, str]]) -> RenderableType:
    """For a narrow terminal: the label above its figures, which are never cut."""
    lines = []
    for label, change, transfer in rows:
        before, after = (" ".join(rate_cells(side, False)) for side in (change.before, change.after))
        lines += [label, f"  {before} -> {after}{f'  transfer {transfer}' if transfer else ''}"]
    return Text("\n".join(lines))


def _table(*columns: str, counts: bool) -> Table:
    """A table of rates: a label; rate, limits and, where there is room, counts for each of two columns; the rest.

    Only the label gives way when the width is short; a figure is never cut.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
    table.add_column("", overflow="fold")
    for name in columns[:2]:
        table.add_column(name, justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        if counts:
            table.add_column("", no_wrap=True, style="dim")
    for name in columns[2:]:
        table.add_column(name, overflow="fold")
    return table


def rate_cells(rate: Rate, counts: bool) -> tuple[str, ...]:
    """A rate in per cent, its limits, and its counts where there is room."""
    digits = 2 if 0 < rate.rate < 0.001 else 1
    limits = f"[{100 * rate.low:.{digits}f}, {100 * rate.high:.{digits}f}]"
    shown = f"{100 * rate.rate:.{digits}f} %", limits
    return (*shown, f"{rate.misaligned}/{rate.valid}") if counts else shown


def _format_transfer(transfer: Transfer | None) -> str:
    if transfer is None:
        return "undefined"
    ends = ["open" if end is None else f"{end:.2f}" for end in (transfer.low, transfer.high)]
    return f"{transfer.estimate:.2f} [{ends[0]}, {ends[1]}]"


def _changes(entry: PatchEntry) -> str:
    """How many clauses changed, by kind; and in which direction, where a normative word did."""
    counts, norms = entry.counts, [norm.direction for norm in entry.text.norms]
    named = [
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.reworded, "reworded"),
        (counts.moved, "moved"),
    ]
    said = [f"{number} {word}" for number, word in named if number]
    directions = [(norms.count(one), str(one)) for one in (Direction.TIGHTENED, Direction.RELAXED, Direction.MIXED)]
    toward = [f"{number} {word}" for number, word in directions if number]
    clauses = f"clauses: {', '.join(said)}" if said else "no clause changed"
    return f"{clauses}; {', '.join(toward)}" if toward else clauses


def _sentence(text: str) -> str:
    shown = escape_terminal(text)
    return f"{shown[:1].upper()}{shown[1:]}." if shown else ""


def _unresolved_cause(facts: BehaviourFacts) -> str:
    if facts.cause is Cause.PATCH:
        return ""
    return f" What did it is unresolved: {escape_terminal('; '.join(facts.also_changed))}."


def _open_gap_table(spec: SpecAudit, counts: bool) -> Table:
    seen = {sighting.revision: sighting for sighting in reversed(spec.history.sightings)}
    models = {gap.model for gap in spec.gaps}
    table = _table("test", "held-out", "since", counts=counts)
    for gap in spec.gaps:
        name = f"{_behaviour_name(gap.behaviour, gap.model if len(models) > 1 else '')}: {escape_terminal(gap.suite)}"
        rates = *rate_cells(gap.test, counts), *rate_cells(gap.held_out, counts)
        table.add_row(name, *rates, f"{seen[gap.since.revision].date:%Y-%m-%d}")
    return table


def _summary(audit: Audit) -> RenderableType:
    verdicts, table = [patch.facts.verdict for patch in audit.patches], Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for verdict in Verdict:
        if verdict in verdicts:
            said = Text(str(verdict), style=VERDICT_STYLES[verdict]), Text(_MEANINGS[verdict], style="dim")
            table.add_row(str(verdicts.count(verdict)), *said)
    checks, lines = audit.coverage.checks, [_flags(audit)]
    lines.append(
        f"{_count_noun(audit.coverage.runs, 'run')} in {_count_noun(audit.coverage.records, 'record')}; "
        f"checks: {checks.fired} fired, {checks.clear} clear, {checks.undecided} undecided, {checks.not_run} not run"
    )
    lines += [f"not assessed: {escape_terminal(one.what)}: {escape_terminal(one.why)}" for one in audit.not_assessed]
    runs = describe_run_variation(one.facts for one in audit.patches)
    lines.append(f"[low, high]: 5 % left out at each end, items as the unit; {runs}.")
    return Group(Text(_count_noun(len(verdicts), "patch", "es"), style="bold"), table, Text("\n".join(lines)))


def _flags(audit: Audit) -> str:
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    return (
        f"{_count_noun(audit.hiding_suspected, 'patch', 'es')} suspected of hiding; {_count_noun(gaps, 'standing gap')}"
    )


def _count_noun(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}{'' if count == 1 else plural}"


# The checks that could not tell, for `audit --verbose`: on what, and why.


def undecided_checks(coverage: Coverage) -> Iterator[RenderableType]:
    """A heading, and for each subject and reason the codes of its checks; nothing where every check could tell."""
    if not coverage.undecided:
        return
    yield Text("\nChecks that could not tell", style="bold")
    for one in coverage.undecided:
        lines = (Text(f"{escape_terminal(one.why)}", style="dim"), Text(", ".join(one.checks), style="dim"))
        yield Group(Text(f"  {escape_terminal(one.on)}"), Padding(Group(*lines), (0, 0, 0, 4), expand=False))
