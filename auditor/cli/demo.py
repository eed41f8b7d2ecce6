"""auditor demo."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import console


@click.command("demo")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("auditor-demo"), metavar="[DIR]"
)
def command(folder: Path) -> int:
    """Builds the demonstration repository in DIR (auditor-demo), audits it, and writes the report of its last quarter.

    Sixteen revisions of a made-up assistant's spec over three quarters, with simulated evaluations of known truth.
    """
    from auditor.app.demo import QUARTER, REPORT, demonstrate
    from auditor.app.project import open_project
    from auditor.app.report import report, seal_project
    from auditor.cli.options import write_document
    from auditor.document.audit import audit_blocks, commit_name
    from auditor.document.demo import next_step_blocks
    from auditor.model.period import parse_quarter
    from auditor.render.html.report import report_html
    from auditor.render.terminal import render_terminal

    demonstration = demonstrate(folder)
    with open_project(folder) as project:
        seal_project(project)
        periodic_report = report(project, parse_quarter(QUARTER))
    write_document(report_html(periodic_report), folder / REPORT, force=True)
    out = console()
    suspected = next(
        commit_name(entry.facts.patch.after) for entry in periodic_report.audit.patches if entry.hiding_suspected
    )
    steps = next_step_blocks(str(folder), demonstration.commit, suspected, str(folder / REPORT))
    click.echo(
        render_terminal((*audit_blocks(periodic_report.audit, periodic_report.period.until), *steps), out), nl=False
    )
    return 0
