"""auditor status."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from auditor.cli.options import console, format_option, repo_option, resolve_day, today_option


@click.command("status")
@repo_option
@format_option("text", "json")
@today_option
def command(repo: Path, style: str, today: datetime | None) -> int:
    """Says how a project stands, and the command to type next.

    Which configuration is found and whether it is committed, which suites pair up, what is recorded and sealed, which
    preregistered runs are due, which hooks ask the gate, which gaps are open. Exits 0, whatever it says.
    """
    from auditor.app.status import project_status

    status = project_status(repo, resolve_day(today))
    if style == "json":
        from auditor.render.documents import status_json

        click.echo(status_json(status), nl=False)
        return 0
    from auditor.document.status import status_blocks
    from auditor.render.terminal import render_terminal

    click.echo(render_terminal(status_blocks(status), console()), nl=False)
    return 0
