"""The judged part of the graph: steps, windows and standing gaps, what they rest on, findings, and waivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.assess.facts import BehaviourFacts, GapFacts, SuiteDiagnostics
from auditor.assess.ledger import waiver_subject
from auditor.evidence import Evidence, State
from auditor.evidence.graph import Link, Node, Scalar
from auditor.model.finding import Finding, fingerprint_of
from auditor.report import Audit, SpecReport

Part = Node | Link


@dataclass(frozen=True, slots=True)
class _Judged:
    """One part of an audit that has a verdict: its node's kind and key, and what is said of it."""

    kind: str
    facts: BehaviourFacts
    key: str
    names: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.key}"


def about_specs(audit: Audit, graphs: Sequence[Evidence]) -> Iterator[Part]:
    """What is judged and found of each spec."""
    for spec, evidence in zip(audit.specs, graphs, strict=True):
        for judged in _judged(spec):
            yield from _of_judged(judged, evidence)
        for gap in spec.gaps:
            yield from _of_gap(gap, evidence)
        yield from _of_findings(spec, evidence)


def _key(spec: str, facts: BehaviourFacts) -> str:
    states = (facts.step.before, facts.step.after)
    ends = [part for state in states for part in (state.revision, state.checkpoint)]
    return fingerprint_of("step", spec, facts.behaviour, facts.model, *ends, *facts.step.patches)


def _judged(spec: SpecReport) -> Iterator[_Judged]:
    name = spec.history.spec
    steps = [one for entry in spec.patches for one in entry.facts.behaviours]
    steps += [step.facts for step in spec.checkpoint_steps]
    yield from {key: _Judged("step", one, key) for one in steps for key in [_key(name, one)]}.values()
    for window in spec.windows:
        facts = window.facts.facts
        yield _Judged("window", facts, _key(name, facts), window.facts.names)


def _of_judged(judged: _Judged, evidence: Evidence) -> Iterator[Part]:
    facts, step = judged.facts, judged.facts.step
    label = f"{facts.verdict}: {facts.behaviour} of {facts.model}"
    yield Node(judged.kind, judged.key, label, _told(facts, judged.names))
    yield Node("behaviour", facts.behaviour, facts.behaviour)
    yield Link(judged.id, "of", f"behaviour:{facts.behaviour}")
    yield from _between(judged.id, step.before, step.after)
    for patch in step.patches:
        yield Link(f"patch:{patch}", "judged_by", judged.id)
    for patch in step.spanned:
        yield Link(judged.id, "spans", f"patch:{patch}")
    for suite in facts.account.measured:
        yield from _of_suite(judged, suite, evidence)
    for run in dict.fromkeys(_runs_of(facts)):
        yield Link(judged.id, "rests_on", f"run:{run}")


def _between(name: str, before: State, after: State) -> Iterator[Link]:
    for side, state in (("before", before), ("after", after)):
        yield Link(name, side, f"revision:{state.revision}")
        yield Link(name, side, f"checkpoint:{state.checkpoint}")


def _told(facts: BehaviourFacts, names: Sequence[str]) -> dict[str, Scalar]:
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


def _runs_of(facts: BehaviourFacts) -> Iterator[str]:
    changes = [facts.test, *(suite.change for suite in facts.suites)]
    for change in changes:
        if change is not None:
            yield from (*change.before.runs, *change.after.runs)


def _of_suite(judged: _Judged, suite: SuiteDiagnostics, evidence: Evidence) -> Iterator[Link]:
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


def _of_gap(gap: GapFacts, evidence: Evidence) -> Iterator[Part]:
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


def _of_findings(spec: SpecReport, evidence: Evidence) -> Iterator[Part]:
    name = spec.history.spec
    groups: list[tuple[str, Iterable[Finding]]] = []
    groups += [(f"patch:{entry.facts.patch.id}", entry.findings) for entry in spec.patches]
    groups += [(f"step:{_key(name, step.facts)}", step.findings) for step in spec.checkpoint_steps]
    groups += [(f"window:{_key(name, one.facts.facts)}", one.findings) for one in spec.windows]
    groups += [(f"plan:{plan}", findings) for plan, findings in spec.plan_findings.items()]
    groups += [(f"suite:{suite}", findings) for suite, findings in spec.use_findings.items()]
    groups += [(f"spec:{name}", spec.standing_findings), (f"spec:{name}", spec.spec_findings)]
    for about, findings in groups:
        for finding in findings:
            yield _finding(finding)
            yield Link(f"finding:{finding.fingerprint}", "about", about)
            for run in finding.evidence:
                if run in evidence.runs:
                    yield Link(f"finding:{finding.fingerprint}", "cites", f"run:{run}")


def _finding(finding: Finding) -> Node:
    place = f"{finding.place.path}:{finding.place.line}" if finding.place else None
    told: dict[str, Scalar] = {
        "check": finding.check,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "message": finding.message,
    }
    label = f"{finding.check} {finding.name}"
    return Node("finding", finding.fingerprint, label, told if place is None else {**told, "place": place})


def about_waivers(audit: Audit) -> Iterator[Part]:
    """Every waiver, and what it is for: a finding, or the verdict of a step or window."""
    if not audit.waivers:
        return
    verdicts = _verdicts(audit)
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
        yield _finding(finding)
        for facts in audit.waivers:
            if finding.place is not None and finding.place.path == facts.waiver.path:
                yield Link(f"finding:{finding.fingerprint}", "about", f"waiver:{facts.waiver.name}")


def _verdicts(audit: Audit) -> Mapping[tuple[str, str], str]:
    """The node of each verdict a waiver may be for, by rule and fingerprint."""
    found = {}
    for spec in audit.specs:
        for judged in _judged(spec):
            subject = waiver_subject(judged.facts.verdict, spec.history.spec, judged.facts)
            found[subject.rule, subject.fingerprint] = judged.id
    return found
