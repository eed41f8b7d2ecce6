"""The decision on what is about to land, judged by base's rules on the records of both sides.

In come two commits, or how git called a hook (its arguments and stdin say which branches move from where to where);
out comes a `Decision` for each. `record_disclosure` writes down that held-out rates were shown, since each time they
are the suite is a little more used up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from auditor.app.audit import derive_debts, read_patch_texts
from auditor.app.merge_history import BaseHead, TreeUnion, landing_facts, read_base_head
from auditor.app.project import Project, open_project
from auditor.app.prompts import PromptKey, open_hashed_prompts, read_prompt_key
from auditor.app.waivers import WaiverContext, WaiverSource, is_enforced, waiver_facts
from auditor.assess.facts import Assessment, GapFacts
from auditor.assess.judge import assess
from auditor.assess.ledger import WaiverFacts, WaiverSubject, waiver_subject
from auditor.assess.open_gaps import track_gaps
from auditor.assess.text import PatchText, RevisionText, find_leaking_patches, find_place
from auditor.checks.catalogue import all_checks, find_check
from auditor.checks.interface import CurrentTextCheck, LandingCheck
from auditor.checks.runner import CheckResults, ScopeResults, run_checks, run_on_landing, run_on_waivers
from auditor.errors import ConfigError, InputError, InternalError, RepositoryError
from auditor.evidence import Evidence, assemble_evidence
from auditor.gate import rules as of_checks
from auditor.gate.decision import Decision, Entry, Level, apply_waivers, waivable_subjects
from auditor.gate.remedies import Remedy
from auditor.gate.rules import GapKey, MergeCandidate, apply_policy
from auditor.git import Commit, Repository, Tree, open_repository
from auditor.git.write import propose_commit
from auditor.model.finding import Finding
from auditor.model.held_out_use import HeldOutUse
from auditor.model.policy import Policy
from auditor.model.spec import History, Patch, patches_of
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.settings import SETTINGS_FILE, SpecConfig, load_settings
from auditor.specs import folder, git
from auditor.specs.files import read_revision
from auditor.store.ledger import add_held_out_use

# One spec of a landing: which of its patches land, what is known of them, and what is said.


@dataclass(frozen=True, slots=True)
class SpecJudgement:
    """One spec's part: the patches that land, what is said, and everything of it that a waiver may be for."""

    new: tuple[Patch, ...]
    patches: tuple[Patch, ...]
    entries: tuple[Entry, ...]
    subjects: tuple[WaiverSubject, ...]


def judge_spec(
    sides: BaseHead, config: SpecConfig, project: Project, key: PromptKey, day: date, *, reveal: bool
) -> SpecJudgement:
    """One spec's part of a decision.

    Args:
        project: head as a project; its prompts are base's where both have them.
        day: that waivers and debts are held against.
        reveal: whether entries carry held-out rates.
    """
    config, said = _follow_moved_spec(sides, config)
    history = _read_head_history(sides, config)
    every = patches_of(history)
    new = _new_patches(sides, config, every)
    said += _divergence_entries(sides, config)
    if not new:
        why = "its text does not change: there is no patch to judge"
        said.append(Entry(Level.NOTICE, "no-patch", why, config.name))
    on_debt = sides.policy.evidence_debt_days is not None and config.source == "git"
    if not new and not sides.waivers and not sides.new_records and not on_debt:
        return SpecJudgement(new, every, tuple(said), ())
    evidence = assemble_evidence(history, sides.runs, sides.registry, sides.plans)
    assessment = assess(evidence, sides.policy, day, sides.looks)
    texts, current = _read_texts(sides, config, project, key, evidence, new)
    landing, checked = _merge_candidate(sides, evidence, assessment, texts, current, new)
    if on_debt:
        earlier = [facts for facts in assessment.patches if facts.patch not in new]
        owed = tuple(derive_debts(sides.repository, sides.base.commit_id, evidence, earlier))
        landing = replace(landing, day=day, debts=owed)
    subjects = tuple(_subjects(config.name, assessment, checked))
    return SpecJudgement(new, every, (*said, *apply_policy(landing, sides.policy, reveal=reveal)), subjects)


