"""auditor demo."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import console


@click.command("demo", short_help="Build the demonstration repository and audit it.")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("auditor-demo"), metavar="[DIR]"
)
def command(folder: Path) -> int:
    """Builds the demonstration repository in DIR (auditor-demo), audits it, and says where to look next.

    Sixteen revisions of a made-up assistant's spec over three quarters, with simulated evaluations of known truth.
    """
    from auditor.app.audit import audit
    from auditor.app.demo import demonstrate
    from auditor.app.project import open_project
    from auditor.render.demo import next_steps
    from auditor.render.plain import as_text
    from auditor.render.terminal import show

    demonstration = demonstrate(folder)
    with open_project(folder) as project:
        found = audit(project)
    out = console()
    click.echo(as_text(out, *show(found, out.width), next_steps(str(folder), demonstration.commit)), nl=False)
    return 0
