"""The decision on what is about to land: the audit of what it brings, and the policy applied to it.

In come two commits, or how git called a hook (its arguments and stdin say which branches move from where to where);
out comes a `Decision` for each. `record_disclosure` writes down that held-out rates were shown, since each time they
are the suite is used once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath

from auditor.app.audit import assess_project
from auditor.app.intake import is_readable
from auditor.app.merge_history import BaseHead, read_base_head
from auditor.app.project import Project, open_project
from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts
from auditor.assess.judge import assess
from auditor.assess.ledger import verdict_finding
from auditor.assess.lifted_accusations import (
    AccusationKey,
    LiftedAccusation,
    lifted_accusations,
    standing_accusations,
)
from auditor.audit import Audit, SpecAudit
from auditor.checks.catalogue import all_checks
from auditor.errors import ConfigError, InputError, InternalError, RepositoryError
from auditor.evidence import assemble_evidence, runs_at, suites_measuring
from auditor.gate import rules
from auditor.gate.decision import Decision, apply_waivers
from auditor.gate.rules import GapKey, MergeCandidate
from auditor.git import REPLACEMENTS, Commit, Repository, Tree, open_repository
from auditor.git.write import propose_commit
from auditor.model.finding import Finding, Level, Remedy, Subject
from auditor.model.held_out_use import HeldOutUse
from auditor.model.numbers import count_noun, short_id
from auditor.model.policy import Policy
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.settings import SETTINGS_FILE, SpecConfig, has_settings, load_settings
from auditor.specs.files import parse_patterns, read_revision
from auditor.specs.git import ProposedLanding
from auditor.store.ledger import add_held_out_use
from auditor.store.registry import load_registry

# One spec of a landing: what base knew of it, where head has it, and what is to be said of that.


def _merge_candidate(sides: BaseHead, config: SpecConfig, spec: SpecAudit, audit: Audit, day: date) -> MergeCandidate:
    on_debt = sides.policy.evidence_debt_days is not None and config.source == "git"
    option = f" --spec {spec.history.spec}" if len(sides.settings.specs) > 1 else ""
    before, landing = _assessed_before(sides, spec), set(spec.landing or ())
    accused = {
        key: facts
        for key, facts in standing_accusations(before, sides.policy.block_on).items()
        if key[0] not in landing and not set(facts.step.patches) & landing
    }
    lifted = dict(_lifted_accusations(sides, spec, accused))
    for key, facts, accusation in _lifted_by_corrections(sides, spec):
        accused[key], lifted[key] = facts, accusation
    verdicts = (behaviour for facts in before.patches for behaviour in facts.behaviours)
    names = {verdict_finding(verdict.verdict, spec.history.spec, verdict).fingerprint for verdict in verdicts}
    return MergeCandidate(
        audit=spec,
        open_before=_open_gaps(before.standings),
        fingerprints_before=frozenset(names),
        accused_before=accused,
        lifted=lifted,
        accused_late=frozenset(_accused_late(sides, spec, accused)) if spec.landing else frozenset(),
        new_records=sides.new_records,
        registered=frozenset(sides.registry.suites),
        stamp=f"$(auditor revision{option})",
        day=day if on_debt else None,
        debts=tuple(debt for debt in audit.debts if debt.spec == spec.history.spec),
    )


def _assessed_before(sides: BaseHead, spec: SpecAudit) -> Assessment:
    """What is assessed of a spec without the new records."""
    if not sides.new_records:
        return spec.assessment
    old = [run for run in sides.runs if run.record not in sides.new_records]
    return assess(
        assemble_evidence(spec.history, old, sides.registry, landing_places=spec.evidence.landing_places), sides.policy
    )


def _lifted_accusations(
    sides: BaseHead, spec: SpecAudit, accused: Mapping[AccusationKey, BehaviourFacts]
) -> Iterator[tuple[AccusationKey, LiftedAccusation]]:
    """What head's suites lift of base's accusations once they count, and what the new records lift by base's rules."""
    if not accused:
        return
    registry = load_registry(sides.head, sides.settings.store)
    if registry.suites != sides.registry.suites:
        former = (*sides.registry.former, *registry.changed_suites(sides.registry.suites))
        registry, places = replace(registry, former=former), spec.evidence.landing_places
        evidence = assemble_evidence(spec.history, sides.runs, registry, landing_places=places)
        yield from lifted_accusations(accused, assess(evidence, sides.policy), sides.policy.block_on)
    if sides.new_records:
        yield from lifted_accusations(accused, spec.assessment, sides.policy.block_on)


