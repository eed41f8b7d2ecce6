"""auditor gate."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import (
    TOOL_FORMATS,
    console,
    format_option,
    repo_option,
    resolve_day,
    specs_option,
    today_option,
)

if TYPE_CHECKING:
    from auditor.gate.decision import Decision

HOOKS = ("pre-commit", "pre-merge-commit", "pre-push", "reference-transaction", "pre-receive", "update")
STATEMENT = "in-toto"
_HOOKS_WITH_STDIN = ("pre-push", "reference-transaction", "pre-receive")


@click.command("gate")
@click.option("--base", metavar="REF", help="Where it lands: a commit, a tag or a branch.  [default: HEAD]")
@click.option("--head", metavar="REF", help="What lands.  [default: the index; with --base, HEAD]")
@click.option("--hook", type=click.Choice(HOOKS), help="Judge what this git hook is called for.")
@click.option("--branch", "branches", multiple=True, metavar="NAME", help="In a hook: the branches that are judged.")
@click.argument("arguments", metavar="[-- HOOK-ARGUMENTS...]", nargs=-1)
@repo_option
@specs_option()
@format_option("text", "json", *TOOL_FORMATS, STATEMENT)
@click.option("--reveal", is_flag=True, help="Show held-out rates to whoever reads this, the author too.")
@today_option
def command(
    base: str | None,
    head: str | None,
    hook: str | None,
    branches: tuple[str, ...],
    arguments: tuple[str, ...],
    repo: Path,
    specs: tuple[str, ...],
    style: str,
    reveal: bool,
    today: datetime | None,
) -> int:
    """Judges the patches that head has and base has not; without --base, what a commit would bring now.

    Policy, suites and spec configuration are base's, records those of both sides: a record that is added may unblock a
    patch, one that is changed or removed blocks it. Exits 1 where something is blocked, 3 where evidence is missing
    that the policy requires, else 0.
    """
    from auditor.app.gate import GateRequest, Hook, HookInput, decide_hook, gate
    from auditor.errors import InputError, worst_exit

    _check_options(base, head, hook, arguments, branches)
    if style == STATEMENT and base is None:
        raise click.UsageError("a statement is about a commit that is there: give --base, and --head")
    gate_request = GateRequest(specs, reveal, resolve_day(today), os.environ)
    if base is not None:
        decisions = [gate(repo, base=base, head=head or "HEAD", request=gate_request)]
    else:
        if hook in _HOOKS_WITH_STDIN and sys.stdin is None:
            raise InputError("is closed, so that nothing says what is about to land", where=f"stdin of the {hook} hook")
        hook_stdin = sys.stdin.read() if hook in _HOOKS_WITH_STDIN else ""
        called = HookInput(Hook(hook) if hook else None, arguments, hook_stdin, os.environ, branches, datetime.now(UTC))
        decisions = [decision for _, decision in decide_hook(repo, called, gate_request)]
        if not decisions and hook is None:
            click.echo("auditor: nothing has been committed yet that a commit could be held against", err=True)
    for decision in decisions:
        if _is_printed(decision, hook):
            _record_disclosure(decision, repo)
            _print_decision(decision, style)
    code = worst_exit([decision.exit_code for decision in decisions])
    if code and (undo := _describe_undo(hook, os.environ.get("GIT_REFLOG_ACTION", ""))):
        click.echo(f"auditor: {undo}", err=True)
    return code


def _is_printed(decision: Decision, hook: str | None) -> bool:
    """Not what nothing was judged of, nor a pass that this merge's own hook has printed already."""
    if hook is None or decision.exit_code:
        return True
    merging = hook == "reference-transaction" and (Path(os.environ.get("GIT_DIR", ".git")) / "MERGE_HEAD").exists()
    return bool(decision.judged or decision.warnings) and not merging


def _describe_undo(hook: str | None, action: str) -> str:
    """What a refused merge leaves behind, and how to take it back; "" where nothing is left."""
    if hook == "pre-merge-commit":
        return "the merge is not committed and its changes are staged: git merge --abort takes them back"
    if hook == "reference-transaction" and action.startswith(("merge", "pull")):
        return "the branch stays where it was, with the merge's changes staged: git reset --merge takes them back"
    return ""


def _check_options(
    base: str | None, head: str | None, hook: str | None, arguments: tuple[str, ...], branches: tuple[str, ...]
) -> None:
    if base is None and head is not None:
        raise click.UsageError("give --base with --head")
    if hook is not None and base is not None:
        raise click.UsageError("a hook says itself what lands where: leave --base out")
    if hook is None and (arguments or (branches and os.environ.get("PRE_COMMIT") != "1")):
        raise click.UsageError("--branch and further arguments belong to --hook")


def _print_decision(decision: Decision, style: str) -> None:
    if style == "json":
        from auditor.render.documents import gate_json

        click.echo(gate_json(decision), nl=False)
    elif style == STATEMENT:
        from auditor.render.intoto import intoto_statement

        click.echo(intoto_statement(decision), nl=False)
    elif style == "markdown":
        from auditor.document.decision import decision_blocks, decision_title
        from auditor.render.markdown import render_markdown

        click.echo(render_markdown((decision_title(decision), *decision_blocks(decision))), nl=False)
    elif style in TOOL_FORMATS:
        from auditor.render.formats import FORMATS
        from auditor.render.results import decision_results

        click.echo(FORMATS[style](decision_results(decision)), nl=False)
    else:
        from auditor.document.decision import decision_blocks
        from auditor.render.terminal import render_terminal

        click.echo(render_terminal(decision_blocks(decision), console(), wrap=False), nl=False)


def _record_disclosure(decision: Decision, repo: Path) -> None:
    """Writes down that held-out rates are about to be shown, before they are: what cannot be recorded is not shown."""
    if not any(finding.rates for finding in decision.findings):
        return
    from auditor.app.gate import record_disclosure
    from auditor.render.escape import escape_terminal

    looks = record_disclosure(repo, decision.judged, datetime.now(UTC))
    suites = escape_terminal(", ".join(sorted({name for look in looks for name in look.suites})))
    text = f"recorded as a use of {suites}: commit it" if suites else "which could not be recorded here"
    click.echo(f"auditor: held-out rates are shown to the author, {text}", err=True)
