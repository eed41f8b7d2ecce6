"""auditor verify."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import console, format_option, repo_option, table_options

if TYPE_CHECKING:
    from auditor.model.verification import Verification


@click.command("verify")
@click.option(
    "--checkpoint",
    "against",
    multiple=True,
    metavar="CHECKPOINT",
    help="A copy of a checkpoint's file that somebody else holds, or its root. Several are allowed.",
)
@click.option(
    "--logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Raw logs and tables, or folders of them: every record is derived from them again.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A page, Markdown or JSON of auditor report: it is made again, and every number of it compared.",
)
@click.option("--seal", is_flag=True, help="Seal what is in no batch yet as the next checkpoint, first.")
@table_options
@repo_option
@format_option("text", "json", "markdown")
def command(
    against: tuple[str, ...],
    logs: tuple[Path, ...],
    reports: tuple[Path, ...],
    seal: bool,
    columns: dict[str, str],
    extra: str,
    repo: Path,
    style: str,
) -> int:
    """Looks at every record: its name, its form, its schema, what it names, and whether it was sealed.

    Only a checkpoint that somebody else holds can show that nothing was removed or rewritten: hand out the root that
    is printed, or a copy of the file, and give it back with --checkpoint.

    Exits 1 where something is not what it says or was, or differs from its log or its report; 2 where a log was
    refused; 3 where --logs has no log for a record; else 0.
    """
    from auditor.app.verify import seal_history as seal_now
    from auditor.app.verify import verify
    from auditor.readers.interface import ReadOptions

    if (columns or extra == "ignore") and not logs:
        raise click.UsageError("--map and --extra need --logs")
    checkpoint = seal_now(repo) if seal else None
    options = ReadOptions(extra == "ignore", columns=columns)
    verification = verify(repo, against=against, logs=logs, reports=reports, environment=os.environ, options=options)
    click.echo(_render(verification, style), nl=False)
    if seal:
        batch = f"sealed {len(checkpoint.ids):,} as checkpoint {checkpoint.number}" if checkpoint else "nothing to seal"
        click.echo(f"auditor: {batch}", err=True)
    return verification.exit_code


def _render(verification: Verification, style: str) -> str:
    if style == "json":
        from auditor.render.documents import verify_json

        return verify_json(verification)
    from auditor.document.verification import verification_blocks, verification_title

    blocks = verification_blocks(verification)
    if style == "markdown":
        from auditor.render.markdown import render_markdown

        return render_markdown((verification_title(), *blocks))
    from auditor.render.terminal import render_terminal

    return render_terminal(blocks, console(), wrap=False)
