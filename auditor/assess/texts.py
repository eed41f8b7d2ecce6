"""What a patch did to the text of a spec and to what lies beside it: facts for the checks that need no evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from auditor.clauses.diff import clauses_of
from auditor.clauses.lives import Lineage, LineageEvent
from auditor.model.clause import ChangeKind, Clause, ClauseChange
from auditor.model.spec import Companions, History, Patch, Revision, Sighting


@dataclass(frozen=True, slots=True)
class RevisionText:
    """The text of one sighting.

    Attributes:
        clauses: of all its files, in order.
        prompts: eval prompts by id; None where it is not known where they are kept.
    """

    sighting: Sighting
    clauses: tuple[Clause, ...]
    prompts: Mapping[str, str] | None

    def citing(self) -> dict[str, Clause]:
        """The first clause that cites each prompt, by prompt id."""
        found: dict[str, Clause] = {}
        for clause in self.clauses:
            for cited in clause.citations:
                found.setdefault(cited, clause)
        return found

    def missing_prompts(self) -> dict[str, Clause]:
        """The prompts that are cited and not there, each with the first clause that cites it; none if unknown."""
        if self.prompts is None:
            return {}
        return {cited: clause for cited, clause in self.citing().items() if cited not in self.prompts}

    def uncited_prompts(self) -> frozenset[str]:
        """The prompts that are there and that no clause cites."""
        return frozenset(self.prompts or ()) - self.citing().keys()


@dataclass(frozen=True, slots=True)
class PatchText:
    """What a patch did.

    Attributes:
        changes: its clause changes.
        lineage: who each clause is, through the whole history.
        changelog_added: the lines it added to the change log; None where there is no change log.
    """

    patch: Patch
    before: RevisionText
    after: RevisionText
    changes: tuple[ClauseChange, ...]
    lineage: Lineage
    history: History
    changelog_added: str | None

    @property
    def events(self) -> tuple[LineageEvent, ...]:
        """What happened to clauses in the patch, by lineage; reinstated ones among them."""
        return self.lineage.events[self.patch.after.name]

    def last_cited(self, prompt: str) -> datetime | None:
        """When an earlier revision than the one before last cited a prompt; None if none did."""
        if prompt in self.before.citing():
            return None
        dates = [
            sighting.date
            for sighting in self.history.sightings
            if sighting.date < self.patch.after.date
            and any(prompt in clause.citations for clause in clauses_of(self.history.revisions[sighting.revision]))
        ]
        return dates[-1] if dates else None

    def removed_on(self, clause: Clause) -> datetime | None:
        """When a clause of the text after was last taken out; None if it never was."""
        identity = self.lineage.ids[self.patch.after.name][self.after.clauses.index(clause)]
        dates = {sighting.name: sighting.date for sighting in self.history.sightings}
        removed = [e for e in self.lineage.lives[identity].events if e.kind is ChangeKind.REMOVED]
        earlier = [dates[event.sighting] for event in removed if event.sighting != self.patch.after.name]
        return earlier[-1] if earlier else None


def revision_text(sighting: Sighting, revision: Revision, beside: Companions) -> RevisionText:
    """The facts of one sighting."""
    return RevisionText(sighting, clauses_of(revision), beside.prompts)


def changelog_added(before: str | None, after: str | None) -> str | None:
    """The lines a patch added to a change log; None where there is none after it."""
    if after is None:
        return None
    old, new = (before or "").splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    added = [new[b1:b2] for op, _, _, b1, b2 in matcher.get_opcodes() if op in ("insert", "replace")]
    return "\n".join(line for lines in added for line in lines)
