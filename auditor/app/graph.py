"""The evidence graph of a project, and the node that a name stands for.

In comes an audit with the evidence it rests on; out comes the graph of that evidence with what the audit adds to it:
clauses, items, verdicts, findings and waivers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from auditor.app.audit import assess_project
from auditor.app.project import Project
from auditor.assess.facts import BehaviourFacts, GapFacts, SuiteDiagnostics
from auditor.assess.ledger import verdict_finding
from auditor.audit import Audit, SpecAudit
from auditor.clauses.blame import clause_states
from auditor.clauses.lineage import LineageEvent, trace_lineage
from auditor.errors import InputError
from auditor.evidence import Evidence
from auditor.evidence.graph import (
    NODE_KINDS,
    EvidenceGraph,
    add_attributes,
    add_edge,
    add_node,
    merge_graphs,
    nodes_of_kind,
    shorten_key,
    sort_graph,
)
from auditor.model.clause import Clause
from auditor.model.finding import Finding, fingerprint_of
from auditor.model.numbers import format_day
from auditor.store.codec import item_set_id


def build_project_graph(
    project: Project, today: date, environment: Mapping[str, str] = MappingProxyType({})
) -> EvidenceGraph:
    """The graph of everything that is known of a project.

    Args:
        today: the day that waivers and plans are held against.
        environment: as for `assess_project`.

    Raises what `assess_project` raises.
    """
    audit = assess_project(project, today, None, environment)
    return build_audit_graph(audit, [spec.evidence for spec in audit.specs])


def build_audit_graph(audit: Audit, evidence: Sequence[Evidence]) -> EvidenceGraph:
    """The graph that the audit's verdicts were computed from, with what the audit adds to it.

    Args:
        evidence: what the audit rests on, spec by spec.
    """
    graph = merge_graphs(part.graph for part in evidence)
    manifests: dict[tuple[str, ...], str] = {}
    for spec, part in zip(audit.specs, evidence, strict=True):
        _add_patches(graph, spec)
        _add_clauses(graph, spec, part)
        _add_items(graph, part, manifests)
        for plan in spec.plans:
            add_attributes(graph, f"plan:{plan.plan.id}", state=str(plan.state))
    for spec, part in zip(audit.specs, evidence, strict=True):
        for judged in _judged_nodes(spec):
            _add_verdict(graph, judged, part)
        for gap in spec.gaps:
            _add_gap(graph, gap, part)
        _add_findings(graph, spec, part)
    _add_waivers(graph, audit)
    return sort_graph(graph)


# What is written and measured: what an audit knows of patches, clauses and items.


_TITLE_CHARACTERS = 72


def _add_patches(graph: EvidenceGraph, spec: SpecAudit) -> None:
    for entry in spec.entries:
        add_attributes(
            graph,
            f"patch:{entry.facts.patch.id}",
            verdict=str(entry.facts.verdict),
            hiding_suspected=entry.hiding_suspected,
            mechanisms=", ".join(entry.mechanisms),
            added=entry.counts.added,
            removed=entry.counts.removed,
            reworded=entry.counts.reworded,
            moved=entry.counts.moved,
        )


def _add_clauses(graph: EvidenceGraph, spec: SpecAudit, evidence: Evidence) -> None:
    history = evidence.history
    if not history.spec_commits:
        return
    lineage = spec.patches[0].text.lineage if spec.patches else trace_lineage(history)
    for key, state in clause_states(history, lineage).items():
        node = _add_clause(graph, key, state.clause, there=state.there)
        add_edge(graph, node, "of", f"spec:{history.spec}")
    for key, life in lineage.lives.items():
        for other, kind in ((life.parent, "split_from"), (life.heir, "merged_into")):
            if other is not None:
                add_edge(graph, f"clause:{key}", kind, f"clause:{other}")
        for event in life.events:
            if event.patch in evidence.patches:
                _add_change(graph, key, event)


def _add_clause(graph: EvidenceGraph, key: str, clause: Clause, *, there: bool) -> str:
    text = " ".join(clause.text.split())
    short = text if len(text) <= _TITLE_CHARACTERS else f"{text[: _TITLE_CHARACTERS - 1].rstrip()}\u2026"
    return add_node(
        graph,
        "clause",
        key,
        short,
        text=clause.text,
        there=there,
        section=" \u203a ".join(clause.section),
        what=str(clause.kind),
        path=clause.path,
        line=clause.line,
        anchor=clause.anchor,
    )


def _add_change(graph: EvidenceGraph, key: str, event: LineageEvent) -> None:
    add_edge(
        graph,
        f"patch:{event.patch}",
        "changes",
        f"clause:{key}",
        change=str(event.kind),
        moved=event.moved or None,
        words_before=" ".join(word.text for word in event.before),
        words_after=" ".join(word.text for word in event.after),
    )


def _add_items(graph: EvidenceGraph, evidence: Evidence, manifests: dict[tuple[str, ...], str]) -> None:
    """The version of its suite that each run measured.

    By suite: two suites of the same items are two, and what rests on one does not rest on the other.
    """
    for run in evidence.runs.values():
        items = run.tallies.items
        if items is not None:
            version = manifests.get(items) or manifests.setdefault(items, item_set_id(items))
            label = f"{len(items)} items, {shorten_key(version)}"
            node = add_node(graph, "items", f"{version}@{run.suite}", label, items=len(items))
            add_edge(graph, f"run:{run.record}", "with", node)
            add_edge(graph, node, "version_of", f"suite:{run.suite}")


# What is judged and found: steps, periods and open gaps, what they rest on, findings, and waivers.


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


def _step_key(spec: str, facts: BehaviourFacts) -> str:
    states = (facts.step.before, facts.step.after)
    ends = [part for state in states for part in (state.revision, state.checkpoint)]
    return fingerprint_of("step", spec, facts.behaviour, facts.model, *ends, *facts.step.patches)


def _judged_nodes(spec: SpecAudit) -> Iterator[_JudgedNode]:
    name = spec.history.spec
    steps = [facts for entry in spec.entries for facts in entry.facts.behaviours]
    steps += [step.facts for step in spec.checkpoint_steps]
    yield from {key: _JudgedNode("step", facts, key) for facts in steps for key in [_step_key(name, facts)]}.values()
    for window in spec.periods:
        facts = window.facts.facts
        yield _JudgedNode("period", facts, _step_key(name, facts), window.facts.names)


def _add_verdict(graph: EvidenceGraph, judged: _JudgedNode, evidence: Evidence) -> None:
    facts, step = judged.facts, judged.facts.step
    add_node(
        graph,
        judged.kind,
        judged.key,
        f"{facts.verdict}: {facts.behaviour} of {facts.model}",
        verdict=str(facts.verdict),
        behaviour=facts.behaviour,
        model=facts.model,
        reason=facts.reason,
        hiding_suspected=facts.hiding_suspected,
        cause=str(facts.cause),
        awareness=str(facts.awareness),
        names=", ".join(judged.names),
        grade=str(facts.grade) if facts.grade is not None else None,
        also_changed="; ".join(facts.also_changed),
    )
    add_edge(graph, judged.id, "of", f"behaviour:{facts.behaviour}")
    for side, state in (("before", step.before), ("after", step.after)):
        add_edge(graph, judged.id, side, f"revision:{state.revision}")
        add_edge(graph, judged.id, side, f"checkpoint:{state.checkpoint}")
    for patch in step.patches:
        add_edge(graph, f"patch:{patch}", "judged_by", judged.id)
    for patch in step.spanned:
        add_edge(graph, judged.id, "spans", f"patch:{patch}")
    for suite in facts.diagnostics.measured:
        _add_judged_suite(graph, judged, suite, evidence)
    for change in (facts.test, *(suite.change for suite in facts.suites)):
        if change is not None:
            for run in (*change.before.runs, *change.after.runs):
                add_edge(graph, judged.id, "rests_on", f"run:{run}")


def _add_judged_suite(graph: EvidenceGraph, judged: _JudgedNode, suite: SuiteDiagnostics, evidence: Evidence) -> None:
    """An edge to the suite by its own name: a step may have measured it in several conditions."""
    facts = judged.facts
    own = next((contrast for contrast in facts.suites if contrast.suite == suite.suite), None)
    transfer = own.transfer.estimate if own is not None and own.transfer is not None else None
    rates = {"rate_before": suite.before, "rate_after": suite.after, "transfer": transfer}
    for name in sorted({evidence.runs[run].suite for run in suite.runs if run in evidence.runs}):
        add_edge(
            graph,
            judged.id,
            "judged_on" if suite.compared else "could_not_use",
            f"suite:{name}",
            role=str(suite.role),
            fell=suite.fell,
            **{rate: None if value is None else round(value, 6) for rate, value in rates.items()},
            verdict=str(own.verdict) if own is not None else None,
            rules=own is facts.ruling if own is not None else None,
            why=next((entry.why for entry in facts.not_compared if entry.suite == suite.suite), None),
            measured_as=suite.suite if suite.suite != name else None,
        )


def _add_gap(graph: EvidenceGraph, gap: GapFacts, evidence: Evidence) -> None:
    node = add_node(
        graph,
        "gap",
        fingerprint_of("gap", evidence.history.spec, gap.behaviour, gap.model, gap.suite),
        f"open gap: {gap.behaviour} of {gap.model} on {gap.suite}",
        behaviour=gap.behaviour,
        model=gap.model,
        suite=gap.suite,
        test=round(gap.test.rate, 6),
        held_out=round(gap.held_out.rate, 6),
    )
    add_edge(graph, node, "of", f"behaviour:{gap.behaviour}")
    add_edge(graph, node, "since", f"revision:{gap.since.revision}")
    add_edge(graph, node, "at", f"revision:{gap.state.revision}")
    add_edge(graph, node, "at", f"checkpoint:{gap.state.checkpoint}")
    for run in (*gap.test.runs, *gap.held_out.runs):
        add_edge(graph, node, "rests_on", f"run:{run}")
        add_edge(graph, node, "judged_on", f"suite:{evidence.runs[run].suite}")


def _add_findings(graph: EvidenceGraph, spec: SpecAudit, evidence: Evidence) -> None:
    name = spec.history.spec
    groups: list[tuple[str, Iterable[Finding]]] = []
    groups += [(f"patch:{entry.facts.patch.id}", entry.findings) for entry in spec.patches]
    groups += [(f"step:{_step_key(name, step.facts)}", step.findings) for step in spec.checkpoint_steps]
    groups += [(f"period:{_step_key(name, window.facts.facts)}", window.findings) for window in spec.periods]
    groups += [(f"plan:{plan}", findings) for plan, findings in spec.plan_findings.items()]
    groups += [(f"suite:{suite}", findings) for suite, findings in spec.use_findings.items()]
    groups += [(f"spec:{name}", spec.gap_findings), (f"spec:{name}", spec.spec_findings)]
    for about, findings in groups:
        for finding in findings:
            node = _add_finding(graph, finding)
            add_edge(graph, node, "about", about)
            for run in finding.evidence:
                if run in evidence.runs:
                    add_edge(graph, node, "cites", f"run:{run}")


def _add_finding(graph: EvidenceGraph, finding: Finding) -> str:
    return add_node(
        graph,
        "finding",
        finding.fingerprint,
        f"{finding.code} {finding.name}",
        check=finding.code,
        severity=str(finding.severity),
        confidence=str(finding.confidence),
        message=finding.message,
        place=f"{finding.place.path}:{finding.place.line}" if finding.place else None,
    )


def _add_waivers(graph: EvidenceGraph, audit: Audit) -> None:
    """Every waiver, and what it is for: a finding, or the verdict of a step or period."""
    verdicts = _verdict_nodes(audit) if audit.waivers else {}
    for facts in audit.waivers:
        waiver = facts.waiver
        node = add_node(
            graph,
            "waiver",
            waiver.name,
            f"{waiver.name}: {waiver.check}",
            check=waiver.check,
            reason=waiver.reason,
            who=waiver.who,
            granted=format_day(waiver.granted),
            counts=not facts.rejection,
            until=format_day(waiver.until) if waiver.until else None,
            rejection=facts.rejection,
        )
        for finding in audit.waivable():
            if waiver.names(finding):
                verdict = verdicts.get((finding.code, finding.fingerprint))
                add_edge(graph, node, "for", verdict or f"finding:{finding.fingerprint}")
                for patch in finding.subject.patches:
                    add_edge(graph, node, "about", f"patch:{patch}")
    for finding in audit.waiver_findings if audit.waivers else ():
        node = _add_finding(graph, finding)
        for facts in audit.waivers:
            if finding.place is not None and finding.place.path == facts.waiver.path:
                add_edge(graph, node, "about", f"waiver:{facts.waiver.name}")


def _verdict_nodes(audit: Audit) -> Mapping[tuple[str, str], str]:
    """The node of each verdict a waiver may be for, by rule and fingerprint."""
    nodes = {}
    for spec in audit.specs:
        for judged in _judged_nodes(spec):
            finding = verdict_finding(judged.facts.verdict, spec.history.spec, judged.facts)
            nodes[finding.code, finding.fingerprint] = judged.id
    return nodes


# The node that somebody means.


_NODES_LISTED = 6
_KEY_PREFIX = 4  # characters of a key's beginning


def find_node(graph: EvidenceGraph, text: str) -> str:
    """The id of the node that a text stands for.

    Args:
        text: a node's id, `kind:` and the beginning of its key, a whole key or a label of any kind, or the beginning
            of a key, 4 characters or more. What names a node whole is not hidden by what only begins so.

    Raises InputError where it stands for none or for several.
    """
    query = text.strip()
    if not query:
        raise InputError("is empty", where="NODE", remedy="give kind:id, a patch, a suite or another name")
    kind, colon, key = query.partition(":")
    pool: Sequence[str] = tuple(graph)
    if colon and kind in NODE_KINDS:
        pool, query = nodes_of_kind(graph, kind), key
    keys: dict[str, str] = {name: graph.nodes[name]["key"] for name in pool}
    labels: dict[str, str] = {name: graph.nodes[name]["label"] for name in pool}
    tries = (
        [name for name in pool if keys[name] == query],
        [name for name in pool if labels[name] == query],
        [name for name in pool if (colon or len(query) >= _KEY_PREFIX) and keys[name].startswith(query)],
    )
    hits = next((names for names in tries if names), [])
    if len(hits) == 1:
        return hits[0]
    if hits:
        remedy = "write more of it, or kind:id"
        raise InputError(f"stands for several: {_list_nodes(graph, hits)}", where=text, remedy=remedy)
    near = [name for name in pool if query and query.lower() in f"{keys[name]} {labels[name]}".lower()]
    remedy = f"near it are {_list_nodes(graph, near)}" if near else "see auditor graph for what it holds"
    raise InputError("is no node of the graph", where=text, remedy=remedy)


def _list_nodes(graph: EvidenceGraph, names: Sequence[str]) -> str:
    nodes = [graph.nodes[name] for name in names[:_NODES_LISTED]]
    listed = ", ".join(f"{node['kind']}:{shorten_key(node['key'])}" for node in nodes)
    return listed + (f" and {len(names) - _NODES_LISTED} more" if len(names) > _NODES_LISTED else "")
