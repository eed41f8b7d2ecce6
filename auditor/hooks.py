"""Git hooks that ask the gate: put in, taken out, looked at. What was there before is kept, and runs first.

A client hook is a convenience: `--no-verify`, `-c core.hooksPath=` and plumbing pass it. The binding gate is the
server's (`--server`) or CI's, and `auditor audit` finds afterwards what landed all the same.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from auditor.errors import RepositoryError
from auditor.git import Repository

CLIENT = ("pre-commit", "pre-merge-commit", "pre-push", "reference-transaction")
SERVER = ("pre-receive",)
# What each hook that reads its stdin needs for anything to be at stake; the others always run.
_HOOKS_WITH_STDIN = ("pre-push", "reference-transaction", "pre-receive")
_MARK = "# written by auditor hook install"
_PREVIOUS_SUFFIX = ".before-auditor"

_SCRIPT = """\
#!/bin/sh
{mark}; auditor hook uninstall takes it out
auditor={program}
[ -x "$auditor" ] || auditor=$(command -v auditor) || {{
    echo "auditor: {name}: auditor is not installed, so nothing was judged; auditor hook uninstall removes it" >&2
    exit 2
}}
before=$0{before}
{body}
"""
_PLAIN = """\
if [ -x "$before" ]; then "$before" "$@" || exit $?; fi
exec "$auditor" gate --hook {name}{branches} -- "$@\""""
_READING = """\
given=$(cat; echo .)
given=${{given%.}}
if [ -x "$before" ]; then printf %s "$given" | "$before" "$@" || exit $?; fi
case "{when}$given" in {wanted}) ;; *) exit 0 ;; esac
printf %s "$given" | "$auditor" gate --hook {name}{branches} -- "$@\""""


class HookState(StrEnum):
    """How a hook stands."""

    INSTALLED = "installed"
    OTHER = "other"
    ABSENT = "absent"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class HookStatus:
    """One hook: its file, how it stands, and whether one that was there before runs first."""

    name: str
    path: Path
    standing: HookState
    keeps: bool


def hooks_folder(repository: Repository) -> Path:
    """Where git looks for this repository's hooks: `core.hooksPath` of its own configuration, else `hooks`.

    The user's own configuration is not asked: a path set there is for every repository.
    """
    git_result = repository.command.attempt("config", "--local", "--type=path", "--get", "core.hooksPath")
    if git_result.status:
        return repository.common_dir / "hooks"
    path = Path(os.fsdecode(git_result.out.rstrip(b"\n")))
    return path if path.is_absolute() else (repository.worktree or repository.common_dir) / path


def install(folder: Path, names: Sequence[str], program: str, branches: Sequence[str]) -> tuple[HookStatus, ...]:
    """Writes hooks that ask the gate about these branches (of every one where none is given).

    A hook that is there is renamed and runs first; its refusal stands. Raises RepositoryError where one cannot be kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path, before = folder / name, folder / f"{name}{_PREVIOUS_SUFFIX}"
        if _is_there(path) and not _is_ours(path):
            if _is_there(before):
                remedy = f"join it with {path.name} by hand"
                raise RepositoryError("a hook from before is kept there already", where=str(before), remedy=remedy)
            path.rename(before)
        _write(path, hook_script(name, program, branches))
    return status(folder, names)


def remove(folder: Path, names: Sequence[str]) -> tuple[HookStatus, ...]:
    """Takes these hooks out, and puts back what was there before. Other hooks are left alone."""
    for name in names:
        path, before = folder / name, folder / f"{name}{_PREVIOUS_SUFFIX}"
        if _is_there(path) and _is_ours(path):
            path.unlink()
            if _is_there(before):
                before.rename(path)
    return status(folder, names)


def status(folder: Path, names: Sequence[str]) -> tuple[HookStatus, ...]:
    """How each of these hooks stands."""
    return tuple(
        HookStatus(name, folder / name, _hook_state(folder / name), _is_there(folder / f"{name}{_PREVIOUS_SUFFIX}"))
        for name in names
    )


def hook_script(name: str, program: str, branches: Sequence[str]) -> str:
    """The text of a hook: it fails where auditor is gone, and starts nothing where no judged branch is at stake."""
    options = "".join(f" --branch {shlex.quote(branch)}" for branch in branches)
    refs = "|".join(f"*{shlex.quote(f'refs/heads/{branch}')}*" for branch in branches) or "*refs/heads/*"
    if name in ("pre-push", "pre-receive"):  # what git shows in the place of what was judged
        refs += "|*refs/replace/*"
    when = ""
    if name == "reference-transaction":
        when, refs = "$1 ", "|".join(f"'prepared '{ref}" for ref in refs.split("|"))
    body = (_READING if name in _HOOKS_WITH_STDIN else _PLAIN).format(
        name=name, branches=options, wanted=refs, when=when
    )
    return _SCRIPT.format(mark=_MARK, program=shlex.quote(program), name=name, before=_PREVIOUS_SUFFIX, body=body)


def _hook_state(path: Path) -> HookState:
    if not _is_there(path):
        return HookState.ABSENT
    if not _is_ours(path):
        return HookState.OTHER
    return HookState.INSTALLED if os.access(path, os.X_OK) else HookState.OLD


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _is_ours(path: Path) -> bool:
    try:
        return not path.is_symlink() and _MARK in path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RepositoryError("cannot be read", where=str(path), remedy="check its mode") from error


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.auditor")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.replace(path)
