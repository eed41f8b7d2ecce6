"""auditor audit."""

from __future__ import annotations

import os
from pathlib import Path

import click

from auditor.cli.options import console, format_option, repo_option, spec_option


@click.command("audit", short_help="Every patch of a range, or all: did the behaviour change?")
@click.argument("commits", metavar="[RANGE]", required=False)
@repo_option
@spec_option
@format_option("text", "json")
@click.option(
    "--fail-on", multiple=True, metavar="WHAT", help="suspected, a verdict, a check's code or a severity: exit 1."
)
@click.option("--verbose", is_flag=True, help="Also which checks could not tell, on what, and why.")
@click.option("--new-since", metavar="REF", help="Only patches that REF does not contain.")
def command(
    commits: str | None,
    repo: Path,
    spec: str | None,
    style: str,
    fail_on: tuple[str, ...],
    verbose: bool,
    new_since: str | None,
) -> int:
    """Judges every patch of a git range (A..B), or all there are.

    Exits 0 unless --fail-on matches (1). Without configuration, --spec PATH shows the patches of any file.
    """
    from auditor.app.audit import audit
    from auditor.app.project import open_project
    from auditor.errors import EXIT_BLOCKED, EXIT_PASS
    from auditor.report import check_fail_on, matches

    check_fail_on(fail_on)
    wanted = _range(commits, new_since)
    with open_project(repo, spec) as project:
        found = audit(project, wanted, os.environ)
    if style == "json":
        from auditor.render.json import audit_json

        click.echo(audit_json(found), nl=False)
    else:
        from auditor.render.plain import as_text
        from auditor.render.terminal import show
        from auditor.render.undecided import could_not_tell

        out = console()
        told = could_not_tell(found.coverage) if verbose else ()
        click.echo(as_text(out, *show(found, out.width), *told), nl=False)
    return EXIT_BLOCKED if matches(found, fail_on) else EXIT_PASS


def _range(commits: str | None, new_since: str | None) -> str | None:
    """The range asked for. An empty one is a variable somebody forgot to set, and must not pass for "nothing new"."""
    if commits is not None and new_since is not None:
        raise click.UsageError("give RANGE or --new-since, not both")
    for name, given in (("RANGE", commits), ("--new-since", new_since)):
        if given is not None and not given.strip():
            raise click.UsageError(f"{name} is empty")
    return commits if new_since is None else f"{new_since}..HEAD"
