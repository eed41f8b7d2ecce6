"""auditor gate."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from auditor.cli.options import OTHERS, console, day_of, format_option, repo_option, spec_option, today_option


@click.command("gate", short_help="The decision on what is about to land.")
@click.option("--base", metavar="REF", required=True, help="Where it lands: a commit, a tag or a branch.")
@click.option("--head", metavar="REF", default="HEAD", show_default=True, help="What lands.")
@repo_option
@spec_option
@format_option("text", "json", *OTHERS)
@click.option("--reveal", is_flag=True, help="Show held-out rates to whoever reads this, the author too.")
@today_option
def command(
    base: str, head: str, repo: Path, spec: str | None, style: str, reveal: bool, today: datetime | None
) -> int:
    """Judges the patches that head has and base has not.

    Policy, suites and spec configuration are base's, records those of both sides: a record that is added may unblock a
    patch, one that is changed or removed blocks it. Exits 1 where something is blocked, 3 where evidence is missing
    that the policy requires, else 0.
    """
    from auditor.app.gate import Asked, gate

    asked = Asked(spec, reveal, day_of(today), os.environ)
    decision = gate(repo, base=base, head=head, asked=asked)
    if style == "json":
        from auditor.render.gate import gate_json

        click.echo(gate_json(decision), nl=False)
    elif style in OTHERS:
        from auditor.render.decision_results import of_decision
        from auditor.render.formats import FORMATS

        click.echo(FORMATS[style](of_decision(decision)), nl=False)
    else:
        from auditor.render.gate import show
        from auditor.render.plain import as_text

        click.echo(as_text(console(), *show(decision), wrap=False), nl=False)
    if any(entry.rates for entry in decision.entries):
        click.echo("auditor: held-out rates were shown to the author", err=True)
    return decision.exit_code
