"""The command group, and its table: which function of which module each verb is."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from auditor import __version__
from auditor.cli.options import choose_color, print_warnings
from auditor.errors import EXIT_BUG, EXIT_COULD_NOT_RUN, EXIT_INTERRUPTED, AuditorError, InputError

# Verbs by what they are for: the module and function of each, and what it does in a line. By name, so that help imports
# nothing, and dispatch only the verb that is called.
VERBS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Evidence": {
        "revision": ("revision:command", "The content id to stamp on an evaluation."),
        "ablate": ("ablate:command", "A patch with each clause change left out, to be evaluated."),
        "preregister": ("preregister:command", "Write down what will be run, before there is a result."),
        "ingest": ("ingest:command", "Record the runs of evaluation logs and tables."),
        "verify": ("verify:command", "Is the evaluation history what it says, and what it was?"),
    },
    "Judgement": {
        "audit": ("audit:command", "Every patch of a range, or all: did the behaviour change?"),
        "gate": ("gate:command", "The decision on what is about to land."),
        "compare": ("compare:command", "Two logs, runs, models or revisions, item by item; no spec is needed."),
        "plan": ("plan:command", "The samples that would settle an open verdict."),
        "checks": ("checks:command", "The catalogue of checks; one check's page."),
    },
    "History": {
        "log": ("history:log_command", "A spec's revisions, newest first, with their scores."),
        "diff": ("history:diff_command", "Two revisions, clause by clause and word by word."),
        "blame": ("history:blame_command", "A clause's whole life."),
        "show": ("history:show_command", "One patch: its clauses, its scores, its findings."),
    },
    "Reports": {
        "report": ("report:command", "The audit report of a quarter, or of any period."),
        "view": ("view:command", "The evidence as pages to walk through, in a browser."),
        "graph": ("graph:command", "The evidence graph: a summary, or a node and its links."),
    },
    "Set-up": {
        "status": ("status:command", "How the project stands, and the command to type next."),
        "init": ("init:command", "Write auditor.toml and eval_history/, from results if there are any."),
        "hook": ("hook:command", "Ask the gate in git's hooks: install, uninstall, status."),
        "demo": ("demo:command", "Build the demonstration repository and audit it."),
        "help": ("main:help_command", "What a verb does, and its options."),
    },
}
_PATH_SHOWN = 300


class _Verbs(click.Group):
    """Imports a verb when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(verb for verbs in VERBS.values() for verb in verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = next((verbs[cmd_name] for verbs in VERBS.values() if cmd_name in verbs), None)
        if target is None:
            return None
        module, _, name = target[0].partition(":")
        command = getattr(importlib.import_module(f"auditor.cli.{module}"), name)
        assert isinstance(command, click.Command)
        command.short_help = target[1]
        _add_color_option(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0][:1] != "-" and args[0] not in self.list_commands(ctx):
            raise click.UsageError(_unknown_verb(args[0], self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        result: object = super().invoke(ctx)
        print_warnings(ctx)
        return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for group, verbs in VERBS.items():
            with formatter.section(group):
                formatter.write_dl([(f"{verb:<{width}}", line) for verb, (_, line) in verbs.items()])


def _unknown_verb(word: str, verbs: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, verbs, 1, cutoff=0.5)
    return f"No such command {word!r}" + (f"; do you mean {near[0]}?" if near else "")


def _color_option() -> click.Option:
    return click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        callback=choose_color,
        help="When to print in colour.  [default: auto: on a terminal, unless NO_COLOR is set]",
    )


def _add_color_option(command: click.Command) -> None:
    """Lets --color stand behind a verb, too."""
    if isinstance(command, click.Group):
        for sub in command.commands.values():
            _add_color_option(sub)
    elif not any(param.name == "color" for param in command.params):
        command.params.append(_color_option())


@click.group(
    cls=_Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[_color_option()],
)
@click.version_option(__version__, prog_name="auditor")
@click.option("-C", "folders", multiple=True, metavar="DIR", help="Work in this folder, as git -C does.")
@click.pass_context
def main(context: click.Context, folders: tuple[str, ...]) -> None:
    """Did the behaviour change, or only the score?

    Audits every patch to a model spec against its evaluations: how much of the fall on the test set shows up where
    nobody tuned.

    \b
    A first verdict, without any set-up:
    auditor audit --spec prompt.md --results results.csv --test SUITE --held-out SUITE

    \b
    Exit codes: 0 pass, 1 blocked by a finding, 2 could not run or some input was refused,
    3 evidence the policy requires is missing, 70 a bug in auditor.
    """
    if folders:
        context.call_on_close(partial(os.chdir, Path.cwd()))
    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError("no such folder", where=folder, field="-C", remedy="give a folder")
        os.chdir(folder)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@click.command("help")
@click.argument("verb", nargs=-1, metavar="[VERB]")
def help_command(verb: tuple[str, ...]) -> int:
    """Says what a verb does, and its options; without VERB, which verbs there are."""
    context = click.Context(main, info_name="auditor", **main.context_settings)
    for word in verb:
        group = context.command
        command = group.get_command(context, word) if isinstance(group, click.Group) else None
        if command is None:
            verbs = group.list_commands(context) if isinstance(group, click.Group) else []
            raise click.UsageError(_unknown_verb(word, verbs), context)
        context = click.Context(command, info_name=word, parent=context)
    click.echo(context.get_help())
    return 0


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
    start = _verb_place(arguments)
    pair = tuple(arguments[start : start + 2])
    command = FIRST_COMMANDS.get(pair, pair)  # type: ignore[arg-type]
    words = [*arguments[:start], *command, *arguments[start + 2 :]]
    end = words.index("--") if "--" in words else len(words)
    verb = words[start] if words[start:] else ""
    for place, word in enumerate(words[start:end], start):
        option, equals, value = word.partition("=")
        words[place] = f"{FIRST_OPTIONS.get((verb, option), option)}{equals}{value}"
    return words


def _verb_place(arguments: Sequence[str]) -> int:
    """Where the verb stands, behind the options that may stand before it."""
    place = 0
    while arguments[place:] and arguments[place].startswith(("-C", "--color")):
        place += 2 if arguments[place] in ("-C", "--color") else 1
    return place


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
    except click.Abort as abort:  # of Ctrl-C, or of the end of input where there is a question
        interrupted = isinstance(abort.__cause__, KeyboardInterrupt)
        _print_error("interrupted" if interrupted else "the input ended before the question was answered")
        return EXIT_INTERRUPTED if interrupted else EXIT_COULD_NOT_RUN
    except AuditorError as error:
        _print_error(str(error))
        return error.exit_code
    except SystemExit as stop:
        if "_AUDITOR_COMPLETE" in os.environ:  # a shell asks for completions, and click ends with the answer
            return int(stop.code or 0)
        _drop_stream(sys.stdout)
        return EXIT_COULD_NOT_RUN
    except BrokenPipeError:  # click makes exit 1 of a broken pipe, which here would mean "blocked"
        _drop_stream(sys.stdout)
        return EXIT_COULD_NOT_RUN
    except OSError as error:  # a full disk, a mode, a name too long: the machine's, not a bug
        _drop_stream(sys.stdout)
        _print_error(_refusal_of_the_machine(error))
        return EXIT_COULD_NOT_RUN
    except Exception as error:  # whatever it is, it is ours, and must not look like a verdict
        _print_error(f"a bug in auditor: {type(error).__name__}: {error} ({_where(error)})")
        return EXIT_BUG


def _print_error(line: str) -> None:
    from auditor.render.escape import escape_terminal

    try:
        click.echo(f"auditor: {escape_terminal(line)}", err=True)
    except OSError:  # a full disk: the exit code is all that is left to say it with
        _drop_stream(sys.stderr)


def _usage(error: click.ClickException) -> str:
    """What is wrong with the arguments, and where they are explained."""
    message = error.format_message().rstrip(".").replace("does not match the format '%Y-%m-%d'", "is no day YYYY-MM-DD")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return f"{message}; see auditor --help"
    verb = context.command_path.removeprefix("auditor").strip()
    if not verb and isinstance(error, click.NoSuchOption) and error.option_name == "--repo":
        message = "--repo stands behind the verb; before it, -C DIR works in another folder"
    if verb and isinstance(error, click.NoSuchOption) and error.option_name == "-C":
        message = f"-C stands before the verb: auditor -C DIR {verb}"
    return f"{verb}: {message}; see {context.command_path} --help" if verb else f"{message}; see auditor --help"


def _refusal_of_the_machine(error: OSError) -> str:
    parts = (str(error.filename or "")[:_PATH_SHOWN], error.strerror or str(error) or type(error).__name__)
    return f"{': '.join(part for part in parts if part)}; check the path, its mode and the room on the disk"


def _drop_stream(stream: TextIO) -> None:
    """What a stream does not take is dropped: Python would try again when it ends, and exit with a code of its own."""
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"