def _lifted_by_corrections(
    sides: BaseHead, spec: SpecAudit
) -> Iterator[tuple[AccusationKey, BehaviourFacts, LiftedAccusation]]:
    """What patches that land would be accused of by the records as they were before any was corrected."""
    if spec.evidence.uncorrected is None or not spec.landing:
        return
    first = assess(spec.evidence.uncorrected, sides.policy)
    standing = {
        key: facts
        for key, facts in standing_accusations(first, sides.policy.block_on).items()
        if key[0] in spec.landing
    }
    for key, accusation in lifted_accusations(standing, spec.assessment, sides.policy.block_on):
        yield key, standing[key], accusation


def _accused_late(
    sides: BaseHead, spec: SpecAudit, accused: Mapping[tuple[str, str, str], BehaviourFacts]
) -> Iterator[str]:
    """The accused patches that landed under rules, before some record of the state after them did."""
    ancestry = sides.repository.ancestry(sides.base.commit_id)
    for (patch, behaviour, _), facts in accused.items():
        place = ancestry.landed.get(spec.evidence.patches[patch].after.commit or "")
        at = Commit(sides.repository, ancestry.chain[place]) if place is not None else None
        if at is None or not has_settings(at):
            continue
        names = {PurePosixPath(path).stem for path in at.list(sides.records)}
        runs = (
            run.record
            for suite in suites_measuring(spec.evidence, behaviour)
            for run in runs_at(spec.evidence, suite.name, facts.step.after)
        )
        if any(name not in names and name not in sides.new_records for name in runs):
            yield patch


def _open_gaps(gaps: Iterable[GapFacts]) -> frozenset[GapKey]:
    return frozenset((gap.behaviour, gap.model, gap.suite) for gap in gaps if gap.open)


def _follow_moved_spec(sides: BaseHead, config: SpecConfig) -> tuple[SpecConfig, tuple[Finding, ...]]:
    """The spec's configuration as base has it; where head moved the spec, with the paths head says it moved to."""
    if config.source == "folder" or not _content_id_before(sides.base, config) or _content_id(sides.head, config):
        return config, ()
    moved = next((spec for spec in load_settings(sides.head).specs if spec.name == config.name), config)
    both = replace(config, paths=tuple(dict.fromkeys((*config.paths, *moved.paths))))
    if _content_id(sides.head, both):
        why = f"head moves it: its text is followed from {', '.join(config.paths)} to {', '.join(moved.paths)}"
        return both, (_note("configuration", why, config.name),)
    remedy = Remedy(f"land its new path, or its removal, in {SETTINGS_FILE} by itself first")
    why = f"head has nothing at {', '.join(config.paths)}: what took its place would not be judged"
    return config, (replace(_note("spec-gone", why, config.name), level=Level.BLOCKED, remedy=remedy),)


def _note(rule: str, message: str, spec: str = "") -> Finding:
    return Finding(message, code=rule, subject=Subject(spec), level=Level.NOTICE)


