"""A project for a notebook: its audit, its graph, tidy frames and figures, all from the same objects.

In comes a folder; `auditor.open` calls `open_notebook`.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from auditor.app.audit import assess_project
from auditor.app.graph import build_audit_graph
from auditor.app.project import open_project
from auditor.assess.facts import BehaviourFacts, Change, Transfer
from auditor.assess.flips import flipped_items
from auditor.assess.timeline import Series, build_series
from auditor.audit import Audit
from auditor.evidence import Evidence
from auditor.evidence.graph import EvidenceGraph
from auditor.model.numbers import count_noun, join_counts
from auditor.model.policy import Policy
from auditor.model.verdict import Verdict
from auditor.render.graph import GraphTable, graph_tables, to_columns

if TYPE_CHECKING:
    from auditor.render.html.figures import SvgFigure


@dataclass(frozen=True, repr=False)
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
    evidence: tuple[Evidence, ...]
    graph: EvidenceGraph
    policy: Policy

    def __repr__(self) -> str:
        """Two lines: what there is, and what to type."""
        specs = ", ".join(spec.history.spec for spec in self.audit.specs)
        verdicts = Counter(str(patch.facts.verdict) for patch in self.audit.patches)
        counts = join_counts([(count, verdict) for verdict, count in verdicts.most_common()])
        runs = sum(len(evidence.runs) for evidence in self.evidence)
        patches = count_noun(len(self.audit.patches), "patch", "es")
        return (
            f"<auditor: spec {specs}: {patches}{f' ({counts})' if counts else ''}, "
            f"{self.audit.hiding_suspected} with hiding suspected, {count_noun(runs, 'run')}.\n"
            " .audit, .graph, .figures, and .frames() with the tables verdicts, suites, flips, rates, run, ...>"
        )

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """Every behaviour of every lineage over time."""
        return tuple(series for evidence in self.evidence for series in build_series(evidence, self.policy))

    def frames(self, *, reveal: bool = False) -> dict[str, GraphTable]:
        """Tidy tables by name, each columns of one length: `pandas.DataFrame(opened.frames()["run"])`.

        Those of `graph_tables`, and what patches came to: "verdicts" (a row a patch, behaviour and model), "suites" (a
        row a suite of these, with its transfer and limits), "flips" (a row an item that moved; of held-out suites only
        with `reveal`). Their `patch`, `behaviour` and `suite` are the keys of the tables of these names.
        """
        return {**graph_tables(self.graph, self.series), **self._judged_tables(reveal=reveal)}

    def _judged_tables(self, *, reveal: bool) -> dict[str, GraphTable]:
        verdicts, suites, flips = list[JudgedRow](), list[JudgedRow](), list[JudgedRow]()
        for spec in self.audit.specs:
            for entry in spec.patches:
                for facts in entry.facts.behaviours:
                    keys: JudgedRow = {
                        "patch": entry.facts.patch.id,
                        "behaviour": facts.behaviour,
                        "model": facts.model,
                    }
                    verdicts.append({**keys, **_verdict_columns(facts)})
                    suites += [{**keys, **row} for row in _suite_rows(spec.evidence, facts)]
                    flips += [{**keys, **row} for row in _flip_rows(spec.evidence, facts, reveal=reveal)]
        tables = {"verdicts": verdicts, "suites": suites, "flips": flips}
        return {name: to_columns(rows) for name, rows in tables.items()}

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


JudgedRow: TypeAlias = "dict[str, object]"


def _verdict_columns(facts: BehaviourFacts) -> JudgedRow:
    """The verdict of a behaviour, its test rates, and the transfer of the suite that ruled."""
    ruling = facts.ruling
    return {
        "verdict": str(facts.verdict),
        "hiding_suspected": facts.hiding_suspected,
        "grade": str(facts.grade) if facts.grade is not None else None,
        **_rate_columns(facts.test, "test_"),
        "ruling_suite": ruling.suite if ruling is not None else None,
        **_transfer_columns(ruling.transfer if ruling is not None else None),
        "reason": facts.reason,
    }


def _suite_rows(evidence: Evidence, facts: BehaviourFacts) -> Iterator[JudgedRow]:
    """A row for each suite that the verdict compares; a suite's condition stands in a column of its own."""
    held_out = {suite.suite: suite for suite in facts.suites}
    for suite in facts.diagnostics.measured:
        if not suite.compared:
            continue
        own = held_out.get(suite.suite)
        rates = _rate_columns(own.change if own is not None else None, "")
        if own is None:  # of a test suite the audit has rates without limits: the verdict is on their average
            rates |= {"before": suite.before, "after": suite.after}
        yield {
            **_suite_columns(evidence, suite.suite),
            "role": str(suite.role),
            **rates,
            **_transfer_columns(own.transfer if own is not None else None),
            "verdict": str(own.verdict) if own is not None else None,
        }


def _rate_columns(change: Change | None, prefix: str) -> JudgedRow:
    sides = (("before", change.before if change else None), ("after", change.after if change else None))
    return {
        f"{prefix}{side}{end}": getattr(rate, name) if rate is not None else None
        for side, rate in sides
        for end, name in (("", "rate"), ("_low", "low"), ("_high", "high"))
    }


def _transfer_columns(transfer: Transfer | None) -> JudgedRow:
    ends = (("transfer", "estimate"), ("transfer_low", "low"), ("transfer_high", "high"))
    return {column: getattr(transfer, name) if transfer is not None else None for column, name in ends}


def _suite_columns(evidence: Evidence, name: str) -> JudgedRow:
    """A suite's own name, and the condition that stands behind it in brackets."""
    if name in evidence.suites:
        return {"suite": name, "condition": ""}
    suite, _, condition = name.removesuffix("]").rpartition(" [")
    return {"suite": suite, "condition": condition}


def _flip_rows(evidence: Evidence, facts: BehaviourFacts, *, reveal: bool) -> Iterator[JudgedRow]:
    """A row for each item that moved."""
    for flips in flipped_items(evidence, facts, reveal=reveal):
        for item in flips.items:
            yield {
                **_suite_columns(evidence, flips.suite),
                "role": str(flips.role),
                "item": item.item,
                "before": item.before.mean,
                "before_samples": item.before.samples,
                "after": item.after.mean,
                "after_samples": item.after.samples,
            }


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
