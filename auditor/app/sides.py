"""The two sides of a landing: what each says, and what the one changes that the other has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from auditor.app.project import chosen
from auditor.assess.landing import LandingFacts, Rules
from auditor.git import Commit, Repository, Tree
from auditor.model.held_out_use import HeldOutUse
from auditor.model.policy import Policy
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run
from auditor.model.suite import Registry
from auditor.model.waiver import Waiver
from auditor.settings import FILE, SHARED_FILE, Settings, SpecConfig, has_settings, load
from auditor.sources.specs.revisions import read_revision
from auditor.store import labels, samples
from auditor.store.join import join
from auditor.store.looks import load_looks
from auditor.store.plans import load_plans
from auditor.store.records import load as load_records
from auditor.store.suites import load_registry
from auditor.store.waivers import load_waivers, waiver_folder

# What is only ever added to: records, the labels of their samples, and what these are joined by.
RECORDED = ("records", labels.KIND.folder, samples.KIND.folder)


@dataclass(frozen=True)
class Both:
    """The files of two trees, the first one's where both have them."""

    first: Tree
    second: Tree

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        data = self.first.read(path)
        return self.second.read(path) if data is None else data

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        return tuple(sorted({*self.first.list(prefix), *self.second.list(prefix)}))


@dataclass(frozen=True)
class Sides:
    """The two sides, and base's rules."""

    repository: Repository
    base: Commit
    head: Commit
    rules: Commit
    settings: Settings
    registry: Registry
    specs: tuple[SpecConfig, ...]

    @property
    def policy(self) -> Policy:
        """The policy that applies."""
        return self.settings.policy

    @property
    def records(self) -> str:
        """The folder of the records."""
        return f"{self.settings.store}/records"

    @cached_property
    def forks(self) -> tuple[Commit, ...]:
        """Where head left base; none for unrelated histories."""
        ids = self.repository.merge_bases(self.base.commit_id, self.head.commit_id)
        return tuple(Commit(self.repository, one) for one in ids)

    @cached_property
    def commits(self) -> frozenset[str]:
        """The commits that are about to land."""
        return self.repository.range_commits(f"{self.base.commit_id}..{self.head.commit_id}")

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs of both sides: what base has counts, whatever head did to it."""
        both, store = Both(self.base, self.head), self.settings.store
        return join(both, store, load_records(both, store), self.registry.labels).runs

    @cached_property
    def plans(self) -> tuple[Preregistration, ...]:
        """The runs that were planned on either side."""
        return load_plans(Both(self.base, self.head), self.settings.store)

    @cached_property
    def looks(self) -> tuple[HeldOutUse, ...]:
        """The looks at held-out rates that were recorded on either side."""
        return load_looks(Both(self.base, self.head), self.settings.store)

    @cached_property
    def base_records(self) -> frozenset[str]:
        """The ids of base's records."""
        return frozenset(PurePosixPath(path).stem for path in self.base.list(self.records))

    @cached_property
    def new_records(self) -> frozenset[str]:
        """The ids of the records that only head has."""
        return frozenset(run.record for run in self.runs) - self.base_records

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        """Base's waivers: none that comes with what it excuses, and none of a base without configuration."""
        return load_waivers(self.base, self.settings.store) if self.rules is self.base else ()

    @property
    def changed_rules(self) -> tuple[str, ...]:
        """The files of configuration that differ between the two."""
        store = self.settings.store
        files = (FILE, SHARED_FILE, f"{store}/suites.toml", f"{store}/bindings.toml")
        return tuple(path for path in files if self.base.read(path) != self.head.read(path))


def sides_of(found: Repository, base: Commit, head: Commit, spec: str | None) -> Sides:
    """The two sides with base's rules, or with head's where base has none. Raises ConfigError."""
    rules = base if has_settings(base) or not has_settings(head) else head
    settings = load(rules)
    specs = chosen(settings.specs, spec, in_git=True)
    return Sides(found, base, head, rules, settings, load_registry(rules, settings.store), specs)


def rules_in(tree: Tree) -> Rules | None:
    """What a tree says about how it is judged; None without configuration. Raises ConfigError."""
    if not has_settings(tree):
        return None
    settings = load(tree)
    return Rules(
        policy=settings.policy,
        suites=load_registry(tree, settings.store).suites,
        specs={spec.name: spec.paths for spec in settings.specs},
        store=settings.store,
        file=FILE if tree.read(FILE) is not None else SHARED_FILE,
        suites_file=f"{settings.store}/suites.toml",
    )


def landing_facts(
    start: Commit, end: Commit, forks: Sequence[Commit], store: str, patched: Sequence[str]
) -> LandingFacts:
    """What landing `end` on `start` does to the rules, records and waivers.

    Args:
        forks: where `end` left `start`: what `start` got since is no doing of `end`.
        store: the folder of the evaluation history.
        patched: the names of the specs whose text it changes.
    """
    origin = forks[0] if forks else start
    rules, left = rules_in(end), with_paths_in(end, rules_in(origin))
    both = [_changed(start, end, forks, f"{store}/{folder}") for folder in RECORDED]
    removed, changed = (sorted(path for one in both for path in one[place]) for place in range(2))
    _, rewritten = _changed(origin, end, (), waiver_folder(store))
    here, there = end.list(waiver_folder(store)), set(origin.list(waiver_folder(store)))
    return LandingFacts(
        before=left,
        after=rules or Rules(),
        patched=tuple(patched),
        removed=tuple(PurePosixPath(path).stem for path in removed),
        changed=tuple(PurePosixPath(path).stem for path in changed),
        waivers=tuple(path for path in here if path not in there or path in rewritten),
    )


def with_paths_in(tree: Tree, rules: Rules | None) -> Rules | None:
    """The rules without the paths of specs at which a tree has nothing: a spec that was moved is not dropped."""
    if rules is None:
        return None
    specs = {
        name: tuple(path for path in paths if read_revision(tree, [path]).files) for name, paths in rules.specs.items()
    }
    return replace(rules, specs=specs)


def _changed(start: Commit, end: Commit, forks: Sequence[Commit], folder: str) -> tuple[list[str], list[str]]:
    """The files in a folder of `start` that are not in `end`, or are another content there."""
    before, after = start.entries(folder), end.entries(folder)
    known = [fork.entries(folder) for fork in forks]
    lost = [path for path in before if path not in after and (not known or any(path in one for one in known))]
    return sorted(lost), sorted(path for path in before if path in after and after[path] != before[path])
