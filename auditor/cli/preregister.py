"""auditor preregister."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import format_option, repo_option, specs_option

if TYPE_CHECKING:  # the verb imports what it needs when it runs
    from auditor.model.preregistration import Preregistration


@click.command("preregister")
@click.option("--suite", required=True, metavar="NAME", help="The suite, as suites.toml or its logs call it.")
@click.option("--model", required=True, metavar="NAME", help="The model, as its logs will call it.")
@click.option("--samples", required=True, type=click.IntRange(min=1), help="How many samples are planned.")
@click.option("--checkpoint", metavar="NAME", help="The checkpoint.  [default: the model]")
@click.option("--revision", metavar="REV", help="The spec's revision.  [default: the work tree]")
@click.option("--condition", metavar="NAME", default="", help="The variant of the items.")
@click.option("--note", metavar="TEXT", default="", help="Why, in your own words.")
@repo_option
@specs_option()
@format_option("text", "json")
def command(repo: Path, style: str, **options: Any) -> int:  # noqa: ANN401 - the options above, as `Wanted` has them
    """Records what will be run, before there is a result; commit it before you evaluate.

    Prints the id to stamp the evaluation with.

    A plan that no result comes of is shown by auditor audit as missing, and a result with fewer samples as short.

    \b
    inspect eval task.py --metadata spec_revision=$(auditor revision) \\
        --metadata auditor_plan=$(auditor preregister --suite s --model m --samples 400)
    """
    from auditor.app.preregister import PlannedRun, preregister
    from auditor.render.escape import escape_terminal

    begun = preregister(repo, PlannedRun(**options), datetime.now(UTC))
    plan = begun.plan
    click.echo(_json(plan) if style == "json" else plan.id)
    if begun.caution:
        click.echo(f"auditor: {escape_terminal(begun.caution)}", err=True)
    stamp = f"--metadata spec_revision={plan.revision} --metadata auditor_plan={plan.id}"
    click.echo(f"auditor: stamp the evaluation: inspect eval TASK {stamp}", err=True)
    return 0


def _json(plan: Preregistration) -> str:
    import json
    from dataclasses import asdict

    from auditor.model.numbers import format_moment

    members = {**asdict(plan), "created": format_moment(plan.created)}
    return json.dumps({"schema": "auditor.plan/1", **members}, indent=1, sort_keys=True)
