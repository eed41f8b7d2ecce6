"""auditor revision."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import FOUND_SPECS, repo_option, specs_option, warn


@click.command("revision")
@click.argument("name", metavar="[REV]", required=False)
@click.option("--full", is_flag=True, help="All 64 digits, which promptfoo redacts as a secret.")
@repo_option
@specs_option(FOUND_SPECS)
def command(name: str | None, full: bool, repo: Path, specs: tuple[str, ...]) -> int:
    """Prints the content id of the spec, to stamp on an evaluation: its first 16 digits, which every command takes.

    Without REV it is that of the files in the work tree as they are now, staged or not; of HEAD in a bare repository;
    of the latest folder where revisions are dated folders. REV is a content id, a commit, the beginning of either (6
    digits or more), a tag, a branch, HEAD, or a dated folder.

    Where several specs are configured, and --spec names none, each gets a line with its name and its id.

    \b
    inspect eval task.py --metadata spec_revision=$(auditor revision)
    """
    from auditor.app.revision import read_stamps
    from auditor.render.escape import escape_terminal

    stamps = read_stamps(repo, specs, name, warn)
    for stamp in stamps:
        text = stamp.revision if full else stamp.short
        click.echo(text if len(stamps) == 1 else f"{escape_terminal(stamp.spec)} {text}")
    for caution in [stamp.caution for stamp in stamps if stamp.caution]:
        click.echo(f"auditor: {escape_terminal(caution)}", err=True)
    return 0
