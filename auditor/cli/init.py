"""auditor init."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import format_option, repo_option, suite_options, table_options

if TYPE_CHECKING:  # the verb imports what it needs when it runs
    from auditor.app.init import InitReport, Survey
    from auditor.app.suite_roles import SuiteRoles


@click.command("init")
@repo_option
@click.option("--spec", metavar="PATH", help="The spec's file, or a glob, from the root; found by name if left out.")
@click.option(
    "--from",
    "logs",
    metavar="LOGS",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Logs and tables, or folders of them, to propose suites and bindings from; may be given again.",
)
@suite_options
@table_options
@click.option(
    "--unevaluated",
    type=click.Choice(["pass", "warn", "block"]),
    help="What the gate does about a patch that nobody evaluated.  [default: warn; asked for on a terminal]",
)
@format_option("text", "json")
def command(
    repo: Path,
    spec: str | None,
    logs: tuple[Path, ...],
    roles: SuiteRoles,
    columns: dict[str, str],
    extra: str,
    unevaluated: str | None,
    style: str,
) -> int:
    """Writes auditor.toml, and eval_history/ with suites.toml and bindings.toml, where there are none.

    The spec is the one committed file whose name says so (a spec, a constitution, a system prompt); where none or
    several do, --spec says which. What a person wrote is never written over; a template that nobody touched is filled.

    With --from, says what tasks, models, scorers and values old logs hold, and writes an entry for each suite in which
    only what the logs say is filled in. Nothing is guessed: the rest is listed, for a person. Run it again to see what
    is still unknown. With --test and --held-out, these suites are registered, and no file needs to be edited:

    \b
    auditor init --from results.csv --test refund-evals --held-out refund-fresh
    """
    from auditor.app.init import Unevaluated, init
    from auditor.readers.interface import ReadOptions
    from auditor.render.escape import escape_terminal

    if (columns or extra == "ignore") and not logs:
        raise click.UsageError("--map and --extra need --from")
    if roles and not logs:
        raise click.UsageError("--test, --held-out, --behaviour, --misaligned and --score need --from")
    if (
        unevaluated is None
        and sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and _writes_settings(repo)
    ):
        unevaluated = click.prompt(_QUESTION, type=click.Choice(["pass", "warn", "block"]), default="warn")
    options = ReadOptions(extra == "ignore", columns=columns)
    done = init(repo, spec, logs, roles, None if unevaluated is None else Unevaluated(unevaluated), options)
    if style == "json":
        click.echo(_json(done), nl=False)
    elif done.survey is None:
        click.echo(_NEXT)
    else:
        click.echo("\n".join(_survey_lines(done.survey, done, logs, repo)))
    if done.files:
        click.echo(
            f"wrote {', '.join(done.files)}{f' for {escape_terminal(done.path)}' if done.path else ''}", err=True
        )
    if done.existing:
        click.echo(f"left as they are: {', '.join(done.existing)}", err=True)
    return done.exit_code


def _writes_settings(repo: Path) -> bool:
    from auditor.app.project import locate
    from auditor.settings import has_settings

    with locate(repo) as place:
        return not has_settings(place.tree)


def _json(done: InitReport) -> str:
    from dataclasses import fields

    from auditor.render.json import json_text

    members = {field.name: getattr(done, field.name) for field in fields(done) if field.name not in ("root", "store")}
    return json_text("auditor.init/2", members)


def _survey_lines(survey: Survey, done: InitReport, logs: Sequence[Path], repo: Path) -> Iterator[str]:
    """What there is, kind by kind and suite by suite; then what is left for a person, and what to do next."""
    from auditor.app.init import describe_values, score_label
    from auditor.render.escape import escape_terminal
    from auditor.render.terminal import align_columns, indented_list, some_names

    kinds = [(str(kind.files), str(kind.runs), str(kind.stamped), kind.source) for kind in survey.kinds]
    yield from align_columns(("files", "runs", "stamped", "kind"), kinds, 3)
    yield ""
    rows = [
        (
            *(
                f"{count:,}"
                for count in (suite.runs, suite.samples, suite.invalid, suite.stamped, suite.matched, suite.unbound)
            ),
            escape_terminal(suite.name),
            f"{', '.join(suite.sources)}; {some_names(suite.models)}",
        )
        for suite in survey.suites
    ]
    headings = ("runs", "samples", "invalid", "stamped", "by text", "no revision", "suite", "from; models")
    yield from align_columns(headings, rows, 6)
    scores = [
        f"{suite.name}: {score_label(score)}: {describe_values(score)}"
        for suite in survey.suites
        for score in suite.scores
    ]
    yield from indented_list("scores", scores)
    yield from indented_list("refused", survey.refused)
    yield from indented_list("passed over, being no log or table of a known kind", survey.passed_over)
    yield from indented_list("unknown, for a person to fill in (nothing was guessed)", done.unknown)
    yield ""
    yield from _next_steps(done, logs, repo)


def _next_steps(done: InitReport, logs: Sequence[Path], repo: Path) -> Iterator[str]:
    """What to do next; commands on lines of their own, to be pasted as they stand."""
    option = "" if repo == Path() else f" --repo {shlex.quote(str(repo))}"
    git = "git" if done.root.resolve() == Path.cwd() else f"git -C {shlex.quote(str(done.root))}"
    yield _FILL_IN.format(store=done.store) if done.unknown else "Nothing is left to fill in. Next:"
    yield f"  auditor ingest {shlex.join(map(str, logs))}{option}"
    if (done.root / ".git").exists():
        files = [file for file in ("auditor.toml",) if (done.root / file).exists()]
        yield f'  {git} add {shlex.join([*files, done.store])} && {git} commit -m "Audit the spec"'
    yield f"  auditor audit{option}"


_QUESTION = "A patch that nobody evaluated: should the gate pass it, warn, or block it?"
_NEXT = """\
1. Name a test and a held-out suite for each behaviour in eval_history/suites.toml, or: auditor init --from LOGS
2. Stamp every evaluation: inspect eval TASK --metadata spec_revision=$(auditor revision)
3. Record what the logs say, and commit it: auditor ingest LOGS && git add auditor.toml eval_history && git commit
4. See what each patch did: auditor audit"""
_FILL_IN = "Fill in what stands as unknown in {store}/suites.toml and {store}/bindings.toml, then:"
