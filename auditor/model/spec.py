"""Specs, their revisions, and where in history they were seen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeAlias


def _length_prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def revision_id(files: Mapping[str, bytes]) -> str:
    """The content id of a spec's files: 64 hex digits.

    sha256 over the files, sorted by path, of length-prefixed path and blob (8-byte big-endian lengths, CRLF read as
    LF). A spec of one file leaves its path out, so that a rename is no change.
    """
    digest = hashlib.sha256()
    for path in sorted(files):
        if len(files) > 1:
            digest.update(_length_prefixed(path.encode()))
        blob = files[path]
        if b"\r" in blob:
            blob = blob.replace(b"\r\n", b"\n")
        digest.update(len(blob).to_bytes(8, "big"))
        digest.update(blob)
    return digest.hexdigest()


_STAMP_DIGITS = 16


def short_stamp(revision: str) -> str:
    """The beginning of a content id that is stamped: 16 digits, or more until one is a letter that is in no number.

    promptfoo takes 64 hex digits for a secret and redacts them; Inspect reads digits, and 1e5, as numbers.
    """
    length = next(at for at in range(_STAMP_DIGITS, 65) if at == 64 or re.search("[abcdf]", revision[:at]))
    return revision[:length]


def patch_id(spec: str, before: str, after: str, occurrence: int) -> str:
    """The id of a patch: sha256 over length-prefixed spec name, before id, after id and decimal occurrence."""
    parts = (spec, before, after, str(occurrence))
    return hashlib.sha256(b"".join(_length_prefixed(part.encode()) for part in parts)).hexdigest()


FormatName: TypeAlias = Literal["markdown", "text", "rst", "yaml", "json", "python", "csv"]
"""The formats in which a file can be read."""


@dataclass(frozen=True, slots=True)
class SpecFile:
    """One file of a revision.

    Attributes:
        text: line ends as LF.
        format: how it is read; None as its name says.
    """

    path: str
    text: str
    format: FormatName | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One content state of a spec. `id` is its content; `files` are sorted by path."""

    id: str
    files: tuple[SpecFile, ...]

    def __hash__(self) -> int:
        """That of its content id: a revision is a key of much that is read once."""
        return hash(self.id)

    def in_format(self, name: FormatName | None) -> Revision:
        """The same content, its files read in that format; None as their names say."""
        return self if name is None else replace(self, files=tuple(replace(file, format=name) for file in self.files))


@dataclass(frozen=True, slots=True)
class Companions:
    """What lies beside a revision.

    Attributes:
        prompts: text of the visible eval prompts by id (the file's name without its ending); None where it is not known
            where prompts are kept.
        changelog: the text of the change log; None where there is none.
    """

    prompts: Mapping[str, str] | None = None
    changelog: str | None = None


@dataclass(frozen=True, slots=True)
class SpecCommit:
    """A commit, or a dated folder, at which a revision was seen.

    Attributes:
        name: unique in its history: the commit id (40 or 64 hex digits) or the folder's name.
        revision: content id.
        parents: names of the spec commits before it; the first is the one it is read against. Empty for the first.
        label: a tag's or folder's name; None where there is none.
        date: with offset; shown, never used for order.
        subject: the first line of the commit's message; empty for a folder.
        commit: the commit id; None for a folder.
        later_tags: of commits that do not touch the spec and at which this was still what it said, oldest first.
    """

    name: str
    revision: str
    parents: tuple[str, ...]
    label: str | None
    date: datetime
    subject: str
    commit: str | None
    later_tags: tuple[str, ...] = ()

    @property
    def release(self) -> str | None:
        """The last name under which this state was released; None where it never was."""
        return self.later_tags[-1] if self.later_tags else self.label


@dataclass(frozen=True, slots=True)
class Patch:
    """The change between two consecutive spec commits.

    Attributes:
        id: see `patch_id`.
        occurrence: 1 for the first time this very change is made; a second time after a revert is 2.
    """

    id: str
    spec: str
    before: SpecCommit
    after: SpecCommit
    occurrence: int


@dataclass(frozen=True, slots=True)
class UnreadableCommit:
    """A commit of the past in which the spec cannot be read, and why: a sentence without a full stop."""

    commit: str
    why: str


@dataclass(frozen=True)
class History:
    """Everything known of one spec.

    Attributes:
        revisions: by id.
        spec_commits: every parent before its children.
        unreadable: commits that were passed over: what they change is part of the patch after them.
    """

    spec: str
    revisions: Mapping[str, Revision]
    spec_commits: tuple[SpecCommit, ...]
    unreadable: tuple[UnreadableCommit, ...] = ()

    def in_format(self, name: FormatName | None) -> History:
        """The same history, its files read in that format; None as their names say."""
        if name is None:
            return self
        return replace(self, revisions={key: revision.in_format(name) for key, revision in self.revisions.items()})

    def spec_commit(self, name: str) -> SpecCommit:
        """The spec commit of that name. Raises KeyError."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, SpecCommit]:
        return {spec_commit.name: spec_commit for spec_commit in self.spec_commits}


def patches_of(history: History) -> tuple[Patch, ...]:
    """The patches of a history, oldest first, each once.

    A spec commit is a patch when its revision differs from its first parent's. Away from the mainline, a merge that
    only brings in what another parent already said is none; on the mainline it is a landing, whatever others say. The
    same change on two branches is one patch, and so is a merge with the one that it brings in; made again after it was
    taken back, on the same line of history, it is another occurrence.
    """
    by_name = {spec_commit.name: spec_commit for spec_commit in history.spec_commits}
    mainline = _first_parents(history, by_name)
    patches_by_pair: dict[tuple[str, str], list[Patch]] = {}
    patches: dict[str, Patch] = {}
    for after in history.spec_commits:
        parents = [by_name[name] for name in after.parents]
        counted = parents[:1] if after.name in mainline else parents
        if not parents or any(parent.revision == after.revision for parent in counted):
            continue
        before = parents[0]
        pair = (before.revision, after.revision)
        earlier = patches_by_pair.setdefault(pair, [])
        behind = _with_ancestors(by_name, before) if earlier else frozenset()
        occurrence = 1 + max((patch.occurrence for patch in earlier if patch.after.name in behind), default=0)
        identity = patch_id(history.spec, *pair, occurrence)
        if identity not in patches:
            patches[identity] = Patch(identity, history.spec, before, after, occurrence)
            earlier.append(patches[identity])
    return tuple(patches.values())


def commits_since_fork(history: History, name: str, other: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The last spec commits that two spec commits both come from, and those that only one of them comes from.

    All by name, the two with their ancestors; no fork for two of unrelated histories.
    """
    by_name = {spec_commit.name: spec_commit for spec_commit in history.spec_commits}
    first, second = (_with_ancestors(by_name, by_name[each]) for each in (name, other))
    shared = first & second
    behind = {parent for each in shared for parent in by_name[each].parents}
    return tuple(sorted(shared - behind)), first ^ second


def _first_parents(history: History, by_name: Mapping[str, SpecCommit]) -> frozenset[str]:
    """The names on the line of first parents that ends at the last spec commit."""
    names, at = set[str](), history.spec_commits[-1:]
    while at:
        names.add(at[0].name)
        at = tuple(by_name[name] for name in at[0].parents[:1])
    return frozenset(names)


def _with_ancestors(by_name: Mapping[str, SpecCommit], spec_commit: SpecCommit) -> frozenset[str]:
    names: set[str] = set()
    waiting = [spec_commit.name]
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting.extend(by_name[name].parents)
    return frozenset(names)
