"""auditor audit."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import (
    FOUND_SPECS,
    TOOL_FORMATS,
    console,
    format_option,
    no_pager_option,
    page,
    repo_option,
    resolve_day,
    specs_option,
    suite_options,
    table_options,
    today_option,
    warn,
)

if TYPE_CHECKING:  # the verb imports what it needs when it runs
    from collections.abc import Iterable, Sequence

    from auditor.app.project import Project
    from auditor.app.suite_roles import SuiteRoles
    from auditor.audit import Audit
    from auditor.document.blocks import Block
    from auditor.model.verification import LogsReport
    from auditor.readers.interface import ReadOptions


@click.command("audit")
@click.argument("commits", metavar="[RANGE]", required=False)
@repo_option
@specs_option(FOUND_SPECS)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Logs or tables to judge by, in place of what was ingested; nothing is written. Repeatable.",
)
@suite_options
@table_options
@format_option("text", "json", "jsonl", *TOOL_FORMATS)
@click.option(
    "--fail-on", multiple=True, metavar="WHAT", help="suspected, a verdict, a check's code or a severity: exit 1."
)
@click.option("--oneline", is_flag=True, help="Only the line of each patch.")
@click.option("-q", "--quiet", is_flag=True, help="Only the summary, and the exit code.")
@click.option("--verbose", is_flag=True, help="A card for every patch; and the checks that are undecided, with why.")
@no_pager_option
@click.option(
    "--rederive",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Raw logs, to derive records from again: what else has grade A has it on somebody's word.",
)
@click.option("--new-since", metavar="REF", help="Only patches that REF does not contain.")
@today_option
def command(
    commits: str | None,
    repo: Path,
    specs: tuple[str, ...],
    results: tuple[Path, ...],
    roles: SuiteRoles,
    columns: dict[str, str],
    extra: str,
    style: str,
    fail_on: tuple[str, ...],
    oneline: bool,
    quiet: bool,
    verbose: bool,
    no_pager: bool,
    logs: tuple[Path, ...],
    new_since: str | None,
    today: datetime | None,
) -> int:
    """Judges every patch of a git range (A..B), or all there are: the summary, a line for each patch, then a card for
    each that is flagged. auditor show COMMIT prints all of one.

    Exits 0 unless --fail-on matches (1); what a waiver excuses does not count. Without configuration, --spec PATH shows
    the patches of any file, and --results judges them without writing any:

    \b
    auditor audit --spec prompt.md --results results.csv --test refund-evals --held-out refund-fresh
    """
    from auditor.app.audit import assess_project
    from auditor.app.results import open_audit
    from auditor.audit import check_fail_on, matches_fail_on
    from auditor.errors import EXIT_BLOCKED, EXIT_PASS
    from auditor.readers.interface import ReadOptions

    check_fail_on(fail_on)
    name = _choose_range(commits, new_since)
    if sum((oneline, quiet, verbose)) > 1:
        raise click.UsageError("give one of --oneline, -q and --verbose")
    if roles and not results:
        raise click.UsageError("--test, --held-out, --behaviour, --misaligned and --score need --results")
    if (columns or extra == "ignore") and not (results or logs):
        raise click.UsageError("--map and --extra need --results or --rederive")
    if results and logs:
        raise click.UsageError("--results are judged as they are: leave --rederive out")
    options = ReadOptions(extra == "ignore", columns=columns)
    with open_audit(repo, specs, results, roles, options, warn=warn) as project:
        derived = _rederive(project, logs, options) if logs else None
        project_facts = replace(project, rederived=derived.agreeing) if derived else project
        audit = assess_project(project_facts, resolve_day(today), name, os.environ)
    if derived:
        _print_rederivation(derived)
    code = EXIT_BLOCKED if matches_fail_on(audit, fail_on) else EXIT_PASS
    if style in _BLOCK_FORMATS:
        blocks = _choose_blocks(audit, resolve_day(today), oneline=oneline, quiet=quiet, verbose=verbose)
        page(_write_blocks(blocks, style, code, wrap=not oneline), off=no_pager or style != "text")
    else:
        click.echo(_render(audit, style, code), nl=False)
    return code


_BLOCK_FORMATS = ("text", "markdown")


def _choose_blocks(audit: Audit, day: date, *, oneline: bool, quiet: bool, verbose: bool) -> Iterable[Block]:
    from auditor.document.audit import audit_blocks, patch_table, summary_blocks

    if oneline:
        return patch_table(audit)
    return summary_blocks(audit, day) if quiet else audit_blocks(audit, day, verbose=verbose)


def _write_blocks(blocks: Iterable[Block], style: str, code: int, *, wrap: bool) -> str:
    if style == "markdown":
        from auditor.document.audit import audit_title
        from auditor.render.markdown import render_markdown

        return render_markdown((audit_title(code), *blocks))
    from auditor.render.terminal import render_terminal

    return render_terminal(blocks, console(), wrap=wrap)


def _render(audit: Audit, style: str, code: int) -> str:
    if style in ("json", "jsonl"):
        from auditor.render.documents import audit_json, audit_lines

        return audit_json(audit) if style == "json" else "".join(audit_lines(audit))
    from auditor.render.formats import FORMATS
    from auditor.render.results import audit_results

    return FORMATS[style](audit_results(audit, code))


def _print_rederivation(derived: LogsReport) -> None:
    """What came of the logs, in one line; `auditor verify --logs` names the records."""
    from auditor.model.verification import RederivationState

    counts = (
        (RederivationState.AGREES, "agree"),
        (RederivationState.DIFFERS, "differ"),
        (RederivationState.NO_LOG, "have no log there"),
    )
    text = ", ".join(f"{derived.count(state):,} {words}" for state, words in counts)
    click.echo(f"auditor: records held against their logs: {text}; refused files: {len(derived.refused):,}", err=True)


def _choose_range(commits: str | None, new_since: str | None) -> str | None:
    """The range asked for. An empty one is a variable somebody forgot to set, and must not pass for "nothing new"."""
    if commits is not None and new_since is not None:
        raise click.UsageError("give RANGE or --new-since, not both")
    for name, value in (("RANGE", commits), ("--new-since", new_since)):
        if value is not None and not value.strip():
            raise click.UsageError(f"{name} is empty")
    return commits if new_since is None else f"{new_since}..HEAD"


def _rederive(project: Project, logs: Sequence[Path], options: ReadOptions) -> LogsReport:
    """Imports what reads logs only where some are given."""
    from auditor.app.verify import rederive

    return rederive(project, logs, options)
