"""Whether all of history is there: half a history must never be judged as if it were the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from auditor.git.command import Command, history_incomplete


class _Sign(NamedTuple):
    file: str
    what: str
    remedy: str


# Files below the common git directory that cut history short or take it from elsewhere; being there is enough.
_SIGNS = (
    _Sign("shallow", "the clone is shallow", "run git fetch --unshallow (in CI: fetch-depth: 0)"),
    _Sign("info/grafts", "parents are grafted", "remove .git/info/grafts"),
    _Sign(
        "objects/info/alternates",
        "objects are borrowed from another repository",
        "run git repack -a -d and remove .git/objects/info/alternates",
    ),
    _Sign("objects/info/http-alternates", "objects are borrowed over http", "clone it again"),
)
_PARTIAL = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"


def refuse_incomplete(command: Command, common_dir: Path, where: str) -> None:
    """Raise RepositoryError, with its remedy, at the first sign that history is not what its ids say."""
    for sign in _signs(command, common_dir):
        raise history_incomplete(sign.what, where, sign.remedy)


def _signs(command: Command, common_dir: Path) -> Iterator[_Sign]:
    yield from (sign for sign in _SIGNS if (common_dir / sign.file).exists())
    if command.run("for-each-ref", "--count=1", "refs/replace"):
        yield _Sign("", "objects are replaced (refs/replace)", "run git replace -d for each of git replace -l")
    # Git would fetch what a partial clone lacks, and run whatever the configuration says to fetch with.
    if command.attempt("config", "--get-regexp", _PARTIAL).out:
        yield _Sign("", "the clone is partial", "clone it again without --filter")
