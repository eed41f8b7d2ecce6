"""`auditor ingest`: logs and tables into records."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import format_option, repo_option, specs_option, table_options

if TYPE_CHECKING:  # the verb imports what it needs when it runs
    from auditor.app.ingest import IngestReport

# Those of `readers.interface.Engine`, which is not loaded for the help.
ENGINES = ["duckdb", "spark"]


class EngineName(click.Choice[str]):
    """An engine's name; `auto` of old is DuckDB, and `python` of old is refused with what to do."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The engine. Fails with a usage error."""
        if value == "python":
            self.fail(
                "plain Python counts no tables any more: leave --engine out, DuckDB makes the same records", param, ctx
            )
        return super().convert("duckdb" if value == "auto" else value, param, ctx)


@click.command("ingest")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Do everything but write.")
@table_options
@click.option("--engine", type=EngineName(ENGINES), default="duckdb", show_default=True, help="What counts tables.")
@click.option("--master", metavar="URL", help="Spark's master, such as local[2].  [default: local[*]]")
@click.option("--correct", metavar="RECORD", help="Correct this record with what its log says now.")
@click.option("--rescored", is_flag=True, help="Correct every record whose log says something else now.")
@click.option("--reason", metavar="WHY", help="Why, which the correction says for good.")
@repo_option
@specs_option()
@format_option("text", "json")
def command(
    paths: tuple[str, ...],
    dry_run: bool,
    extra: str,
    columns: dict[str, str],
    engine: str,
    master: str | None,
    correct: str | None,
    rescored: bool,
    reason: str | None,
    repo: Path,
    specs: tuple[str, ...],
    style: str,
) -> int:
    """Records the runs of evaluation logs and tables.

    A PATH is a log, a table, or a folder of them. A file lands whole or not at all, and landing twice changes
    nothing. Exits 2 if a file was refused; the others have landed. Prompts are never stored; with a key outside the
    repository (AUDITOR_PROMPT_KEY_FILE) their keyed hashes are, and patches are searched for them.

    A log that was scored again, or whose score suites.toml reads otherwise now, says something else than its record.
    It is refused, unless --correct or --rescored makes it a correction: a new record, which names the old one and the
    --reason. The old one stays, and the audit says what the correction changed.

    Tables are counted by DuckDB. With --engine spark every PATH is one table: a Parquet or CSV file, a folder of them,
    or an address of the cluster.
    """
    from auditor.app.ingest import Correction, ingest
    from auditor.readers.interface import Engine

    if (correct is not None or rescored) is not (reason is not None and bool(reason.strip())):
        raise click.UsageError("--correct RECORD or --rescored, and --reason WHY, are given together")
    if correct is not None and (rescored or not re.fullmatch("[0-9a-fA-F]{8,64}", correct)):
        raise click.UsageError("--correct takes 8 hex digits or more of a record's id, and no --rescored")

    with _print_progress() as progress:
        report = ingest(
            paths,
            root=repo,
            specs=specs,
            extra=extra,
            dry_run=dry_run,
            environment=os.environ,
            engine=Engine(engine),
            master=master,
            progress=progress,
            columns=columns,
            correction=Correction(reason.strip(), correct) if reason else None,
        )
    if style == "json":
        click.echo(_json(report), nl=False)
    else:
        _print_files(report)
    click.echo("".join(f"{line}\n" for line in _notices(report)), nl=False, err=True)
    return report.exit_code


@contextmanager
def _print_progress() -> Iterator[Callable[[str, float | None], None] | None]:
    """Says on a terminal's stderr which file is read and how far it is; leaves the line empty behind itself."""
    if not sys.stderr.isatty():
        yield None
        return
    from auditor.render.escape import escape_terminal

    def say(path: str, done: float | None) -> None:
        share = "" if done is None else f" {done:4.0%}"
        click.echo(f"\r\x1b[K{escape_terminal(path)[-60:]}{share}", nl=False, err=True)

    try:
        yield say
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


def _json(report: IngestReport) -> str:
    from auditor.render.json import json_text

    return json_text("auditor.ingest/2", report)


def _print_files(report: IngestReport) -> None:
    """One row a file and a line of totals, on stdout; the names come last, and stay whole at any width."""
    from auditor.render.escape import escape_terminal

    headings = ("would add" if report.dry_run else "added", "already there", "incomplete", "refused")
    click.echo("  ".join((*headings, "file")))
    for file in report.files:
        numbers = (file.added, file.present, file.incomplete, 1 if file.refused else 0)
        cells = [f"{number or '':>{len(heading)}}" for number, heading in zip(numbers, headings, strict=True)]
        click.echo("  ".join((*cells, escape_terminal(file.path))))
    runs, refused = sum(file.runs for file in report.files), len(report.refusals)
    click.echo(f"files: {len(report.files)}, runs: {runs}, refused: {refused}")


def _notices(report: IngestReport) -> list[str]:
    from auditor.render.escape import escape_terminal

    lines = [escape_terminal(line) for line in report.refusals]
    if report.passed_over:
        files = ", ".join(map(escape_terminal, report.passed_over[:5])) + (", …" if len(report.passed_over) > 5 else "")
        lines.append(f"passed over, being no log or table of a known kind: {len(report.passed_over)} ({files})")
    for file in report.files:
        lines += [f"{escape_terminal(file.path)}: {escape_terminal(sentence)}" for sentence in file.moving]
        if file.labelled:
            lines.append(f"{escape_terminal(file.path)}: labels of {file.labelled:,} samples")
        if file.corrected:
            lines.append(
                f"{escape_terminal(file.path)}: {file.corrected} of its runs correct what was recorded of them"
            )
        if file.retried:
            lines.append(
                f"{escape_terminal(file.path)}: {file.retried} samples were run again; the last attempt counts"
            )
        if file.edited:
            lines.append(
                f"{escape_terminal(file.path)}: {file.edited} samples have a score that was edited after it was given"
            )
    unhashed = sum(file.unhashed for file in report.files)
    if unhashed:
        lines.append(
            f"prompts not hashed, so patches are not searched for them: {unhashed}; {escape_terminal(report.no_key)}"
        )
    return lines
