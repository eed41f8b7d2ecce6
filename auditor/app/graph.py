"""The evidence graph of a project, and the node that a name stands for.

In comes an audit with the evidence it rests on; out comes a graph of what was written, measured, judged, found and
excused: nodes of a kind with their attributes, and typed links between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from auditor.app.audit import audit_with_evidence
from auditor.app.project import Project
from auditor.app.waivers import add_waivers
from auditor.assess.facts import BehaviourFacts, GapFacts, SuiteDiagnostics
from auditor.assess.ledger import waiver_subject
from auditor.audit import Audit, SpecAudit
from auditor.clauses.blame import clause_states
from auditor.clauses.lineage import LineageEvent, trace_lineage
from auditor.errors import InputError
from auditor.evidence import Evidence, State
from auditor.evidence.graph import NODE_KINDS, Graph, Link, Node, Scalar, build_graph
from auditor.model.clause import Clause
from auditor.model.finding import Finding, fingerprint_of
from auditor.model.preregistration import PreregistrationResult
from auditor.model.run import Run
from auditor.model.spec import Revision, SpecCommit
from auditor.model.suite import Suite
from auditor.store.codec import item_set_id

# The judged part of the graph: steps, windows and standing gaps, what they rest on, findings, and waivers.


VerdictPart = Node | Link


@dataclass(frozen=True, slots=True)
class _JudgedNode:
    """One part of an audit that has a verdict: its node's kind and key, and what is said of it."""

    kind: str
    facts: BehaviourFacts
    key: str
    names: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.key}"


def verdict_parts(audit: Audit, graphs: Sequence[Evidence]) -> Iterator[VerdictPart]:
    """What is judged and found of each spec."""
    for spec, evidence in zip(audit.specs, graphs, strict=True):
        for judged in _judged_nodes(spec):
            yield from _judged_parts(judged, evidence)
        for gap in spec.gaps:
            yield from _gap_parts(gap, evidence)
        yield from _finding_parts(spec, evidence)


def _step_key(spec: str, facts: BehaviourFacts) -> str:
    states = (facts.step.before, facts.step.after)
    ends = [part for state in states for part in (state.revision, state.checkpoint)]
    return fingerprint_of("step", spec, facts.behaviour, facts.model, *ends, *facts.step.patches)


def _judged_nodes(spec: SpecAudit) -> Iterator[_JudgedNode]:
    name = spec.history.spec
    steps = [one for entry in spec.patches for one in entry.facts.behaviours]
    steps += [step.facts for step in spec.checkpoint_steps]
    yield from {key: _JudgedNode("step", one, key) for one in steps for key in [_step_key(name, one)]}.values()
    for window in spec.windows:
        facts = window.facts.facts
        yield _JudgedNode("window", facts, _step_key(name, facts), window.facts.names)


def _judged_parts(judged: _JudgedNode, evidence: Evidence) -> Iterator[VerdictPart]:
    facts, step = judged.facts, judged.facts.step
    label = f"{facts.verdict}: {facts.behaviour} of {facts.model}"
    yield Node(judged.kind, judged.key, label, _judged_attributes(facts, judged.names))
    yield Node("behaviour", facts.behaviour, facts.behaviour)
    yield Link(judged.id, "of", f"behaviour:{facts.behaviour}")
    yield from _state_links(judged.id, step.before, step.after)
    for patch in step.patches:
        yield Link(f"patch:{patch}", "judged_by", judged.id)
    for patch in step.spanned:
        yield Link(judged.id, "spans", f"patch:{patch}")
    for suite in facts.account.measured:
        yield from _judged_suite_links(judged, suite, evidence)
    for run in dict.fromkeys(_runs_behind(facts)):
        yield Link(judged.id, "rests_on", f"run:{run}")


