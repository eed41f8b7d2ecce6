"""auditor init."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import repo_option


@click.command("init", short_help="Write auditor.toml and an empty eval_history/.")
@repo_option
@click.option("--spec", metavar="PATH", help="The spec's file, or a glob, from the root; found by name if left out.")
def command(repo: Path, spec: str | None) -> int:
    """Writes auditor.toml, and eval_history/ with suites.toml and bindings.toml, where there are none.

    The spec is the one committed file whose name says so (a spec, a constitution, a system prompt); where none or
    several do, --spec says which. Nothing that is there already is written over.
    """
    from auditor.app.init import init
    from auditor.render.escape import terminal

    done = init(repo, spec)
    click.echo(f"wrote {', '.join(done.files)} for {terminal(done.path)}", err=True)
    click.echo(_NEXT)
    return 0


_NEXT = """\
1. Name your suites in eval_history/suites.toml: for each behaviour a test suite, and one nobody tuned on.
2. Stamp every evaluation: inspect eval TASK --metadata spec_revision=$(auditor revision)
3. Record what the logs say: auditor ingest LOGS, then git add auditor.toml eval_history and commit.
4. See what each patch did: auditor audit"""
