"""A project for a notebook: its audit, its graph, tidy frames and figures, all from the same objects.

In comes a folder; `auditor.open` calls `open_notebook`.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.app.audit import assess_project
from auditor.app.graph import build_audit_graph
from auditor.app.project import open_project
from auditor.assess.timeline import Series, build_series
from auditor.audit import Audit
from auditor.evidence import Evidence
from auditor.evidence.graph import EvidenceGraph
from auditor.model.policy import Policy
from auditor.model.verdict import Verdict
from auditor.render.graph import GraphTable, graph_tables

if TYPE_CHECKING:
    from auditor.render.html.figures import SvgFigure


@dataclass(frozen=True)
class Notebook:
    """A project as it was when it was opened: nothing of it stays open, and nothing in it is read again.

    Attributes:
        audit: everything the audit says, waivers held against it.
        evidence: what it rests on, spec by spec.
        graph: the evidence graph, of networkx: ids as `auditor graph` has them, attributes on nodes and edges;
            `auditor.evidence.graph` asks it.
        policy: the one applied.
    """

    audit: Audit
    evidence: tuple[Evidence, ...] = field(repr=False)
    graph: EvidenceGraph = field(repr=False)
    policy: Policy = field(repr=False)

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """Every behaviour of every lineage over time."""
        return tuple(series for evidence in self.evidence for series in build_series(evidence, self.policy))

    def frames(self) -> dict[str, GraphTable]:
        """Tidy tables by name, each columns of one length: `pandas.DataFrame(opened.frames()["run"])`."""
        return graph_tables(self.graph, self.series)

    @cached_property
    def figures(self) -> dict[tuple[str, str], SvgFigure]:
        """A behaviour over time by (behaviour, model), as SVG that stands by itself."""
        from auditor.render.html.figures import timeline_figure

        blocking = {str(verdict) for verdict in Verdict if verdict in self.policy.block_on}
        flagged = {
            entry.facts.patch.after.name: entry.hiding_suspected or entry.facts.verdict in blocking
            for entry in self.audit.patches
        }
        return {(series.behaviour, series.model): timeline_figure(series, flagged) for series in self.series}


def open_notebook(where: str | os.PathLike[str], spec: str | None = None, today: date | None = None) -> Notebook:
    """Reads and audits a project.

    Args:
        where: a folder in it, a bare repository, or a folder of dated revisions.
        spec: the name of a configured spec, or the path of one that is not; None for all configured or, without any,
            the file whose name says that it is the spec, which a warning names.
        today: the day that waivers and plans are held against; None for the one it is, UTC.

    Raises AuditorError, whose text is one line with what to do.
    """
    with open_project(Path(where), () if spec is None else (spec,), warn=warnings.warn) as project:
        day = today or datetime.now(UTC).date()
        audit = assess_project(project, day, None, os.environ)
        graphs = tuple(spec.evidence for spec in audit.specs)
        return Notebook(audit, graphs, build_audit_graph(audit, graphs), project.settings.policy)
