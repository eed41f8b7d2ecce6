"""What came of `auditor verify`, as lines of text and as JSON (schema auditor.verify/1)."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model.integrity import StoreCheckpoint
from auditor.model.run import Grade
from auditor.model.verification import LogsReport, RederivationState, RederivedRecord, Reproduction, Verification
from auditor.render.escape import escape_terminal

_SHORT, _MOST = 12, 20
_NOUNS = {
    "records": ("record", "records"),
    "items": ("item manifest", "item manifests"),
    "plans": ("plan", "plans"),
    "prompts": ("file of hashed prompts", "files of hashed prompts"),
}
_STATES = {
    RederivationState.AGREES: "agree with their logs",
    RederivationState.DIFFERS: "differ from their logs",
    RederivationState.CORRECTED: "replaced by a correction",
    RederivationState.NO_LOG: "without a log among those given",
}


def verify_lines(verification: Verification) -> Iterator[str]:
    """One line each, what matters last; nothing in them moves a cursor."""
    yield f"{escape_terminal(verification.store)}: {_contents(verification)}"
    yield from _seals(verification)
    for fault in verification.faults:
        yield f"  {fault.kind}: {escape_terminal(fault.path)}: {escape_terminal(fault.what)}"
    yield _many(len(verification.faults), "fault", "faults") if verification.faults else "no faults"
    if verification.logs is not None:
        yield from _logs(verification.logs)
    elif verification.logs_asked:
        yield "logs: not read, since the records have faults"
    for outside_checkpoint in verification.outside_checkpoints:
        differences = outside_checkpoint.witness.differences
        state = "NOT as it was sealed" if differences else "as it was sealed"
        yield f"against {escape_terminal(outside_checkpoint.given)}: {state}"
        yield from (f"  {escape_terminal(line)}" for line in differences)
    for remade in verification.reports:
        yield from _report(remade)
    yield from map(escape_terminal, verification.statement)


def _contents(verification: Verification) -> str:
    said = []
    for folder, count in verification.counts.items():
        nouns = _NOUNS.get(folder) or (f"file in {escape_terminal(folder)}/", f"files in {escape_terminal(folder)}/")
        name = "" if folder not in verification.unknown else ", of a kind this version does not know"
        said.append(f"{_many(count, *nouns)}{name}")
    return ", ".join(said) or "no records"


def _seals(verification: Verification) -> Iterator[str]:
    unsealed = f"; in no batch yet: {len(verification.unsealed):,}" if verification.unsealed else ""
    if not verification.checkpoints:
        yield f"nothing is sealed{unsealed}"
        return
    sealed = sum(len(checkpoint.ids) for checkpoint in verification.checkpoints)
    yield f"sealed: {sealed:,} in {_many(len(verification.checkpoints), 'batch', 'batches')}{unsealed}"
    yield checkpoint_line(verification.checkpoints[-1])


def checkpoint_line(checkpoint: StoreCheckpoint) -> str:
    """A checkpoint's number and root, to be handed out."""
    return f"checkpoint {checkpoint.number}  root {checkpoint.root}"


def _logs(logs: LogsReport) -> Iterator[str]:
    yield f"logs: {_many(logs.files, 'file', 'files')} read, {len(logs.refused):,} refused"
    yield from (f"  refused: {escape_terminal(line)}" for line in logs.refused)
    counts = {state: count for state in RederivationState if (count := logs.count(state))}
    width = max((len(f"{count:,}") for count in counts.values()), default=0)
    for state, count in counts.items():
        yield f"  {count:>{width},}  {_STATES[state]}"
        if state in (RederivationState.DIFFERS, RederivationState.NO_LOG):
            yield from (f"    {_record(record)}" for record in logs.records if record.state is state)
        if state is RederivationState.DIFFERS:
            yield "    one whose log was scored again: auditor ingest --correct RECORD --reason WHY LOG"
    yield from (f"  in the logs, and never recorded: {escape_terminal(line)}" for line in logs.unrecorded)
    grades = {grade: count for grade in Grade if (count := sum(record.grade is grade for record in logs.records))}
    yield f"  grades: {', '.join(f'{grade} {count:,}' for grade, count in grades.items()) or 'none'}"


def _record(record: RederivedRecord) -> str:
    how = f" in {', '.join(record.differs)} ({escape_terminal(record.file or '')})" if record.differs else ""
    return f"{record.record[:_SHORT]} of {escape_terminal(record.suite)}{how}"


def _report(remade: Reproduction) -> Iterator[str]:
    """What became of a report, made again."""
    at = f"commit {remade.head[:_SHORT]}" if remade.head else "the dated folders"
    rests = f"records up to batch {remade.batch}" if remade.batch else "the records that are here"
    numbers = _many(remade.numbers, "number", "numbers")
    yield f"report {escape_terminal(remade.file)}: {numbers} computed again from {at}, {rests}"
    if remade.held_by:
        name = escape_terminal(remade.held_by)
        yield f"  that {name} is a checkpoint held outside is its own word: give it with --checkpoint"
    for difference in remade.differences[:_MOST]:
        says, gives = escape_terminal(difference.says), escape_terminal(difference.gives)
        yield f"  line {difference.line}: it says {says}, the records give {gives}"
    if len(remade.differences) > _MOST:
        yield f"  and {len(remade.differences) - _MOST:,} more"
    yield f"  {_many(len(remade.differences), 'difference', 'differences') if remade.differences else 'all as it says'}"


def _many(count: int, noun: str, nouns: str) -> str:
    return f"{count:,} {noun if count == 1 else nouns}"
