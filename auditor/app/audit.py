"""Every patch of a range, or all: did the behaviour change, or only the score?

In comes a project, a range and the day; out comes the `Audit`: spec by spec the evidence, what each patch did to the
text, its verdicts and findings; what merges did to the rules; the evidence debts, which are derived from history and
recorded nowhere; and what waivers excuse. `assess_project` is the one way to it, for what has landed and for what is
about to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, cached_property, partial
from itertools import starmap
from types import MappingProxyType

from auditor.app.merge_history import BaseHead, add_landing, add_merge_history, patches_to_judge
from auditor.app.project import Project, build_evidence, read_history, unreadable_commits
from auditor.app.prompts import NO_KEY, PromptKey, open_hashed_prompts, read_prompt_key, unsearched_notes
from auditor.app.waivers import add_waivers
from auditor.assess.facts import NotAssessed, PatchFacts
from auditor.assess.judge import assess
from auditor.assess.leaks import HashedPrompts, LeakSearch
from auditor.assess.ledger import Debt, find_owed
from auditor.assess.text import PatchText, RevisionText, build_patch_text, build_revision_text
from auditor.audit import Audit, SpecAudit, add_passed_over, build_audit, build_spec_audit
from auditor.checks.runner import CheckResults
from auditor.clauses.comparison import joined_commits
from auditor.clauses.lineage import trace_lineage
from auditor.clauses.text_events import TextEventFinder
from auditor.errors import RepositoryError, RevisionError
from auditor.evidence import Evidence
from auditor.git import Commit, Repository, Tree
from auditor.model.finding import Finding
from auditor.model.numbers import short_id
from auditor.model.policy import RequireHeldOut
from auditor.model.spec import Companions, History, Patch, SpecCommit, patches_of
from auditor.settings import SpecConfig, load_settings
from auditor.specs.companions import find_companions
from auditor.specs.files import Pattern
from auditor.specs.folder import dated_subtree

# What patches did to the text of a spec, with what lies beside it at each spec commit.


def read_patch_texts(
    project: Project, config: SpecConfig, history: History, patches: Sequence[Patch], hashed: HashedPrompts
) -> tuple[dict[str, PatchText], RevisionText | None]:
    """What each patch did, by its id, and the text of the current revision (None for an empty history).

    Args:
        hashed: the prompts of the suites the spec is measured on, which are searched for in the patches.
    """
    if not history.spec_commits:
        return {}, None
    lineage, search = trace_lineage(history), LeakSearch(hashed)
    reader = _CompanionReader(project, config, history, frozenset[str]().union(*lineage.cited.values()))
    read_companions, events = reader.read, TextEventFinder(history, lineage)

    texts = {
        patch.id: build_patch_text(
            patch,
            history,
            lineage,
            read_companions(patch.before),
            read_companions(patch.after),
            search,
            events,
            partial(reader.other_files, patch.after),
            changelog_covers=reader.changelog_covers,
        )
        for patch in patches
    }
    last = history.spec_commits[-1]
    current = build_revision_text(last, history.revisions[last.revision], read_companions(last))
    return texts, replace(current, suites=search.suites)


# Of the other files of a commit so many, of so many bytes each, are searched for clauses that went.
_MAX_OTHER_FILES, _MAX_OTHER_BYTES = 200, 2**20
# A change log that was not configured is the spec's where this share of the spec's commits touches it.
_LEAST_CHANGELOG_SHARE = 0.2


class _CompanionReader:
    """Reads what lies beside a spec, once for each spec commit.

    `cited` are the prompts that any clause ever cited.
    """

    def __init__(self, project: Project, config: SpecConfig, history: History, cited: frozenset[str]) -> None:
        self._repository = project.repository if config.source == "git" else None
        self._project, self._config, self._history = project, config, history
        last = history.spec_commits[-1]
        paths = [file.path for file in history.revisions[last.revision].files]
        self._paths = find_companions(self._tree(last), paths, cited, config.eval_prompts, config.changelog)
        self._companions: dict[str, Companions] = {}

    def read(self, spec_commit: SpecCommit) -> Companions:
        """What lies beside the spec at a commit."""
        if spec_commit.name not in self._companions:
            self._companions[spec_commit.name] = self._paths.read(self._tree(spec_commit))
        return self._companions[spec_commit.name]

    def other_files(self, spec_commit: SpecCommit) -> dict[str, str]:
        """The texts, by path, of the files that a commit adds or changes; none of a dated folder."""
        repository = self._repository
        if repository is None or spec_commit.commit is None:
            return {}
        blobs = list(repository.added_or_changed(spec_commit.commit).items())[:_MAX_OTHER_FILES]
        texts = {}
        for path, blob in blobs:
            with suppress(RepositoryError):  # it is too large to be a text
                data = repository.blob(blob, limit=_MAX_OTHER_BYTES)
                if b"\0" not in data:
                    texts[path] = data.decode("utf-8", errors="replace")
        return texts

    @cached_property
    def changelog_covers(self) -> bool:
        """Whether the change log is about this spec: as configured, or because its commits touch it."""
        path, repository = self._paths.changelog, self._repository
        if self._config.changelog or path is None or repository is None:
            return True
        commits = {
            spec_commit.commit
            for spec_commit in self._history.spec_commits
            if spec_commit.commit and spec_commit.parents
        }
        touching = {
            line.id
            for line in repository.commits_touching(repository.resolve(self._project.tip), [Pattern(path).pathspec])
        }
        return not commits or len(commits & touching) >= _LEAST_CHANGELOG_SHARE * len(commits)

    def _tree(self, spec_commit: SpecCommit) -> Tree:
        if self._repository is not None and spec_commit.commit is not None:
            return Commit(self._repository, spec_commit.commit)
        return dated_subtree(self._project.tree, self._config.paths, spec_commit.name)


# Every patch of a range, or all: did the behaviour change, or only the score?


def assess_project(
    project: Project,
    today: date,
    commits: str | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    *,
    sides: BaseHead | None = None,
    policy: Callable[[Audit], Iterable[Finding]] | None = None,
) -> Audit:
    """The audit of a project: what was assessed, found, owed and excused. Everything that is shown or decided is of it.

    Args:
        today: the day (UTC) that waivers, plans and debts are held against.
        commits: "A..B" or "A", as git reads it, or names of dated folders; None for all.
        environment: its variables, one of which may say where the key of hashed prompts is.
        sides: the two sides of a merge, `project` being its head under its base's rules: then what is audited is what
            the merge brings, and not what landed before.
        policy: what the policy says of such an audit, to be held against waivers with everything else.

    Raises RepositoryError, RevisionError or ConfigError where a history cannot be read or the range says nothing.
    """
    key = read_prompt_key(project, environment)
    parts: list[tuple[SpecAudit, CheckResults]] = []
    notes: list[NotAssessed] = []
    passed_over: list[NotAssessed] = []
    for config in project.specs:
        history = read_history(project, config)
        if sides is None:
            patches, landing = _patches_in_range(project, history, commits), None
        else:
            patches, landing = patches_to_judge(sides, config, history)
            if not sides.may_change(config, landing):
                continue
        part, problems = assess_spec(project, config, history, patches, key, today, landing)
        parts.append(part)
        notes += problems
        passed_over += _unreadable_in_range(project, history, commits, sides)
    names = {config.name for config in project.specs}
    notes += [NotAssessed(unjoined_labels.what, unjoined_labels.why) for unjoined_labels in project.unjoined]
    notes += [
        NotAssessed(
            f"record {short_id(run.record)}", f"it is of spec {run.spec}, which was not asked for or is not configured"
        )
        for run in project.runs
        if run.spec not in names
    ]
    counted = sum(run.spec in names for run in project.runs)
    audit = add_passed_over(build_audit(parts, counted, len(project.runs), notes), passed_over)
    audit = add_merge_history(project, audit, commits) if sides is None else add_landing(sides, audit, today)
    audit = replace(audit, debts=tuple(_debts(project, audit, sides)))
    audit = audit if policy is None else replace(audit, decided=tuple(policy(audit)))
    return add_waivers(project, audit, today, sides)


def assess_spec(
    project: Project,
    config: SpecConfig,
    history: History,
    patches: Sequence[Patch],
    key: PromptKey,
    today: date | None = None,
    landing: tuple[str, ...] | None = None,
) -> tuple[tuple[SpecAudit, CheckResults], tuple[NotAssessed, ...]]:
    """One spec's part of an audit, what its checks came to, and what could not be looked at.

    Args:
        patches: the patches that it is about.
        today: as in `assess_project`; None leaves plans without a result undecided.
        landing: ids of those that are about to land; None where all have landed. Where none of `patches` is there to be
            read, a landing does not change the current text either, which is then left alone.
    """
    evidence = build_evidence(project, history)
    assessment = assess(evidence, project.settings.policy, today, project.looks)
    texts: Mapping[str, PatchText] = {}
    current, problems = None, assessment.not_assessed
    if patches or landing is None:
        hashed = open_hashed_prompts(project, evidence, key)
        judged = [patch for patch in patches if patch.id in evidence.patches]
        texts, current = read_patch_texts(project, config, history, judged, hashed)
        problems = (*problems, *unsearched_notes(hashed))
    return build_spec_audit(evidence, assessment, texts, current, landing), problems


def find_joining_merges(
    project: Project, config: SpecConfig, evidence: Evidence
) -> Mapping[str, tuple[SpecCommit, ...]]:
    """The commits of the patches, oldest first, that a merge only joins, by the merge's name: as the audit has it.

    The text is read of such merges and their patches alone; leaks are not searched for.
    """
    history = evidence.history
    patches = {patch.after.name: patch for patch in evidence.patches.values()}
    merges = (name for name, patch in patches.items() if len(patch.after.parents) > 1)
    joined = {name: commits for name in merges if (commits := joined_commits(history, patches[name]))}
    names = joined.keys() | frozenset[str]().union(*joined.values())
    wanted = [patch for name, patch in patches.items() if name in names]
    if not joined:
        return {}
    (spec, _), _ = assess_spec(project, config, history, wanted, PromptKey(None, NO_KEY))
    merged = {entry.facts.patch.after.name for entry in spec.joining_merges}
    return {
        name: tuple(patch.after for part, patch in patches.items() if part in commits)
        for name, commits in joined.items()
        if name in merged
    }


def _patches_in_range(project: Project, history: History, commits: str | None) -> tuple[Patch, ...]:
    names = spec_commits_in_range(project, history, commits)
    return tuple(patch for patch in patches_of(history) if names is None or patch.after.name in names)


def _unreadable_in_range(
    project: Project, history: History, commits: str | None, sides: BaseHead | None
) -> Iterator[NotAssessed]:
    """The commits of a range, or of a landing, in which the spec cannot be read."""
    if sides is None:
        names = spec_commits_in_range(project, history, commits)
    else:
        names = frozenset(each.commit for each in history.unreadable) - frozenset(sides.landed)
    return starmap(NotAssessed, unreadable_commits(history, names))


def spec_commits_in_range(project: Project, history: History, commits: str | None) -> frozenset[str] | None:
    """The names of the spec commits in a range; None for all. Raises RevisionError for a range that cannot be read."""
    if commits is None:
        return None
    if project.repository is not None and any(spec_commit.commit for spec_commit in history.spec_commits):
        return project.repository.range_commits(commits)
    names = [spec_commit.name for spec_commit in history.spec_commits]
    first, _, last = commits.rpartition("..")
    for name in (first, last):
        if name and name not in names:
            raise RevisionError("no such dated folder", where=name, remedy=f"give one of {', '.join(names)}")
    start = names.index(first) + 1 if first else 0
    return frozenset(names[start : names.index(last) + 1 if last else len(names)])


# Evidence debts, derived from history: when each patch landed, what the policy granted then, what came since.
#
# Nothing records a debt, so that nothing can lose one: the landing is the first commit of the first-parent chain that
# has the patch, the days of grace are those of the policy it landed on, and the runs say what was measured since.


def _debts(project: Project, audit: Audit, sides: BaseHead | None) -> Iterator[Debt]:
    """What patches that have landed owe: those of the audit; with a merge's two sides, whatever landed on its base.

    Nothing is owed where the policy grants no debts. Raises ConfigError where a policy of the past cannot be read.
    """
    repository = project.repository
    if repository is None or project.settings.policy.evidence_debt_days is None:
        return
    tip = sides.base.commit_id if sides else repository.resolve(project.tip)
    for spec in audit.specs:
        patches = spec.assessment.patches if sides else tuple(entry.facts for entry in spec.entries)
        yield from _debts_of_patches(repository, tip, spec.evidence, patches)


def _debts_of_patches(
    repository: Repository, tip: str, evidence: Evidence, patches: Iterable[PatchFacts]
) -> Iterator[Debt]:
    """What patches that have landed at the commit id `tip` owe; nothing for what landed where no debt was granted."""
    open_ones = [
        (facts, some) for facts in patches if facts.patch.after.commit and (some := find_owed(evidence, facts))
    ]
    if not open_ones:
        return
    ancestry = repository.ancestry(tip)

    @cache
    def granted(place: int) -> int | None:
        if place == 0:
            return None
        policy = load_settings(Commit(repository, ancestry.chain[place - 1])).policy
        return None if policy.require_held_out is RequireHeldOut.NEVER else policy.evidence_debt_days

    for facts, lacking in open_ones:
        place = ancestry.landed.get(facts.patch.after.commit or "")
        days = granted(place) if place is not None else None
        if place is not None and days is not None:
            landed = ancestry.latest[place]
            due = landed + timedelta(days=days)
            yield Debt(facts.patch.spec, facts.patch.id, lacking, landed, due)
