"""What a merge does to the rules it is judged by: of one that is about to land, and of all that landed.

Rules are policy, suites, records and waivers.

In come two commits, or the first-parent chain; out come the facts that the landing checks read. What passed the gate,
or never met it, is found afterwards under the same fingerprints as before. `BaseHead` holds the two sides of a merge
with base's rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import PurePosixPath

from auditor.app.accusation_history import find_lifted
from auditor.app.find_spec import select_specs
from auditor.app.intake import (
    APPEND_ONLY_FOLDERS,
    damaged_among,
    damaged_files,
    is_link,
    last_readable,
    refuse_unreadable,
    safe_entries,
)
from auditor.app.project import Project, add_former_suites
from auditor.assess.facts import NotAssessed
from auditor.assess.landing import LandingFacts, Rules
from auditor.assess.lifted_accusations import LIFTED_RULE, LiftedAccusation
from auditor.audit import Audit, LandingEntry, add_results
from auditor.checks.catalogue import find_check
from auditor.checks.interface import LandingCheck
from auditor.checks.runner import run_on_landing
from auditor.errors import ConfigError, InputError, RepositoryError
from auditor.git import Ancestry, Commit, Entry, FileChange, Folder, Repository, Tree, file_changes
from auditor.model.finding import Finding, Severity
from auditor.model.held_out_use import HeldOutUse
from auditor.model.numbers import short_id
from auditor.model.policy import Policy
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run
from auditor.model.spec import History, Patch, patches_of
from auditor.model.suite import Registry
from auditor.model.waiver import Waiver
from auditor.settings import (
    DEFAULT_STORE,
    SETTINGS_FILE,
    SHARED_SETTINGS_FILE,
    Settings,
    SpecConfig,
    has_settings,
    load_settings,
)
from auditor.specs import folder
from auditor.specs.files import parse_patterns, read_revision
from auditor.store.labels import join_labels
from auditor.store.ledger import load_held_out_uses, load_preregistrations, read_waivers, waiver_folder
from auditor.store.records import load_records
from auditor.store.registry import load_registry

# The two sides of a landing: what each says, and what the one changes that the other has.


@dataclass(frozen=True)
class TreeUnion:
    """The files of two trees, the first one's where both have them; of the first, without those of some paths.

    Attributes:
        without: files, and links in the place of a folder: nothing behind them is read.
    """

    first: Tree
    second: Tree
    without: frozenset[str] = frozenset()

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        data = None if self._is_without(path) else self.first.read(path)
        return self.second.read(path) if data is None else data

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        first = () if self._is_without(prefix) else self.first.list(prefix)
        return tuple(sorted({*first} - self.without | {*self.second.list(prefix)}))

    def _is_without(self, path: str) -> bool:
        return bool(self.without) and not self.without.isdisjoint((path, *map(str, PurePosixPath(path).parents)))


@dataclass(frozen=True)
class BaseHead:
    """The two sides, and base's rules.

    Attributes:
        rules: the commit whose configuration counts.
        replaces: whether head takes base's place, as in a push: what base has and head has not is gone then, and no
            merge of both keeps it.
        published: whether others have base: then its commits stay in the history.
    """

    repository: Repository
    base: Commit
    head: Commit
    rules: Commit
    settings: Settings
    registry: Registry
    specs: tuple[SpecConfig, ...]
    replaces: bool = False
    published: bool = False

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
        """Where head left base: what base got since stays. None for unrelated histories, nor where head replaces."""
        if self.replaces:
            return ()
        ids = self.repository.merge_bases(self.base.commit_id, self.head.commit_id)
        return tuple(Commit(self.repository, fork_id) for fork_id in ids)

    @cached_property
    def landed(self) -> Collection[str]:
        """The commits that have landed."""
        return self.repository.ancestry(self.base.commit_id).landed

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs of both sides: what base has counts, whatever head did to it."""
        both, store = self.both, self.settings.store
        return join_labels(both, store, load_records(both, store), self.registry.labels).runs

    @cached_property
    def plans(self) -> tuple[Preregistration, ...]:
        """The runs that were planned on either side."""
        return load_preregistrations(self.both, self.settings.store)

    @cached_property
    def looks(self) -> tuple[HeldOutUse, ...]:
        """The looks at held-out rates that were recorded on either side."""
        return load_held_out_uses(self.both, self.settings.store)

    @cached_property
    def base_records(self) -> frozenset[str]:
        """The ids of base's records."""
        paths = safe_entries(self.base, self.records).keys() - self.damaged
        return frozenset(PurePosixPath(path).stem for path in paths)

    @cached_property
    def new_records(self) -> frozenset[str]:
        """The ids of the records that only head has."""
        return frozenset(run.record for run in self.runs) - self.base_records

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        """Base's waivers: none that comes with what it excuses, and none of a base without configuration."""
        return self._read_waivers[0] if self.rules is self.base else ()

    @cached_property
    def unread_waivers(self) -> Mapping[str, InputError]:
        """By its path, why a waiver of base cannot be read: it excuses nothing."""
        return self._read_waivers[1]

    @cached_property
    def _read_waivers(self) -> tuple[tuple[Waiver, ...], Mapping[str, InputError]]:
        return read_waivers(self.base, self.settings.store)

    @cached_property
    def damaged(self) -> frozenset[str]:
        """The files of base's evaluation history that head takes away or replaces, and that say nothing."""
        return damaged_files(self.base, self.head, self.settings.store)

    @cached_property
    def both(self) -> TreeUnion:
        """The files of both sides, base's where both have them; damaged ones, or a store that is a link, as head's."""
        base = self.head if is_link(self.base, self.settings.store) else self.base
        return TreeUnion(base, self.head, self.damaged)

    def may_change(self, config: SpecConfig, landing: Sequence[str]) -> bool:
        """Whether a decision may depend on a spec: on patches that land, on evidence, on what is owed or excused."""
        on_debt = self.policy.evidence_debt_days is not None and config.source == "git"
        suites = f"{self.settings.store}/suites.toml" in self.changed_rules
        return bool(landing or self.waivers or self.new_records or suites or on_debt)

    @property
    def changed_rules(self) -> tuple[str, ...]:
        """The files of configuration that differ between the two."""
        store = self.settings.store
        files = (SETTINGS_FILE, SHARED_SETTINGS_FILE, f"{store}/suites.toml", f"{store}/bindings.toml")
        return tuple(path for path in files if _read_or_link(self.base, path) != _read_or_link(self.head, path))


