"""Every patch of a range, or all: did the behaviour change, or only the score?

In comes a project, a range and the day; out comes the `Audit` and the evidence it rests on, spec by spec: what each
patch did to the text, its verdicts and findings, what past merges did to the rules, and the evidence debts, which are
derived from history and recorded nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

from auditor.app.merge_history import add_merge_history
from auditor.app.project import Project, build_evidence, read_history
from auditor.app.prompts import PromptKey, open_hashed_prompts, read_prompt_key, unsearched_notes
from auditor.assess.facts import NotAssessed, PatchFacts
from auditor.assess.judge import assess
from auditor.assess.leaks import HashedPrompts, LeakSearch
from auditor.assess.ledger import Debt, find_owed
from auditor.assess.text import PatchText, RevisionText, build_patch_text, build_revision_text
from auditor.audit import Audit, SpecAudit, build_audit, build_spec_audit
from auditor.checks.runner import CheckResults
from auditor.clauses.lineage import trace_lineage
from auditor.errors import RevisionError
from auditor.evidence import Evidence
from auditor.git import Commit, Repository, Tree
from auditor.model.policy import RequireHeldOut
from auditor.model.spec import Companions, History, Patch, SpecCommit, patches_of
from auditor.settings import SpecConfig, load_settings
from auditor.specs.companions import find_companions
from auditor.specs.folder import dated_subtree

# What patches did to the text of a spec, with what lies beside it at each sighting.


def read_patch_texts(
    project: Project, config: SpecConfig, history: History, patches: Sequence[Patch], hashed: HashedPrompts
) -> tuple[dict[str, PatchText], RevisionText | None]:
    """What each patch did, by its id, and the text of the current revision (None for an empty history).

    Args:
        hashed: the prompts of the suites the spec is measured on, which are searched for in the patches.
    """
    if not history.sightings:
        return {}, None
    lineage, search = trace_lineage(history), LeakSearch(hashed)
    beside = _companion_reader(project, config, history, frozenset[str]().union(*lineage.cited.values()))

    texts = {
        patch.id: build_patch_text(patch, history, lineage, beside(patch.before), beside(patch.after), search)
        for patch in patches
    }
    last = history.sightings[-1]
    current = build_revision_text(last, history.revisions[last.revision], beside(last))
    return texts, replace(current, suites=search.suites)


def _companion_reader(
    project: Project, config: SpecConfig, history: History, cited: frozenset[str]
) -> Callable[[SpecCommit], Companions]:
    """Reads what lies beside the spec at a sighting, once each; `cited` are the prompts that any clause ever cited."""
    repository = project.repository if config.source == "git" else None

    def tree(sighting: SpecCommit) -> Tree:
        if repository is not None and sighting.commit is not None:
            return Commit(repository, sighting.commit)
        return dated_subtree(project.tree, config.paths, sighting.name)

    last = history.sightings[-1]
    paths = [file.path for file in history.revisions[last.revision].files]
    beside = find_companions(tree(last), paths, cited, config.eval_prompts, config.changelog)
    known: dict[str, Companions] = {}

    def read(sighting: SpecCommit) -> Companions:
        if sighting.name not in known:
            known[sighting.name] = beside.read(tree(sighting))
        return known[sighting.name]

    return read


# Every patch of a range, or all: did the behaviour change, or only the score?


def audit(
    project: Project,
    commits: str | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    today: date | None = None,
) -> Audit:
    """The audit of a project.

    Args:
        commits: "A..B" or "A", as git reads it, or names of dated folders; None for all.
        environment: its variables, one of which may say where the key of hashed prompts is.
        today: the day (UTC) by which plans are judged; None leaves those without a result undecided.

    Raises RepositoryError, RevisionError or ConfigError where a history cannot be read or the range says nothing.
    """
    return audit_with_evidence(project, commits, environment, today)[0]


def audit_with_evidence(
    project: Project,
    commits: str | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    today: date | None = None,
) -> tuple[Audit, tuple[Evidence, ...]]:
    """The audit, and the evidence it rests on, spec by spec; as `audit`."""
    parts: list[tuple[SpecAudit, CheckResults]] = []
    notes: list[NotAssessed] = []
    graphs: list[Evidence] = []
    key = read_prompt_key(project, environment)
    for config in project.specs:
        part, problems, evidence = _audit_spec(project, config, commits, key, today)
        parts.append(part)
        graphs.append(evidence)
        notes += problems
    notes += [NotAssessed(one.what, one.why) for one in project.unjoined]
    names = {config.name for config in project.specs}
    counted = [run for run in project.runs if run.spec in names]
    notes += [
        NotAssessed(
            f"record {run.record[:12]}", f"it is of spec {run.spec}, which was not asked for or is not configured"
        )
        for run in project.runs
        if run.spec not in names
    ]
    made = build_audit(parts, len(counted), len(project.runs), notes)
    return add_merge_history(project, made, commits), tuple(graphs)


def _audit_spec(
    project: Project, config: SpecConfig, commits: str | None, key: PromptKey, today: date | None
) -> tuple[tuple[SpecAudit, CheckResults], tuple[NotAssessed, ...], Evidence]:
    history = read_history(project, config)
    evidence = build_evidence(project, history)
    assessment = assess(evidence, project.settings.policy, today, project.looks)
    hashed = open_hashed_prompts(project, evidence, key)
    wanted = spec_commits_in_range(project, history, commits)
    patches = [patch for patch in patches_of(history) if wanted is None or patch.after.name in wanted]
    texts, current = read_patch_texts(project, config, history, patches, hashed)
    problems = (*assessment.not_assessed, *unsearched_notes(hashed))
    return build_spec_audit(history, assessment, texts, current), problems, evidence


def spec_commits_in_range(project: Project, history: History, commits: str | None) -> frozenset[str] | None:
    """The names of the sightings in a range; None for all. Raises RevisionError for a range that cannot be read."""
    if commits is None:
        return None
    if project.repository is not None and any(sighting.commit for sighting in history.sightings):
        return project.repository.range_commits(commits)
    names = [sighting.name for sighting in history.sightings]
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


def derive_debts(repository: Repository, tip: str, evidence: Evidence, patches: Iterable[PatchFacts]) -> Iterator[Debt]:
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


def add_debts(project: Project, audit: Audit, evidence: Iterable[Evidence]) -> Audit:
    """The audit with what its patches owe. Raises ConfigError where a policy of the past cannot be read."""
    found = project.repository
    if found is None or project.settings.policy.evidence_debt_days is None:
        return audit
    head = found.resolve(project.tip)
    facts = [entry.facts for entry in audit.patches]
    debts = tuple(
        debt
        for one in evidence
        for debt in derive_debts(found, head, one, [each for each in facts if each.patch.id in one.patches])
    )
    return replace(audit, debts=debts)