def _proposed_landing(sides: BaseHead, config: SpecConfig) -> ProposedLanding:
    """Head landing on base: base's text is held against the text under head's paths, whichever base has."""
    head_config = config
    if has_settings(sides.head):
        head_config = next((spec for spec in load_settings(sides.head).specs if spec.name == config.name), config)
    paths = head_config.paths if _content_id(sides.head, head_config) else config.paths
    text = _content_id(sides.head, replace(config, paths=paths))
    takes_head = not sides.forks or text not in {_content_id_before(fork, config) for fork in sides.forks}
    return ProposedLanding(sides.base.commit_id, sides.head.commit_id, parse_patterns(paths), takes_head)


def _content_id(tree: Tree, config: SpecConfig) -> str | None:
    """The content id of a spec in a tree; None where it is not there. Raises RepositoryError where it is unreadable."""
    revision = read_revision(tree, config.paths)
    return revision.id if revision.files else None


def _content_id_before(tree: Tree, config: SpecConfig) -> str | None:
    """The content id of a spec in a tree that has landed; None where it is not there, or cannot be read there."""
    try:
        return _content_id(tree, config)
    except InputError:
        return None


def _unreadable_commits(sides: BaseHead, spec: SpecAudit | None) -> Iterator[Finding]:
    """What is about to land in a form that cannot be read; what comes of it in the end is judged."""
    for unreadable_commit in spec.history.unreadable if spec else ():
        if unreadable_commit.commit not in sides.landed:
            name = short_id(unreadable_commit.commit)
            why = f"commit {name} cannot be read and is passed over: {unreadable_commit.why}"
            yield replace(_note("unreadable", why, spec.history.spec if spec else ""), level=Level.WARNING)


def _divergence(sides: BaseHead, config: SpecConfig) -> tuple[Finding, ...]:
    """What is judged is head as it is; where base's text moved on, the merge of both is another text."""
    texts = {_content_id_before(fork, config) for fork in sides.forks}
    if config.source == "folder" or sides.replaces or texts == {_content_id_before(sides.base, config)}:
        return ()
    why = "its text changed on base after head left it: merge base into head to have the outcome judged"
    return (replace(_note("diverged", why, config.name), level=Level.WARNING),)


# What is about to land, judged by base's rules on the records of both sides.


@dataclass(frozen=True, slots=True)
class GateRequest:
    """How a decision is asked for.

    Attributes:
        specs: names of configured specs, or paths of others; none for all configured.
        reveal: whether held-out rates are shown; the policy may want it anyway.
        today: the day that waivers and debts are held against.
        environment: its variables, one of which may say where the key of hashed prompts is.
        leaving: the names of refs that the push takes away.
    """

    specs: tuple[str, ...]
    reveal: bool
    today: date
    environment: Mapping[str, str] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()


def gate(
    where: Path,
    *,
    base: str,
    head: str,
    request: GateRequest,
    replaces: bool = False,
    published: bool = False,
    applied_from: str | None = None,
) -> Decision:
    """The decision on landing head on base.

    Policy, suites, waivers and spec configuration are base's; a base without configuration takes head's, and says so.
    Records are those of both. The patches judged are those that head has and base has not.

    Args:
        where: a folder in a repository, or a bare one.
        base, head: commits, tags or branches.
        replaces: whether head takes base's place, as in a push; else both are merged.
        published: whether others have base, as in a push: then its commits stay in the history.
        applied_from: the commit whose configuration counts in place of base's.

    Raises RevisionError for a name that stands for no commit; ConfigError, RecordError or RepositoryError where a side
    cannot be read; InternalError where a check could not run, as what it would have found must not pass.
    """
    with open_repository(where, leaving=request.leaving) as repository:
        start, end = (Commit(repository, repository.resolve(name)) for name in (base, head))
        applied = Commit(repository, repository.resolve(applied_from)) if applied_from else None
        sides = read_base_head(
            repository, start, end, request.specs, replaces=replaces, published=published, rules=applied
        )
        _check_blockers(sides.policy)
        followed = [_follow_moved_spec(sides, config) for config in sides.specs]
        project = _head_project(sides, where, [config for config, _ in followed])
        reveal = request.reveal or sides.policy.reveal_held_out
        audit = assess_project(
            project,
            request.today,
            environment=request.environment,
            sides=sides,
            policy=lambda audit: _judge(sides, followed, audit, request.today, reveal=reveal),
        )
        _require_complete(audit)  # of the checks on waivers, which run last
        return Decision(
            base=sides.base.commit_id,
            head=sides.head.commit_id,
            policy_from="head" if sides.rules is sides.head else "base",
            judged=tuple(_judged_patches(audit)),
            findings=(
                *apply_waivers(audit.decided, audit.waivers),
                *rules.judge_waivers(audit.waiver_findings, sides.policy),
            ),
            waivers=audit.waivers,
            store=sides.settings.store,
        )


