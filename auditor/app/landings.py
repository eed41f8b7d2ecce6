"""What landed, held against the rules it landed under: what passed the gate, or never met it, is found afterwards.

A landing is a commit of the first-parent chain, against the one before it. Everything is read from history; what is
found is the same, under the same fingerprints, as what the gate finds of what is about to land.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePosixPath

from auditor.app.project import Project
from auditor.app.sides import RECORDED, rules_in, with_paths_in
from auditor.assess.facts import NotAssessed
from auditor.assess.landing import LandingFacts, Rules
from auditor.checks.catalogue import find_check
from auditor.checks.interface import LandingCheck
from auditor.checks.runner import add_counts, run_on_landing
from auditor.errors import ConfigError, RepositoryError
from auditor.git import Ancestry, Commit, Repository, Touched, touched
from auditor.model.finding import Finding, Severity
from auditor.model.spec import patches_of
from auditor.report import Audit, LandingEntry
from auditor.settings import FILE, SHARED_FILE, STORE, SpecConfig
from auditor.sources.specs.revisions import read_revision
from auditor.store.waivers import waiver_folder


@dataclass(frozen=True, slots=True)
class _Past:
    """What happened, landing by landing.

    Attributes:
        landings: those that touch rules, records or waivers, by the commit.
        unread: the commits whose rules cannot be read, with why.
        stores: every folder of the evaluation history that rules have named.
    """

    landings: tuple[tuple[str, LandingFacts], ...]
    unread: tuple[tuple[str, str], ...]
    stores: frozenset[str]


def with_landings(project: Project, audit: Audit, commits: str | None) -> Audit:
    """The audit with what past landings did to rules, records and waivers.

    Args:
        commits: only what landed in this range, as git reads it; None for all. A range of dated folders names no
            commit: then nothing is looked at, which is said.
    """
    repository = project.repository
    if repository is None:
        return audit
    if commits is not None and all(config.source == "folder" for config in project.specs):
        note = NotAssessed("landings", "the range is of dated folders, and what landed are commits")
        return replace(audit, not_assessed=(*audit.not_assessed, note))
    wanted = None if commits is None else repository.range_commits(commits)
    ancestry = repository.ancestry(repository.resolve(project.tip))
    past = _past(project, repository, ancestry, _patched(audit, ancestry))
    entries, counts, notes = [], audit.coverage.checks, list(audit.not_assessed)
    for commit, facts in past.landings:
        if wanted is None or commit in wanted:
            ran = run_on_landing(facts)
            counts = add_counts(counts, ran.counts)
            notes += [NotAssessed(f"{one.what} on landing {commit[:12]}", one.why) for one in ran.not_run]
            day = ancestry.latest[ancestry.landed[commit]]
            findings = tuple(_weighed(one, facts) for one in ran.findings)
            entries.append(LandingEntry(commit, day, facts.patched, findings))
    unread = ((commit, why) for commit, why in past.unread if wanted is None or commit in wanted)
    notes += [NotAssessed(f"the rules of landing {commit[:12]}", why) for commit, why in unread]
    return replace(
        audit,
        landings=tuple(one for one in entries if one.findings),
        coverage=replace(audit.coverage, checks=counts),
        not_assessed=tuple(notes),
    )


def _weighed(finding: Finding, facts: LandingFacts) -> Finding:
    """Rules are to be changed in a landing of their own: that one did is to be looked at, and less than a fault."""
    check = find_check(finding.check)
    by_itself = isinstance(check, LandingCheck) and not check.alone and not facts.patched
    return replace(finding, severity=Severity.MEDIUM) if by_itself else finding


def _patched(audit: Audit, ancestry: Ancestry) -> Mapping[int, tuple[str, ...]]:
    """The names of the specs that a landing patches, by its place; those of dated folders have no commits."""
    commits = ((patch.after.commit, patch.spec) for spec in audit.specs for patch in patches_of(spec.history))
    known = {(ancestry.landed[commit], spec) for commit, spec in commits if commit and commit in ancestry.landed}
    return {place: tuple(spec for _, spec in some) for place, some in groupby(sorted(known), lambda one: one[0])}


def _past(
    project: Project, repository: Repository, ancestry: Ancestry, patched: Mapping[int, tuple[str, ...]]
) -> _Past:
    """Walked once more for stores that only the rules of the past name."""
    stores = frozenset({project.settings.store, STORE})
    while True:
        walk = _Walk(repository, ancestry, patched, [one for one in project.specs if one.source == "folder"])
        past = walk.past(stores)
        if past.stores <= stores:
            return past
        stores |= past.stores


class _Walk:
    """From the first landing to the last: the rules before each are what all those before it left."""

    def __init__(
        self,
        repository: Repository,
        ancestry: Ancestry,
        patched: Mapping[int, tuple[str, ...]],
        folders: Iterable[SpecConfig],
    ) -> None:
        self._repository, self._ancestry, self._patched = repository, ancestry, patched
        self._folders = tuple(folders)
        self._unread: list[tuple[str, str]] = []
        self._rules: Rules | None = None
        self._rules = self._read(0)
        # What is known to be removed or changed, by its path.
        self._told: set[str] = set()

    def past(self, stores: frozenset[str]) -> _Past:
        """Everything, where these are all the stores there ever were."""
        named, landings = set(stores), []
        for place, some in groupby(self._files(stores), lambda one: one.place):
            facts = self._facts(place, tuple(some))
            if facts.before is not facts.after or facts.removed or facts.changed or facts.waivers:
                patched = (*self._patched.get(place, ()), *self._folders_changed(place))
                landings.append((self._ancestry.chain[place], replace(facts, patched=patched)))
            named.add(self._store)
        return _Past(tuple(landings), tuple(self._unread), frozenset(named))

    @property
    def _store(self) -> str:
        return self._rules.store if self._rules else STORE

    def _files(self, stores: frozenset[str]) -> tuple[Touched, ...]:
        paths = [path for store in sorted(stores) for path in (_suites(store), waiver_folder(store), *_records(store))]
        return touched(self._repository, self._ancestry, (FILE, SHARED_FILE, *paths))

    def _facts(self, place: int, files: Sequence[Touched]) -> LandingFacts:
        """What a landing does; from then on its rules are those that apply."""
        store, before = self._store, self._rules
        after = before or Rules()
        if any(one.path in (FILE, SHARED_FILE, _suites(store)) for one in files):
            read = self._read(place)
            after, before = read or Rules(), with_paths_in(self._at(place), before)
            self._rules = read or self._rules  # what comes after rules were taken away is held against those
        waivers = (one for one in files if one.how != "D" and not one.beside and _lies_in(one, waiver_folder(store)))
        self._told -= {one.path for one in files if one.how == "A"}
        records = [one for one in files if any(_lies_in(one, folder) for folder in _records(store))]
        return LandingFacts(
            before=before,
            after=after,
            removed=self._news(one for one in records if one.how == "D"),
            changed=self._news(one for one in records if one.how in "MT"),
            waivers=tuple(one.path for one in waivers),
        )

    def _news(self, files: Iterable[Touched]) -> tuple[str, ...]:
        """The records they are about, but for what a merge only leaves as earlier landings left it."""
        new = sorted({one.path for one in files if not (one.beside and one.path in self._told)})
        self._told.update(new)
        return tuple(PurePosixPath(path).stem for path in new)

    def _read(self, place: int) -> Rules | None:
        """The rules of a landing, None for none; those before it where they cannot be read, which is noted."""
        try:
            return rules_in(self._at(place))
        except (ConfigError, RepositoryError) as error:
            self._unread.append((self._ancestry.chain[place], str(error)))
            return self._rules

    def _folders_changed(self, place: int) -> Iterator[str]:
        """The specs of dated folders whose files differ from those before."""
        for config in self._folders:
            if self._text(place - 1, config) != self._text(place, config):
                yield config.name

    def _text(self, place: int, config: SpecConfig) -> str:
        try:
            return read_revision(self._at(place), config.paths).id
        except (ConfigError, RepositoryError) as error:
            return str(error)

    def _at(self, place: int) -> Commit:
        return Commit(self._repository, self._ancestry.chain[place])


def _suites(store: str) -> str:
    return str(PurePosixPath(store, "suites.toml"))


def _records(store: str) -> tuple[str, ...]:
    return tuple(str(PurePosixPath(store, folder)) for folder in RECORDED)


def _lies_in(one: Touched, folder: str) -> bool:
    return one.path.startswith(f"{folder}/")
