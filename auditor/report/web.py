"""Everything an audit knows of a project as one graph: what was written, measured, judged, found and excused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from auditor.clauses.blame import clause_states
from auditor.clauses.lineage import LineageEvent, trace_lineage
from auditor.evidence import Evidence
from auditor.evidence.graph import Graph, Link, Node, Scalar, build_graph
from auditor.model.clause import Clause
from auditor.model.preregistration import PreregistrationResult
from auditor.model.run import Run
from auditor.model.spec import Revision, SpecCommit
from auditor.model.suite import Suite
from auditor.report import Audit, SpecReport
from auditor.report.web_verdicts import about_specs, about_waivers

_SHORT = 12
_TITLE = 72
Part = Node | Link


def web_of(audit: Audit, graphs: Sequence[Evidence], versions: Mapping[str, str]) -> Graph:
    """The graph of an audit.

    Args:
        graphs: the evidence it rests on, spec by spec.
        versions: by record, the sha256 of the run's item manifest, 64 hex digits; none for a tally without items.
    """
    parts: list[Part] = []
    for spec, evidence in zip(audit.specs, graphs, strict=True):
        parts += _of_history(spec, evidence)
        parts += _of_clauses(spec, evidence)
        parts += _of_suites(evidence)
        parts += _of_runs(evidence, versions)
        parts += _of_plans(evidence.results.values(), {one.plan.id: str(one.state) for one in spec.plans})
    parts += about_specs(audit, graphs)
    parts += about_waivers(audit)
    return build_graph(_nodes(parts), (part for part in parts if isinstance(part, Link)))


def _nodes(parts: Sequence[Part]) -> Iterator[Node]:
    """Those given; and those only linked to, of which nothing is known: a revision that is not in this history."""
    yield from (part for part in parts if isinstance(part, Node))
    for part in parts:
        if isinstance(part, Link):
            for name in (part.source, part.target):
                kind, _, key = name.partition(":")
                yield Node(kind, key, short(key), {"known": False})


def short(key: str) -> str:
    """A key as people write it: a content id by its first digits."""
    is_hash = len(key) >= 32 and set(key) <= set("0123456789abcdef")
    return key[:_SHORT] if is_hash else key


def said(**values: Scalar | None) -> dict[str, Scalar]:
    """Attributes without those of which nothing is known."""
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _of_history(spec: SpecReport, evidence: Evidence) -> Iterator[Part]:
    history = evidence.history
    yield Node("spec", history.spec, history.spec, {"patches": len(evidence.patches)})
    last = history.sightings[-1].revision if history.sightings else None
    for revision in history.revisions.values():
        yield _revision(revision, last)
    by_name = {one.name: one for one in history.sightings}
    for one in history.sightings:
        name = sighting_id(history.spec, one)
        yield _sighting(history.spec, one)
        yield Link(name, "shows", f"revision:{one.revision}")
        yield Link(name, "of", f"spec:{history.spec}")
        for place, parent in enumerate(one.parents):
            yield Link(name, "other" if place else "first", sighting_id(history.spec, by_name[parent]))
    entries = {entry.facts.patch.id: entry for entry in spec.patches}
    for patch in evidence.patches.values():
        entry, key = entries[patch.id], f"patch:{patch.id}"
        yield Node(
            "patch",
            patch.id,
            _title(patch.after),
            said(
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
        yield Link(key, "from", sighting_id(patch.spec, patch.before))
        yield Link(key, "to", sighting_id(patch.spec, patch.after))


def sighting_id(spec: str, sighting: SpecCommit) -> str:
    """The id of a sighting's node: of one commit that shows two specs there are two."""
    return f"sighting:{sighting.name}@{spec}"


def _title(sighting: SpecCommit) -> str:
    return sighting.subject or sighting.label or short(sighting.name)


def _revision(revision: Revision, last: str | None) -> Node:
    return Node("revision", revision.id, short(revision.id), {"current": revision.id == last})


def _sighting(spec: str, one: SpecCommit) -> Node:
    attributes = said(date=one.date.isoformat(), commit=one.commit, label=one.label, subject=one.subject)
    return Node("sighting", f"{one.name}@{spec}", f"{short(one.name)} {one.subject}".strip(), attributes)


