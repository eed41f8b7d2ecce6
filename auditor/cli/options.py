"""Options several verbs share, and where their output goes: the console, a pager, or a new file.

A file is written whole or not at all, and never over another one unless asked.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import click

from auditor.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


# A document into a file: whole or not at all, and never over something else unless asked.


def write_document(document: str, path: Path, *, force: bool) -> None:
    """Writes a new file.

    Args:
        force: whether a file that is there is replaced; a link never is followed.

    Raises InputError as `check_output` does.
    """
    check_output(path, force=force)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(document.encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: Path, *, force: bool) -> None:
    """Raises InputError where there is a file already, unless `force`, or no folder to put it in."""
    if not path.parent.is_dir():
        raise InputError("no such folder", where=str(path.parent), remedy="make it first")
    if path.is_symlink() or (path.exists() and not force):
        raise InputError("is there already", where=str(path), remedy="give another name, or --force to replace a file")


# Options several verbs share, and the console they print on.


_Function = TypeVar("_Function", bound=Callable[..., object])
_WIDTH_OF_A_PIPE = 120
# Formats of other tools, beside our own text and JSON.
TOOL_FORMATS = ("sarif", "junit", "github", "gitlab", "markdown")
# A wrapped line keeps its last space inside of its colour.


def repo_option(function: _Function) -> _Function:
    """--repo: the folder a verb works in."""
    return click.option(
        "--repo",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        show_default="the current folder",
        help="The repository, or a folder of dated revisions.",
    )(function)


def specs_option(default: str = "all configured") -> Callable[[_Function], _Function]:
    """--spec, which a verb gets as `specs`: some of a project's specs, or paths of others."""
    help_text = f"A configured spec, or the path or glob of another; repeatable.  [default: {default}]"
    return click.option("--spec", "specs", multiple=True, metavar="NAME|PATH", help=help_text)


FOUND_SPECS = "all configured; without any, the file whose name says it"
"""The specs of a verb that only reads: see `choose_specs`."""


def warn(sentence: str) -> None:
    """Keeps what a reader of the answer needs to know besides: it is printed below the answer, each sentence once."""
    click.get_current_context().meta.setdefault(_WARNINGS, {})[sentence] = None


def print_warnings(context: click.Context) -> None:
    """Prints what `warn` kept, on stderr. A command that fails prints its one line alone."""
    for sentence in context.meta.get(_WARNINGS, {}):
        from auditor.render.escape import escape_terminal

        click.echo(f"auditor: {escape_terminal(sentence)}", err=True)


def table_options(function: _Function) -> _Function:
    """--map and --extra, which a verb gets as `columns`, as of `parse_column_map`, and `extra`."""
    extra = click.option(
        "--extra",
        type=click.Choice(["error", "ignore"]),
        default="error",
        show_default=True,
        help="Unknown columns of tables.",
    )
    column_map = click.option(
        "--map",
        "columns",
        metavar="COLUMN=NAME,...",
        callback=_parse_columns,
        help="What tables call a column: item=sample_id.",
    )
    return column_map(extra(function))


