"""An audit as text: one card a patch, oldest first, the summary last, where a terminal leaves it in sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.facts import BehaviourFacts, Change, GapFacts, Rate, Transfer
from auditor.model.clause import ChangeCounts
from auditor.model.finding import Finding
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.render.escape import terminal
from auditor.report import Audit, PatchEntry, SpecReport

_STYLES = {
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
_KINDS = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}


def show(audit: Audit) -> Iterable[RenderableType]:
    """The audit, block by block."""
    for spec in audit.specs:
        yield from _spec(spec)
    yield _summary(audit)


def _spec(spec: SpecReport) -> Iterable[RenderableType]:
    count = len(spec.history.sightings)
    yield Text.assemble(("spec ", "dim"), (terminal(spec.history.spec), "bold"), f", seen {count} times\n")
    for entry in spec.patches:
        yield _patch(entry)
    if spec.checkpoint_steps:
        yield Text("Checkpoints trained on under one revision", style="bold")
        for step in spec.checkpoint_steps:
            yield _step(step.facts)
    if spec.gaps:
        yield Text("Standing gaps: held-out clearly above test, and nothing has closed it", style="bold")
        yield Padding(_gaps(spec.gaps), (0, 0, 1, 2))


def _patch(entry: PatchEntry) -> RenderableType:
    patch, verdict = entry.facts.patch, entry.facts.verdict
    after = patch.after
    name = terminal(after.label or after.subject or "")
    head = Text.assemble(
        (f"{after.date:%Y-%m-%d}  ", ""),
        (f"{patch.id[:8]}  ", "yellow"),
        (f"{verdict!s:<12}", _STYLES[verdict]),
        ("  hiding suspected: " + ", ".join(entry.mechanisms) if entry.hiding_suspected else "", "bold red"),
    )
    about = Text(f"{name}  " if name else "", style="").append(f"({_changes(entry.counts)})", style="dim")
    telling = [facts for facts in entry.facts.behaviours if facts.verdict is verdict]
    rest = [facts for facts in entry.facts.behaviours if facts.verdict is not verdict]
    body: list[RenderableType] = [about]
    if verdict is Verdict.UNMEASURED:
        body += [Text(_sentence(line)) for line in _distinct(telling) or ["no evaluation of this spec is recorded"]]
    else:
        for facts in telling:
            body += [_numbers(facts), Text(_sentence(facts.conclusion) + _because(facts))]
    if rest:
        body.append(Text("also: " + ", ".join(f"{terminal(f.behaviour)} {f.verdict}" for f in rest), style="dim"))
    if entry.findings:
        body.append(Text(_codes(entry.findings), style="dim"))
    return Group(head, Padding(Group(*body), (0, 0, 1, 4), expand=False))


def _codes(findings: Sequence[Finding]) -> str:
    named = {finding.check: finding.name for finding in findings}
    return "findings: " + ", ".join(f"{code} {named[code]}" for code in sorted(named))


def _distinct(facts: Sequence[BehaviourFacts]) -> list[str]:
    """Why a patch is unmeasured: the reasons on its steps; where it has none, one sentence for all behaviours."""
    on_steps = [f"{one.behaviour}: {one.conclusion}" for one in facts if one.step is not None]
    outside = [one.behaviour for one in facts if one.step is None]
    if outside and not on_steps:
        return [f"not evaluated on both sides ({', '.join(sorted(set(outside)))})"]
    return on_steps


def _step(facts: BehaviourFacts) -> RenderableType:
    step = facts.step
    change = f"{step.before.checkpoint} to {step.after.checkpoint}" if step else ""
    head = Text.assemble((f"{terminal(change)}  ", "yellow"), (str(facts.verdict), _STYLES[facts.verdict]))
    body = [_numbers(facts)] if facts.test else []
    return Padding(Group(head, Padding(Group(*body, Text(_sentence(facts.conclusion))), (0, 0, 1, 2))), (0, 0, 0, 2))


def _numbers(facts: BehaviourFacts) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left", "center", "right", "left", "left"):
        table.add_column(justify=justify, no_wrap=True)
    title = Text(terminal(facts.behaviour), style="bold").append(f" of {terminal(facts.model)}", style="dim")
    if facts.test:
        table.add_row("test", *_change(facts.test), "")
    for suite in facts.suites:
        note = _transfer(suite.transfer) if facts.test and facts.test.fall else ""
        mark = "" if suite is facts.ruling or len(facts.suites) == 1 else f" ({suite.verdict})"
        table.add_row(_KINDS[suite.role], *_change(suite.change), f"{note}{mark}")
    return Group(title, Padding(table, (0, 0, 0, 2)))


def _change(change: Change) -> tuple[str, str, str, str, str]:
    return (*_rate(change.before), "->", *_rate(change.after))


def _rate(rate: Rate) -> tuple[str, str]:
    digits = 2 if 0 < rate.rate < 0.01 or 0 < rate.high < 0.01 else 1
    limits = f"[{100 * rate.low:.{digits}f}, {100 * rate.high:.{digits}f}]"
    return f"{100 * rate.rate:.{digits}f} %", f"{limits} {rate.misaligned}/{rate.valid}"


def _transfer(transfer: Transfer | None) -> str:
    if transfer is None:
        return ""
    ends = ["open" if end is None else f"{end:.2f}" for end in (transfer.low, transfer.high)]
    return f"transfer {transfer.estimate:.2f} [{ends[0]}, {ends[1]}]"


def _changes(counts: ChangeCounts) -> str:
    named = [
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.reworded, "reworded"),
        (counts.moved, "moved"),
    ]
    said = [f"{number} {word}" for number, word in named if number]
    return f"clauses: {', '.join(said)}" if said else "no clause changed"


def _sentence(text: str) -> str:
    shown = terminal(text)
    return f"{shown[:1].upper()}{shown[1:]}." if shown else ""


def _because(facts: BehaviourFacts) -> str:
    if facts.cause is Cause.PATCH:
        return ""
    return f" What did it is unresolved: {terminal('; '.join(facts.also_changed))}."


def _gaps(gaps: Sequence[GapFacts]) -> Table:
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "left", "right", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for gap in gaps:
        names = f"{terminal(gap.behaviour)} of {terminal(gap.model)}", f"test against {terminal(gap.suite)}"
        table.add_row(*names, *_rate(gap.test), *_rate(gap.held_out))
    return table


def _summary(audit: Audit) -> RenderableType:
    verdicts = [patch.facts.verdict for patch in audit.patches]
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for verdict in Verdict:
        if verdict in verdicts:
            row = Text(str(verdict), style=_STYLES[verdict]), Text(_MEANINGS[verdict], style="dim")
            table.add_row(str(verdicts.count(verdict)), *row)
    checks, lines = audit.coverage.checks, [_flags(audit)]
    lines.append(
        f"{_many(audit.coverage.runs, 'run')} in {_many(audit.coverage.records, 'record')}; "
        f"checks: {checks.fired} fired, {checks.clear} clear, {checks.undecided} undecided, {checks.not_run} not run"
    )
    lines += [f"not assessed: {terminal(one.what)}: {terminal(one.why)}" for one in audit.not_assessed]
    lines.append("[low, high]: 5 % left out at each end, items as the unit; run-to-run variance is not in it.")
    return Group(Text(_many(len(verdicts), "patch", "es"), style="bold"), table, Text("\n".join(lines)))


def _flags(audit: Audit) -> str:
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    return f"{_many(audit.hiding_suspected, 'patch', 'es')} suspected of hiding; {_many(gaps, 'standing gap')}"


def _many(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}{'' if count == 1 else plural}"
