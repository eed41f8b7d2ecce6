"""What people ask the evidence: each question a function, each answer nodes and links of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.evidence.web import Link, Node, Web, resting_on, rests_on


@dataclass(frozen=True, slots=True)
class Measured:
    """What measured a patch's change of a clause.

    Attributes:
        patch: that changed the clause.
        change: what it did to it, as its link says.
        step: that judges the patch; None where nothing was run on both sides of it.
        on: what the step was judged on: the link that says how, the suite, its runs.
    """

    patch: Node
    change: Link
    step: Node | None
    on: tuple[tuple[Link, Node, tuple[Node, ...]], ...]


@dataclass(frozen=True, slots=True)
class Fell:
    """A step in which a suite fell, and what its patches did to the text.

    Attributes:
        step: the step.
        on: the link that says from what rate to what rate.
        changes: of clauses, by the patches that the step judges.
    """

    step: Node
    on: Link
    changes: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict that rests on something.

    Attributes:
        step: the step, window or gap that has it.
        on: the link to the suite asked about; None for a question about anything else.
        patches: judged by it.
        findings: that are about it; and those about its patches that cite a run it rests on, or none.
    """

    step: Node
    on: Link | None
    patches: tuple[Node, ...]
    findings: tuple[Node, ...]


def what_measured(given: Web, clause: str) -> tuple[Measured, ...]:
    """What measured a clause: every patch that changed it, and the steps, suites and runs that judge this patch.

    Args:
        clause: the id of its node.
    """
    changes = (link for link in given.incoming.get(clause, ()) if link.kind == "changes")
    return tuple(one for link in changes for one in judged(given, link))


def judged(given: Web, change: Link) -> tuple[Measured, ...]:
    """What measured one change of a clause: one for each step that judges its patch; one without a step for none."""
    patch = given.nodes[change.source]
    steps = given.behind(patch.id, "judged_by")
    found = (Measured(patch, change, given.nodes[step], tuple(_on(given, step))) for step in steps)
    return tuple(found) or (Measured(patch, change, None, ()),)


def _on(given: Web, step: str) -> Iterator[tuple[Link, Node, tuple[Node, ...]]]:
    runs = given.behind(step, "rests_on")
    for link in given.outgoing[step]:
        if link.kind == "judged_on":
            mine = tuple(given.nodes[run] for run in runs if link.target in given.behind(run, "on"))
            yield link, given.nodes[link.target], mine


def moved_where_it_fell(given: Web, suite: str) -> tuple[Fell, ...]:
    """The clauses that changed in the patches where a suite was shown to fall, step by step."""
    found = []
    for on in given.incoming.get(suite, ()):
        if on.kind == "judged_on" and on.attributes.get("fell") is True and on.source.startswith("step:"):
            patches = given.before(on.source, "judged_by")
            changes = (link for name in patches for link in given.outgoing[name] if link.kind == "changes")
            found.append(Fell(given.nodes[on.source], on, tuple(changes)))
    return tuple(found)


def depends_on(given: Web, run: str) -> tuple[Node, ...]:
    """What a run (or anything else) depends on: its suite and version, revision, scorer, checkpoint and its parents."""
    return rests_on(given, run)


def blast_radius(given: Web, node: str) -> tuple[Verdict, ...]:
    """The verdicts that rest on something: a worn suite, a bad run, a broken scorer, a checkpoint."""
    found = []
    for step in resting_on(given, node):
        if step.kind not in ("step", "window", "gap"):
            continue
        on = next((link for link in given.outgoing[step.id] if link.target == node and link.kind == "judged_on"), None)
        patches = tuple(given.nodes[name] for name in given.before(step.id, "judged_by"))
        found.append(Verdict(step, on, patches, tuple(_findings(given, step, patches))))
    return tuple(found)


def _findings(given: Web, step: Node, patches: tuple[Node, ...]) -> Iterator[Node]:
    runs, own = set(given.behind(step.id, "rests_on")), given.before(step.id, "about")
    about = {name for patch in patches for name in given.before(patch.id, "about")}
    for name in sorted(about.union(own)):
        cited = given.behind(name, "cites")
        if name in own or not cited or not runs.isdisjoint(cited):
            yield given.nodes[name]