def _read_texts(
    sides: BaseHead, config: SpecConfig, project: Project, key: PromptKey, evidence: Evidence, new: tuple[Patch, ...]
) -> tuple[dict[str, PatchText], RevisionText | None]:
    """What the new patches did to the text, and those that a waiver names; the text at head, where there are any."""
    named = tuple(waiver.patch for waiver in sides.waivers if waiver.patch)
    wanted = [patch for patch in evidence.patches.values() if patch in new or patch.id.startswith(named)]
    if not wanted:
        return {}, None
    hashed = open_hashed_prompts(project, evidence, key)
    return read_patch_texts(replace(project, tree=sides.head), config, evidence.history, wanted, hashed)


def _merge_candidate(
    sides: BaseHead,
    evidence: Evidence,
    assessment: Assessment,
    texts: dict[str, PatchText],
    current: RevisionText | None,
    new: tuple[Patch, ...],
) -> tuple[MergeCandidate, CheckResults]:
    history = evidence.history
    places = {name: place for name, text in texts.items() if (place := find_place(text.changes)) is not None}
    now = {name: there for name, place in places.items() if (there := texts[name].where_now(place)) is not None}
    kept = _narrow_assessment(assessment, texts, {patch.id for patch in new})
    checked = run_checks(kept, texts, current, places)
    for one in checked.not_run:
        raise InternalError(one.why, where=one.what)
    old = [run for run in sides.runs if run.record not in sides.new_records]
    without = assemble_evidence(history, old, sides.registry)
    option = f" --spec {history.spec}" if len(sides.settings.specs) > 1 else ""
    landing = MergeCandidate(
        spec=history.spec,
        evidence=evidence,
        assessment=assessment,
        patches=tuple(patch.id for patch in new),
        texts=texts,
        findings=checked.by_patch,
        places=now,
        open_before=frozenset(_gap_key(gap) for gap in track_gaps(without, sides.policy) if gap.open),
        landed_before=_fingerprints_before(sides, without),
        new_records=sides.new_records,
        registered=frozenset(sides.registry.suites),
        stamp=f"$(auditor revision{option})",
        windows=tuple(zip(kept.windows, checked.by_window, strict=True)),
        of_state=tuple(_state_findings(checked)),
    )
    return landing, checked


def _narrow_assessment(assessment: Assessment, texts: Mapping[str, PatchText], new: set[str]) -> Assessment:
    """What the catalogue is asked about: patches whose text is known, and windows with one that lands."""
    return replace(
        assessment,
        patches=tuple(one for one in assessment.patches if one.patch.id in texts),
        windows=tuple(one for one in assessment.windows if new & set(one.facts.step.patches)),
        uses=tuple(replace(use, leaked=find_leaking_patches(use.suite, texts)) for use in assessment.uses),
    )


def _state_findings(checked: CheckResults) -> Iterator[Finding]:
    """What is wrong with suites, plans, and the text with what it is measured on: what only patches bring is theirs."""
    for findings in (*checked.of_uses.values(), *checked.of_plans.values()):
        yield from findings
    yield from (one for one in checked.of_spec if isinstance(find_check(one.check), CurrentTextCheck))


def _fingerprints_before(sides: BaseHead, without: Evidence) -> frozenset[str]:
    """The fingerprints of the verdicts on steps as they were without the new records; none where there are none."""
    if not sides.new_records:
        return frozenset()
    return frozenset(one.fingerprint for one in _verdict_subjects(without.history.spec, assess(without, sides.policy)))


def _verdict_subjects(spec: str, assessment: Assessment) -> Iterator[WaiverSubject]:
    for facts in assessment.patches:
        for one in facts.behaviours:
            yield waiver_subject(one.verdict, spec, one)


def _subjects(spec: str, assessment: Assessment, checked: CheckResults) -> Iterator[WaiverSubject]:
    """Everything that a waiver may be for, of any patch whose text was looked at and of any state."""
    yield from _verdict_subjects(spec, assessment)
    for patch, findings in checked.by_patch.items():
        yield from (WaiverSubject(finding.check, finding.fingerprint, (patch,)) for finding in findings)
    within = (one for findings in checked.by_window for one in findings)
    for finding in (*checked.standing, *within, *_state_findings(checked)):
        yield WaiverSubject(finding.check, finding.fingerprint)


def _gap_key(gap: GapFacts) -> GapKey:
    return gap.behaviour, gap.model, gap.suite


