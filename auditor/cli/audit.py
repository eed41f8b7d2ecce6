"""auditor audit."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import (
    TOOL_FORMATS,
    console,
    format_option,
    repo_option,
    resolve_day,
    suite_options,
    today_option,
)

if TYPE_CHECKING:  # the verb imports what it needs when it runs
    from collections.abc import Sequence

    from auditor.app.project import Project
    from auditor.app.suite_roles import SuiteRoles
    from auditor.audit import Audit
    from auditor.model.verification import LogsReport


@click.command("audit")
@click.argument("commits", metavar="[RANGE]", required=False)
@repo_option
@click.option(
    "--spec",
    "specs",
    multiple=True,
    metavar="NAME|PATH",
    help="A configured spec, or the path or glob of one; repeatable. Without configuration: found by its name.",
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Logs or tables to judge by, in place of what was ingested; nothing is written. Repeatable.",
)
@suite_options
@format_option("text", "json", *TOOL_FORMATS)
@click.option(
    "--fail-on", multiple=True, metavar="WHAT", help="suspected, a verdict, a check's code or a severity: exit 1."
)
@click.option("--verbose", is_flag=True, help="Also which checks could not tell, on what, and why.")
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
    style: str,
    fail_on: tuple[str, ...],
    verbose: bool,
    logs: tuple[Path, ...],
    new_since: str | None,
    today: datetime | None,
) -> int:
    """Judges every patch of a git range (A..B), or all there are.

    Exits 0 unless --fail-on matches (1); what a waiver excuses does not count. Without configuration, --spec PATH shows
    the patches of any file, and --results judges them without writing any:

    \b
    auditor audit --spec prompt.md --results results.csv --test refund-evals --held-out refund-fresh
    """
    from auditor.app.audit import assess_project
    from auditor.app.results import open_audit
    from auditor.audit import check_fail_on, matches_fail_on
    from auditor.errors import EXIT_BLOCKED, EXIT_PASS
    from auditor.render.escape import escape_terminal

    check_fail_on(fail_on)
    wanted = _choose_range(commits, new_since)
    if roles and not results:
        raise click.UsageError("--test, --held-out, --behaviour, --misaligned and --score need --results")
    if results and logs:
        raise click.UsageError("--results are judged as they are: leave --rederive out")
    source = open_audit(repo, specs, results, roles)
    for note in source.notes:
        click.echo(f"auditor: {escape_terminal(note)}", err=True)
    with source.project as project:
        derived = _rederive(project, logs) if logs else None
        known = replace(project, rederived=derived.agreeing) if derived else project
        found = assess_project(known, resolve_day(today), wanted, os.environ)
    if derived:
        _print_rederivation(derived)
    code = EXIT_BLOCKED if matches_fail_on(found, fail_on) else EXIT_PASS
    click.echo(_render(found, style, code, resolve_day(today), verbose=verbose), nl=False)
    return code


def _render(found: Audit, style: str, code: int, day: date, *, verbose: bool) -> str:
    if style == "json":
        from auditor.render.documents import audit_json

        return audit_json(found)
    if style in TOOL_FORMATS and style != "markdown":
        from auditor.render.formats import FORMATS
        from auditor.render.results import audit_results

        return FORMATS[style](audit_results(found, code))
    from auditor.document.audit import audit_blocks, preface_blocks, undecided_blocks

    undecided = undecided_blocks(found.coverage) if verbose else ()
    blocks = (*preface_blocks(found, day), *audit_blocks(found), *undecided)
    if style == "markdown":
        from auditor.render.markdown import render_markdown, results_blocks
        from auditor.render.results import audit_results

        return render_markdown((*results_blocks(audit_results(found, code)), *blocks))
    from auditor.render.terminal import render_terminal

    return render_terminal(blocks, console())


def _print_rederivation(derived: LogsReport) -> None:
    """What came of the logs, in one line; `auditor verify --logs` names the records."""
    from auditor.model.verification import RederivationState

    counts = (
        (RederivationState.AGREES, "agree"),
        (RederivationState.DIFFERS, "differ"),
        (RederivationState.NO_LOG, "have no log there"),
    )
    said = ", ".join(f"{derived.count(state):,} {words}" for state, words in counts)
    click.echo(f"auditor: records held against their logs: {said}; refused files: {len(derived.refused):,}", err=True)


def _choose_range(commits: str | None, new_since: str | None) -> str | None:
    """The range asked for. An empty one is a variable somebody forgot to set, and must not pass for "nothing new"."""
    if commits is not None and new_since is not None:
        raise click.UsageError("give RANGE or --new-since, not both")
    for name, given in (("RANGE", commits), ("--new-since", new_since)):
        if given is not None and not given.strip():
            raise click.UsageError(f"{name} is empty")
    return commits if new_since is None else f"{new_since}..HEAD"


def _rederive(project: Project, logs: Sequence[Path]) -> LogsReport:
    """Imports what reads logs only where some are given."""
    from auditor.app.verify import rederive

    return rederive(project, logs)