def _judged_patches(audit: Audit) -> Iterator[Patch]:
    """The patches that land; of merges that only join them those of which the policy says something of their own."""
    named = {patch for finding in audit.decided for patch in finding.subject.patches}
    for spec in audit.specs:
        for entry in spec.landing_patches:
            if entry not in spec.joining_merges or entry.facts.patch.id in named:
                yield entry.facts.patch


def _head_project(sides: BaseHead, where: Path, specs: Sequence[SpecConfig]) -> Project:
    """Head as a project, judged by base's rules."""
    repository = sides.repository
    return Project(
        repository.worktree or where,
        repository,
        sides.head,
        sides.settings,
        tuple(specs),
        sides.registry,
        sides.runs,
        tip=sides.head.commit_id,
        plans=sides.plans,
        looks=sides.looks,
        prompts_tree=sides.both,
        proposed={config.name: _proposed_landing(sides, config) for config in specs if config.source == "git"},
        landed_at=sides.base.commit_id,
    )


def _judge(
    sides: BaseHead,
    followed: Sequence[tuple[SpecConfig, tuple[Finding, ...]]],
    audit: Audit,
    day: date,
    *,
    reveal: bool,
) -> Iterator[Finding]:
    """What the policy says of all that is about to land. Raises InternalError where a check could not run."""
    _require_complete(audit)
    yield from _configuration_notes(sides)
    for landing in audit.landings:
        store = sides.settings.store
        yield from rules.judge_landing(landing, sides.policy, base=sides.base.commit_id, store=store)
    specs = {spec.history.spec: spec for spec in audit.specs}
    for config, moved in followed:
        spec = specs.get(config.name)
        yield from (*moved, *_divergence(sides, config))
        yield from _unreadable_commits(sides, spec)
        if spec is None or not spec.landing:
            yield _note("no-patch", "its text does not change: there is no patch to judge", config.name)
        if spec is not None:
            candidate = _merge_candidate(sides, config, spec, audit, day)
            yield from rules.apply_policy(candidate, sides.policy, reveal=reveal)


def _require_complete(audit: Audit) -> None:
    """Raises InternalError where a check could not run, as what it would have found must not pass."""
    for not_assessed in audit.coverage.failed:
        raise InternalError(not_assessed.why, where=not_assessed.what)


def _check_blockers(policy: Policy) -> None:
    """Raises ConfigError for a code that no check has: it would never block, and nobody would know."""
    names = {*Verdict, *(check.code for check in all_checks())}
    for name in policy.block_on:
        if name not in names:
            remedy = "give a verdict or a code that auditor checks lists"
            raise ConfigError(f"{name} is no check", where=SETTINGS_FILE, field="policy.block_on", remedy=remedy)


