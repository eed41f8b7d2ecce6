"""auditor verify."""

from __future__ import annotations

import os
from pathlib import Path

import click

from auditor.cli.options import format_option, repo_option, table_options


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
@format_option("text", "json")
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
    from auditor.render.documents import verify_json
    from auditor.render.verify import verify_lines

    if (columns or extra == "ignore") and not logs:
        raise click.UsageError("--map and --extra need --logs")
    checkpoint = seal_now(repo) if seal else None
    options = ReadOptions(extra == "ignore", columns=columns)
    verification = verify(repo, against=against, logs=logs, reports=reports, environment=os.environ, options=options)
    if style == "json":
        click.echo(verify_json(verification), nl=False)
    else:
        click.echo("".join(f"{line}\n" for line in verify_lines(verification)), nl=False)
    if seal:
        batch = f"sealed {len(checkpoint.ids):,} as checkpoint {checkpoint.number}" if checkpoint else "nothing to seal"
        click.echo(f"auditor: {batch}", err=True)
    return verification.exit_code
