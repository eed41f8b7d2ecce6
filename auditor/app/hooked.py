"""What a git hook is about to let in: which commits land where, told apart by the hook's arguments and its stdin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from auditor.app.gate import Asked, gate
from auditor.errors import InputError, RepositoryError
from auditor.gate.decision import Decision
from auditor.git import Repository, open_repository
from auditor.git.proposed import proposed

_HEADS = "refs/heads/"


class Hook(StrEnum):
    """The hooks that auditor answers in."""

    PRE_COMMIT = "pre-commit"
    PRE_MERGE_COMMIT = "pre-merge-commit"
    PRE_PUSH = "pre-push"
    REFERENCE_TRANSACTION = "reference-transaction"
    PRE_RECEIVE = "pre-receive"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Landing:
    """One branch that is about to move: its name, and the commits it moves from and to."""

    branch: str
    base: str
    head: str


@dataclass(frozen=True, slots=True)
class Called:
    """How git called a hook.

    Attributes:
        hook: which one; None for a person who asks what a commit would bring now.
        arguments: its arguments; stdin: what it was given to read.
        environment: its variables.
        branches: the branches that are judged; empty for every one.
        when: now.
    """

    hook: Hook | None
    arguments: tuple[str, ...]
    stdin: str
    environment: Mapping[str, str]
    branches: tuple[str, ...]
    when: datetime


def decisions(where: Path, called: Called, asked: Asked) -> tuple[tuple[Landing, Decision], ...]:
    """The decision on each branch that is about to move and is judged; none where nothing of that kind happens.

    Raises what `gate` raises, and InputError for what no git ever passed to that hook.
    """
    with open_repository(where) as found:
        landings = tuple(_landings(found, called))
    return tuple((one, gate(where, base=one.base, head=one.head, asked=asked)) for one in landings)


def _landings(found: Repository, called: Called) -> Iterator[Landing]:
    match called.hook:
        case None:
            yield from _of_the_index(found, called, judged=True)
        case Hook.PRE_COMMIT | Hook.PRE_MERGE_COMMIT:
            yield from _of_the_index(found, called, judged=_is_judged(_current(found), called))
        case Hook.PRE_PUSH:
            for _, new, ref, old in _lines(called, 4):
                yield from _of_a_branch(found, called, old, new, ref, behind=_remote(called))
        case Hook.REFERENCE_TRANSACTION:
            if called.arguments[:1] == ("prepared",):
                for old, new, ref in _lines(called, 3):
                    yield from _of_a_branch(found, called, _or_current(found, old, ref), new, ref)
        case Hook.PRE_RECEIVE:
            for old, new, ref in _lines(called, 3):
                yield from _of_a_branch(found, called, old, new, ref)
        case Hook.UPDATE:
            if len(called.arguments) != 3:
                raise InputError("takes a ref, its old and its new id", where="the update hook")
            ref, old, new = called.arguments
            yield from _of_a_branch(found, called, old, new, ref)


def _of_the_index(found: Repository, called: Called, *, judged: bool) -> Iterator[Landing]:
    if judged and (one := proposed(found, called.environment, called.when)):
        yield Landing(_current(found), one.base, one.head)


def _of_a_branch(
    found: Repository, called: Called, old: str, new: str, ref: str, *, behind: str = _HEADS
) -> Iterator[Landing]:
    """Nothing for a ref that is no judged branch, is deleted, or stays where it is."""
    if not ref.startswith(_HEADS) or not new.strip("0") or old == new:
        return
    branch = ref.removeprefix(_HEADS)
    if _is_judged(branch, called):
        base = old if old.strip("0") else _before(found, new, behind)
        if base != new:
            yield Landing(branch, base, new)


def _before(found: Repository, new: str, behind: str) -> str:
    """What a branch that is new is held against: where it left the branches that were there, else its first commit."""
    refs = found.command.run("for-each-ref", "--format=%(objectname)", behind).decode().split()
    known = [one for one in dict.fromkeys(refs) if one != new]
    bases = [base for one in known for base in found.merge_bases(one, new)]
    latest = [one for one in dict.fromkeys(bases) if all(found.is_ancestor(other, one) for other in bases)]
    if latest or bases:
        return (latest or bases)[0]
    return found.command.run("rev-list", "--max-parents=0", new).decode().split()[-1]


def _or_current(found: Repository, old: str, ref: str) -> str:
    """A transaction's old id; git leaves it out where nobody asked for it, and the ref is still where it was."""
    if old.strip("0"):
        return old
    now = found.command.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return old if now.status else now.out.decode().strip()


def _current(found: Repository) -> str:
    """The branch that is checked out; "" for none."""
    named = found.command.attempt("symbolic-ref", "--quiet", "HEAD")
    if named.status > 1:  # 1 is a commit that is checked out by itself; this is a branch that is damaged
        raise found.command.failure(named.err)
    return named.out.decode("utf-8", "surrogateescape").strip().removeprefix(_HEADS)


def _is_judged(branch: str, called: Called) -> bool:
    return not called.branches or branch in called.branches


def _remote(called: Called) -> str:
    """Where the branches of the remote that is pushed to are known here."""
    name = called.arguments[0] if called.arguments else ""
    return f"refs/remotes/{name}/" if name and "/" not in name and ":" not in name else "refs/remotes/"


def _lines(called: Called, words: int) -> Iterator[tuple[str, ...]]:
    for line in called.stdin.splitlines():
        found = tuple(line.split(" "))
        if len(found) != words:
            raise RepositoryError("is not what git passes to it", where=f"stdin of the {called.hook} hook", field=line)
        yield found
