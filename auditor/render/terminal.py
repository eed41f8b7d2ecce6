"""An audit as text: one card a patch, oldest first, the summary last, where a terminal leaves it in sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.facts import BehaviourFacts, Change, Rate, Transfer
from auditor.audit import Audit, CheckpointEntry, PatchEntry, SpecAudit
from auditor.clauses.deontic import Direction
from auditor.model.finding import Finding
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.render.account import account_lines, left_line, run_to_run, stream_line
from auditor.render.escape import terminal
from auditor.render.plans import open_plans
from auditor.render.uses import use_lines
from auditor.render.waivers import waiver_lines
from auditor.render.windows import window_blocks

STYLES = {
    Verdict.TEST_ONLY: "bold red",
    Verdict.WORSE: "bold red",
    Verdict.MEASUREMENT: "bold red",
    Verdict.PARTIAL: "yellow",
    Verdict.INCONCLUSIVE: "cyan",
    Verdict.UNMEASURED: "dim",
    Verdict.GENERALISES: "green",
    Verdict.NO_FALL: "green",
}
_MEANINGS = {
    Verdict.TEST_ONLY: "the score fell, held-out did not follow",
    Verdict.WORSE: "a rate rose",
    Verdict.MEASUREMENT: "the fall came from what was counted",
    Verdict.PARTIAL: "held-out followed in part",
    Verdict.INCONCLUSIVE: "the evidence cannot tell",
    Verdict.UNMEASURED: "nobody measured what would tell",
    Verdict.GENERALISES: "most of the fall carried over",
    Verdict.NO_FALL: "nothing moved",
}
ROOM_FOR_COUNTS = 116
_KINDS = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}


def show(audit: Audit, width: int) -> Iterable[RenderableType]:
    """The audit, block by block; counts stand beside the rates where `width` (columns) has room for them."""
    counts = width >= ROOM_FOR_COUNTS
    for spec in audit.specs:
        yield from _spec(spec, counts)
    yield from waiver_lines(audit.waivers)
    if audit.waiver_findings:
        yield _findings(audit.waiver_findings)
    yield _summary(audit)


def _spec(spec: SpecAudit, counts: bool) -> Iterable[RenderableType]:
    times = len(spec.history.sightings)
    yield Text.assemble(("spec ", "dim"), (terminal(spec.history.spec), "bold"), f", seen {times} times\n")
    for entry in spec.patches:
        yield _patch(entry, counts)
    if spec.checkpoint_steps:
        yield Text("Trained on, under one revision", style="bold")
        for step in spec.checkpoint_steps:
            yield _step(step, counts)
    yield from window_blocks(spec.windows, partial(_numbers, counts=counts), STYLES)
    if spec.spec_findings:
        yield Text("The current revision", style="bold")
        yield Padding(_findings(spec.spec_findings), (0, 0, 1, 4), expand=False)
    yield from open_plans(spec.plans)
    yield from use_lines(spec.uses)
    if spec.gaps:
        yield Text("Standing gaps: held-out clearly above test, and nothing has closed it", style="bold")
        yield Padding(_gaps(spec, counts), (0, 0, 1, 4), expand=False)


def _patch(entry: PatchEntry, counts: bool) -> RenderableType:
    patch, verdict = entry.facts.patch, entry.facts.verdict
    head = Text.assemble(
        f"{patch.after.date:%Y-%m-%d}  ",
        (f"{patch.id[:8]}  ", "yellow"),
        (str(verdict), STYLES[verdict]),
        (f"  hiding suspected: {', '.join(entry.mechanisms)}" if entry.hiding_suspected else "", "bold red"),
    )
    body: list[RenderableType] = [_about(entry), *_structure(entry)]
    for facts in entry.facts.behaviours:
        if facts.verdict is verdict:
            body += told(facts, counts)
    body += stream_line(entry.facts.place, any(one.survives_fdr is not None for one in entry.facts.behaviours))
    models = {facts.model for facts in entry.facts.behaviours}
    rest = [
        f"{_of(facts.behaviour, facts.model if len(models) > 1 else '')} {facts.verdict}"
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
        place = f"{terminal(finding.place.path)}:{finding.place.line}" if finding.place else ""
        table.add_row(finding.check, _sentence(finding.message), place)
    return table


def _of(behaviour: str, model: str) -> str:
    return f"{terminal(behaviour)} of {terminal(model)}" if model else terminal(behaviour)


def _about(entry: PatchEntry) -> Text:
    after = entry.facts.patch.after
    name = terminal(after.subject or after.label or "")
    label = f"  {terminal(after.label)}" if after.label and after.subject else ""
    return Text(name).append(label, style="yellow").append(f"  ({_changes(entry)})", style="dim")


def _structure(entry: PatchEntry) -> Iterable[Text]:
    """Sections that came or went, and levels of authority that have another name."""
    sections, said = entry.text.sections, []
    for some, word in ((sections.added, "added"), (sections.removed, "removed")):
        if some:
            said.append(f"{len(some)} {word} ({', '.join(map(terminal, some))})")
    said += [f"{terminal(old)} renamed {terminal(new)}" for old, new in sections.renamed]
    if said:
        yield Text(f"sections: {'; '.join(said)}")
    for one in entry.text.authority.renamings:
        renamed = (
            f"authority: {terminal(one.before)} is called {terminal(one.after)} ({one.count} of {one.of} sections)"
        )
        yield Text(renamed)


def told(facts: BehaviourFacts, counts: bool) -> list[RenderableType]:
    """The numbers of a behaviour, and one sentence."""
    said = facts.reason if facts.verdict is Verdict.MEASUREMENT else facts.conclusion
    if facts.test is None:
        told = Text(f"{terminal(facts.behaviour)} of {terminal(facts.model)}: {terminal(said)}.")
        return [told, *account_lines(facts)]
    return [_numbers(facts, counts), Text(_sentence(said) + _because(facts)), *left_line(facts), *account_lines(facts)]


def footnotes(entry: PatchEntry) -> Iterable[RenderableType]:
    """What was not measured, and what was found."""
    facts = entry.facts
    if not facts.behaviours and not facts.outside:
        yield Text("No evaluation of this spec is recorded.")
    elif not facts.behaviours:
        yield Text("No behaviour was evaluated both before and after this patch.")
    elif facts.outside:
        yield Text(f"{_many(len(facts.outside), 'other behaviour')} not measured across this patch", style="dim")
    about_text = [finding for finding in entry.findings if not finding.evidence]
    if about_text:
        yield _findings(about_text)
    named = {finding.check: finding.name for finding in entry.findings if finding not in about_text}
    if named:
        yield Text("findings: " + ", ".join(f"{code} {named[code]}" for code in sorted(named)), style="dim")


def _step(entry: CheckpointEntry, counts: bool) -> RenderableType:
    facts = entry.facts
    head = Text.assemble(
        (f"{terminal(facts.step.before.checkpoint)} to {terminal(facts.step.after.checkpoint)}  ", "yellow"),
        (str(facts.verdict), STYLES[facts.verdict]),
    )
    body = Padding(Group(*told(facts, counts)), (0, 0, 1, 4), expand=False)
    return Group(head, body)


def _numbers(facts: BehaviourFacts, counts: bool) -> RenderableType:
    title = Text(terminal(facts.behaviour), style="bold").append(f" of {terminal(facts.model)}", style="dim")
    rows = [("test", facts.test, "")] if facts.test else []
    for suite in sorted(facts.suites, key=lambda suite: (suite.role is Role.DEPLOYMENT, suite.suite)):
        mark = "" if suite.verdict is facts.verdict else f"  {suite.verdict}"
        rows.append((f"{_KINDS[suite.role]} {terminal(suite.suite)}", suite.change, _transfer(suite.transfer) + mark))
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


def _transfer(transfer: Transfer | None) -> str:
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
    shown = terminal(text)
    return f"{shown[:1].upper()}{shown[1:]}." if shown else ""


def _because(facts: BehaviourFacts) -> str:
    if facts.cause is Cause.PATCH:
        return ""
    return f" What did it is unresolved: {terminal('; '.join(facts.also_changed))}."


def _gaps(spec: SpecAudit, counts: bool) -> Table:
    seen = {sighting.revision: sighting for sighting in reversed(spec.history.sightings)}
    models = {gap.model for gap in spec.gaps}
    table = _table("test", "held-out", "since", counts=counts)
    for gap in spec.gaps:
        name = f"{_of(gap.behaviour, gap.model if len(models) > 1 else '')}: {terminal(gap.suite)}"
        rates = *rate_cells(gap.test, counts), *rate_cells(gap.held_out, counts)
        table.add_row(name, *rates, f"{seen[gap.since.revision].date:%Y-%m-%d}")
    return table


def _summary(audit: Audit) -> RenderableType:
    verdicts, table = [patch.facts.verdict for patch in audit.patches], Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for verdict in Verdict:
        if verdict in verdicts:
            said = Text(str(verdict), style=STYLES[verdict]), Text(_MEANINGS[verdict], style="dim")
            table.add_row(str(verdicts.count(verdict)), *said)
    checks, lines = audit.coverage.checks, [_flags(audit)]
    lines.append(
        f"{_many(audit.coverage.runs, 'run')} in {_many(audit.coverage.records, 'record')}; "
        f"checks: {checks.fired} fired, {checks.clear} clear, {checks.undecided} undecided, {checks.not_run} not run"
    )
    lines += [f"not assessed: {terminal(one.what)}: {terminal(one.why)}" for one in audit.not_assessed]
    runs = run_to_run(one.facts for one in audit.patches)
    lines.append(f"[low, high]: 5 % left out at each end, items as the unit; {runs}.")
    return Group(Text(_many(len(verdicts), "patch", "es"), style="bold"), table, Text("\n".join(lines)))


def _flags(audit: Audit) -> str:
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    return f"{_many(audit.hiding_suspected, 'patch', 'es')} suspected of hiding; {_many(gaps, 'standing gap')}"


def _many(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}{'' if count == 1 else plural}"