def _state_links(name: str, before: State, after: State) -> Iterator[Link]:
    for side, state in (("before", before), ("after", after)):
        yield Link(name, side, f"revision:{state.revision}")
        yield Link(name, side, f"checkpoint:{state.checkpoint}")


def _judged_attributes(facts: BehaviourFacts, names: Sequence[str]) -> dict[str, Scalar]:
    told: dict[str, Scalar] = {
        "verdict": str(facts.verdict),
        "behaviour": facts.behaviour,
        "model": facts.model,
        "reason": facts.reason,
        "hiding_suspected": facts.hiding_suspected,
        "cause": str(facts.cause),
        "awareness": str(facts.awareness),
    }
    if names:
        told["names"] = ", ".join(names)
    if facts.grade is not None:
        told["grade"] = str(facts.grade)
    if facts.also_changed:
        told["also_changed"] = "; ".join(facts.also_changed)
    return told


def _runs_behind(facts: BehaviourFacts) -> Iterator[str]:
    changes = [facts.test, *(suite.change for suite in facts.suites)]
    for change in changes:
        if change is not None:
            yield from (*change.before.runs, *change.after.runs)


def _judged_suite_links(judged: _JudgedNode, suite: SuiteDiagnostics, evidence: Evidence) -> Iterator[Link]:
    """The suite by its own name: a step may have measured it in several conditions."""
    names = {evidence.runs[run].suite for run in suite.runs if run in evidence.runs}
    facts = judged.facts
    own = next((one for one in facts.suites if one.suite == suite.suite), None)
    why = next((one.why for one in facts.not_compared if one.suite == suite.suite), None)
    told: dict[str, Scalar] = {"role": str(suite.role), "fell": suite.fell}
    rates = [("rate_before", suite.before), ("rate_after", suite.after)]
    if own is not None and own.transfer is not None:
        rates.append(("transfer", own.transfer.estimate))
    told |= {name: round(rate, 6) for name, rate in rates if rate is not None}
    if own is not None:
        told |= {"verdict": str(own.verdict), "rules": own is facts.ruling}
    if why is not None:
        told["why"] = why
    for name in sorted(names):
        as_name = {"measured_as": suite.suite} if suite.suite != name else {}
        kind = "judged_on" if suite.compared else "could_not_use"
        yield Link(judged.id, kind, f"suite:{name}", {**told, **as_name})


def _gap_parts(gap: GapFacts, evidence: Evidence) -> Iterator[VerdictPart]:
    key = fingerprint_of("gap", evidence.history.spec, gap.behaviour, gap.model, gap.suite)
    name = f"gap:{key}"
    told: dict[str, Scalar] = {"test": round(gap.test.rate, 6), "held_out": round(gap.held_out.rate, 6)}
    label = f"standing gap: {gap.behaviour} of {gap.model} on {gap.suite}"
    yield Node("gap", key, label, {"behaviour": gap.behaviour, "model": gap.model, "suite": gap.suite, **told})
    yield Link(name, "of", f"behaviour:{gap.behaviour}")
    yield Link(name, "since", f"revision:{gap.since.revision}")
    yield Link(name, "at", f"revision:{gap.state.revision}")
    yield Link(name, "at", f"checkpoint:{gap.state.checkpoint}")
    for run in (*gap.test.runs, *gap.held_out.runs):
        yield Link(name, "rests_on", f"run:{run}")
        yield Link(name, "judged_on", f"suite:{evidence.runs[run].suite}")


