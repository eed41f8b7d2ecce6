"""The evidence graph of a project, and the node that somebody means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from auditor.app.audit import audited
from auditor.app.excused import with_waivers
from auditor.app.project import Project
from auditor.errors import InputError
from auditor.evidence import Evidence
from auditor.evidence.graph import NODE_KINDS, Graph, Node
from auditor.report import Audit
from auditor.report.web import web_of
from auditor.store.codec import manifest_id

_SHOWN = 6
_LEAST = 4  # characters of a key's beginning


def graph(project: Project, today: date, environment: Mapping[str, str] = MappingProxyType({})) -> Graph:
    """The graph of everything that is known of a project.

    Args:
        today: the day that waivers and plans are held against.
        environment: as for `audit`.

    Raises what `audit` raises.
    """
    audit, graphs = audited(project, None, environment, today)
    return graph_of(project, with_waivers(project, audit, graphs, today), graphs)


def graph_of(project: Project, audit: Audit, graphs: tuple[Evidence, ...]) -> Graph:
    """The graph of an audit."""
    versions = {}
    known: dict[tuple[str, ...], str] = {}
    for evidence in graphs:
        for run in evidence.runs.values():
            items = run.tallies.items
            if items is not None:
                versions[run.record] = known.get(items) or known.setdefault(items, manifest_id(items))
    return web_of(audit, graphs, versions)


def found(web: Graph, name: str) -> Node:
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
        [node for node in pool if (colon or len(text) >= _LEAST) and node.key.startswith(text)],
    )
    hits = next((some for some in tries if some), [])
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise InputError(f"stands for several: {_listed(hits)}", where=name, remedy="write more of it, or kind:id")
    near = [node for node in pool if text and text.lower() in f"{node.key} {node.label}".lower()]
    remedy = f"near it are {_listed(near)}" if near else "see auditor graph for every id"
    raise InputError("is no node of the graph", where=name, remedy=remedy)


def _listed(nodes: list[Node]) -> str:
    shown = [
        f"{node.kind}:{node.key[:12] if re.match('[0-9a-f]{32}', node.key) else node.key}" for node in nodes[:_SHOWN]
    ]
    return ", ".join(shown) + (f" and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else "")