def _parse_columns(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    from auditor.readers.tables.columns import parse_column_map

    return parse_column_map(text)


def suite_options(function: _Function) -> _Function:
    """--test, --held-out, --behaviour, --misaligned, --unit, --score, which a verb gets as `roles`, a SuiteRoles."""

    @functools.wraps(function)
    def with_roles(
        *,
        test: tuple[str, ...],
        held_out: tuple[str, ...],
        behaviour: str | None,
        misaligned: str | None,
        unit: str,
        score: str | None,
        **options: object,
    ) -> object:
        from auditor.app.suite_roles import SuiteRoles
        from auditor.model.suite import MisalignedEnd, ScoreUnit

        end = None if misaligned is None else MisalignedEnd(misaligned)
        return function(**options, roles=SuiteRoles(test, held_out, behaviour, end, ScoreUnit(unit), score))

    each = (
        click.option("--test", multiple=True, metavar="SUITE", help="A suite that the spec's writers see; repeatable."),
        click.option("--held-out", multiple=True, metavar="SUITE", help="A suite that they do not see; repeatable."),
        click.option(
            "--behaviour",
            metavar="NAME",
            help="What these suites measure, where the results do not say it; or SUITE:BEHAVIOUR for each.",
        ),
        click.option("--misaligned", type=click.Choice(["high", "low"]), help="Of a log's score: the end that is bad."),
        click.option(
            "--unit",
            type=click.Choice(["fraction", "percent", "grade"]),
            default="fraction",
            show_default=True,
            help="Of a log's score: 0 to 1, 0 to 100, or C P I N.",
        ),
        click.option("--score", metavar="NAME[.KEY]", help="Of a log: the scorer, where there are several."),
    )
    command = cast("_Function", with_roles)
    for option in reversed(each):
        command = option(command)
    return command


def format_option(*formats: str) -> Callable[[_Function], _Function]:
    """--format: how stdout is written; the first is the default."""
    return click.option(
        "--format", "style", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print it."
    )


def since_option(function: _Function) -> _Function:
    """--since and --until: days, both inclusive."""
    day = click.DateTime(formats=["%Y-%m-%d"])
    until = click.option("--until", type=day, metavar="DATE", help="Up to this day, YYYY-MM-DD.")
    return click.option("--since", type=day, metavar="DATE", help="From this day on, YYYY-MM-DD.")(until(function))


def today_option(function: _Function) -> _Function:
    """--as-of: the day that waivers and debts are held against."""
    return click.option(
        "--as-of",
        "today",
        type=click.DateTime(formats=["%Y-%m-%d"]),
        metavar="DATE",
        help="The day that waivers and debts are held against, YYYY-MM-DD.  [default: today, UTC]",
    )(function)


def resolve_day(today: datetime | None) -> date:
    """The day asked for; else the one it is, in UTC."""
    return (today or datetime.now(UTC)).date()


def no_pager_option(function: _Function) -> _Function:
    """--no-pager: print, even to a terminal."""
    return click.option("--no-pager", is_flag=True, help="Print without a pager.")(function)


def page(text: str, *, off: bool = False) -> None:
    """Prints a document, as git does: through PAGER (less) on a terminal, as it is elsewhere, if `off`, or for cat."""
    if off or not text or os.environ.get("PAGER", "less") in ("", "cat") or not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    os.environ.setdefault("LESS", "FRX")  # as git has it: colour, and no pager for what fits the screen
    click.echo_via_pager(text.removesuffix("\n"), color="\x1b[" in text or None)


_COLOR, _WARNINGS = "auditor.color", "auditor.warnings"


def choose_color(context: click.Context, _: click.Parameter, choice: str | None) -> None:
    """Keeps what --color says, for `console` and for what click prints; nothing where it was not given."""
    if choice is not None:
        context.meta[_COLOR] = choice
        context.color = {"always": True, "never": False}.get(choice)


def console() -> Console:
    """Stdout: as wide as the terminal, no wrapping of a file; colour as --color says, else as `auto` does.

    `auto` is colour on a terminal, unless NO_COLOR is set.
    """
    from rich.console import Console

    context = click.get_current_context(silent=True)
    choice = context.meta.get(_COLOR) if context else None
    terminal = sys.stdout is not None and sys.stdout.isatty()
    width = None if terminal else _WIDTH_OF_A_PIPE
    if choice == "always":
        return Console(
            force_terminal=True, color_system="standard", no_color=False, highlight=False, markup=False, emoji=False,
            width=width,
        )  # fmt: skip
    if terminal and choice != "never":
        return Console(highlight=False, markup=False, emoji=False)
    return Console(force_terminal=False, highlight=False, markup=False, emoji=False, width=width, color_system=None)
