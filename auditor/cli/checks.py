"""auditor checks."""

from __future__ import annotations

import click

from auditor.cli.options import console


@click.command("checks", short_help="The catalogue of checks; one check's page.")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Lists the checks, or prints one check's page (by code or name)."""
    from auditor.checks.catalogue import load_pages
    from auditor.errors import ConfigError
    from auditor.render.checks import check_page, checks_table
    from auditor.render.terminal import as_text

    every = load_pages()
    if code is None:
        click.echo(as_text(console(), checks_table(every)), nl=False)
        return 0
    found = [one for one in every if code in (one.check.code, one.check.name)]
    if not found:
        known = ", ".join(one.check.code for one in every)
        raise ConfigError("no such check", where=code, remedy=f"give one of {known}")
    click.echo(as_text(console(), check_page(found[0])), nl=False)
    return 0
