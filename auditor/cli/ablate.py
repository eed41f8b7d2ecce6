"""auditor ablate."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import FOUND_SPECS, console, repo_option, specs_option, warn


@click.command("ablate")
@click.argument("patch", metavar="PATCH")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="A new or empty folder for the texts, manifest.json and evaluate.sh.",
)
@repo_option
@specs_option(FOUND_SPECS)
def command(patch: str, folder: Path, repo: Path, specs: tuple[str, ...]) -> int:
    """Writes a patch with each clause change left out, and with each alone: texts to evaluate, with ids to stamp.

    Runs on them are recorded as ablations and count for no revision. Afterwards auditor show PATCH says which clause
    changes carry the fall on the test, and which the fall held out.

    PATCH is the beginning of its id (see auditor log), or what stands for the revision it made: a commit, a tag, HEAD,
    a dated folder, a content id.
    """
    from auditor.app.ablate import ablate
    from auditor.app.project import open_project

    with open_project(repo, specs, warn=warn) as project:
        report = ablate(project, patch, folder)
    from auditor.document.ablation import ablation_blocks
    from auditor.render.terminal import render_terminal

    click.echo(render_terminal(ablation_blocks(report, str(folder)), console()), nl=False)
    return 0
