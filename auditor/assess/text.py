"""What a patch did to the text of a spec, its change log and its eval prompts: facts for the checks that need no
evaluation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, takewhile
from typing import NamedTuple, TypeVar

from auditor.assess.leaks import NO_SUITE_PROMPTS, LeakSearch, PatchLeaks, SuitePrompts
from auditor.clauses.comparison import change_sides, clauses_of, file_outlines
from auditor.clauses.deontic import (
    AuthorityChanges,
    Norm,
    classify_change,
    explain_unread_change,
    find_authority_changes,
)
from auditor.clauses.language import LANGUAGE_NOT_READ, is_english
from auditor.clauses.lineage import Lineage, LineageEvent
from auditor.clauses.match import match_clauses
from auditor.clauses.outline import FileOutline
from auditor.clauses.text_events import TextEvent, TextEventFinder
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind
from auditor.model.finding import Place
from auditor.model.spec import Companions, History, Patch, Revision, SpecCommit


@dataclass(frozen=True, slots=True)
class RevisionText:
    """The text of one spec commit.

    Attributes:
        revision: what it says.
        prompts: eval prompts by id; None where it is not known where they are kept.
        suites: how the prompts of the suites it is measured on stand to each other.
    """

    spec_commit: SpecCommit
    revision: Revision
    prompts: Mapping[str, str] | None
    suites: SuitePrompts = NO_SUITE_PROMPTS

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of all its files, in order; not kept, as a long history has millions."""
        return clauses_of(self.revision)

    def citing(self) -> Mapping[str, Clause]:
        """The first clause that cites each prompt, by prompt id."""
        return _citing_clauses(self.revision)

    def missing_prompts(self) -> dict[str, Clause]:
        """The prompts that are cited and not there, each with the first clause that cites it; none if unknown."""
        if self.prompts is None:
            return {}
        return {cited: clause for cited, clause in self.citing().items() if cited not in self.prompts}

    def uncited_prompts(self) -> frozenset[str]:
        """The prompts that are there and that no clause cites."""
        return frozenset(self.prompts or ()) - self.citing().keys()


@lru_cache(maxsize=64)
def _citing_clauses(revision: Revision) -> Mapping[str, Clause]:
    clauses: dict[str, Clause] = {}
    # A file without the start of a footnote, plain or escaped, is not parsed once more to find none.
    files = tuple(file for file in revision.files if "[^" in file.text or "\\" in file.text)
    for clause in (clause for page in file_outlines(replace(revision, files=files)) for clause in page.citing()):
        for cited in clause.citations:
            clauses.setdefault(cited, clause)
    return clauses


Item = TypeVar("Item")


class SectionRenaming(NamedTuple):
    """The anchor of a section, before and after."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SectionChanges:
    """The anchors of sections that came, went, or have another name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[SectionRenaming, ...]


