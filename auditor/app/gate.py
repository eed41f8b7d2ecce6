"""What is about to land, judged by base's rules on the records of both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from auditor.app.landing import Judged
from auditor.app.landing import judged as judged_spec
from auditor.app.project import Project
from auditor.app.prompts import key_of
from auditor.app.sides import Both, Sides, landing_facts, sides_of
from auditor.app.waived import Granted, Holding, held_against, waiver_facts
from auditor.assess.ledger import WaiverFacts
from auditor.checks.catalogue import all_checks, find_check
from auditor.checks.interface import LandingCheck
from auditor.checks.runner import ScopeResults, run_on_landing, run_on_waivers
from auditor.errors import ConfigError, InternalError
from auditor.gate import found as of_checks
from auditor.gate.decision import Decision, Entry, Level
from auditor.gate.waive import subjects_of, waived
from auditor.git import Commit, open_repository
from auditor.model.policy import Policy
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict
from auditor.settings import FILE


@dataclass(frozen=True, slots=True)
class Asked:
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


def gate(where: Path, *, base: str, head: str, asked: Asked) -> Decision:
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
        sides = sides_of(found, Commit(found, found.resolve(base)), Commit(found, found.resolve(head)), asked.spec)
        _check_blockers(sides.policy)
        project, reveal = _project(sides, where), asked.reveal or sides.policy.reveal_held_out
        key = key_of(project, asked.environment)
        parts = [judged_spec(sides, config, project, key, asked.today, reveal=reveal) for config in sides.specs]
        judged = tuple(patch for part in parts for patch in part.new)
        entries = [*_on_configuration(sides), *_on_landing(sides, judged)]
        entries += [entry for part in parts for entry in part.entries]
        waivers = _waivers(sides, parts, entries, asked.today)
        return Decision(
            base=sides.base.commit_id,
            head=sides.head.commit_id,
            policy_from="base" if sides.rules is sides.base else "head",
            judged=judged,
            entries=(*waived(entries, waivers), *_on_waivers(sides, waivers)),
            waivers=waivers,
        )


def _project(sides: Sides, where: Path) -> Project:
    """Head as a project, judged by base's rules."""
    found = sides.repository
    tree = Both(sides.base, sides.head)
    return Project(found.worktree or where, found, tree, sides.settings, sides.specs, sides.registry, sides.runs)


def _check_blockers(policy: Policy) -> None:
    """Raises ConfigError for a code that no check has: it would never block, and nobody would know."""
    known = {*Verdict, *(check.code for check in all_checks())}
    for one in policy.block_on:
        if one not in known:
            remedy = "give a verdict or a code that auditor checks lists"
            raise ConfigError(f"{one} is no check", where=FILE, field="policy.block_on", remedy=remedy)


def _on_configuration(sides: Sides) -> list[Entry]:
    said = []
    if sides.rules is sides.head:
        said.append("base has no configuration: policy, suites and specs are head's")
    elif sides.changed_rules:
        said.append(f"{', '.join(sides.changed_rules)} differs between the two sides: base's is applied")
    return [Entry(Level.NOTICE, "configuration", one) for one in said]


def _on_landing(sides: Sides, judged: Sequence[Patch]) -> list[Entry]:
    """What head does to the rules, records and waivers."""
    patched = tuple(dict.fromkeys(patch.spec for patch in judged))
    store = sides.settings.store
    facts = landing_facts(sides.base, sides.head, sides.forks, store, patched)
    findings = _complete(run_on_landing(facts)).findings
    base = sides.base.commit_id
    return list(of_checks.on_landing(findings, sides.policy, patched=bool(patched), base=base, store=store))


def _on_waivers(sides: Sides, waivers: Sequence[WaiverFacts]) -> list[Entry]:
    return list(of_checks.on_waivers(_complete(run_on_waivers(waivers)).findings, sides.policy))


def _complete(ran: ScopeResults) -> ScopeResults:
    """Raises InternalError where a check could not run."""
    for one in ran.not_run:
        raise InternalError(one.why, where=one.what)
    return ran


def _waivers(sides: Sides, parts: Sequence[Judged], entries: Sequence[Entry], today: date) -> tuple[WaiverFacts, ...]:
    """Base's waivers, held against everything that is found; nothing is asked of git where there are none."""
    if not sides.waivers:
        return ()
    holding = Holding(
        subjects=(*subjects_of(entries), *(one for part in parts for one in part.subjects)),
        patches={patch.id: patch for part in parts for patch in part.patches},
        needed=lambda rule: held_against(sides.policy, rule) or isinstance(find_check(rule), LandingCheck),
        two_person=sides.policy.two_person,
        today=today,
        granted=Granted(sides.repository, sides.base, sides.head, sides.base),
    )
    return waiver_facts(sides.waivers, holding)