def _finding_parts(spec: SpecAudit, evidence: Evidence) -> Iterator[VerdictPart]:
    name = spec.history.spec
    groups: list[tuple[str, Iterable[Finding]]] = []
    groups += [(f"patch:{entry.facts.patch.id}", entry.findings) for entry in spec.patches]
    groups += [(f"step:{_step_key(name, step.facts)}", step.findings) for step in spec.checkpoint_steps]
    groups += [(f"window:{_step_key(name, one.facts.facts)}", one.findings) for one in spec.windows]
    groups += [(f"plan:{plan}", findings) for plan, findings in spec.plan_findings.items()]
    groups += [(f"suite:{suite}", findings) for suite, findings in spec.use_findings.items()]
    groups += [(f"spec:{name}", spec.standing_findings), (f"spec:{name}", spec.spec_findings)]
    for about, findings in groups:
        for finding in findings:
            yield _finding_node(finding)
            yield Link(f"finding:{finding.fingerprint}", "about", about)
            for run in finding.evidence:
                if run in evidence.runs:
                    yield Link(f"finding:{finding.fingerprint}", "cites", f"run:{run}")


def _finding_node(finding: Finding) -> Node:
    place = f"{finding.place.path}:{finding.place.line}" if finding.place else None
    told: dict[str, Scalar] = {
        "check": finding.check,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "message": finding.message,
    }
    label = f"{finding.check} {finding.name}"
    return Node("finding", finding.fingerprint, label, told if place is None else {**told, "place": place})


def waiver_parts(audit: Audit) -> Iterator[VerdictPart]:
    """Every waiver, and what it is for: a finding, or the verdict of a step or window."""
    if not audit.waivers:
        return
    verdicts = _verdict_node_ids(audit)
    for facts in audit.waivers:
        waiver = facts.waiver
        name = f"waiver:{waiver.name}"
        told: dict[str, Scalar] = {
            "check": waiver.check,
            "reason": waiver.reason,
            "who": waiver.who,
            "granted": waiver.granted.isoformat(),
            "counts": not facts.why_not,
        }
        told |= {"until": waiver.until.isoformat()} if waiver.until else {}
        told |= {"why_not": facts.why_not} if facts.why_not else {}
        yield Node("waiver", waiver.name, f"{waiver.name}: {waiver.check}", told)
        for one in audit.subjects():
            if waiver.names(one.rule, one.fingerprint, one.patches):
                known = verdicts.get((one.rule, one.fingerprint), f"finding:{one.fingerprint}")
                yield Link(name, "for", known)
                yield from (Link(name, "about", f"patch:{patch}") for patch in one.patches)
    for finding in audit.waiver_findings:
        yield _finding_node(finding)
        for facts in audit.waivers:
            if finding.place is not None and finding.place.path == facts.waiver.path:
                yield Link(f"finding:{finding.fingerprint}", "about", f"waiver:{facts.waiver.name}")


def _verdict_node_ids(audit: Audit) -> Mapping[tuple[str, str], str]:
    """The node of each verdict a waiver may be for, by rule and fingerprint."""
    found = {}
    for spec in audit.specs:
        for judged in _judged_nodes(spec):
            subject = waiver_subject(judged.facts.verdict, spec.history.spec, judged.facts)
            found[subject.rule, subject.fingerprint] = judged.id
    return found


# Everything an audit knows of a project as one graph: what was written, measured, judged, found and excused.


_KEY_CHARACTERS = 12
_TITLE_CHARACTERS = 72
Part = Node | Link


def assemble_graph(audit: Audit, graphs: Sequence[Evidence], versions: Mapping[str, str]) -> Graph:
    """The graph of an audit.

    Args:
        graphs: the evidence it rests on, spec by spec.
        versions: by record, the sha256 of the run's item manifest, 64 hex digits; none for a tally without items.
    """
    parts: list[Part] = []
    for spec, evidence in zip(audit.specs, graphs, strict=True):
        parts += _history_parts(spec, evidence)
        parts += _clause_parts(spec, evidence)
        parts += _suite_parts(evidence)
        parts += _run_parts(evidence, versions)
        parts += _plan_parts(evidence.results.values(), {one.plan.id: str(one.state) for one in spec.plans})
    parts += verdict_parts(audit, graphs)
    parts += waiver_parts(audit)
    return build_graph(_all_nodes(parts), (part for part in parts if isinstance(part, Link)))