@dataclass(frozen=True, slots=True)
class PatchText:
    """What a patch did.

    Attributes:
        changes: its clause changes; `norms` their directions, in the same order.
        authority: levels renamed and levels changed.
        lineage: who each clause is, through the whole history.
        changelog_added: the lines it added to the change log; None where there is no change log.
        leaks: eval prompts in what it added.
        text_events: what it did to the text as a whole, such as the return of an earlier text.
        changelog_covers: whether the change log speaks of this spec; where it does not, its silence says nothing.
    """

    patch: Patch
    before: RevisionText
    after: RevisionText
    changes: tuple[ClauseChange, ...]
    norms: tuple[Norm, ...]
    authority: AuthorityChanges
    lineage: Lineage
    history: History
    changelog_added: str | None
    leaks: PatchLeaks
    text_events: tuple[TextEvent, ...] = ()
    changelog_covers: bool = True

    @property
    def sections(self) -> SectionChanges:
        """What became of the anchored sections."""
        heads = [
            c for c in self.changes if ClauseKind.HEADING in {s.kind for s in (c.before, c.after) if s is not None}
        ]
        pairs = [(c.before.anchor if c.before else None, c.after.anchor if c.after else None) for c in heads]
        removed = {old for old, new in pairs if old and not new}
        names = {clause.anchor for clause in self.after.clauses} if removed else set()
        return SectionChanges(
            added=tuple(new for old, new in pairs if new and not old),
            removed=tuple(old for old, new in pairs if old in removed and not new and old not in names),
            renamed=tuple(SectionRenaming(old, new) for old, new in pairs if old and new and old != new),
        )

    @property
    def judged(self) -> Iterator[tuple[ClauseChange, Norm]]:
        """Each change with its direction; headings and what is no rule among them."""
        return zip(self.changes, self.norms, strict=True)

    @property
    def events(self) -> tuple[LineageEvent, ...]:
        """What happened to clauses in the patch, by lineage; reinstated ones among them."""
        return self.lineage.events[self.patch.after.name]

    @property
    def unread(self) -> str:
        """Why what the patch changes is not read well, as a sentence; "" where all of it is."""
        before, after = self.before.revision, self.after.revision
        same = set(before.files) & set(after.files)
        changed = (
            page
            for revision in (after, before)
            for page in file_outlines(
                replace(revision, files=tuple(file for file in revision.files if file not in same))
            )
        )
        in_files = (page.unread or _foreign_reason(page) for page in changed)
        in_clauses = (explain_unread_change(change) for change in self.changes if change.kind is not ChangeKind.MOVED)
        return next(filter(None, chain(in_files, in_clauses)), "")

    def group_by_event(
        self, items: Iterable[tuple[Clause | None, Clause | None, Item]]
    ) -> list[tuple[TextEvent | None, list[Item]]]:
        """Items that belong to a clause's change, together where one text event has them; the others alone.

        Args:
            items: the clause before and after, and what belongs to it.
        """
        event_at = {
            place: event for event in self.text_events for change in event.changes for place in _change_places(change)
        }
        groups: list[tuple[TextEvent | None, list[Item]]] = []
        by_event: dict[int, list[Item]] = {}
        for before, after, item in items:
            clause = after or before
            event = event_at.get((after is not None, clause.path, clause.line)) if clause is not None else None
            if event is not None and id(event) in by_event:
                by_event[id(event)].append(item)
                continue
            groups.append((event, [item]))
            if event is not None:
                by_event[id(event)] = groups[-1][1]
        return groups

    def current_place(self, place: Place) -> Place | None:
        """Where the clause at a place of the text after stands at the end of history; None where it is gone."""
        last = self.history.spec_commits[-1]
        at = next(iter(_places_by_line(self.after.revision).get((place.path, place.line), ())), None)
        if at is None or last.name == self.patch.after.name:
            return place if at is not None else None
        position = self.lineage.position(last.name, self.lineage.ids[self.patch.after.name][at])
        if position is None:
            return None
        clause = clauses_of(self.history.revisions[last.revision])[position]
        return Place(clause.path, clause.line)

    def last_cited(self, prompt: str) -> datetime | None:
        """When an earlier revision than the one before last cited a prompt; None if none did."""
        if prompt in self.before.citing():
            return None
        dates = [
            spec_commit.date
            for spec_commit in self.history.spec_commits
            if spec_commit.date < self.patch.after.date and prompt in self.lineage.cited[spec_commit.revision]
        ]
        return dates[-1] if dates else None

    def removed_on(self, clause: Clause) -> datetime | None:
        """When a clause of the text after was last taken out before this patch; None if it never was."""
        clauses = self.after.clauses
        places = _places_by_line(self.after.revision)[clause.path, clause.line]
        identity = self.lineage.ids[self.patch.after.name][next(at for at in places if clauses[at] == clause)]
        earlier = takewhile(
            lambda event: event.spec_commit != self.patch.after.name, self.lineage.lives[identity].events
        )
        removed = [event.spec_commit for event in earlier if event.kind is ChangeKind.REMOVED]
        return self.history.spec_commit(removed[-1]).date if removed else None


