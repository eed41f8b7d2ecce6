"""Waivers held against history: who committed each, before or after its patch, and whether what it names is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from auditor.assess.ledger import WaiverCommit, WaiverFacts, WaiverSubject
from auditor.git import Ancestry, Commit, Repository, Tree
from auditor.model.policy import OnInconclusive, Policy
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict
from auditor.model.waiver import Waiver

REQUIRED = ("require_held_out", "evidence-debt")


def held_against(policy: Policy, rule: str) -> bool:
    """Whether the policy holds what a verdict, a check or a rule of the gate says against a landing."""
    wanted = rule == Verdict.INCONCLUSIVE and policy.on_inconclusive is OnInconclusive.REQUIRE
    return rule in policy.block_on or rule in REQUIRED or wanted


@dataclass(frozen=True)
class Granted:
    """Where waivers were read from.

    Attributes:
        tip: the commit whose waivers they are.
        head: the commit that has the patches; `tip` itself where all have landed.
        tree: what their files were read from: `tip`, or a work tree that may say something else.
    """

    repository: Repository
    tip: Commit
    head: Commit
    tree: Tree

    @cached_property
    def ancestry(self) -> Ancestry:
        """How what is in `tip` landed."""
        return self.repository.ancestry(self.tip.commit_id)

    @cached_property
    def authors(self) -> Mapping[str, tuple[str, str]]:
        """Who wrote each commit up to `head`."""
        same = self.head.commit_id == self.tip.commit_id
        return self.ancestry.authors if same else self.repository.ancestry(self.head.commit_id).authors

    def author_of(self, waiver: Waiver) -> str | None:
        """The commit that last wrote a waiver's file as it is: no merge that only brings it in. None for none."""
        wanted = self.tip.entry(waiver.path)
        if self.tree.read(waiver.path) != self.tip.read(waiver.path):
            return None
        for line in reversed(self.repository.commits_touching(self.tip.commit_id, [waiver.path])):
            here = Commit(self.repository, line.id).entry(waiver.path)
            if here == wanted and all(Commit(self.repository, one).entry(waiver.path) != here for one in line.parents):
                return line.id
        return None


@dataclass(frozen=True)
class Holding:
    """What waivers are held against.

    Attributes:
        subjects: everything that is found, whether or not the policy holds it against a landing.
        patches: every patch, by id.
        needed: whether a rule's findings are held against a landing.
        granted: None outside of git.
        elsewhere: ids of patches that were not looked at: a waiver for one of them is taken to be in order.
    """

    subjects: Sequence[WaiverSubject]
    patches: Mapping[str, Patch]
    needed: Callable[[str], bool]
    two_person: bool
    today: date
    granted: Granted | None
    elsewhere: Sequence[str] = ()


def waiver_facts(waivers: Sequence[Waiver], holding: Holding) -> tuple[WaiverFacts, ...]:
    """What is known of each waiver, in their order."""
    return tuple(_facts(waiver, holding) for waiver in waivers)


def _facts(waiver: Waiver, holding: Holding) -> WaiverFacts:
    found = [one for one in holding.subjects if waiver.names(one.rule, one.fingerprint, one.patches)]
    about = dict.fromkeys(patch for one in found for patch in one.patches)
    commits = [commit for patch in about if (commit := holding.patches[patch].after.commit) is not None]
    passed_over = bool(waiver.patch) and any(name.startswith(waiver.patch or "") for name in holding.elsewhere)
    granted = holding.granted
    source = granted.author_of(waiver) if granted is not None else None
    facts = WaiverFacts(
        waiver=waiver,
        day=holding.today,
        in_git=granted is not None,
        known=bool(found) or passed_over,
        needed=any(holding.needed(one.rule) for one in found) or passed_over,
        two_person=holding.two_person,
    )
    if granted is None or source is None:
        return facts
    return _with_history(facts, granted, source, commits)


def _with_history(facts: WaiverFacts, granted: Granted, source: str, commits: Sequence[str]) -> WaiverFacts:
    ancestry = granted.ancestry
    place = ancestry.landed[source]
    landed = [ancestry.landed[commit] for commit in commits if commit in ancestry.landed]
    return WaiverFacts(
        waiver=facts.waiver,
        day=facts.day,
        committed=WaiverCommit(ancestry.authors[source], ancestry.earliest[place]),
        known=facts.known,
        needed=facts.needed,
        patch_authors=tuple(granted.authors[commit] for commit in commits if commit in granted.authors),
        after_patch=any(place >= one for one in landed),
        two_person=facts.two_person,
    )
