"""auditor graph."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import (
    FOUND_SPECS,
    console,
    no_pager_option,
    page,
    repo_option,
    resolve_day,
    specs_option,
    today_option,
    warn,
)
from auditor.render.escape import escape_terminal

if TYPE_CHECKING:
    from auditor.evidence.graph import EvidenceGraph

_FORMATS = ("text", "json", "graphml")


@click.command("graph")
@click.argument("node", metavar="[NODE]", required=False)
@repo_option
@specs_option(FOUND_SPECS)
@click.option(
    "--format", "style", type=click.Choice(_FORMATS), default="text", show_default=True, help="How to print it."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to a new file.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@today_option
@no_pager_option
def command(
    node: str | None,
    repo: Path,
    specs: tuple[str, ...],
    style: str,
    output: Path | None,
    force: bool,
    today: datetime | None,
    no_pager: bool,
) -> int:
    """Shows what was written, measured, judged and found, as one graph to follow.

    NODE is an id (suite:refund-mails, patch:4f20), the beginning of a patch's or a run's id, or the name of a suite, a
    behaviour, a scorer or a checkpoint. Of a clause it says what measured it; of a suite which clauses moved where it
    fell, and which verdicts rest on it; of a run what it depends on. Other formats than text draw a NODE with its
    neighbours and all these answers name. Without NODE, the whole graph; as text, what it holds and what to type.
    """
    from auditor.app.graph import build_project_graph, find_node
    from auditor.app.project import open_project, read_history, warn_unreadable
    from auditor.cli.options import write_document
    from auditor.errors import EXIT_PASS

    with open_project(repo, specs, warn=warn) as project:
        graph = build_project_graph(project, resolve_day(today), os.environ)
        for config in project.specs:
            warn_unreadable(read_history(project, config), warn)
    name = None if node is None else find_node(graph, node)
    document = _render(graph, name, style)
    if output is not None:
        write_document(document, output, force=force)
        click.echo(f"wrote {escape_terminal(str(output))}", err=True)
    elif style == "text":
        page(document, off=no_pager)
    else:
        click.echo(document, nl=False)
    return EXIT_PASS


def _render(graph: EvidenceGraph, node: str | None, style: str) -> str:
    if style == "text":
        from auditor.document.graph import graph_blocks, node_blocks
        from auditor.render.terminal import render_terminal

        return render_terminal(graph_blocks(graph) if node is None else node_blocks(graph, node), console())
    from auditor.document.graph import select_around
    from auditor.evidence.graph import select_nodes
    from auditor.render.graph import graph_graphml, graph_json

    drawn = graph if node is None else select_nodes(graph, select_around(graph, node))
    return graph_graphml(drawn) if style == "graphml" else graph_json(drawn, node)