@lru_cache(maxsize=16)
def _places_by_line(revision: Revision) -> Mapping[tuple[str, int], Sequence[int]]:
    """The positions of a revision's clauses by path and line."""
    places: dict[tuple[str, int], list[int]] = defaultdict(list)
    for at, clause in enumerate(clauses_of(revision)):
        places[clause.path, clause.line].append(at)
    return places


# As much of a file tells which language it is in, however long it is.
_TELLING_CHARACTERS = 50_000


def _foreign_reason(page: FileOutline) -> str:
    """That a file as a whole is in another language; its short clauses may give no sign of it."""
    return "" if is_english(page.text[:_TELLING_CHARACTERS]) else f"{page.path}: {LANGUAGE_NOT_READ}"


def _change_places(change: ClauseChange) -> Iterator[tuple[bool, str, int]]:
    """Where the clauses of a change stand, those of the text after with True."""
    for is_after, side in zip((False, True), change_sides(change), strict=True):
        yield from ((is_after, clause.path, clause.line) for clause in side)


def find_leaking_patches(suite: str, texts: Mapping[str, PatchText]) -> tuple[str, ...]:
    """The ids of the patches, of these, that say items of a suite."""
    return tuple(name for name, text in texts.items() if any(leak.prompt.suite == suite for leak in text.leaks.leaks))


def find_place(changes: Sequence[ClauseChange]) -> Place | None:
    """The clause a patch's findings point at: the first it added or reworded, else the first it moved."""
    clause_changes = [change for change in changes if change.after is not None]
    words = [change for change in clause_changes if change.kind is not ChangeKind.MOVED] or clause_changes
    after = words[0].after if words else None
    return Place(after.path, after.line) if after is not None else None


def build_patch_text(
    patch: Patch,
    history: History,
    lineage: Lineage,
    beside_before: Companions,
    beside_after: Companions,
    search: LeakSearch,
    events: TextEventFinder | None = None,
    other_files: Callable[[], Mapping[str, str]] = dict,
    *,
    changelog_covers: bool = True,
) -> PatchText:
    """What a patch did to the text, and to what lies beside it.

    Args:
        events: finds text events in this history; None for a finder of its own.
        other_files: the texts, by path, of what else its commit adds or changes; called only where a clause went.
        changelog_covers: see `PatchText`.
    """
    before = build_revision_text(patch.before, history.revisions[patch.before.revision], beside_before)
    after = build_revision_text(patch.after, history.revisions[patch.after.revision], beside_after)
    changes = lineage.changes[patch.after.name]
    authority = find_authority_changes(changes, _unchanged_clauses(before, after))
    finder = events or TextEventFinder(history, lineage)
    return PatchText(
        patch=patch,
        before=before,
        after=after,
        changes=changes,
        norms=tuple(classify_change(change, renamed=authority.renamed) for change in changes),
        authority=authority,
        lineage=lineage,
        history=history,
        changelog_added=added_changelog_lines(beside_before.changelog, beside_after.changelog),
        leaks=search.search_patch(before.revision, changes, (before.prompts or {}, after.prompts or {})),
        text_events=finder.find(patch, changes, other_files),
        changelog_covers=changelog_covers,
    )


def _unchanged_clauses(before: RevisionText, after: RevisionText) -> Iterator[tuple[Clause, Clause]]:
    yield from match_clauses(before.clauses, after.clauses).unchanged


def build_revision_text(spec_commit: SpecCommit, revision: Revision, companions: Companions) -> RevisionText:
    """The facts of one spec commit."""
    return RevisionText(spec_commit, revision, companions.prompts)


def added_changelog_lines(before: str | None, after: str | None) -> str | None:
    """The lines that a change log has more often after a patch than before it; None where there is none after it."""
    if after is None:
        return None
    if before == after:
        return ""
    spare = Counter((before or "").splitlines())
    added = []
    for line in reversed(after.splitlines()):  # of equal lines the first is new: a change log grows at its head
        if spare[line] > 0:
            spare[line] -= 1
        else:
            added.append(line)
    return "\n".join(reversed(added))
