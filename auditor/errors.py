"""What can go wrong, and with which exit code.

    AuditorError
    ├── InputError            2  an input could not be used; one line: where, field, what, what to do
    │   ├── ConfigError          auditor.toml, suites.toml, bindings.toml
    │   ├── LogError             an evaluation log
    │   ├── TableError           a tidy table
    │   ├── RevisionError        a name that is no revision, or several
    │   ├── RecordError          a file under eval_history/
    │   └── RepositoryError      a repository, or a spec path in it
    └── InternalError        70  a bug in auditor

A result that blocks or lacks evidence is no error: it is a Decision, and its exit code is the Decision's.
"""

from __future__ import annotations

from collections.abc import Iterable

EXIT_PASS = 0
EXIT_BLOCKED = 1
EXIT_COULD_NOT_RUN = 2
EXIT_EVIDENCE_MISSING = 3
EXIT_BUG = 70
# As shells have it of Ctrl-C: 128 and the signal's number. It says nothing of what was judged.
EXIT_INTERRUPTED = 130
EXIT_PRECEDENCE = (EXIT_BUG, EXIT_COULD_NOT_RUN, EXIT_BLOCKED, EXIT_EVIDENCE_MISSING, EXIT_PASS)


def worst_exit(codes: Iterable[int]) -> int:
    """The exit code that takes precedence over the others; a pass for none."""
    return min(codes, key=EXIT_PRECEDENCE.index, default=EXIT_PASS)


class AuditorError(Exception):
    """Base of everything auditor raises on purpose.

    Args:
        what: what is wrong, as a sentence without a full stop.
        where: the file, revision or repository it is wrong in; with a line as ``path:line`` where there is one.
        field: the column, key or member, where there is one.
        remedy: what to do about it, as an imperative without a full stop.
    """

    exit_code = EXIT_COULD_NOT_RUN

    def __init__(self, what: str, *, where: str = "", field: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.field = field
        self.remedy = remedy

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.where, self.field, self.what) if part)
        return " ".join((f"{head}; {self.remedy}" if self.remedy else head).split())


class InputError(AuditorError):
    """An input could not be used."""


class ConfigError(InputError):
    """A configuration file is malformed or contradicts itself."""


class LogError(InputError):
    """An evaluation log cannot be read, or says nothing auditor may use."""


class TableError(InputError):
    """A tidy table breaks its contract."""


class RevisionError(InputError):
    """A name stands for no revision, or for several."""


class RecordError(InputError):
    """A file under eval_history/ is not what its name or schema says."""


class RepositoryError(InputError):
    """A repository cannot be read, or its history is incomplete."""


class InternalError(AuditorError):
    """A bug in auditor."""

    exit_code = EXIT_BUG
