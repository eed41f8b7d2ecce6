"""Inspect logs: `.eval` archives and whole `.json` logs, read without inspect_ai.

Scores come from the samples' summaries and are held against the samples in full; the log's own aggregates are not
used. Where a sample failed, hit a limit or was invalidated, that is said, never left out.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun
from auditor.sources.runs import inspect_schema as schema
from auditor.sources.runs.documents import AGAIN, DOCUMENT_BYTES, first_key, parse, read_bytes, valid
from auditor.sources.runs.inspect_archive import SUMMARIES, Log, read_archive
from auditor.sources.runs.inspect_header import facts_of
from auditor.sources.runs.inspect_samples import seen_in, signals_of
from auditor.sources.runs.interface import ReadOptions, uncollected
from auditor.sources.runs.metadata import Source, run_of

# How the JSON of other tools begins, which may well have these words in its texts.
OTHERS = {"evalId", "results"}


class InspectReader:
    """Reads one run from an Inspect log."""

    name = "inspect"
    kinds = "Inspect logs (.eval, .json)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """An `.eval` file, or a `.json` file that begins as Inspect's do."""
        if path.suffix == ".json":
            return b'"eval"' in head and b'"version"' in head and first_key(head) not in OTHERS
        return path.suffix == ".eval"

    @uncollected
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The log's one run; `options` say nothing about logs. Raises LogError."""
        log = read_archive(path) if path.suffix == ".eval" else _read_json(path)
        return (_run(path, log, _samples(log, path)),)


def _run(path: Path, log: Log, samples: tuple[LoggedSample, ...]) -> RawRun:
    facts = facts_of(log.header, str(path))
    system_messages = tuple(dict.fromkeys(text for one in log.full for text in one.system))
    run = run_of(
        Source(InspectReader.name, str(path), _sha256(path)),
        facts.said,
        suite=log.header.eval.task,
        model=facts.model,
        samples=samples,
        log_id=facts.log_id,
        system_messages=system_messages or facts.system_messages,
        scorer=facts.scorer,
        sampling=facts.sampling,
        created=facts.created,
        planned=facts.planned,
        code_revision=facts.code_revision,
        incomplete=_incomplete(log, len(samples)),
        prompts=tuple(dict.fromkeys((one.sample.item, one.prompt) for one in log.full if one.prompt)),
    )
    return replace(run, edited=_edited(log), signals=signals_of(log.full))


def _edited(log: Log) -> int:
    """How many samples have a score that was changed after it was given."""
    return len({(one.sample.item, one.sample.epoch) for one in (*(log.rows or ()), *log.full) if one.edited})


def _incomplete(log: Log, read: int) -> str | None:
    """Why the log cannot support a verdict; None if it can."""
    header = log.header
    if not log.finished:
        return "the log was never finished"
    if header.status != "success":
        return f"the log's status is {header.status[:40]!r}"
    if header.error:
        return "the log ends in an error"
    total = header.results.total_samples if header.results else None
    if total is not None and total != read:
        return f"the log's header counts {total} samples, the log holds {read}"
    if log.all_read and len(log.full) != read:
        return f"the log lists {read} samples and holds {len(log.full)}"
    return None if read else "the log holds no samples"


def _samples(log: Log, path: Path) -> tuple[LoggedSample, ...]:
    """The samples by their summaries, which are held against the samples in full."""
    full = [one.sample for one in log.full]
    in_full = {(sample.item, sample.epoch): sample for sample in full}
    rows = full if log.rows is None else [row.sample for row in log.rows]
    if in_full and log.rows is not None:
        rows = [_checked(row, in_full.get((row.item, row.epoch)), path) for row in rows]
    if len({(sample.item, sample.epoch) for sample in rows}) != len(rows) or len(in_full) != len(full):
        raise LogError("has a sample of the same item and epoch twice", where=str(path), remedy=AGAIN)
    return tuple(rows)


def _checked(row: LoggedSample, full: LoggedSample | None, path: Path) -> LoggedSample:
    """A summary, as the sample in full bears it out; only that says whether it was invalidated, or a refusal."""
    if full is None:
        return row
    if full.scores != row.scores:
        what = f"sample {row.item[:80]!r}, epoch {row.epoch}, is scored otherwise than its summary says"
        raise LogError(what, where=str(path), field=SUMMARIES, remedy=AGAIN)
    reason = full.invalid_reason or row.invalid_reason
    if reason == row.invalid_reason and full.refused == row.refused:
        return row
    return replace(row, invalid_reason=reason, refused=full.refused)


def _read_json(path: Path) -> Log:
    data = read_bytes(path, DOCUMENT_BYTES, "convert it with `inspect log convert --to eval`")
    document = parse(data, path)
    header = valid(schema.HEADER, document, path)
    samples = document.get("samples") if isinstance(document, dict) else None
    full = seen_in(samples or [], path, "samples")
    return Log(header, True, None, full, True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


READER = InspectReader()
