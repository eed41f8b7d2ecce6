"""What came of `auditor verify`, as blocks: what is stored and sealed, faults, logs, checkpoints and reports; what may
be said of the records comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.document.blocks import Block, Commands, Heading, Listing, Note, Paragraph, Style, plain
from auditor.model.integrity import StoreCheckpoint, StoreFault
from auditor.model.numbers import count_noun, format_count, short_id
from auditor.model.run import Grade
from auditor.model.verification import (
    LogsReport,
    OutsideCheckpoint,
    RederivationState,
    RederivedRecord,
    Reproduction,
    Verification,
)

_MOST_DIFFERENCES = 20
_NOUNS = {"records": "record", "items": "item manifest", "plans": "plan"}
_STATES = {
    RederivationState.AGREES: "agree with their logs",
    RederivationState.DIFFERS: "differ from their logs",
    RederivationState.CORRECTED: "replaced by a correction",
    RederivationState.NO_LOG: "without a log among those given",
}
_LISTED_STATES = (RederivationState.DIFFERS, RederivationState.NO_LOG)


def verification_title() -> Heading:
    """The title of the document where it stands by itself."""
    return Heading(1, plain("auditor verify"))


def verification_blocks(verification: Verification) -> Iterator[Block]:
    """The verification, part by part."""
    yield _line(f"{verification.store}: {_describe_contents(verification)}")
    yield from _seal_blocks(verification)
    yield from _fault_blocks(verification.faults)
    if verification.logs is not None:
        yield from _log_blocks(verification.logs)
    elif verification.logs_asked:
        yield _line("logs: not read, since the records have faults")
    for checkpoint in verification.outside_checkpoints:
        yield from _outside_blocks(checkpoint)
    for report in verification.reports:
        yield from _report_blocks(report)
    standing, limits = verification.statement
    yield _line(standing, Style.PLAIN if verification.sound else Style.ACCUSED)
    yield Note(plain(limits))


def describe_checkpoint(checkpoint: StoreCheckpoint) -> str:
    """A checkpoint's number and root, to be handed out."""
    return f"checkpoint {checkpoint.number}  root {checkpoint.root}"


def _line(text: str, style: Style = Style.PLAIN) -> Paragraph:
    return Paragraph(plain(text, style))


def _listing(lines: Iterable[str]) -> Iterator[Listing]:
    """The lines as a list; nothing without any."""
    items = tuple(map(plain, lines))
    if items:
        yield Listing(items)


def _describe_contents(verification: Verification) -> str:
    parts = []
    for folder, count in verification.counts.items():
        unknown = ", of a kind this version does not know" if folder in verification.unknown else ""
        parts.append(f"{_count_files(folder, count)}{unknown}")
    return ", ".join(parts) or "no records"


def _count_files(folder: str, count: int) -> str:
    if folder in _NOUNS:
        return count_noun(count, _NOUNS[folder])
    place = " of hashed prompts" if folder == "prompts" else f" in {folder}/"
    return f"{count_noun(count, 'file')}{place}"


def _seal_blocks(verification: Verification) -> Iterator[Block]:
    checkpoints, unsealed = verification.checkpoints, len(verification.unsealed)
    rest = f"; in no batch yet: {format_count(unsealed)}" if unsealed else ""
    if not checkpoints:
        yield _line(f"nothing is sealed{rest}")
        return
    sealed = format_count(sum(len(checkpoint.ids) for checkpoint in checkpoints))
    yield _line(f"sealed: {sealed} in {count_noun(len(checkpoints), 'batch', 'es')}{rest}")
    yield _line(describe_checkpoint(checkpoints[-1]))


def _fault_blocks(faults: tuple[StoreFault, ...]) -> Iterator[Block]:
    yield _line(count_noun(len(faults), "fault"), Style.ACCUSED) if faults else _line("no faults")
    yield from _listing(f"{fault.kind}: {fault.path}: {fault.what}" for fault in faults)


def _log_blocks(logs: LogsReport) -> Iterator[Block]:
    yield _line(f"logs: {count_noun(logs.files, 'file')} read, {format_count(len(logs.refused))} refused")
    yield from _listing(f"refused: {line}" for line in logs.refused)
    for state in RederivationState:
        if count := logs.count(state):
            yield _line(f"{format_count(count)} {_STATES[state]}")
        if state in _LISTED_STATES:
            yield from _listing(_describe_record(record) for record in logs.records if record.state is state)
        if count and state is RederivationState.DIFFERS:
            yield Note(plain("A record whose log was scored again is corrected:"))
            yield Commands(("auditor ingest --correct RECORD --reason WHY LOG",))
    yield from _listing(f"in the logs, and never recorded: {line}" for line in logs.unrecorded)
    grades = {grade: sum(record.grade is grade for record in logs.records) for grade in Grade}
    counts = ", ".join(f"{grade} {format_count(count)}" for grade, count in grades.items() if count)
    yield _line(f"grades: {counts or 'none'}")


def _describe_record(record: RederivedRecord) -> str:
    difference = f" in {', '.join(record.differs)} ({record.file or ''})" if record.differs else ""
    return f"{short_id(record.record)} of {record.suite}{difference}"


def _outside_blocks(checkpoint: OutsideCheckpoint) -> Iterator[Block]:
    differences = checkpoint.witness.differences
    state = "NOT as it was sealed" if differences else "as it was sealed"
    yield _line(f"against {checkpoint.given}: {state}", Style.ACCUSED if differences else Style.PLAIN)
    yield from _listing(differences)


def _report_blocks(report: Reproduction) -> Iterator[Block]:
    """What became of a report that was made again."""
    at = f"commit {short_id(report.head)}" if report.head else "the dated folders"
    basis = f"records up to batch {report.batch}" if report.batch else "the records that are here"
    numbers = count_noun(report.numbers, "number")
    yield _line(f"report {report.file}: {numbers} computed again from {at}, {basis}")
    if report.held_by:
        own_word = f"that {report.held_by} is a checkpoint held outside is its own word: give it with --checkpoint"
        yield Note(plain(own_word))
    differences = report.differences
    if not differences:
        yield _line("all as it says")
        return
    yield _line(count_noun(len(differences), "difference"), Style.ACCUSED)
    lines = [
        f"line {difference.line}: it says {difference.says}, the records give {difference.gives}"
        for difference in differences[:_MOST_DIFFERENCES]
    ]
    more = len(differences) - _MOST_DIFFERENCES
    yield from _listing([*lines, f"and {format_count(more)} more"] if more > 0 else lines)