def _all_nodes(parts: Sequence[Part]) -> Iterator[Node]:
    """Those given; and those only linked to, of which nothing is known: a revision that is not in this history."""
    yield from (part for part in parts if isinstance(part, Node))
    for part in parts:
        if isinstance(part, Link):
            for name in (part.source, part.target):
                kind, _, key = name.partition(":")
                yield Node(kind, key, shorten_key(key), {"known": False})


def shorten_key(key: str) -> str:
    """A key as people write it: a content id by its first digits."""
    is_hash = len(key) >= 32 and set(key) <= set("0123456789abcdef")
    return key[:_KEY_CHARACTERS] if is_hash else key


def known_attributes(**values: Scalar | None) -> dict[str, Scalar]:
    """Attributes without those of which nothing is known."""
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _history_parts(spec: SpecAudit, evidence: Evidence) -> Iterator[Part]:
    history = evidence.history
    yield Node("spec", history.spec, history.spec, {"patches": len(evidence.patches)})
    last = history.sightings[-1].revision if history.sightings else None
    for revision in history.revisions.values():
        yield _revision_node(revision, last)
    by_name = {one.name: one for one in history.sightings}
    for one in history.sightings:
        name = spec_commit_node_id(history.spec, one)
        yield _spec_commit_node(history.spec, one)
        yield Link(name, "shows", f"revision:{one.revision}")
        yield Link(name, "of", f"spec:{history.spec}")
        for place, parent in enumerate(one.parents):
            yield Link(name, "other" if place else "first", spec_commit_node_id(history.spec, by_name[parent]))
    entries = {entry.facts.patch.id: entry for entry in spec.patches}
    for patch in evidence.patches.values():
        entry, key = entries[patch.id], f"patch:{patch.id}"
        yield Node(
            "patch",
            patch.id,
            _patch_title(patch.after),
            known_attributes(
                spec=patch.spec,
                date=patch.after.date.date().isoformat(),
                commit=patch.after.commit,
                verdict=str(entry.facts.verdict),
                hiding_suspected=entry.hiding_suspected,
                mechanisms=", ".join(entry.mechanisms),
                added=entry.counts.added,
                removed=entry.counts.removed,
                reworded=entry.counts.reworded,
                moved=entry.counts.moved,
            ),
        )
        yield Link(key, "of", f"spec:{patch.spec}")
        yield Link(key, "from", spec_commit_node_id(patch.spec, patch.before))
        yield Link(key, "to", spec_commit_node_id(patch.spec, patch.after))


def spec_commit_node_id(spec: str, sighting: SpecCommit) -> str:
    """The id of a sighting's node: of one commit that shows two specs there are two."""
    return f"sighting:{sighting.name}@{spec}"


def _patch_title(sighting: SpecCommit) -> str:
    return sighting.subject or sighting.label or shorten_key(sighting.name)


def _revision_node(revision: Revision, last: str | None) -> Node:
    return Node("revision", revision.id, shorten_key(revision.id), {"current": revision.id == last})


def _spec_commit_node(spec: str, one: SpecCommit) -> Node:
    attributes = known_attributes(date=one.date.isoformat(), commit=one.commit, label=one.label, subject=one.subject)
    return Node("sighting", f"{one.name}@{spec}", f"{shorten_key(one.name)} {one.subject}".strip(), attributes)


def _clause_parts(spec: SpecAudit, evidence: Evidence) -> Iterator[Part]:
    history = evidence.history
    if not history.sightings:
        return
    lineage = spec.patches[0].text.lineage if spec.patches else trace_lineage(history)
    for key, state in clause_states(history, lineage).items():
        yield Node("clause", key, _clause_title(state.clause), _clause_attributes(state.clause, there=state.there))
        yield Link(f"clause:{key}", "of", f"spec:{history.spec}")
    for key, life in lineage.lives.items():
        for other, kind in ((life.parent, "split_from"), (life.heir, "merged_into")):
            if other is not None:
                yield Link(f"clause:{key}", kind, f"clause:{other}")
        yield from (_change_link(key, event) for event in life.events if event.patch in evidence.patches)


