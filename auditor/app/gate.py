"""What is about to land, judged by base's rules on the records of both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from auditor.app.project import chosen
from auditor.assess.assessment import assess
from auditor.assess.facts import GapFacts
from auditor.assess.gaps import standings
from auditor.checks.catalogue import every_check
from auditor.errors import ConfigError, RepositoryError
from auditor.evidence import build
from auditor.gate.decision import Decision, Entry, Level
from auditor.gate.judge import GapKey, Landing, judge
from auditor.gate.unblock import Remedy
from auditor.git import Commit, Repository, Tree, open_repository
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.spec import History, Patch, patches_of
from auditor.model.suite import Registry
from auditor.model.verdict import Verdict
from auditor.settings import FILE, SHARED_FILE, Settings, SpecConfig, has_settings, load
from auditor.sources.specs import folder, repository
from auditor.sources.specs.revisions import read_revision
from auditor.store.join import join
from auditor.store.records import load as load_records
from auditor.store.suites import load_registry


@dataclass(frozen=True)
class _Both:
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
class _Landing:
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
        return self.settings.policy

    @property
    def records(self) -> str:
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
        both, store = _Both(self.base, self.head), self.settings.store
        return join(both, store, load_records(both, store), self.registry.labels).runs

    @cached_property
    def base_records(self) -> frozenset[str]:
        return frozenset(PurePosixPath(path).stem for path in self.base.list(self.records))


def gate(where: Path, *, base: str, head: str, spec: str | None, reveal: bool) -> Decision:
    """The decision on landing head on base.

    Policy, suites and spec configuration are base's; a base without configuration takes head's, and says so. Records
    are those of both. The patches judged are those that head has and base has not.

    Args:
        where: a folder in a repository, or a bare one.
        base, head: commits, tags or branches.
        spec: the name of a configured spec, or the path of one that is not; None for all configured.
        reveal: whether held-out rates are shown; the policy may want it anyway.

    Raises RevisionError for a name that stands for no commit; ConfigError, RecordError or RepositoryError where a side
    cannot be read.
    """
    with open_repository(where) as found:
        landing = _opened(found, Commit(found, found.resolve(base)), Commit(found, found.resolve(head)), spec)
        _check_blockers(landing.policy)
        entries = [*_on_configuration(landing), *_on_changed_records(landing)]
        judged: list[Patch] = []
        for config in landing.specs:
            patches, said = _on_spec(landing, config, reveal or landing.policy.reveal_held_out)
            judged += patches
            entries += said
        sides = landing.base.commit_id, landing.head.commit_id
        return Decision(*sides, "base" if landing.rules is landing.base else "head", tuple(judged), tuple(entries))


def _opened(found: Repository, base: Commit, head: Commit, spec: str | None) -> _Landing:
    rules = base if has_settings(base) or not has_settings(head) else head
    settings = load(rules)
    specs = chosen(settings.specs, spec, in_git=True)
    return _Landing(found, base, head, rules, settings, load_registry(rules, settings.store), specs)


def _check_blockers(policy: Policy) -> None:
    """Raises ConfigError for a code that no check has: it would never block, and nobody would know."""
    known = {*Verdict, *(check.code for check in every_check())}
    for one in policy.block_on:
        if one not in known:
            remedy = "give a verdict or a code that auditor checks lists"
            raise ConfigError(f"{one} is no check", where=FILE, field="policy.block_on", remedy=remedy)


def _on_configuration(landing: _Landing) -> list[Entry]:
    said = []
    if landing.rules is landing.head:
        said.append("base has no configuration: policy, suites and specs are head's")
    else:
        store = landing.settings.store
        files = (FILE, SHARED_FILE, f"{store}/suites.toml", f"{store}/bindings.toml")
        changed = [path for path in files if landing.base.read(path) != landing.head.read(path)]
        if changed:
            said.append(f"{', '.join(changed)} differs between the two sides: base's is applied")
    if landing.policy.evidence_debt_days is not None:
        said.append("evidence_debt_days is set, and this version does not apply it: nothing lands on debt")
    return [Entry(Level.NOTICE, "configuration", one) for one in said]


def _on_changed_records(landing: _Landing) -> list[Entry]:
    """A record of base's that head changed or removed; one that base got after head left it is neither."""
    base, head = landing.base.entries(landing.records), landing.head.entries(landing.records)
    forks = [fork.entries(landing.records) for fork in landing.forks]
    lost = {path for path in base if path not in head and (not forks or any(path in fork for fork in forks))}
    changed = {path for path in base if path in head and head[path] != base[path]}
    command = f"git checkout {landing.base.commit_id} -- {landing.records}"
    remedy = Remedy("restore what base has; a correction is a new record that names the old", (command,))
    return [
        Entry(
            Level.BLOCKED, rule, _of_records(len(paths), what), records=tuple(sorted(map(_stem, paths))), remedy=remedy
        )
        for rule, what, paths in (("record-removed", "removes", lost), ("record-changed", "changes", changed))
        if paths
    ]


