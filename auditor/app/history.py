"""A spec's history: its log, two revisions compared, a clause's whole life, one patch.

`log` and `show` read records and the audit; `diff` and `blame` read the text alone. In come names of revisions,
patches or clauses; out come frozen values that `render` prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from auditor.app.find_spec import Warn, choose_specs
from auditor.app.project import Place, Project, build_evidence, locate, read_history, warn_unreadable
from auditor.app.revision import resolve_patch, resolve_revision, revision_at, work_tree_revision
from auditor.clauses.blame import (
    ClauseHistory,
    ClauseState,
    clause_history,
    clause_states,
    find_clauses,
    is_clause_place,
)
from auditor.clauses.comparison import Comparison, ComparisonSide, compare_revisions
from auditor.clauses.lineage import Lineage, trace_lineage
from auditor.errors import AuditorError, InputError, RevisionError
from auditor.model.spec import History
from auditor.settings import SpecConfig, load_settings

if TYPE_CHECKING:  # what log and show judge by takes longer to import than blame and diff take to answer
    from auditor.app.prompts import PromptKey
    from auditor.assess.flips import SuiteFlips
    from auditor.assess.timeline import SpecLog
    from auditor.audit import PatchEntry


# A clause's whole life, found by its anchor, its place or its words.


@dataclass(frozen=True, slots=True)
class _SpecClauses:
    """A spec's clauses."""

    config: SpecConfig
    history: History
    lineage: Lineage
    states: dict[str, ClauseState]


def blame(
    where: Path, specs: Sequence[str], clause: str, rev: str | None = None, warn: Warn | None = None
) -> ClauseHistory | tuple[ClauseState, ...]:
    """The life of a clause; or the clauses that may be meant, where they are several.

    Args:
        where: a folder in the project, a bare repository, or a folder of dated revisions.
        specs: as for `choose_specs`.
        clause: see `find_clauses`; also `commit:path:line`, a place in the text of a commit.
        rev: the revision in which lines and words are looked up, as for `revision.resolve_revision`; None for the last
            spec commit.
        warn: as for `choose_specs`; it gets the commits that cannot be read, too.

    Raises ConfigError, RepositoryError, RevisionError; InputError where there is no such clause.
    """
    with locate(where) as place:
        configs = choose_specs(place, load_settings(place.tree), specs, warn)
        commit_place = _COMMIT_PLACE.match(clause) if rev is None else None
        if commit_place and (every := list(_read_clauses_at(place, configs, commit_place[1]))):
            clause = commit_place[2]
        else:
            every = [_read_clauses(place, config, rev) for config in configs]
        for clauses in every:
            warn_unreadable(clauses.history, warn)
    states_by_spec = [(clauses, find_clauses(clauses.states.values(), clause)) for clauses in every]
    candidates = tuple(state for _, some in states_by_spec for state in some)
    if len(candidates) > 1:
        return candidates
    for spec_clauses, states in states_by_spec:
        for state in states:
            return clause_history(
                spec_clauses.history,
                spec_clauses.lineage,
                clause_states(spec_clauses.history, spec_clauses.lineage),
                state.id,
            )
    raise _missing_clause_error(clause, every)


_FILES_LISTED = 8
# A place in the text of a commit, as blame and findings print it: `90296eef2e:spec.md:3`.
_COMMIT_PLACE = re.compile(r"([^\s:]+):(\S+:\d+)\Z")


def _read_clauses_at(place: Place, configs: Sequence[SpecConfig], rev: str) -> Iterator[_SpecClauses]:
    """The clauses of each spec that has this revision."""
    for config in configs:
        with suppress(RevisionError):
            yield _read_clauses(place, config, rev)


def _read_clauses(place: Place, config: SpecConfig, rev: str | None) -> _SpecClauses:
    history = read_history(place, config)
    at = None if rev is None else resolve_revision(place, config, history, rev)
    if at is not None and at.revision.id not in history.revisions:  # it is on another branch
        history = read_history(place, config, at.commit or "HEAD")
    lineage = trace_lineage(history)
    return _SpecClauses(config, history, lineage, clause_states(history, lineage, at.revision.id if at else None))


def _missing_clause_error(clause: str, every: list[_SpecClauses]) -> InputError:
    states = [state for spec_clauses in every for state in spec_clauses.states.values()]
    if is_clause_place(clause, states):
        return InputError("no clause stands on this line", where=clause, remedy="give a line that has text")
    anchors = sorted({f"#{state.clause.anchor}" for state in states if state.clause.anchor})
    path, _, line = clause.rpartition(":")
    files = sorted({state.clause.path for state in states if state.there})
    if line.isdigit() and path not in files and not any(sign.isspace() for sign in path):
        remedy = f"its files are {', '.join(files[:_FILES_LISTED])}{', …' if files[_FILES_LISTED:] else ''}"
        return InputError("is in no file of the spec", where=clause, remedy=remedy)
    near = get_close_matches(f"#{clause.removeprefix('#')}", anchors, n=3)
    if clause.startswith("#") or near:
        remedy = f"nearest are {', '.join(near)}" if near else "see the anchors of the spec's headings"
        return InputError("no heading has this anchor", where=clause, remedy=remedy)
    remedy = "give an anchor, path:line, or words that stand in it"
    return InputError("no clause says this, and none ever did", where=clause, remedy=remedy)


# Two revisions of a spec, clause by clause.


