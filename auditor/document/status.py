"""How a project stands, as blocks: part by part, what cannot be read where it belongs, and the next command last."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.document.blocks import Block, Column, Commands, Line, Paragraph, Span, Style, Table, grid, plain
from auditor.model.numbers import count_noun, format_day
from auditor.model.status import FileState, ProjectStatus, SpecStatus, StoreStatus
from auditor.model.suite import Role

_STATES = {
    FileState.ABSENT: "none",
    FileState.UNCOMMITTED: "not committed: gate and hooks do not see it",
    FileState.CHANGED: "changed since the last commit: gate and hooks see the committed text",
    FileState.COMMITTED: "committed",
}
_ROLES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}


def status_blocks(status: ProjectStatus) -> Iterator[Block]:
    """The status, part by part."""
    yield grid(_rows(status))
    if status.behaviours:
        yield _suite_table(status)
    for gap in status.open_gaps:
        since = f" since {format_day(gap.since)}" if gap.since else ""
        yield _open(f"Open gap: {gap.behaviour} of {gap.model}: held-out {gap.suite} is clearly above test{since}.")
    for plan in status.plans_due:
        run = f"{plan.suite} of {plan.checkpoint}, {count_noun(plan.samples, 'sample')}"
        yield _open(f"Preregistered {count_noun(plan.age, 'day')} ago, without a result: {run}.")
    for fault in status.store.faults:
        yield _open(f"{fault.kind}: {fault.path}: {fault.what}")
    for problem in (status.configuration.problem, status.store.problem, *status.problems):
        if problem and problem != status.next.reason:
            yield _open(problem)
    yield Paragraph(plain(f"Next: {status.next.reason}."))
    yield Commands((status.next.command,))


def _rows(status: ProjectStatus) -> Iterator[tuple[Line, Line]]:
    configuration = status.configuration
    state = _STATES[configuration.state]
    yield _row("configuration", f"{configuration.file}, {state}" if configuration.file else "none")
    if configuration.require_held_out:
        policy = f"on_inconclusive {configuration.on_inconclusive}, require_held_out {configuration.require_held_out}"
        yield _row("policy", policy)
    for spec in status.specs:
        yield _row(f"spec {spec.name}", _describe_spec(spec))
    yield _row("records", _describe_store(status.store))
    if status.hooks:
        states = dict.fromkeys(hook.state for hook in status.hooks)
        by_state = (
            f"{', '.join(hook.name for hook in status.hooks if hook.state == state)} {state}" for state in states
        )
        yield _row("hooks", "; ".join(by_state))


def _row(name: str, text: str) -> tuple[Line, Line]:
    return plain(name, Style.QUIET), plain(text)


def _describe_spec(spec: SpecStatus) -> str:
    if spec.problem:
        return spec.problem
    revisions = f"{count_noun(spec.revisions, 'revision')} in {count_noun(spec.commits, 'commit')}"
    return f"{', '.join(spec.paths)}: {revisions}"


def _describe_store(store: StoreStatus) -> str:
    if not store.records and not store.uncommitted and not store.faults:
        return "none"
    parts = [f"{count_noun(store.records, 'record')} in {store.path}"]
    parts += [f"{count_noun(store.uncommitted, 'file')} not committed"] if store.uncommitted else []
    parts += [f"{store.unsealed:,} not sealed"] if store.unsealed else ["all sealed"] if store.checkpoints else []
    parts += [count_noun(len(store.faults), "fault")] if store.faults else []
    return "; ".join(parts)


def _suite_table(status: ProjectStatus) -> Table:
    columns = (Column("behaviour"), Column("suite"), Column("role"), Column("runs", figures=True), Column(""))
    rows = []
    for behaviour in status.behaviours:
        for place, suite in enumerate(behaviour.suites):
            first = place == 0
            rows.append(
                (
                    plain(behaviour.behaviour if first else ""),
                    plain(suite.name, Style.NAME),
                    plain(_ROLES[suite.role]),
                    plain(f"{suite.runs:,}"),
                    plain(behaviour.lacking if first else "", Style.OPEN),
                )
            )
    return Table(columns, tuple(rows))


def _open(text: str) -> Paragraph:
    return Paragraph((Span(text, Style.OPEN),))