def _read_or_link(tree: Tree, path: str) -> bytes | None:
    """A file's bytes; none for one that is not there, or is a link."""
    try:
        return tree.read(path)
    except RepositoryError:
        return None


def read_base_head(
    repository: Repository,
    base: Commit,
    head: Commit,
    specs: Sequence[str],
    *,
    replaces: bool = False,
    published: bool = False,
    rules: Commit | None = None,
) -> BaseHead:
    """The two sides with base's rules; where it has none with those of the default branch, and else with head's.

    Args:
        replaces, published: see `BaseHead`.
        rules: a commit whose configuration counts in place of base's, where it has one.

    Raises ConfigError, RecordError or RepositoryError, for what head brings and nobody could read, too.
    """
    forks = () if replaces else repository.merge_bases(base.commit_id, head.commit_id)
    refuse_unreadable((base, *(Commit(repository, fork) for fork in forks)), head)
    tips = (commit for commit in (rules, base, _default_tip(repository, base, head)) if commit is not None)
    commits = [commit for tip in tips if (commit := last_readable(repository, tip, head)) is not None]
    applied = next((commit for commit in commits if has_settings(commit)), head if has_settings(head) else base)
    if not specs and not has_settings(applied):
        _refuse_uncommitted(repository)
    settings = load_settings(applied)
    chosen = select_specs(settings.specs, specs, in_git=True)
    registry = load_registry(applied, settings.store)
    registry = add_former_suites(repository, base.commit_id, settings.store, registry)
    return BaseHead(repository, base, head, applied, settings, registry, chosen, replaces, published)


