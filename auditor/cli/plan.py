"""auditor plan."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import FOUND_SPECS, console, format_option, repo_option, specs_option, warn

_RATE = click.FloatRange(0.0, 1.0, min_open=True, max_open=True)


@click.command("plan")
@click.argument("patch", metavar="[PATCH]", required=False)
@click.option("--behaviour", metavar="NAME", help="Of a patch only this; without a patch, a design for the next one.")
@click.option("--test-rate", type=_RATE, metavar="RATE", help="A design: the test rate before, 0 to 1.")
@click.option("--held-out-rate", type=_RATE, metavar="RATE", help="A design: the held-out rate before, 0 to 1.")
@click.option(
    "--fall",
    type=click.FloatRange(0.0, 1.0, min_open=True),
    metavar="SHARE",
    help="A design: what the patch is hoped to take away of the test's rate, 0 to 1; 0.9 unless given.",
)
@click.option("--ablation", is_flag=True, help="Of PATCH also how large to make an ablation (auditor ablate).")
@repo_option
@specs_option(FOUND_SPECS)
@format_option("text", "json")
def command(
    patch: str | None,
    behaviour: str | None,
    test_rate: float | None,
    held_out_rate: float | None,
    fall: float | None,
    ablation: bool,
    repo: Path,
    specs: tuple[str, ...],
    style: str,
) -> int:
    """Says how many held-out samples, on how many items, at which epochs would settle an open verdict with a chance of
    80 %; or that more samples cannot help, and then what would.

    PATCH is the beginning of its id, or what stands for the revision it made. Without one, every open verdict; with
    --behaviour or rates in its place, how large to make the suites of a patch that does not exist yet.
    """
    rates = (test_rate, held_out_rate, fall)
    if patch is not None and any(rate is not None for rate in rates):
        raise click.UsageError("rates are for a design, which has no PATCH")
    if ablation and patch is None:
        raise click.UsageError("--ablation needs a PATCH")
    if patch is None and (behaviour is not None or any(rate is not None for rate in rates)):
        return _design(repo, specs, behaviour, test_rate, held_out_rate, fall or 0.9, style)
    return _settle(repo, specs, patch, behaviour, style, ablation=ablation)


def _settle(
    repo: Path, specs: tuple[str, ...], patch: str | None, behaviour: str | None, style: str, *, ablation: bool
) -> int:
    from auditor.app.power import plan_open_verdicts, plan_patch
    from auditor.app.project import open_project

    with open_project(repo, specs, warn=warn) as project:
        if patch is None:
            plans = plan_open_verdicts(project, warn)
        else:
            plans = plan_patch(project, patch, behaviour, warn, ablation=ablation)
    if style == "json":
        from auditor.render.documents import plans_json

        click.echo(plans_json(plans), nl=False)
        return 0
    from auditor.document.plan import plan_blocks
    from auditor.render.terminal import render_terminal

    click.echo(render_terminal(plan_blocks(plans), console()), nl=False)
    return 0


def _design(
    repo: Path,
    specs: tuple[str, ...],
    behaviour: str | None,
    test_rate: float | None,
    held_out_rate: float | None,
    fall: float,
    style: str,
) -> int:
    from auditor.app.power import design_patch
    from auditor.app.project import open_project

    if behaviour is None:
        design = design_patch(None, None, test_rate, held_out_rate, fall)
    else:
        with open_project(repo, specs, warn=warn) as project:
            design = design_patch(project, behaviour, test_rate, held_out_rate, fall, warn)
    if style == "json":
        from auditor.render.documents import design_json

        click.echo(design_json(design), nl=False)
        return 0
    from auditor.document.plan import design_blocks
    from auditor.render.terminal import render_terminal

    click.echo(render_terminal(design_blocks(design), console()), nl=False)
    return 0
