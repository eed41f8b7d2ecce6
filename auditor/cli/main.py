"""The command group, and its table: which function of which module each verb is."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence

import click

from auditor import __version__
from auditor.errors import EXIT_BUG, EXIT_COULD_NOT_RUN, AuditorError

# By name, so that help and dispatch import nothing but the verb that is called.
_VERBS: Mapping[str, str] = {
    "audit": "audit:command",
    "blame": "history:blame_command",
    "checks": "checks:command",
    "demo": "demo:command",
    "diff": "history:diff_command",
    "gate": "gate:command",
    "graph": "graph:command",
    "hook": "hook:command",
    "ingest": "ingest:command",
    "init": "init:command",
    "log": "history:log_command",
    "plan": "plan:command",
    "preregister": "preregister:command",
    "report": "report:command",
    "revision": "revision:command",
    "show": "history:show_command",
    "status": "status:command",
    "verify": "verify:command",
}
_PATH_SHOWN = 300


class _Verbs(click.Group):
    """Imports a verb when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module, _, name = _VERBS[cmd_name].partition(":")
        command = getattr(importlib.import_module(f"auditor.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=_Verbs,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="auditor")
def main() -> None:
    """Did the behaviour change, or only the score?

    Audits every patch to a model spec against its evaluations: how much of the fall on the test set shows up where
    nobody tuned.

    \b
    Exit codes: 0 pass, 1 blocked by a finding, 2 could not run or some input was refused,
    3 evidence the policy requires is missing, 70 a bug in auditor.
    """


# Commands and options by the spelling that version 1 had for them; docs/how-to/migration.md lists them.
FIRST_COMMANDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("run", "begin"): ("preregister",),
    ("hook", "remove"): ("hook", "uninstall"),
}
FIRST_OPTIONS: Mapping[tuple[str, str], str] = {
    **{(verb, "--today"): "--as-of" for verb in ("audit", "gate", "graph")},
    ("audit", "--logs"): "--rederive",
    ("report", "--against"): "--checkpoint",
    ("verify", "--against"): "--checkpoint",
}


def translate_first_spellings(arguments: Sequence[str]) -> list[str]:
    """A command line with the commands and options of version 1 as they are spelled now; others stay as they are."""
    command = FIRST_COMMANDS.get(tuple(arguments[:2]), tuple(arguments[:2]))  # type: ignore[arg-type]
    words = [*command, *arguments[2:]]
    end = words.index("--") if "--" in words else len(words)
    verb = words[0] if words else ""
    for place, word in enumerate(words[:end]):
        option, equals, value = word.partition("=")
        words[place] = f"{FIRST_OPTIONS.get((verb, option), option)}{equals}{value}"
    return words


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code. What goes wrong is one line on stderr."""
    try:
        result = main.main(
            args=translate_first_spellings(sys.argv[1:] if arguments is None else arguments),
            prog_name="auditor",
            standalone_mode=False,
        )
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        _print_error(_usage(error))
        return EXIT_COULD_NOT_RUN
    except click.Abort:
        _print_error("interrupted")
        return EXIT_COULD_NOT_RUN
    except AuditorError as error:
        _print_error(str(error))
        return error.exit_code
    except (BrokenPipeError, SystemExit):  # click makes exit 1 of a broken pipe, which here would mean "blocked"
        _drop_stdout()
        return EXIT_COULD_NOT_RUN
    except OSError as error:  # a full disk, a mode, a name too long: the machine's, not a bug
        _drop_stdout()
        _print_error(_refusal_of_the_machine(error))
        return EXIT_COULD_NOT_RUN
    except Exception as error:  # whatever it is, it is ours, and must not look like a verdict
        _print_error(f"a bug in auditor: {type(error).__name__}: {error} ({_where(error)})")
        return EXIT_BUG


def _print_error(line: str) -> None:
    from auditor.render.escape import escape_terminal

    click.echo(f"auditor: {escape_terminal(line)}", err=True)


def _usage(error: click.ClickException) -> str:
    """What is wrong with the arguments, and where they are explained."""
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return message
    verb = context.command_path.removeprefix("auditor").strip()
    return f"{verb}: {message}; see {context.command_path} --help" if verb else f"{message}; see auditor --help"


def _refusal_of_the_machine(error: OSError) -> str:
    parts = (str(error.filename or "")[:_PATH_SHOWN], error.strerror or str(error) or type(error).__name__)
    return f"{': '.join(part for part in parts if part)}; check the path, its mode and the room on the disk"


def _drop_stdout() -> None:
    """What stdout does not take is dropped: Python would try again when it ends, and exit with a code of its own."""
    if sys.stdout is None:  # closed before Python began
        return
    try:
        sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"
