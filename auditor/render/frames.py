"""The graph and the rates over time as tidy tables: columns by name, all of one length; None for what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.assess.facts import Rate
from auditor.assess.timeline import TEST_SERIES, Series, SeriesPoint
from auditor.evidence.graph import NODE_KINDS, Graph, Node
from auditor.model.suite import Role

Frame = dict[str, list[object]]


def frames_of(web: Graph, series: Iterable[Series]) -> dict[str, Frame]:
    """A table for each kind of node that is there, one row a node; "links", one row a link; "rates", one row a rate.

    A table of nodes has `id`, `key`, `label`, their attributes, and for what each is linked to once at most the key of
    that: a run's `suite`, `revision` and `checkpoint`.
    """
    found = {kind: _nodes(web, nodes) for kind in NODE_KINDS if (nodes := web.of_kind(kind))}
    links = [{"source": one.source, "kind": one.kind, "target": one.target, **one.attributes} for one in web.links]
    found["links"] = _columns(links)
    found["rates"] = _columns([row for one in series for point in one.points for row in _rates(one, point)])
    return found


def _nodes(web: Graph, nodes: tuple[Node, ...]) -> Frame:
    linked = {node.id: _targets(web, node) for node in nodes}
    many = {kind for targets in linked.values() for kind, keys in targets.items() if len(keys) > 1}
    rows = []
    for node in nodes:
        one_each = {kind: keys[0] for kind, keys in linked[node.id].items() if kind not in many}
        rows.append({"id": node.id, "key": node.key, "label": node.label, **one_each, **node.attributes})
    return _columns(rows)


def _targets(web: Graph, node: Node) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for target in dict.fromkeys(link.target for link in web.outgoing.get(node.id, ())):
        other = web.nodes[target]
        found.setdefault(other.kind, []).append(other.key)
    return found


def _rates(series: Series, point: SeriesPoint) -> list[dict[str, object]]:
    test: list[tuple[str, Role, Rate]] = [(TEST_SERIES, Role.TEST, point.test)] if point.test is not None else []
    return [
        {
            "behaviour": series.behaviour,
            "model": series.model,
            "date": point.sighting.date.isoformat(),
            "sighting": point.sighting.name,
            "revision": point.state.revision,
            "checkpoint": point.state.checkpoint,
            "suite": suite,
            "role": str(role),
            "rate": rate.rate,
            "low": rate.low,
            "high": rate.high,
            "misaligned": rate.misaligned,
            "valid": rate.valid,
            "invalid": rate.invalid,
            "items": rate.items,
        }
        for suite, role, rate in (*test, *point.held_out)
    ]


def _columns(rows: Iterable[Mapping[str, object]]) -> Frame:
    given = list(rows)
    names = dict.fromkeys(name for row in given for name in row)
    return {name: [row.get(name) for row in given] for name in names}
