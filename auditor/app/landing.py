"""One spec of a landing: which of its patches land, what is known of them, and what is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from auditor.app.debts import debts_at
from auditor.app.project import Project
from auditor.app.prompts import Key, hashed_prompts
from auditor.app.sides import Sides
from auditor.app.texts import texts_of
from auditor.assess.facts import Assessment, GapFacts
from auditor.assess.judge import assess
from auditor.assess.ledger import WaiverSubject, waiver_subject
from auditor.assess.open_gaps import track_gaps
from auditor.assess.text import PatchText, RevisionText, find_leaking_patches, find_place
from auditor.checks.catalogue import find_check
from auditor.checks.interface import CurrentTextCheck
from auditor.checks.runner import CheckResults, run_checks
from auditor.errors import InternalError, RepositoryError
from auditor.evidence import Evidence, assemble_evidence
from auditor.gate.decision import Entry, Level
from auditor.gate.judge import judge
from auditor.gate.landing import GapKey, Landing
from auditor.gate.unblock import Remedy
from auditor.git import Tree
from auditor.model.finding import Finding
from auditor.model.spec import History, Patch, patches_of
from auditor.settings import FILE, SpecConfig, load
from auditor.sources.specs import folder, repository
from auditor.sources.specs.revisions import read_revision


@dataclass(frozen=True, slots=True)
class Judged:
    """One spec's part: the patches that land, what is said, and everything of it that a waiver may be for."""

    new: tuple[Patch, ...]
    patches: tuple[Patch, ...]
    entries: tuple[Entry, ...]
    subjects: tuple[WaiverSubject, ...]


def judged(sides: Sides, config: SpecConfig, project: Project, key: Key, day: date, *, reveal: bool) -> Judged:
    """One spec's part of a decision.

    Args:
        project: head as a project; its prompts are base's where both have them.
        day: that waivers and debts are held against.
        reveal: whether entries carry held-out rates.
    """
    config, said = _followed(sides, config)
    history = _history(sides, config)
    every = patches_of(history)
    new = _new_patches(sides, config, every)
    said += _on_divergence(sides, config)
    if not new:
        why = "its text does not change: there is no patch to judge"
        said.append(Entry(Level.NOTICE, "no-patch", why, config.name))
    on_debt = sides.policy.evidence_debt_days is not None and config.source == "git"
    if not new and not sides.waivers and not sides.new_records and not on_debt:
        return Judged(new, every, tuple(said), ())
    evidence = assemble_evidence(history, sides.runs, sides.registry, sides.plans)
    assessment = assess(evidence, sides.policy, day, sides.looks)
    texts, current = _texts_of(sides, config, project, key, evidence, new)
    landing, checked = _landing(sides, evidence, assessment, texts, current, new)
    if on_debt:
        earlier = [facts for facts in assessment.patches if facts.patch not in new]
        owed = tuple(debts_at(sides.repository, sides.base.commit_id, evidence, earlier))
        landing = replace(landing, day=day, debts=owed)
    subjects = tuple(_subjects(config.name, assessment, checked))
    return Judged(new, every, (*said, *judge(landing, sides.policy, reveal=reveal)), subjects)


def _texts_of(
    sides: Sides, config: SpecConfig, project: Project, key: Key, evidence: Evidence, new: tuple[Patch, ...]
) -> tuple[dict[str, PatchText], RevisionText | None]:
    """What the new patches did to the text, and those that a waiver names; the text at head, where there are any."""
    named = tuple(waiver.patch for waiver in sides.waivers if waiver.patch)
    wanted = [patch for patch in evidence.patches.values() if patch in new or patch.id.startswith(named)]
    if not wanted:
        return {}, None
    hashed = hashed_prompts(project, evidence, key)
    return texts_of(replace(project, tree=sides.head), config, evidence.history, wanted, hashed)


def _landing(
    sides: Sides,
    evidence: Evidence,
    assessment: Assessment,
    texts: dict[str, PatchText],
    current: RevisionText | None,
    new: tuple[Patch, ...],
) -> tuple[Landing, CheckResults]:
    history = evidence.history
    places = {name: place for name, text in texts.items() if (place := find_place(text.changes)) is not None}
    now = {name: there for name, place in places.items() if (there := texts[name].where_now(place)) is not None}
    kept = _kept(assessment, texts, {patch.id for patch in new})
    checked = run_checks(kept, texts, current, places)
    for one in checked.not_run:
        raise InternalError(one.why, where=one.what)
    old = [run for run in sides.runs if run.record not in sides.new_records]
    without = assemble_evidence(history, old, sides.registry)
    option = f" --spec {history.spec}" if len(sides.settings.specs) > 1 else ""
    landing = Landing(
        spec=history.spec,
        evidence=evidence,
        assessment=assessment,
        patches=tuple(patch.id for patch in new),
        texts=texts,
        findings=checked.by_patch,
        places=now,
        open_before=frozenset(_key(gap) for gap in track_gaps(without, sides.policy) if gap.open),
        landed_before=_held_before(sides, without),
        new_records=sides.new_records,
        registered=frozenset(sides.registry.suites),
        stamp=f"$(auditor revision{option})",
        windows=tuple(zip(kept.windows, checked.by_window, strict=True)),
        of_state=tuple(_of_state(checked)),
    )
    return landing, checked


