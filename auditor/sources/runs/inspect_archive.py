"""An `.eval` archive: which members hold the header and the samples, and how much of it is read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from auditor.errors import LogError
from auditor.sources.runs import inspect_schema as schema
from auditor.sources.runs.documents import parse, valid
from auditor.sources.runs.inspect_samples import Seen, seen, seen_in
from auditor.sources.runs.inspect_schema import Header, Message, Sample
from auditor.sources.runs.zip_members import Archive, open_archive

TRANSCRIPT_BYTES = 256 * 2**20
HEADER, START, SUMMARIES = "header.json", "_journal/start.json", "summaries.json"
JOURNAL = "_journal/summaries"
SAMPLE_MEMBER = re.compile(r"samples/.+_epoch_\d+(?:\.json|/sample\.json)", re.DOTALL)
CHUNK = re.compile(r"(\d{1,12})\.json")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Log:
    """A log's parts.

    Attributes:
        header: its header, or what it was started with.
        finished: false for a log without a header of its own: it crashed, or runs still.
        rows: its samples' summaries; None without any.
        full: its samples in full, as many as the bounds allow.
        all_read: whether `full` is every sample there is.
    """

    header: Header
    finished: bool
    rows: Sequence[Seen] | None
    full: Sequence[Seen]
    all_read: bool


def read_archive(path: Path) -> Log:
    """The parts of an archive. Raises LogError for one that is no Inspect log, is damaged or is out of bounds."""
    with open_archive(path).kept_open() as archive:
        return _read(archive)


def _read(archive: Archive) -> Log:
    path = archive.path
    finished = HEADER in archive.members
    if not finished and START not in archive.members:
        what = f"has neither {HEADER} nor {START}"
        raise LogError(what, where=str(path), remedy="give a log Inspect wrote")
    header = _document(archive, HEADER if finished else START, schema.HEADER)
    folders = _folders(archive)
    rows = _summaries(archive, folders)
    names = sorted(name for name in archive.members if SAMPLE_MEMBER.fullmatch(name))
    # Without summaries the samples are all there is, and every one of them is needed.
    read = names if rows is None else list(_within_bounds(archive, names, folders))
    full = [seen(_sample(archive, name, folders), path) for name in read]
    return Log(header, finished, rows, full, len(read) == len(names))


def _folders(archive: Archive) -> Mapping[str, list[str]]:
    """The numbered members by their folder, in the order of their numbers."""
    folders: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in archive.members:
        folder, _, file = name.rpartition("/")
        if number := CHUNK.fullmatch(file):
            folders[folder].append((int(number[1]), name))
    return {folder: [name for _, name in sorted(chunks)] for folder, chunks in folders.items()}


def _summaries(archive: Archive, folders: Mapping[str, list[str]]) -> list[Seen] | None:
    """The summaries of a finished log, or those a running one has journaled; None without any."""
    if SUMMARIES in archive.members:
        return _rows(archive, SUMMARIES)
    if JOURNAL not in folders:
        return None
    rows = [row for name in folders[JOURNAL] for row in _rows(archive, name)]
    # A running log journals a sample again when it is run again; the later row stands, as Inspect has it.
    return list({(row.sample.item, row.sample.epoch): row for row in rows}.values())


def _rows(archive: Archive, name: str) -> list[Seen]:
    return seen_in(parse(archive.read(name), archive.path, name), archive.path, name)


def _within_bounds(archive: Archive, names: Sequence[str], folders: Mapping[str, list[str]]) -> Iterator[str]:
    """The samples that can be read within the bounds, in order; transcripts may run to gigabytes."""
    left = TRANSCRIPT_BYTES
    for name in names:
        sizes = [archive.size(member) for member in (name, *_parts(name, folders))]
        left -= sum(sizes)
        if left >= 0 and max(sizes) <= archive.limits.member_bytes:
            yield name


def _parts(name: str, folders: Mapping[str, list[str]]) -> list[str]:
    """The chunks of a sample that is stored in chunks: its messages, and the texts they refer to."""
    folder = name.removesuffix("/sample.json")
    return folders.get(f"{folder}/messages", []) + folders.get(f"{folder}/attachments", [])


def _sample(archive: Archive, name: str, folders: Mapping[str, list[str]]) -> Sample:
    sample = _document(archive, name, schema.SAMPLE)
    if not name.endswith("/sample.json"):
        return sample
    folder = name.removesuffix("/sample.json")
    pool = _sequence(archive, folders.get(f"{folder}/messages", []), schema.MESSAGES)
    texts = _sequence(archive, folders.get(f"{folder}/attachments", []), schema.TEXTS)
    attachments = {str(index): text for index, text in enumerate(texts)}
    messages = list(_referred(pool, sample.message_refs))
    return sample.model_copy(update={"messages": messages, "attachments": attachments})


def _referred(pool: Sequence[Message], ranges: list[list[int]]) -> Iterator[Message]:
    """The messages in half-open ranges of the pool, each once however the ranges overlap."""
    done = 0
    for start, end in sorted(ranges):
        yield from pool[max(start, done) : end]
        done = max(done, end)


def _sequence(archive: Archive, names: Sequence[str], kind: TypeAdapter[list[T]]) -> list[T]:
    return [entry for name in names for entry in _document(archive, name, kind)]


def _document(archive: Archive, name: str, kind: TypeAdapter[T]) -> T:
    return valid(kind, parse(archive.read(name), archive.path, name), archive.path, name)