def _change_link(key: str, event: LineageEvent) -> Link:
    told = known_attributes(
        change=str(event.kind),
        moved=event.moved or None,
        words_before=" ".join(one.text for one in event.before),
        words_after=" ".join(one.text for one in event.after),
    )
    return Link(f"patch:{event.patch}", "changes", f"clause:{key}", told)


def _clause_attributes(clause: Clause, *, there: bool) -> dict[str, Scalar]:
    return known_attributes(
        text=clause.text,
        there=there,
        section=" \u203a ".join(clause.section),
        what=str(clause.kind),
        path=clause.path,
        line=clause.line,
        anchor=clause.anchor,
    )


def _clause_title(clause: Clause) -> str:
    text = " ".join(clause.text.split())
    return text if len(text) <= _TITLE_CHARACTERS else f"{text[: _TITLE_CHARACTERS - 1].rstrip()}\u2026"


def _suite_parts(evidence: Evidence) -> Iterator[Part]:
    for suite in evidence.suites.values():
        yield Node("suite", suite.name, suite.name, _suite_attributes(suite))
        yield Node("behaviour", suite.behaviour, suite.behaviour)
        yield Link(f"suite:{suite.name}", "measures", f"behaviour:{suite.behaviour}")
        if suite.twin is not None:
            yield Link(f"suite:{suite.name}", "twin_of", f"suite:{suite.twin}")


def _suite_attributes(suite: Suite) -> dict[str, Scalar]:
    return known_attributes(
        role=str(suite.role),
        registered=suite.registered.isoformat() if suite.registered else None,
        looks_allowed=suite.looks_allowed,
    )


def _run_parts(evidence: Evidence, versions: Mapping[str, str]) -> Iterator[Part]:
    for run in evidence.runs.values():
        name, checkpoint = f"run:{run.record}", f"checkpoint:{run.checkpoint}"
        yield Node(
            "run",
            run.record,
            f"{run.suite} of {run.checkpoint} under {shorten_key(run.revision)}",
            _run_attributes(run),
        )
        yield Link(name, "on", f"suite:{run.suite}")
        yield Link(name, "under", f"revision:{run.revision}")
        yield Link(name, "of", checkpoint)
        yield Node("checkpoint", run.checkpoint, run.checkpoint)
        yield Node("model", run.model, run.model)
        yield Link(checkpoint, "is_a", f"model:{run.model}")
        if run.parent_checkpoint is not None and run.parent_checkpoint != run.checkpoint:
            yield Link(checkpoint, "trained_from", f"checkpoint:{run.parent_checkpoint}")
        if run.scorer is not None:
            yield Node("scorer", run.scorer, run.scorer)
            yield Link(name, "scored_by", f"scorer:{run.scorer}")
        if run.record in versions:
            version, count = versions[run.record], len(run.tallies.items or ())
            # By suite: two suites of the same items are two, and what rests on one does not rest on the other.
            items = Node("items", f"{version}@{run.suite}", f"{count} items, {shorten_key(version)}", {"items": count})
            yield items
            yield Link(name, "with", items.id)
            yield Link(items.id, "version_of", f"suite:{run.suite}")


def _run_attributes(run: Run) -> dict[str, Scalar]:
    tallies = run.tallies
    return known_attributes(
        misaligned=sum(tallies.misaligned),
        valid=sum(tallies.valid),
        invalid=sum(tallies.invalid),
        created=run.created.isoformat() if run.created else None,
        grade=str(run.grade),
        source=run.source,
        source_sha256=run.source_sha256,
        condition=run.condition,
        exposure=str(run.exposure) if run.exposure else None,
        sampling=run.sampling,
        incomplete=run.incomplete,
        corrects=run.corrects,
        code_revision=run.code_revision,
        identity=run.identity,
    )