def _kept(assessment: Assessment, texts: Mapping[str, PatchText], new: set[str]) -> Assessment:
    """What the catalogue is asked about: patches whose text is known, and windows with one that lands."""
    return replace(
        assessment,
        patches=tuple(one for one in assessment.patches if one.patch.id in texts),
        windows=tuple(one for one in assessment.windows if new & set(one.facts.step.patches)),
        uses=tuple(replace(use, leaked=find_leaking_patches(use.suite, texts)) for use in assessment.uses),
    )


def _of_state(checked: CheckResults) -> Iterator[Finding]:
    """What is wrong with suites, plans, and the text with what it is measured on: what only patches bring is theirs."""
    for findings in (*checked.of_uses.values(), *checked.of_plans.values()):
        yield from findings
    yield from (one for one in checked.of_spec if isinstance(find_check(one.check), CurrentTextCheck))


def _held_before(sides: Sides, without: Evidence) -> frozenset[str]:
    """The fingerprints of the verdicts on steps as they were without the new records; none where there are none."""
    if not sides.new_records:
        return frozenset()
    return frozenset(one.fingerprint for one in _verdicts(without.history.spec, assess(without, sides.policy)))


def _verdicts(spec: str, assessment: Assessment) -> Iterator[WaiverSubject]:
    for facts in assessment.patches:
        for one in facts.behaviours:
            yield waiver_subject(one.verdict, spec, one)


def _subjects(spec: str, assessment: Assessment, checked: CheckResults) -> Iterator[WaiverSubject]:
    """Everything that a waiver may be for, of any patch whose text was looked at and of any state."""
    yield from _verdicts(spec, assessment)
    for patch, findings in checked.by_patch.items():
        yield from (WaiverSubject(finding.check, finding.fingerprint, (patch,)) for finding in findings)
    within = (one for findings in checked.by_window for one in findings)
    for finding in (*checked.standing, *within, *_of_state(checked)):
        yield WaiverSubject(finding.check, finding.fingerprint)


def _key(gap: GapFacts) -> GapKey:
    return gap.behaviour, gap.model, gap.suite


def _followed(sides: Sides, config: SpecConfig) -> tuple[SpecConfig, list[Entry]]:
    """The spec's configuration as base has it; where head moved the spec, with the paths head says it moved to."""
    if config.source == "folder" or not _texts(sides.base, config) or _texts(sides.head, config):
        return config, []
    moved = next((one for one in load(sides.head).specs if one.name == config.name), config)
    both = replace(config, paths=tuple(dict.fromkeys((*config.paths, *moved.paths))))
    if _texts(sides.head, both):
        why = f"head moves it: its text is followed from {', '.join(config.paths)} to {', '.join(moved.paths)}"
        return both, [Entry(Level.NOTICE, "configuration", why, config.name)]
    remedy = Remedy(f"land its new path, or its removal, in {FILE} by itself first")
    why = f"head has nothing at {', '.join(config.paths)}: what took its place would not be judged"
    return config, [Entry(Level.BLOCKED, "spec-gone", why, config.name, remedy=remedy)]


def _texts(tree: Tree, config: SpecConfig) -> str | None:
    """The content id of a spec in a tree; None where it is not there."""
    revision = read_revision(tree, config.paths)
    return revision.id if revision.files else None


def _history(sides: Sides, config: SpecConfig) -> History:
    if config.source == "folder":
        return folder.history_in(sides.head, config.name, config.paths, where=sides.head.commit_id[:12])
    return repository.history(sides.repository, config.name, config.paths, sides.head.commit_id)


def _new_patches(sides: Sides, config: SpecConfig, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """The patches that head has and base has not: by their commits or, in dated folders, by what they change."""
    if config.source == "git":
        return tuple(patch for patch in patches if patch.after.commit in sides.commits)
    known = _folder_patches(sides, config)
    return tuple(patch for patch in patches if patch.id not in known)


def _folder_patches(sides: Sides, config: SpecConfig) -> frozenset[str]:
    """The patches of base's dated folders. Where it has none, nothing is known and everything is judged."""
    try:
        history = folder.history_in(sides.base, config.name, config.paths)
    except RepositoryError:
        return frozenset()
    return frozenset(patch.id for patch in patches_of(history))


def _on_divergence(sides: Sides, config: SpecConfig) -> list[Entry]:
    """What is judged is head as it is; where base's text moved on, the merge of both is another text."""
    texts = {_texts(fork, config) for fork in sides.forks}
    if config.source == "folder" or texts == {_texts(sides.base, config)}:
        return []
    why = "its text changed on base after head left it: merge base into head to have the outcome judged"
    return [Entry(Level.WARNING, "diverged", why, config.name)]