def _follow_moved_spec(sides: BaseHead, config: SpecConfig) -> tuple[SpecConfig, list[Entry]]:
    """The spec's configuration as base has it; where head moved the spec, with the paths head says it moved to."""
    if config.source == "folder" or not _content_id(sides.base, config) or _content_id(sides.head, config):
        return config, []
    moved = next((one for one in load_settings(sides.head).specs if one.name == config.name), config)
    both = replace(config, paths=tuple(dict.fromkeys((*config.paths, *moved.paths))))
    if _content_id(sides.head, both):
        why = f"head moves it: its text is followed from {', '.join(config.paths)} to {', '.join(moved.paths)}"
        return both, [Entry(Level.NOTICE, "configuration", why, config.name)]
    remedy = Remedy(f"land its new path, or its removal, in {SETTINGS_FILE} by itself first")
    why = f"head has nothing at {', '.join(config.paths)}: what took its place would not be judged"
    return config, [Entry(Level.BLOCKED, "spec-gone", why, config.name, remedy=remedy)]


def _content_id(tree: Tree, config: SpecConfig) -> str | None:
    """The content id of a spec in a tree; None where it is not there."""
    revision = read_revision(tree, config.paths)
    return revision.id if revision.files else None


def _read_head_history(sides: BaseHead, config: SpecConfig) -> History:
    if config.source == "folder":
        return folder.read_tree_history(sides.head, config.name, config.paths, where=sides.head.commit_id[:12])
    return git.read_history(sides.repository, config.name, config.paths, sides.head.commit_id)