def _configuration_notes(sides: BaseHead) -> Iterator[Finding]:
    for path, error in sides.unread_waivers.items():
        why = f"waiver {path} cannot be read and excuses nothing: {error.what}"
        yield replace(_note("unreadable", why), level=Level.WARNING)
    if sides.damaged:
        count = count_noun(len(sides.damaged), "damaged file")
        names = ", ".join(sorted(sides.damaged)[:3])
        why = f"{count} of the evaluation history on base, which said nothing, is replaced or taken away: {names}"
        yield replace(_note("unreadable", why), level=Level.WARNING)
    if sides.rules not in (sides.base, sides.head) and not is_readable(sides.base):
        why = f"base's configuration cannot be read: that of {short_id(sides.rules.commit_id)} before it is applied"
        yield replace(_note("configuration", why), level=Level.WARNING)
    if sides.rules is sides.head:
        yield _note("configuration", "base has no configuration: policy, suites and specs are head's")
    elif sides.changed_rules:
        files = ", ".join(sides.changed_rules)
        yield _note("configuration", f"{files} differs between the two sides: base's is applied")


# What a git hook is about to let in: which commits land where, told apart by the hook's arguments and its stdin.


_HEADS = "refs/heads/"
# By these variables the pre-commit framework says what is pushed; in its other stages they are not set.
_FRAMEWORK_PUSH = {"PRE_COMMIT_TO_REF", "PRE_COMMIT_REMOTE_BRANCH"}


class Hook(StrEnum):
    """The hooks that auditor answers in."""

    PRE_COMMIT = "pre-commit"
    PRE_MERGE_COMMIT = "pre-merge-commit"
    PRE_PUSH = "pre-push"
    REFERENCE_TRANSACTION = "reference-transaction"
    PRE_RECEIVE = "pre-receive"
    UPDATE = "update"


# What others have seen of a branch is what one of these hooks moves it from; a client's own commits may be amended.
_PUSHES = (Hook.PRE_PUSH, Hook.PRE_RECEIVE, Hook.UPDATE)


@dataclass(frozen=True, slots=True)
class BranchUpdate:
    """One branch that is about to move: its name, and the commits it moves from and to.

    Attributes:
        rules: the commit whose configuration counts; None for that of `base`.
    """

    branch: str
    base: str
    head: str
    rules: str | None = None


@dataclass(frozen=True, slots=True)
class HookInput:
    """How git called a hook.

    Attributes:
        hook: which one; None for a person who asks what a commit would bring now.
        arguments: its arguments; stdin: what it was given to read.
        environment: its variables.
        branches: the branches that are judged; empty for every one.
        when: now.
    """

    hook: Hook | None
    arguments: tuple[str, ...]
    stdin: str
    environment: Mapping[str, str]
    branches: tuple[str, ...]
    when: datetime


def decide_hook(where: Path, called: HookInput, gate_request: GateRequest) -> tuple[tuple[BranchUpdate, Decision], ...]:
    """The decision on each branch that is about to move and is judged; none where nothing of that kind happens.

    Raises what `gate` raises, and InputError for what no git ever passed to that hook, and for refs that replace
    objects.
    """
    updates = tuple(_pushed_refs(called))
    replacing = {ref: new for ref, new in updates if ref.startswith(REPLACEMENTS)}
    for ref in (ref for ref, new in replacing.items() if new.strip("0")):
        what, remedy = "would show another object in the place of one that was judged", "push without it"
        raise RepositoryError(what, where=ref, remedy=remedy)
    if replacing and len(replacing) == len(updates):
        return ()  # all are taken away, and nothing else moves
    gate_request = replace(gate_request, leaving=frozenset(replacing))
    with open_repository(where, leaving=gate_request.leaving) as repository:
        landings = tuple(_branch_updates(repository, called))
    return tuple(
        (
            landing,
            gate(
                where,
                base=landing.base,
                head=landing.head,
                request=gate_request,
                replaces=True,
                published=called.hook in (None, *_PUSHES),
                applied_from=landing.rules,
            ),
        )
        for landing in landings
    )


