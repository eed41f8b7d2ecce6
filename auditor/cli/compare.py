"""auditor compare."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import console, format_option, no_pager_option, page, repo_option, table_options

_ITEMS_LISTED = 10


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Logs or tables in which A and B are looked up, in place of what was recorded. Repeatable.",
)
@click.option("--score", "scores", multiple=True, metavar="NAME[.KEY]", help="Only this score; repeatable.")
@click.option(
    "--label", "labels", multiple=True, metavar="WORD", help="Of scores that are words: one that counts as 1."
)
@click.option(
    "--margin",
    type=click.FloatRange(0.0, min_open=True),
    metavar="SIZE",
    help="The difference that matters, in units of the score.  [default: a twentieth of its scale, 0.05 of 0 to 1]",
)
@click.option(
    "--error",
    type=click.FloatRange(0.0, 0.5, min_open=True),
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Of all that is claimed, two-sided: the intervals are of 1 less this.",
)
@click.option("--by-id", is_flag=True, help="Pair items by their ids alone, also where their inputs differ.")
@click.option(
    "--items",
    "listed",
    type=click.IntRange(0),
    default=_ITEMS_LISTED,
    show_default=True,
    metavar="N",
    help="How many items that moved to list each way; 0 for all.",
)
@click.option("--reveal", is_flag=True, help="Name items of held-out suites, too.")
@repo_option
@table_options
@format_option("text", "json", "markdown")
@no_pager_option
def command(
    first: str,
    second: str,
    results: tuple[Path, ...],
    scores: tuple[str, ...],
    labels: tuple[str, ...],
    margin: float | None,
    error: float,
    by_id: bool,
    listed: int,
    reveal: bool,
    repo: Path,
    columns: dict[str, str],
    extra: str,
    style: str,
    no_pager: bool,
) -> int:
    """Compares two evaluations: B against A, paired by item, for every score that both have. No spec is needed.

    A and B are logs, tables or folders of them; or names of what was recorded, or of what --results hold: a model or
    checkpoint, a revision, or the id of a run or record (model=NAME, revision=NAME, run=ID where a name is of several).
    All runs of a side count, and epochs are repeats of their item.

    \b
    It says one of four things:
    higher, lower  the difference is not 0, with its interval and p-value
    bounded null   no difference is shown, and any is smaller than the margin
    too few        no difference is shown, and there may be one; how many items would tell
    """
    from auditor.app.compare import CompareRequest, compare_sides
    from auditor.assess.scores import ComparisonRules
    from auditor.readers.interface import ReadOptions

    rules = ComparisonRules(error, margin, scores, by_id)
    options = ReadOptions(extra == "ignore", columns=columns)
    compared = compare_sides(repo, first, second, CompareRequest(results, rules, frozenset(labels), reveal, options))
    if style == "json":
        from auditor.render.documents import compare_json

        click.echo(compare_json(compared), nl=False)
        return 0
    from auditor.document.compare import comparison_blocks, comparison_title

    blocks = comparison_blocks(compared, listed or None)
    if style == "markdown":
        from auditor.render.markdown import render_markdown

        click.echo(render_markdown((comparison_title(), *blocks)), nl=False)
        return 0
    from auditor.render.terminal import render_terminal

    page(render_terminal(blocks, console()), off=no_pager)
    return 0