def _new_patches(sides: BaseHead, config: SpecConfig, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """The patches that head has and base has not: by their commits or, in dated folders, by what they change."""
    if config.source == "git":
        return tuple(patch for patch in patches if patch.after.commit in sides.commits)
    known = _folder_patches(sides, config)
    return tuple(patch for patch in patches if patch.id not in known)


def _folder_patches(sides: BaseHead, config: SpecConfig) -> frozenset[str]:
    """The patches of base's dated folders. Where it has none, nothing is known and everything is judged."""
    try:
        history = folder.read_tree_history(sides.base, config.name, config.paths)
    except RepositoryError:
        return frozenset()
    return frozenset(patch.id for patch in patches_of(history))


def _divergence_entries(sides: BaseHead, config: SpecConfig) -> list[Entry]:
    """What is judged is head as it is; where base's text moved on, the merge of both is another text."""
    texts = {_content_id(fork, config) for fork in sides.forks}
    if config.source == "folder" or texts == {_content_id(sides.base, config)}:
        return []
    why = "its text changed on base after head left it: merge base into head to have the outcome judged"
    return [Entry(Level.WARNING, "diverged", why, config.name)]


# What is about to land, judged by base's rules on the records of both sides.


@dataclass(frozen=True, slots=True)
class GateRequest:
    """How a decision is asked for.

    Attributes:
        spec: the name of a configured spec, or the path of one that is not; None for all configured.
        reveal: whether held-out rates are shown; the policy may want it anyway.
        today: the day that waivers and debts are held against.
        environment: its variables, one of which may say where the key of hashed prompts is.
    """

    spec: str | None
    reveal: bool
    today: date
    environment: Mapping[str, str] = field(default_factory=dict)


def gate(where: Path, *, base: str, head: str, asked: GateRequest) -> Decision:
    """The decision on landing head on base.

    Policy, suites, waivers and spec configuration are base's; a base without configuration takes head's, and says so.
    Records are those of both. The patches judged are those that head has and base has not.

    Args:
        where: a folder in a repository, or a bare one.
        base, head: commits, tags or branches.

    Raises RevisionError for a name that stands for no commit; ConfigError, RecordError or RepositoryError where a side
    cannot be read; InternalError where a check could not run, as what it would have found must not pass.
    """
    with open_repository(where) as found:
        sides = read_base_head(
            found, Commit(found, found.resolve(base)), Commit(found, found.resolve(head)), asked.spec
        )
        _check_blockers(sides.policy)
        project, reveal = _head_project(sides, where), asked.reveal or sides.policy.reveal_held_out
        key = read_prompt_key(project, asked.environment)
        parts = [judge_spec(sides, config, project, key, asked.today, reveal=reveal) for config in sides.specs]
        judged = tuple(patch for part in parts for patch in part.new)
        entries = [*_configuration_entries(sides), *_landing_entries(sides, judged)]
        entries += [entry for part in parts for entry in part.entries]
        waivers = _waiver_facts(sides, parts, entries, asked.today)
        return Decision(
            base=sides.base.commit_id,
            head=sides.head.commit_id,
            policy_from="base" if sides.rules is sides.base else "head",
            judged=judged,
            entries=(*apply_waivers(entries, waivers), *_waiver_entries(sides, waivers)),
            waivers=waivers,
        )


def _head_project(sides: BaseHead, where: Path) -> Project:
    """Head as a project, judged by base's rules."""
    found = sides.repository
    tree = TreeUnion(sides.base, sides.head)
    return Project(found.worktree or where, found, tree, sides.settings, sides.specs, sides.registry, sides.runs)


def _check_blockers(policy: Policy) -> None:
    """Raises ConfigError for a code that no check has: it would never block, and nobody would know."""
    known = {*Verdict, *(check.code for check in all_checks())}
    for one in policy.block_on:
        if one not in known:
            remedy = "give a verdict or a code that auditor checks lists"
            raise ConfigError(f"{one} is no check", where=SETTINGS_FILE, field="policy.block_on", remedy=remedy)


def _configuration_entries(sides: BaseHead) -> list[Entry]:
    said = []
    if sides.rules is sides.head:
        said.append("base has no configuration: policy, suites and specs are head's")
    elif sides.changed_rules:
        said.append(f"{', '.join(sides.changed_rules)} differs between the two sides: base's is applied")
    return [Entry(Level.NOTICE, "configuration", one) for one in said]


def _landing_entries(sides: BaseHead, judged: Sequence[Patch]) -> list[Entry]:
    """What head does to the rules, records and waivers."""
    patched = tuple(dict.fromkeys(patch.spec for patch in judged))
    store = sides.settings.store
    facts = landing_facts(sides.base, sides.head, sides.forks, store, patched)
    findings = _require_complete(run_on_landing(facts)).findings
    base = sides.base.commit_id
    return list(of_checks.landing_entries(findings, sides.policy, patched=bool(patched), base=base, store=store))


def _waiver_entries(sides: BaseHead, waivers: Sequence[WaiverFacts]) -> list[Entry]:
    return list(of_checks.waiver_entries(_require_complete(run_on_waivers(waivers)).findings, sides.policy))


def _require_complete(ran: ScopeResults) -> ScopeResults:
    """Raises InternalError where a check could not run."""
    for one in ran.not_run:
        raise InternalError(one.why, where=one.what)
    return ran


def _waiver_facts(
    sides: BaseHead, parts: Sequence[SpecJudgement], entries: Sequence[Entry], today: date
) -> tuple[WaiverFacts, ...]:
    """Base's waivers, held against everything that is found; nothing is asked of git where there are none."""
    if not sides.waivers:
        return ()
    holding = WaiverContext(
        subjects=(*waivable_subjects(entries), *(one for part in parts for one in part.subjects)),
        patches={patch.id: patch for part in parts for patch in part.patches},
        needed=lambda rule: is_enforced(sides.policy, rule) or isinstance(find_check(rule), LandingCheck),
        two_person=sides.policy.two_person,
        today=today,
        granted=WaiverSource(sides.repository, sides.base, sides.head, sides.base),
    )
    return waiver_facts(sides.waivers, holding)


# What a git hook is about to let in: which commits land where, told apart by the hook's arguments and its stdin.


_HEADS = "refs/heads/"


class Hook(StrEnum):
    """The hooks that auditor answers in."""

    PRE_COMMIT = "pre-commit"
    PRE_MERGE_COMMIT = "pre-merge-commit"
    PRE_PUSH = "pre-push"
    REFERENCE_TRANSACTION = "reference-transaction"
    PRE_RECEIVE = "pre-receive"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class BranchUpdate:
    """One branch that is about to move: its name, and the commits it moves from and to."""

    branch: str
    base: str
    head: str


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


def decide_hook(where: Path, called: HookInput, asked: GateRequest) -> tuple[tuple[BranchUpdate, Decision], ...]:
    """The decision on each branch that is about to move and is judged; none where nothing of that kind happens.

    Raises what `gate` raises, and InputError for what no git ever passed to that hook.
    """
    with open_repository(where) as found:
        landings = tuple(_branch_updates(found, called))
    return tuple((one, gate(where, base=one.base, head=one.head, asked=asked)) for one in landings)


def _branch_updates(found: Repository, called: HookInput) -> Iterator[BranchUpdate]:
    match called.hook:
        case None:
            yield from _update_from_index(found, called, judged=True)
        case Hook.PRE_COMMIT | Hook.PRE_MERGE_COMMIT:
            yield from _update_from_index(found, called, judged=_is_judged(_current_branch(found), called))
        case Hook.PRE_PUSH:
            for _, new, ref, old in _stdin_lines(called, 4):
                yield from _update_of_branch(found, called, old, new, ref, behind=_remote_refs(called))
        case Hook.REFERENCE_TRANSACTION:
            if called.arguments[:1] == ("prepared",):
                for old, new, ref in _stdin_lines(called, 3):
                    yield from _update_of_branch(found, called, _old_or_current_id(found, old, ref), new, ref)
        case Hook.PRE_RECEIVE:
            for old, new, ref in _stdin_lines(called, 3):
                yield from _update_of_branch(found, called, old, new, ref)
        case Hook.UPDATE:
            if len(called.arguments) != 3:
                raise InputError("takes a ref, its old and its new id", where="the update hook")
            ref, old, new = called.arguments
            yield from _update_of_branch(found, called, old, new, ref)


def _update_from_index(found: Repository, called: HookInput, *, judged: bool) -> Iterator[BranchUpdate]:
    if judged and (one := propose_commit(found, called.environment, called.when)):
        yield BranchUpdate(_current_branch(found), one.base, one.head)


def _update_of_branch(
    found: Repository, called: HookInput, old: str, new: str, ref: str, *, behind: str = _HEADS
) -> Iterator[BranchUpdate]:
    """Nothing for a ref that is no judged branch, is deleted, or stays where it is."""
    if not ref.startswith(_HEADS) or not new.strip("0") or old == new:
        return
    branch = ref.removeprefix(_HEADS)
    if _is_judged(branch, called):
        base = old if old.strip("0") else _base_of_new_branch(found, new, behind)
        if base != new:
            yield BranchUpdate(branch, base, new)


def _base_of_new_branch(found: Repository, new: str, behind: str) -> str:
    """What a branch that is new is held against: where it left the branches that were there, else its first commit."""
    refs = found.command.run("for-each-ref", "--format=%(objectname)", behind).decode().split()
    known = [one for one in dict.fromkeys(refs) if one != new]
    bases = [base for one in known for base in found.merge_bases(one, new)]
    latest = [one for one in dict.fromkeys(bases) if all(found.is_ancestor(other, one) for other in bases)]
    if latest or bases:
        return (latest or bases)[0]
    return found.command.run("rev-list", "--max-parents=0", new).decode().split()[-1]


def _old_or_current_id(found: Repository, old: str, ref: str) -> str:
    """A transaction's old id; git leaves it out where nobody asked for it, and the ref is still where it was."""
    if old.strip("0"):
        return old
    now = found.command.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return old if now.status else now.out.decode().strip()


def _current_branch(found: Repository) -> str:
    """The branch that is checked out; "" for none."""
    named = found.command.attempt("symbolic-ref", "--quiet", "HEAD")
    if named.status > 1:  # 1 is a commit that is checked out by itself; this is a branch that is damaged
        raise found.command.failure(named.err)
    return named.out.decode("utf-8", "surrogateescape").strip().removeprefix(_HEADS)


def _is_judged(branch: str, called: HookInput) -> bool:
    return not called.branches or branch in called.branches


def _remote_refs(called: HookInput) -> str:
    """Where the branches of the remote that is pushed to are known here."""
    name = called.arguments[0] if called.arguments else ""
    return f"refs/remotes/{name}/" if name and "/" not in name and ":" not in name else "refs/remotes/"


def _stdin_lines(called: HookInput, words: int) -> Iterator[tuple[str, ...]]:
    for line in called.stdin.splitlines():
        found = tuple(line.split(" "))
        if len(found) != words:
            raise RepositoryError("is not what git passes to it", where=f"stdin of the {called.hook} hook", field=line)
        yield found


# Writing down that held-out rates were shown: each time they are, the suite is a little more used up.


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
    found = []
    with open_project(where) as project:
        if project.repository is not None and project.repository.worktree is None:
            return ()
        hidden = {name for name, suite in project.registry.suites.items() if suite.role is Role.HELD_OUT}
        for patch in patches:
            sides = (patch.before.revision, patch.after.revision)
            shown = {run.suite for run in project.runs if run.spec == patch.spec and run.revision in sides} & hidden
            if shown:
                look = HeldOutUse("", patch.spec, tuple(sorted(shown)), *sides, by, now.replace(microsecond=0))
                found.append(add_held_out_use(project.root, project.settings.store, look))
    return tuple(found)