def _pushed_refs(called: HookInput) -> Iterator[tuple[str, str]]:
    """The name of each ref that a push moves, and the id that it moves to; none in other hooks."""
    match called.hook:
        case Hook.PRE_PUSH:
            yield from ((ref, new) for _, new, ref, _ in _stdin_lines(called, 4))
        case Hook.PRE_RECEIVE:
            yield from ((ref, new) for _, new, ref in _stdin_lines(called, 3))
        case Hook.UPDATE if len(called.arguments) == 3:
            yield (called.arguments[0], called.arguments[2])


def _branch_updates(repository: Repository, called: HookInput) -> Iterator[BranchUpdate]:
    match called.hook:
        case None if called.environment.get("PRE_COMMIT") == "1" and _FRAMEWORK_PUSH & called.environment.keys():
            yield from _update_from_framework(repository, called)
        case None:
            yield from _update_from_index(repository, called, judged=_is_judged(_current_branch(repository), called))
        case Hook.PRE_COMMIT | Hook.PRE_MERGE_COMMIT:
            yield from _update_from_index(repository, called, judged=_is_judged(_current_branch(repository), called))
        case Hook.PRE_PUSH:
            for _, new, ref, old in _stdin_lines(called, 4):
                yield from _update_of_branch(repository, called, old, new, ref, behind=_remote_refs(called))
        case Hook.REFERENCE_TRANSACTION:
            if called.arguments[:1] == ("prepared",):
                for old, new, ref in _stdin_lines(called, 3):
                    yield from _update_of_branch(repository, called, _old_or_current_id(repository, old, ref), new, ref)
        case Hook.PRE_RECEIVE:
            for old, new, ref in _stdin_lines(called, 3):
                yield from _update_of_branch(repository, called, old, new, ref)
        case Hook.UPDATE:
            if len(called.arguments) != 3:
                raise InputError("takes a ref, its old and its new id", where="the update hook")
            ref, old, new = called.arguments
            yield from _update_of_branch(repository, called, old, new, ref)


def _update_from_index(repository: Repository, called: HookInput, *, judged: bool) -> Iterator[BranchUpdate]:
    if judged and (proposed_commit := propose_commit(repository, called.environment, called.when)):
        yield BranchUpdate(_current_branch(repository), proposed_commit.base, proposed_commit.head)


