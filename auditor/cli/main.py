"""The command group: every module of this folder with a `command` is a verb."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import click

from auditor import __version__, cli
from auditor.errors import EXIT_BUG, EXIT_COULD_NOT_RUN, AuditorError

# Verb by module, so that help and dispatch import nothing that is not asked for.
_VERBS = tuple(sorted(info.name for info in pkgutil.iter_modules(cli.__path__) if info.name not in ("main", "options")))


class _Verbs(click.Group):
    """Imports a verb when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command = importlib.import_module(f"auditor.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="auditor")
def main() -> None:
    """Did the behaviour change, or only the score?

    Audits every patch to a model spec against its evaluations: how much of the fall on the test set shows up where
    nobody tuned.

    \b
    Exit codes: 0 pass, 1 blocked by a finding, 2 could not run or some input was refused,
    3 evidence the policy requires is missing, 70 a bug in auditor.
    """


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code. What goes wrong is one line on stderr."""
    try:
        result = main.main(args=arguments, prog_name="auditor", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_COULD_NOT_RUN
    except click.Abort:
        click.echo("auditor: interrupted", err=True)
        return EXIT_COULD_NOT_RUN
    except AuditorError as error:
        click.echo(f"auditor: {_visible(str(error))}", err=True)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_COULD_NOT_RUN
    except Exception as error:  # whatever it is, it is ours, and must not look like a verdict
        where = _where(error)
        click.echo(f"auditor: a bug in auditor: {type(error).__name__}: {_visible(str(error))} ({where})", err=True)
        return EXIT_BUG


def _visible(text: str) -> str:
    from auditor.render.escape import terminal

    return terminal(text)


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"