def diff(
    where: Path, specs: Sequence[str], before: str | None, after: str | None, warn: Warn | None = None
) -> tuple[Comparison, ...]:
    """The comparison of every spec asked for; records are not read.

    Args:
        where: a folder in the project, a bare repository, or a folder of dated revisions.
        specs: as for `choose_specs`; of several those that both sides have.
        before: a name as for `revision.resolve_revision`; None for HEAD, or for the folder before the last.
        after: the same; None for the work tree, in a bare repository for HEAD, or for the last folder.
        warn: as for `choose_specs`; it gets the commits that cannot be read, too.

    Raises ConfigError, RepositoryError or RevisionError.
    """
    with locate(where) as place:
        configs = choose_specs(place, load_settings(place.tree), specs, warn)
        comparisons: list[Comparison] = []
        errors: list[AuditorError] = []
        for config in configs:
            try:
                comparisons.append(_diff_spec(place, config, before, after, warn))
            except RevisionError as error:
                errors.append(error)
        if not comparisons:
            raise errors[0]
        return tuple(comparisons)


def _diff_spec(
    place: Place, config: SpecConfig, before: str | None, after: str | None, warn: Warn | None
) -> Comparison:
    history = read_history(place, config)
    warn_unreadable(history, warn)
    comparison_side = (
        _default_before(place, config, history) if before is None else resolve_revision(place, config, history, before)
    )
    other = _default_after(place, config, history) if after is None else resolve_revision(place, config, history, after)
    return compare_revisions(config.name, comparison_side, other)


def _default_before(place: Place, config: SpecConfig, history: History) -> ComparisonSide:
    if config.source == "folder":
        return revision_at(history, history.spec_commits[-2 if len(history.spec_commits) > 1 else -1])
    return resolve_revision(place, config, history, "HEAD")


def _default_after(place: Place, config: SpecConfig, history: History) -> ComparisonSide:
    if config.source == "folder":
        return revision_at(history, history.spec_commits[-1])
    bare = place.repository is None or place.repository.worktree is None
    return resolve_revision(place, config, history, "HEAD") if bare else work_tree_revision(place, config)


# Where a spec's revisions were seen, newest first, with what was measured beside them.


def log(
    project: Project,
    commits: str | None = None,
    since: date | None = None,
    until: date | None = None,
    warn: Warn | None = None,
) -> tuple[SpecLog, ...]:
    """The log of every spec of a project.

    Args:
        commits: as for `audit`; None for all.
        since: the first day that counts, in the time zone of each spec commit; None for all.
        until: the last day that counts.
        warn: gets the commits of the range that cannot be read.

    Raises RepositoryError, RevisionError or ConfigError where a history cannot be read or the range says nothing.
    """
    return tuple(_log_spec(project, config, commits, since, until, warn) for config in project.specs)


def _log_spec(
    project: Project,
    config: SpecConfig,
    commits: str | None,
    since: date | None,
    until: date | None,
    warn: Warn | None,
) -> SpecLog:
    history = read_history(project, config)
    from auditor.app.audit import find_joining_merges, spec_commits_in_range
    from auditor.assess.judge import assess
    from auditor.assess.timeline import build_spec_log

    evidence = build_evidence(project, history)
    assessment = assess(evidence, project.settings.policy)
    named = spec_commits_in_range(project, history, commits)
    warn_unreadable(history, warn, named)
    names = [
        spec_commit.name
        for spec_commit in history.spec_commits
        if named is None or spec_commit.name in named
        if (since is None or spec_commit.date.date() >= since) and (until is None or spec_commit.date.date() <= until)
    ]
    joins = find_joining_merges(project, config, evidence)
    return build_spec_log(history, assessment.patches, frozenset(names), joins)


# One patch: what it changed, and everything the audit says of it.


PatchView: TypeAlias = "tuple[PatchEntry, Comparison, tuple[SuiteFlips, ...]]"


def show(
    project: Project,
    name: str,
    environment: Mapping[str, str] = MappingProxyType({}),
    warn: Warn | None = None,
    *,
    reveal: bool = False,
) -> tuple[PatchView, ...]:
    """The patch that a name stands for; one of each spec where a commit patches several.

    Args:
        name: the beginning of a patch's id, or what stands for the revision it made: see `revision.resolve_patch`.
        environment: as for `audit`.
        warn: gets the commits that cannot be read and are part of the patch.
        reveal: whether items of held-out suites are named.

    Raises RevisionError where it stands for none, or for several of one spec; else what `audit` raises.
    """
    from auditor.app.prompts import read_prompt_key

    views: list[PatchView] = []
    key = read_prompt_key(project, environment)
    errors: list[RevisionError] = []
    for config in project.specs:
        try:
            views.append(_show_spec(project, config, name, key, warn, reveal=reveal))
        except RevisionError as error:
            errors.append(error)
    if not views:
        raise errors[0]
    return tuple(views)


def _show_spec(
    project: Project, config: SpecConfig, name: str, key: PromptKey, warn: Warn | None, *, reveal: bool
) -> PatchView:
    from auditor.app.audit import assess_spec
    from auditor.assess.flips import flipped_items

    history = read_history(project, config)
    patch = resolve_patch(project, config, history, name)
    if project.repository is not None and patch.after.commit is not None:
        warn_unreadable(history, warn, project.repository.range_commits(f"{patch.before.commit}..{patch.after.commit}"))
    (spec, _), _ = assess_spec(project, config, history, [patch], key)
    (entry,) = spec.patches
    sides = revision_at(history, patch.before), revision_at(history, patch.after)
    comparison = compare_revisions(config.name, *sides, entry.text.lineage.events[patch.after.name])
    behaviours = entry.facts.behaviours
    return (
        entry,
        comparison,
        tuple(flips for facts in behaviours for flips in flipped_items(spec.evidence, facts, reveal=reveal)),
    )
