"""auditor hook install, uninstall, status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import repo_option
from auditor.render.escape import escape_terminal

if TYPE_CHECKING:
    from auditor.git import Repository
    from auditor.hooks import HookStatus

_CLIENT_NOTE = (
    "A client hook is a convenience: --no-verify, another core.hooksPath and plumbing pass it.\n"
    "What binds is the server's hook (auditor hook install --server in the bare repository) or CI, and\n"
    "auditor audit --fail-on suspected finds afterwards what landed all the same."
)


@click.group("hook", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Git hooks that ask the gate about what is about to land."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("install")
@click.option("--server", is_flag=True, help="pre-receive of a bare repository, which nobody who pushes can skip.")
@click.option("--hook", "names", multiple=True, metavar="NAME", help="Only this one; several are allowed.")
@click.option(
    "--branch", "branches", multiple=True, metavar="NAME", help="The branches that are judged; else the current one."
)
@repo_option
def install_command(server: bool, names: tuple[str, ...], branches: tuple[str, ...], repo: Path) -> int:
    """Puts hooks in. One that is there is kept, and runs first."""
    from auditor import hooks
    from auditor.app.status import missing_for_hooks
    from auditor.git import open_repository

    with open_repository(repo) as repository:
        chosen = _choose_hooks(repository, names, server=server)
        judged = branches or _current_branch(repository)
        stand = hooks.install(hooks.hooks_folder(repository), chosen, _program(), judged)
    _print_status(stand)
    click.echo(f"judged: {escape_terminal(', '.join(judged)) or 'every branch'}")
    if not server:
        click.echo(_CLIENT_NOTE)
    if step := missing_for_hooks(repo):
        click.echo(
            f"auditor: {escape_terminal(step.reason)}; until it is there and committed, every commit is refused",
            err=True,
        )
        click.echo(f"Next: {escape_terminal(step.command)}", err=True)
    return 0


@command.command("uninstall")
@repo_option
def remove_command(repo: Path) -> int:
    """Takes them out, and puts back what was there before."""
    from auditor import hooks
    from auditor.git import open_repository

    with open_repository(repo) as repository:
        _print_status(hooks.remove(hooks.hooks_folder(repository), (*hooks.CLIENT, *hooks.SERVER)))
    return 0


@command.command("status")
@repo_option
def status_command(repo: Path) -> int:
    """Says which of them ask the gate."""
    from auditor import hooks
    from auditor.git import open_repository

    with open_repository(repo) as repository:
        folder = hooks.hooks_folder(repository)
        click.echo(f"hooks of {escape_terminal(str(folder))}")
        _print_status(hooks.status(folder, (*hooks.CLIENT, *hooks.SERVER)))
    return 0


def _choose_hooks(repository: Repository, names: Sequence[str], *, server: bool) -> tuple[str, ...]:
    from auditor import hooks

    known_names = (*hooks.CLIENT, *hooks.SERVER, "update")
    for name in names:
        if name not in known_names:
            raise click.UsageError(f"{name} is no hook that asks the gate; give one of {', '.join(known_names)}")
    if server and repository.worktree is not None:
        raise click.UsageError("--server is for a bare repository, and this one has a work tree")
    return tuple(names) or (hooks.SERVER if server or repository.worktree is None else hooks.CLIENT)


def _current_branch(repository: Repository) -> tuple[str, ...]:
    """The branch that HEAD stands on, of a bare repository too."""
    named = repository.command.attempt("symbolic-ref", "--quiet", "--short", "HEAD")
    return () if named.status else (named.out.decode("utf-8", "surrogateescape").strip(),)


def _program() -> str:
    """The program that is running, if it is auditor's own; a hook whose path is gone looks for it on PATH."""
    started = Path(sys.argv[0])
    path = Path(sys.executable).with_name("auditor")
    own = started if started.name == "auditor" and started.is_file() else path
    return str(own.absolute())


def _print_status(stand: Sequence[HookStatus]) -> None:
    for hook_status in stand:
        keeps = "; what was there before runs first" if hook_status.keeps else ""
        click.echo(f"  {hook_status.standing:<9}  {hook_status.name}{keeps}")