def _update_from_framework(repository: Repository, called: HookInput) -> Iterator[BranchUpdate]:
    """What the pre-commit framework says is pushed, in its variables: from where to where, or a branch that is new."""
    variables = called.environment
    ref = variables.get("PRE_COMMIT_REMOTE_BRANCH") or variables.get("PRE_COMMIT_LOCAL_BRANCH") or _HEADS
    new = repository.resolve(variables.get("PRE_COMMIT_TO_REF") or variables.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD")
    old = variables.get("PRE_COMMIT_FROM_REF", "")
    remote = replace(called, arguments=(variables.get("PRE_COMMIT_REMOTE_NAME", ""),))
    ref = ref if ref.startswith("refs/") else f"{_HEADS}{ref}"
    base = repository.resolve(old) if old.strip("0") else ""
    yield from _update_of_branch(repository, called, base, new, ref, behind=_remote_refs(remote))


def _update_of_branch(
    repository: Repository, called: HookInput, old: str, new: str, ref: str, *, behind: str = _HEADS
) -> Iterator[BranchUpdate]:
    """Nothing for a ref that is no judged branch, or stays where it is.

    Raises RepositoryError where a server is to delete a branch that is judged by its name, or its main one.
    """
    branch = ref.removeprefix(_HEADS)
    if not ref.startswith(_HEADS) or old == new or not _is_judged(branch, called):
        return
    if not new.strip("0"):
        server = called.hook in (Hook.PRE_RECEIVE, Hook.UPDATE)
        if server and branch in (*called.branches, _current_branch(repository)):
            subject, remedy = "is judged: deleting it would remove its records and rules", "push what should replace it"
            raise RepositoryError(subject, where=branch, remedy=remedy)
    elif old.strip("0"):
        yield BranchUpdate(branch, old, new)
    elif (branch_update := _new_branch(repository, called, branch, new, behind)).base != new:
        yield branch_update


def _new_branch(repository: Repository, called: HookInput, branch: str, new: str, behind: str) -> BranchUpdate:
    """A branch that is new is held against where it left the judged branches, else against its first commit.

    What an unjudged branch has was never judged. The rules are those of a judged branch that has any.
    """
    lines = repository.command.run("for-each-ref", "--format=%(objectname) %(refname)", behind).decode().splitlines()
    refs = [line.split(" ", 1) for line in lines]
    judged = [name for name, ref in refs if _is_judged(ref.removeprefix(behind), called)]
    bases = [base for name in dict.fromkeys(judged) for base in repository.merge_bases(name, new)]
    latest = [base for base in dict.fromkeys(bases) if all(repository.is_ancestor(other, base) for other in bases)]
    first = (latest or bases)[:1] or repository.command.run("rev-list", "--max-parents=0", new).decode().split()[-1:]
    rules = next((name for name in judged if has_settings(Commit(repository, name))), None)
    return BranchUpdate(branch, first[0], new, rules)


def _old_or_current_id(repository: Repository, old: str, ref: str) -> str:
    """A transaction's old id; git leaves it out where nobody asked for it, and the ref is still where it was."""
    if old.strip("0"):
        return old
    now = repository.command.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return old if now.status else now.out.decode().strip()


def _current_branch(repository: Repository) -> str:
    """The branch that is checked out; "" for none."""
    named = repository.command.attempt("symbolic-ref", "--quiet", "HEAD")
    if named.status > 1:  # 1 is a commit that is checked out by itself; this is a branch that is damaged
        raise repository.command.failure(named.err)
    return named.out.decode("utf-8", "surrogateescape").strip().removeprefix(_HEADS)


def _is_judged(branch: str, called: HookInput) -> bool:
    return not called.branches or branch in called.branches


def _remote_refs(called: HookInput) -> str:
    """Where the branches of the remote that is pushed to are known here."""
    name = called.arguments[0] if called.arguments else ""
    return f"refs/remotes/{name}/" if name and "/" not in name and ":" not in name else "refs/remotes/"


def _stdin_lines(called: HookInput, words: int) -> Iterator[tuple[str, ...]]:
    for line in called.stdin.splitlines():
        names = tuple(line.split(" "))
        if len(names) != words:
            raise RepositoryError("is not what git passes to it", where=f"stdin of the {called.hook} hook", field=line)
        yield names


# Writing down that held-out rates were shown: each time they are, the suite is used once more.


def record_disclosure(
    where: Path, patches: Iterable[Patch], now: datetime, by: str = "gate --reveal"
) -> tuple[HeldOutUse, ...]:
    """Records in the work tree, to be committed with the patch, that held-out rates of some patches were shown.

    A look names the registered held-out suites that have a run under the revision before or after. The same look in
    the same second is one; a patch without such a run makes none, and so does a bare repository, which has no files.

    Args:
        where: a folder in the project.
        now: with offset; of it whole seconds are kept.

    Raises ConfigError, RepositoryError or RecordError where the project cannot be read or the look not written.
    """
    uses = []
    with open_project(where) as project:
        if project.repository is not None and project.repository.worktree is None:
            return ()
        hidden = {name for name, suite in project.registry.suites.items() if suite.role is Role.HELD_OUT}
        for patch in patches:
            sides = (patch.before.revision, patch.after.revision)
            lines = {run.suite for run in project.runs if run.spec == patch.spec and run.revision in sides} & hidden
            if lines:
                look = HeldOutUse("", patch.spec, tuple(sorted(lines)), *sides, by, now.replace(microsecond=0))
                uses.append(add_held_out_use(project.root, project.settings.store, look))
    return tuple(uses)