def _of_records(count: int, what: str) -> str:
    return f"head {what} {count:,} evaluation record{'' if count == 1 else 's'} that base has"


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


def _on_spec(landing: _Landing, config: SpecConfig, reveal: bool) -> tuple[tuple[Patch, ...], list[Entry]]:
    config, said = _followed(landing, config)
    history = _history(landing, config)
    new = _new_patches(landing, config, history)
    said += _on_divergence(landing, config)
    if not new:
        why = "its text does not change: there is no patch to judge"
        return (), [*said, Entry(Level.NOTICE, "no-patch", why, config.name)]
    return new, [*said, *judge(_landing(landing, config, history, new), landing.policy, reveal=reveal)]


def _landing(landing: _Landing, config: SpecConfig, history: History, new: tuple[Patch, ...]) -> Landing:
    evidence = build(history, landing.runs, landing.registry)
    without = build(history, [run for run in landing.runs if run.record in landing.base_records], landing.registry)
    option = f" --spec {config.name}" if len(landing.settings.specs) > 1 else ""
    return Landing(
        spec=config.name,
        evidence=evidence,
        assessment=assess(evidence, landing.policy),
        patches=tuple(patch.id for patch in new),
        open_before=frozenset(_key(gap) for gap in standings(without, landing.policy) if gap.open),
        new_records=frozenset(run.record for run in landing.runs) - landing.base_records,
        registered=frozenset(landing.registry.suites),
        stamp=f"$(auditor revision{option})",
    )


def _key(gap: GapFacts) -> GapKey:
    return gap.behaviour, gap.model, gap.suite


def _followed(landing: _Landing, config: SpecConfig) -> tuple[SpecConfig, list[Entry]]:
    """The spec's configuration as base has it; where head moved the spec, with the paths head says it moved to."""
    if config.source == "folder" or not _texts(landing.base, config) or _texts(landing.head, config):
        return config, []
    moved = next((one for one in load(landing.head).specs if one.name == config.name), config)
    both = replace(config, paths=tuple(dict.fromkeys((*config.paths, *moved.paths))))
    if _texts(landing.head, both):
        why = f"head moves it: its text is followed from {', '.join(config.paths)} to {', '.join(moved.paths)}"
        return both, [Entry(Level.NOTICE, "configuration", why, config.name)]
    remedy = Remedy(f"land its new path, or its removal, in {FILE} by itself first")
    why = f"head has nothing at {', '.join(config.paths)}: what took its place would not be judged"
    return config, [Entry(Level.BLOCKED, "spec-gone", why, config.name, remedy=remedy)]


def _texts(tree: Tree, config: SpecConfig) -> str | None:
    """The content id of a spec in a tree; None where it is not there."""
    revision = read_revision(tree, config.paths)
    return revision.id if revision.files else None


def _history(landing: _Landing, config: SpecConfig) -> History:
    if config.source == "folder":
        return folder.history_in(landing.head, config.name, config.paths, where=landing.head.commit_id[:12])
    return repository.history(landing.repository, config.name, config.paths, landing.head.commit_id)


def _new_patches(landing: _Landing, config: SpecConfig, history: History) -> tuple[Patch, ...]:
    """The patches that head has and base has not: by their commits or, in dated folders, by what they change."""
    patches = patches_of(history)
    if config.source == "git":
        return tuple(patch for patch in patches if patch.after.commit in landing.commits)
    known = _folder_patches(landing, config)
    return tuple(patch for patch in patches if patch.id not in known)


def _folder_patches(landing: _Landing, config: SpecConfig) -> frozenset[str]:
    """The patches of base's dated folders. Where it has none, nothing is known and everything is judged."""
    try:
        history = folder.history_in(landing.base, config.name, config.paths)
    except RepositoryError:
        return frozenset()
    return frozenset(patch.id for patch in patches_of(history))


def _on_divergence(landing: _Landing, config: SpecConfig) -> list[Entry]:
    """What is judged is head as it is; where base's text moved on, the merge of both is another text."""
    texts = {_texts(fork, config) for fork in landing.forks}
    if config.source == "folder" or texts == {_texts(landing.base, config)}:
        return []
    why = "its text changed on base after head left it: merge base into head to have the outcome judged"
    return [Entry(Level.WARNING, "diverged", why, config.name)]