def _plan_parts(results: Iterable[PreregistrationResult], states: Mapping[str, str]) -> Iterator[Part]:
    for result in results:
        plan, name = result.plan, f"plan:{result.plan.id}"
        attributes = known_attributes(
            planned=plan.planned,
            created=plan.created.isoformat(),
            condition=plan.condition,
            note=plan.note,
            state=states.get(plan.id),
        )
        yield Node("plan", plan.id, f"{plan.suite} of {plan.checkpoint} under {shorten_key(plan.revision)}", attributes)
        yield Link(name, "on", f"suite:{plan.suite}")
        yield Link(name, "under", f"revision:{plan.revision}")
        yield Link(name, "of", f"checkpoint:{plan.checkpoint}")
        yield Link(f"checkpoint:{plan.checkpoint}", "is_a", f"model:{plan.model}")
        yield from (Link(f"run:{run}", "planned_by", name) for run in result.runs)
        yield from (Link(f"run:{run}", "differs_from", name) for run in result.differing)


# The evidence graph of a project, and the node that somebody means.


_NODES_LISTED = 6
_KEY_PREFIX = 4  # characters of a key's beginning


def build_project_graph(project: Project, today: date, environment: Mapping[str, str] = MappingProxyType({})) -> Graph:
    """The graph of everything that is known of a project.

    Args:
        today: the day that waivers and plans are held against.
        environment: as for `audit`.

    Raises what `audit` raises.
    """
    audit, graphs = audit_with_evidence(project, None, environment, today)
    return build_audit_graph(project, add_waivers(project, audit, graphs, today), graphs)


def build_audit_graph(project: Project, audit: Audit, graphs: tuple[Evidence, ...]) -> Graph:
    """The graph of an audit."""
    versions = {}
    known: dict[tuple[str, ...], str] = {}
    for evidence in graphs:
        for run in evidence.runs.values():
            items = run.tallies.items
            if items is not None:
                versions[run.record] = known.get(items) or known.setdefault(items, item_set_id(items))
    return assemble_graph(audit, graphs, versions)


def find_node(web: Graph, name: str) -> Node:
    """The node that a name stands for.

    Args:
        name: a node's id, `kind:` and the beginning of its key, a whole key or a label of any kind, or the beginning
            of a key, 4 characters or more. What names a thing whole is not hidden by what only begins so.

    Raises InputError where it stands for none or for several.
    """
    wanted = name.strip()
    if not wanted:
        raise InputError("is empty", where="NODE", remedy="give kind:id, a patch, a suite or another name")
    kind, colon, key = wanted.partition(":")
    pool, text = list(web.nodes.values()), wanted
    if colon and kind in NODE_KINDS:
        pool, text = list(web.of_kind(kind)), key
    tries = (
        [node for node in pool if node.key == text],
        [node for node in pool if node.label == text],
        [node for node in pool if (colon or len(text) >= _KEY_PREFIX) and node.key.startswith(text)],
    )
    hits = next((some for some in tries if some), [])
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise InputError(f"stands for several: {_list_nodes(hits)}", where=name, remedy="write more of it, or kind:id")
    near = [node for node in pool if text and text.lower() in f"{node.key} {node.label}".lower()]
    remedy = f"near it are {_list_nodes(near)}" if near else "see auditor graph for every id"
    raise InputError("is no node of the graph", where=name, remedy=remedy)


def _list_nodes(nodes: list[Node]) -> str:
    shown = [
        f"{node.kind}:{node.key[:12] if re.match('[0-9a-f]{32}', node.key) else node.key}"
        for node in nodes[:_NODES_LISTED]
    ]
    return ", ".join(shown) + (f" and {len(nodes) - _NODES_LISTED} more" if len(nodes) > _NODES_LISTED else "")