# What a repository's main branch is called, where it says so and where it does not.
_DEFAULT_BRANCHES = (
    "refs/remotes/origin/HEAD",
    *(f"{where}/{name}" for where in ("refs/remotes/origin", "refs/heads") for name in ("main", "master")),
)


def _default_tip(repository: Repository, base: Commit, head: Commit) -> Commit | None:
    """The default branch where base lies behind it: a branch that forked early must not choose its own rules."""
    for name in _DEFAULT_BRANCHES if repository.worktree is not None else ("HEAD",):
        answer = repository.command.attempt("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        tip = answer.out.decode().strip()
        if not answer.status and repository.is_ancestor(base.commit_id, tip):
            return None if repository.is_ancestor(head.commit_id, tip) else Commit(repository, tip)
    return None


def _refuse_uncommitted(repository: Repository) -> None:
    """Raises ConfigError for a configuration that only the work tree has: neither side of the merge can see it."""
    tree = Folder(repository.worktree) if repository.worktree else None
    if tree is None or not has_settings(tree):
        return
    file = SETTINGS_FILE if tree.read(SETTINGS_FILE) is not None else SHARED_SETTINGS_FILE
    store = load_settings(tree).store
    files = f"{file} {store}" if tree.list(store) else file
    remedy = f'git add {files} && git commit -m "Configure auditor"; that commit passes'
    raise ConfigError("is not committed, so that nothing can be judged by it", where=file, remedy=remedy)


def patches_to_judge(
    sides: BaseHead, config: SpecConfig, history: History
) -> tuple[tuple[Patch, ...], tuple[str, ...]]:
    """The patches of head's history that a decision is about, or a waiver; and the ids of those that are about to land.

    These are the ones that head has and base has not: by their commits or, in dated folders, by what they change.
    """
    patches = patches_of(history)
    if config.source == "git":
        landing = tuple(patch.id for patch in patches if patch.after.name not in sides.landed)
    else:
        names = _folder_patches(sides.base, config)
        landing = tuple(patch.id for patch in patches if patch.id not in names)
    named = tuple(waiver.patch for waiver in sides.waivers if waiver.patch)
    return tuple(patch for patch in patches if patch.id in landing or patch.id.startswith(named)), landing


def _folder_patches(base: Tree, config: SpecConfig) -> frozenset[str]:
    """The patches of base's dated folders. Where it has none, nothing is known and everything is judged."""
    try:
        history = folder.read_tree_history(base, config.name, config.paths)
    except RepositoryError:
        return frozenset()
    return frozenset(patch.id for patch in patches_of(history))


def read_rules(tree: Tree) -> Rules | None:
    """What a tree says about how it is judged; None without configuration. Raises ConfigError."""
    if not has_settings(tree):
        return None
    settings = load_settings(tree)
    return Rules(
        policy=settings.policy,
        suites=load_registry(tree, settings.store).suites,
        specs={spec.name: spec.paths for spec in settings.specs},
        folders=frozenset(spec.name for spec in settings.specs if spec.source == "folder"),
        store=settings.store,
        file=SETTINGS_FILE if tree.read(SETTINGS_FILE) is not None else SHARED_SETTINGS_FILE,
        suites_file=f"{settings.store}/suites.toml",
    )


def landing_facts(
    start: Commit, end: Commit, forks: Sequence[Commit], store: str, patched: Sequence[str], applied: Commit
) -> LandingFacts:
    """What landing `end` on `start` does to the rules, records and waivers.

    Args:
        forks: where `end` left `start`: what `start` got since is no doing of `end`.
        store: the folder of the evaluation history.
        patched: the names of the specs whose text it changes.
        applied: the commit whose rules count where those of `start` cannot be read.
    """
    origin = forks[0] if forks else start
    rules, before = read_rules(end), _read_rules_or(origin, applied)
    stores = store, rules.store if rules else store
    removed, changed = _changed_records(start, end, forks, stores)
    waivers_before, after = (safe_entries(tree, waiver_folder(store)) for tree in (origin, end))
    waivers = (path for path, entry in after.items() if waivers_before.get(path) != entry)
    return LandingFacts(
        before=drop_absent_paths(end, before),
        after=rules or Rules(),
        patched=tuple(patched),
        removed=removed,
        changed=changed,
        waivers=tuple(waivers),
        unjudged=_unjudged_specs(before, rules, end),
        rewritten=_rewritten_revisions(before, rules, origin, end),
    )


def _read_rules_or(tree: Commit, other: Commit) -> Rules | None:
    """The rules of a tree, or where they cannot be read another's."""
    try:
        return read_rules(tree)
    except InputError:
        return read_rules(other)


def _changed_records(
    start: Commit, end: Commit, forks: Sequence[Commit], stores: tuple[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the files of `start` that are not in `end`, and of those that are another content there.

    Args:
        stores: the folder of the evaluation history on each side: one that moves takes everything with it.
    """
    damaged = damaged_files(start, end, stores[0])
    before, after = _files_by_name(start, stores[0], damaged), _files_by_name(end, stores[1])
    entries = [_files_by_name(fork, stores[0]) for fork in forks]
    lost = (name for name in before if name not in after and (not entries or any(name in entry for entry in entries)))
    other = (name for name in before if name in after and after[name] != before[name])
    return tuple(sorted(record for _, record in lost)), tuple(sorted(record for _, record in other))


def _files_by_name(tree: Commit, store: str, without: frozenset[str] = frozenset()) -> dict[tuple[str, str], Entry]:
    """What is only ever added to, by folder and the file's name without its ending."""
    return {
        (folder, PurePosixPath(path).stem): entry
        for folder in APPEND_ONLY_FOLDERS
        for path, entry in safe_entries(tree, str(PurePosixPath(store, folder))).items()
        if path not in without
    }


def _unjudged_specs(before: Rules | None, after: Rules | None, end: Commit) -> tuple[str, ...]:
    """The specs that nothing configures any longer, and whose text is still there."""
    names = dict(before.specs) if before else {}
    for name in after.specs if after else ():
        names.pop(name, None)
    folders = before.folders if before else frozenset()
    there = (
        name
        for name, paths in names.items()
        if (_dated_revisions(end, name, paths) if name in folders else read_revision(end, paths).files)
    )
    return tuple(there)


def _rewritten_revisions(before: Rules | None, after: Rules | None, start: Commit, end: Commit) -> tuple[str, ...]:
    """The dated revisions of before that are another text, or gone."""
    rewritten = []
    for name in sorted(before.folders) if before else ():
        now = after.specs if after and name in after.folders else {}
        old = _dated_revisions(start, name, before.specs[name]) if before else {}
        new = _dated_revisions(end, name, now.get(name, before.specs[name] if before else ()))
        rewritten += [f"{name} at {label}" for label, revision in old.items() if new.get(label) != revision]
    return tuple(rewritten)


def _dated_revisions(tree: Tree, name: str, paths: Sequence[str]) -> dict[str, str]:
    """The content ids of a spec's dated folders, by label; none where there is no such folder."""
    try:
        history = folder.read_tree_history(tree, name, paths)
    except RepositoryError:
        return {}
    return {spec_commit.name: spec_commit.revision for spec_commit in history.spec_commits}


def drop_absent_paths(tree: Tree, rules: Rules | None) -> Rules | None:
    """The rules without the paths of specs at which a tree has nothing: a spec that was moved is not dropped."""
    if rules is None:
        return None
    specs = {
        name: tuple(path for path in paths if read_revision(tree, [path]).files) for name, paths in rules.specs.items()
    }
    return replace(rules, specs=specs)


# What landed, held against the rules it landed under: what passed the gate, or never met it, is found afterwards.
#
# A landing is a commit of the first-parent chain, against the one before it. Everything is read from history; what is
# found is the same, under the same fingerprints, as what the gate finds of what is about to land.


@dataclass(frozen=True, slots=True)
class _MergeHistory:
    """What happened, landing by landing.

    Attributes:
        landings: those that touch rules, records or waivers, by place in the chain.
        unread: the commits whose rules cannot be read, with why.
        stores: every folder of the evaluation history that rules have named.
        suite_landings: the places at which suites changed, ascending.
    """

    landings: Mapping[int, LandingFacts]
    unread: tuple[tuple[str, str], ...]
    stores: frozenset[str]
    suite_landings: tuple[int, ...]


def add_landing(sides: BaseHead, audit: Audit, today: date) -> Audit:
    """The audit with what a merge that is about to land, today, does to rules, records and waivers."""
    patched = tuple(spec.history.spec for spec in audit.specs if spec.landing)
    facts = landing_facts(sides.base, sides.head, sides.forks, sides.settings.store, patched, sides.rules)
    facts = replace(facts, dropped=_dropped_commits(sides))
    results = run_on_landing(facts)
    landing = LandingEntry(sides.head.commit_id, today, patched, results.findings)
    return replace(add_results(audit, results), landings=(landing,) if results.findings else ())


def _dropped_commits(sides: BaseHead) -> tuple[str, ...]:
    """The commits of specs that base has and head has not, newest first; none where nobody else can have base."""
    patterns = [pattern for config in sides.specs if config.source == "git" for pattern in parse_patterns(config.paths)]
    base, head = sides.base.commit_id, sides.head.commit_id
    if not sides.published or not patterns or sides.repository.is_ancestor(base, head):
        return ()
    pathspecs = [pattern.pathspec for pattern in patterns]
    listed = sides.repository.command.run("rev-list", "--full-history", base, f"^{head}", "--", *pathspecs)
    return tuple(listed.decode().split())


def add_merge_history(project: Project, audit: Audit, commits: str | None) -> Audit:
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
    names = None if commits is None else repository.range_commits(commits)
    ancestry = repository.ancestry(repository.resolve(project.tip))
    patched = _patched_specs(audit, ancestry)
    past = _read_merge_history(project, repository, ancestry, patched)
    lifted, unlooked = find_lifted(project, repository, ancestry.chain, audit, past.suite_landings)
    entries = []
    for place, facts in sorted(_add_lifted(past.landings, lifted, patched).items()):
        commit = ancestry.chain[place]
        if names is None or commit in names:
            results = run_on_landing(facts)
            audit = add_results(audit, results, f" on landing {short_id(commit)}")
            findings = (_lower_severity(part, facts) for finding in results.findings for part in _split(finding, facts))
            entries.append(LandingEntry(commit, ancestry.latest[place], facts.patched, tuple(findings)))
    unread = ((commit, why) for commit, why in past.unread if names is None or commit in names)
    notes = (NotAssessed(f"the rules of landing {short_id(commit)}", why) for commit, why in unread)
    return replace(
        audit,
        landings=tuple(entry for entry in entries if entry.findings),
        not_assessed=(*audit.not_assessed, *notes, *unlooked),
    )


def _add_lifted(
    landings: Mapping[int, LandingFacts],
    lifted: Mapping[int, tuple[LiftedAccusation, ...]],
    patched: Mapping[int, tuple[str, ...]],
) -> dict[int, LandingFacts]:
    """The landings by place, with those that do nothing to the rules and lift accusations."""
    plain = {place: LandingFacts(patched=patched.get(place, ())) for place in lifted}
    both = {**plain, **landings}
    return {place: replace(facts, lifted=lifted.get(place, ())) for place, facts in both.items()}


def _split(finding: Finding, facts: LandingFacts) -> Iterator[Finding]:
    """A finding on a landing; of lifted accusations each by itself, as in the gate: a waiver is for one."""
    if finding.code != LIFTED_RULE:
        yield finding
        return
    for accusation in facts.lifted:
        message, subject = accusation.state_in(finding), accusation.subject
        yield replace(finding, message=message, subject=subject, fingerprint=accusation.fingerprint)


def _lower_severity(finding: Finding, facts: LandingFacts) -> Finding:
    """Rules are to be changed in a landing of their own: that one did is to be looked at, and less than a fault."""
    check = find_check(finding.code)
    by_itself = isinstance(check, LandingCheck) and not check.alone and not facts.patched
    return replace(finding, severity=Severity.MEDIUM) if by_itself else finding


def _patched_specs(audit: Audit, ancestry: Ancestry) -> Mapping[int, tuple[str, ...]]:
    """The names of the specs that a landing patches, by its place; those of dated folders have no commits."""
    commits = ((patch.after.commit, patch.spec) for spec in audit.specs for patch in patches_of(spec.history))
    places = {(ancestry.landed[commit], spec) for commit, spec in commits if commit and commit in ancestry.landed}
    return {place: tuple(spec for _, spec in some) for place, some in groupby(sorted(places), lambda pair: pair[0])}


def _read_merge_history(
    project: Project, repository: Repository, ancestry: Ancestry, patched: Mapping[int, tuple[str, ...]]
) -> _MergeHistory:
    """Walked once more for stores that only the rules of the past name."""
    stores = frozenset({project.settings.store, DEFAULT_STORE})
    while True:
        walk = _HistoryWalk(repository, ancestry, patched, [spec for spec in project.specs if spec.source == "folder"])
        past = walk.past(stores)
        if past.stores <= stores:
            return past
        stores |= past.stores


class _HistoryWalk:
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

    def past(self, stores: frozenset[str]) -> _MergeHistory:
        """Everything, where these are all the stores there ever were."""
        named, landings, suite_landings = set(stores), dict[int, LandingFacts](), []
        for place, changes in groupby(self._files(stores), lambda file_change: file_change.place):
            rules = self._rules
            facts = self._facts(place, tuple(changes))
            lines = facts.removed or facts.changed or facts.waivers or facts.unjudged or facts.rewritten
            if facts.before is not facts.after or lines:
                patched = dict.fromkeys(
                    (
                        *self._patched.get(place, ()),
                        *self._folders_changed(place),
                        *self._specs_moved(place, rules),
                    )
                )
                unseen = (name for name in patched if name not in self._patched.get(place, ()))
                reworded = tuple(name for name in unseen if self._is_read_elsewhere(name, rules))
                landings[place] = replace(facts, patched=tuple(patched), reworded=reworded)
            if facts.before is not None and facts.before.suites != facts.after.suites:
                suite_landings.append(place)
            named.add(self._store)
        return _MergeHistory(landings, tuple(self._unread), frozenset(named), tuple(suite_landings))

    @property
    def _store(self) -> str:
        return self._rules.store if self._rules else DEFAULT_STORE

    def _files(self, stores: frozenset[str]) -> tuple[FileChange, ...]:
        paths = [
            path
            for store in sorted(stores)
            for path in (_suites_file(store), waiver_folder(store), *_record_folders(store))
        ]
        dated = [pattern.folder or "." for config in self._folders for pattern in parse_patterns(config.paths)]
        return file_changes(self._repository, self._ancestry, (SETTINGS_FILE, SHARED_SETTINGS_FILE, *paths, *dated))

    def _facts(self, place: int, files: Sequence[FileChange]) -> LandingFacts:
        """What a landing does; from then on its rules are those that apply."""
        store, before = self._store, self._rules
        after, unjudged, moved = before or Rules(), tuple[str, ...](), tuple[str, ...]()
        if any(file.path in (SETTINGS_FILE, SHARED_SETTINGS_FILE, _suites_file(store)) for file in files):
            read = self._read(place)
            unjudged = _unjudged_specs(before, read, self._at(place))
            after, before = read or Rules(), drop_absent_paths(self._at(place), before)
            self._rules = read or self._rules  # what comes after rules were taken away is held against those
            if read is not None and read.store != store:
                moved, _ = _changed_records(self._at(place - 1), self._at(place), (), (store, read.store))
        waivers = (
            file
            for file in files
            if file.how != "D" and not file.against_merged and _is_below(file, waiver_folder(store))
        )
        self._told -= {file.path for file in files if file.how == "A"}
        records = [file for file in files if any(_is_below(file, folder) for folder in _record_folders(store))]
        touched = [record.path for record in records if record.how != "A" and not record.against_merged]
        damaged = damaged_among(self._at(place - 1), store, touched) if touched else frozenset[str]()
        records = [record for record in records if record.against_merged or record.path not in damaged]
        self._told |= damaged  # by the landing that damaged it, if it ever said anything
        removed = self._news(record for record in records if record.how == "D") if self._store == store else moved
        return LandingFacts(
            before=before,
            after=after,
            removed=removed,
            changed=self._news(record for record in records if record.how in "MT"),
            waivers=tuple(waiver.path for waiver in waivers),
            unjudged=unjudged,
            rewritten=self._rewritten(place, files),
        )

    def _rewritten(self, place: int, files: Sequence[FileChange]) -> tuple[str, ...]:
        """The dated revisions of before that a landing changes or removes."""
        folders = [config for config in self._folders if any(_may_touch(config, file.path) for file in files)]
        rules = Rules(
            specs={config.name: config.paths for config in folders},
            folders=frozenset(config.name for config in folders),
        )
        return _rewritten_revisions(rules, rules, self._at(place - 1), self._at(place)) if folders else ()

    def _news(self, files: Iterable[FileChange]) -> tuple[str, ...]:
        """The records they are about, but for what a merge only leaves as earlier landings left it."""
        new = sorted({file.path for file in files if not (file.against_merged and file.path in self._told)})
        self._told.update(new)
        return tuple(PurePosixPath(path).stem for path in new)

    def _read(self, place: int) -> Rules | None:
        """The rules of a landing, None for none; those before it where they cannot be read, which is noted."""
        try:
            return read_rules(self._at(place))
        except (ConfigError, RepositoryError) as error:
            self._unread.append((self._ancestry.chain[place], str(error)))
            return self._rules

    def _folders_changed(self, place: int) -> Iterator[str]:
        """The specs of dated folders whose files differ from those before."""
        for config in self._folders:
            if self._text(place - 1, config) != self._text(place, config):
                yield config.name

    def _specs_moved(self, place: int, before: Rules | None) -> Iterator[str]:
        """The specs that rules look for elsewhere than before, where another text is."""
        after = self._rules
        for name, paths in before.specs.items() if before is not None and after is not before else ():
            now = after.specs.get(name, paths) if after else paths
            if now != paths and self._text_at(place - 1, paths) != self._text_at(place, now):
                yield name

    def _is_read_elsewhere(self, name: str, before: Rules | None) -> bool:
        """Whether the rules of now look for a spec at none of the paths of before."""
        rules = (before, self._rules)
        paths = [set(version.specs.get(name, ())) for version in rules if version is not None]
        return len(paths) == 2 and bool(paths[0] and paths[1]) and not paths[0] & paths[1]

    def _text(self, place: int, config: SpecConfig) -> str:
        return self._text_at(place, config.paths)

    def _text_at(self, place: int, paths: Sequence[str]) -> str:
        try:
            return read_revision(self._at(place), paths).id
        except (ConfigError, RepositoryError) as error:
            return str(error)

    def _at(self, place: int) -> Commit:
        return Commit(self._repository, self._ancestry.chain[place])


def _may_touch(config: SpecConfig, path: str) -> bool:
    """Whether a file may be of one of a spec's dated folders."""
    folders = (pattern.folder for pattern in parse_patterns(config.paths))
    return any(not folder or path.startswith(f"{folder}/") for folder in folders)


def _suites_file(store: str) -> str:
    return str(PurePosixPath(store, "suites.toml"))


def _record_folders(store: str) -> tuple[str, ...]:
    return tuple(str(PurePosixPath(store, folder)) for folder in APPEND_ONLY_FOLDERS)


def _is_below(file_change: FileChange, folder: str) -> bool:
    return file_change.path.startswith(f"{folder}/")
