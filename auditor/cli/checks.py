"""auditor checks."""

from __future__ import annotations

import click

from auditor.cli.options import console


@click.command("checks")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Lists the checks, or prints one check's page (by code or name)."""
    from auditor.checks.catalogue import find_page, load_pages
    from auditor.document.checks import catalogue_table, check_blocks
    from auditor.errors import ConfigError
    from auditor.render.terminal import render_terminal

    if code is None:
        click.echo(render_terminal((catalogue_table(load_pages()),), console()), nl=False)
        return 0
    page = find_page(code)
    if page is None:
        name = ", ".join(page.check.code for page in load_pages())
        raise ConfigError("no such check", where=code, remedy=f"give one of {name}")
    click.echo(render_terminal(check_blocks(page), console()), nl=False)
    return 0