def _of_clauses(spec: SpecReport, evidence: Evidence) -> Iterator[Part]:
    history = evidence.history
    if not history.sightings:
        return
    lineage = spec.patches[0].text.lineage if spec.patches else trace_lineage(history)
    for key, state in clause_states(history, lineage).items():
        yield Node("clause", key, _words(state.clause), _clause(state.clause, there=state.there))
        yield Link(f"clause:{key}", "of", f"spec:{history.spec}")
    for key, life in lineage.lives.items():
        for other, kind in ((life.parent, "split_from"), (life.heir, "merged_into")):
            if other is not None:
                yield Link(f"clause:{key}", kind, f"clause:{other}")
        yield from (_change(key, event) for event in life.events if event.patch in evidence.patches)


def _change(key: str, event: LineageEvent) -> Link:
    told = said(
        change=str(event.kind),
        moved=event.moved or None,
        words_before=" ".join(one.text for one in event.before),
        words_after=" ".join(one.text for one in event.after),
    )
    return Link(f"patch:{event.patch}", "changes", f"clause:{key}", told)


def _clause(clause: Clause, *, there: bool) -> dict[str, Scalar]:
    return said(
        text=clause.text,
        there=there,
        section=" \u203a ".join(clause.section),
        what=str(clause.kind),
        path=clause.path,
        line=clause.line,
        anchor=clause.anchor,
    )


def _words(clause: Clause) -> str:
    text = " ".join(clause.text.split())
    return text if len(text) <= _TITLE else f"{text[: _TITLE - 1].rstrip()}\u2026"


def _of_suites(evidence: Evidence) -> Iterator[Part]:
    for suite in evidence.suites.values():
        yield Node("suite", suite.name, suite.name, _suite(suite))
        yield Node("behaviour", suite.behaviour, suite.behaviour)
        yield Link(f"suite:{suite.name}", "measures", f"behaviour:{suite.behaviour}")
        if suite.twin is not None:
            yield Link(f"suite:{suite.name}", "twin_of", f"suite:{suite.twin}")


def _suite(suite: Suite) -> dict[str, Scalar]:
    return said(
        role=str(suite.role),
        registered=suite.registered.isoformat() if suite.registered else None,
        looks_allowed=suite.looks_allowed,
    )


def _of_runs(evidence: Evidence, versions: Mapping[str, str]) -> Iterator[Part]:
    for run in evidence.runs.values():
        name, checkpoint = f"run:{run.record}", f"checkpoint:{run.checkpoint}"
        yield Node("run", run.record, f"{run.suite} of {run.checkpoint} under {short(run.revision)}", _run(run))
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
            items = Node("items", f"{version}@{run.suite}", f"{count} items, {short(version)}", {"items": count})
            yield items
            yield Link(name, "with", items.id)
            yield Link(items.id, "version_of", f"suite:{run.suite}")


def _run(run: Run) -> dict[str, Scalar]:
    tallies = run.tallies
    return said(
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


def _of_plans(results: Iterable[PreregistrationResult], states: Mapping[str, str]) -> Iterator[Part]:
    for result in results:
        plan, name = result.plan, f"plan:{result.plan.id}"
        attributes = said(
            planned=plan.planned,
            created=plan.created.isoformat(),
            condition=plan.condition,
            note=plan.note,
            state=states.get(plan.id),
        )
        yield Node("plan", plan.id, f"{plan.suite} of {plan.checkpoint} under {short(plan.revision)}", attributes)
        yield Link(name, "on", f"suite:{plan.suite}")
        yield Link(name, "under", f"revision:{plan.revision}")
        yield Link(name, "of", f"checkpoint:{plan.checkpoint}")
        yield Link(f"checkpoint:{plan.checkpoint}", "is_a", f"model:{plan.model}")
        yield from (Link(f"run:{run}", "planned_by", name) for run in result.runs)
        yield from (Link(f"run:{run}", "differs_from", name) for run in result.differing)
