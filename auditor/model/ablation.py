"""Ablations: a patch's clause changes, and the counterfactual revisions with each of them undone or made alone."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.clause import ChangeKind
from auditor.model.run import AblationKind
from auditor.model.spec import Patch, Revision


@dataclass(frozen=True, slots=True)
class AblatedChange:
    """What of a patch can be left out by itself: a clause change, or several that stand or fall together.

    Attributes:
        id: 12 hex digits, of what the clauses say on both sides.
        kind: of the first clause change.
        clauses: how many clause changes it is, 1 and more.
        path, line: where the first stands, the line from 1: after the patch, or before it where it is removed.
        text: what the first says there, its first 120 characters.
    """

    id: str
    kind: ChangeKind
    clauses: int
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class CounterfactualRevision:
    """A text that never landed: the content id of the one after the patch without a change, or of the one before it
    with the change alone."""

    kind: AblationKind
    change: str
    revision: str


@dataclass(frozen=True, slots=True)
class AblationManifest:
    """Which counterfactual revisions of a patch were made.

    Attributes:
        id: sha256 of the manifest's file, 64 hex digits.
        spec: the spec's name.
        patch: the patch's id.
        before, after: the content ids of its two revisions.
        changes: in the order of the text, two and more.
        revisions: for each change the one without it, then the one with it alone; with two changes the first without
            is the second alone, and has the same content id.
    """

    id: str
    spec: str
    patch: str
    before: str
    after: str
    changes: tuple[AblatedChange, ...]
    revisions: tuple[CounterfactualRevision, ...]


@dataclass(frozen=True, slots=True)
class CounterfactualTree:
    """A text that never landed, in a folder of its own.

    Attributes:
        folder: its name: `without-1` is the text after the patch without its first change, `alone-1` that before it
            with only this change.
        ablations: what it is; two of a patch of two changes, of which the first without is the second alone.
        revision: the text.
        landed: whether it is a revision of the history, too: runs on it count as runs on that.
    """

    folder: str
    ablations: tuple[CounterfactualRevision, ...]
    revision: Revision
    landed: bool


@dataclass(frozen=True, slots=True)
class AblationReport:
    """What was written.

    Attributes:
        recorded: the path of the manifest in the store.
        commands: the lines of the script that evaluate the texts, without its comments.
    """

    patch: Patch
    manifest: AblationManifest
    trees: tuple[CounterfactualTree, ...]
    recorded: str
    commands: tuple[str, ...]


KIND_WORDS = {AblationKind.WITHOUT: "left out", AblationKind.ALONE: "alone"}
_QUOTED = 60


def describe_change(change: AblatedChange) -> str:
    """A change in words: what happened to the clause, how it begins, and where it stands."""
    more = f" and {change.clauses - 1} more" if change.clauses > 1 else ""
    text = change.text if len(change.text) <= _QUOTED else f"{change.text[:_QUOTED].rsplit(' ', 1)[0]} ..."
    return f'{change.kind} "{text}"{more} ({change.path}:{change.line})'
