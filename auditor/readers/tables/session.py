"""The parent's side of the reading process: started, sent requests, limited in time, and ended whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

from auditor.errors import TableError
from auditor.readers.tables.backend import BackendError, Opening, Piece

PROGRAM = ("-P", "-m", "auditor.readers.tables.process")
MAX_STDERR_BYTES = 2000
MAX_LINE_BYTES = 2**30
# By engine: the module, what pip installs it by, and its name.
PACKAGES = {"duckdb": ("duckdb", "duckdb", "DuckDB"), "spark": ("pyspark", "auditor[spark]", "Spark")}

Progress = Callable[[float], None]


def is_installed(engine: str) -> bool:
    """Whether an engine's package is there."""
    return find_spec(PACKAGES[engine][0]) is not None


def check_installed(engine: str, where: str, why: str) -> None:
    """Raises TableError saying what to install where an engine is missing."""
    if not is_installed(engine):
        _, requirement, name = PACKAGES[engine]
        raise TableError(f"{why} {name}, which is not here", where=where, remedy=f"pip install '{requirement}'")


class Session:
    """A reading process with a table open in it.

    Args:
        opening: what to read.
        where: the table, for messages.
        seconds: how long all of it may take.
        progress: told how much of a statement is done, 0 to 1; from the thread that asks.

    Raises TableError where the process ends of itself, takes too long, or answers what is no answer; BackendError with
    what the engine said against a statement.
    """

    def __init__(self, opening: Opening, where: str, seconds: float, progress: Progress | None = None) -> None:
        self._opening, self._where, self._progress = opening, where, progress
        self._seconds = seconds
        self._timed_out = False

    def __enter__(self) -> Session:
        self._told = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, *PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._told,
            # An interrupt is the parent's to act on, and its end takes the whole group along.
            start_new_session=True,
        )
        self._timer = threading.Timer(self._seconds, self._time_out)
        self._timer.daemon = True
        self._timer.start()
        try:
            list(self._ask(asdict(self._opening)))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._kill()
        for file in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                _open_pipe(file).close()
        self._process.wait()
        self._told.close()

    def columns(self) -> list[tuple[str, str]]:
        """Name and type of the table's columns."""
        return self._pairs({"columns": True})

    def hashes(self) -> list[tuple[str, str]]:
        """Address and sha256 of the files, where only the engine can read them."""
        return self._pairs({"hashes": True})

    def run(self, sql: str) -> Iterator[Piece]:
        """The rows of a statement, in pieces of columns."""
        yield from self._ask({"sql": sql})

    def tallies(self, sql: str, keys: int) -> Iterator[Piece]:
        """First the runs, one piece; then what was counted, each row with its run's number in front."""
        yield from self._ask({"sql": sql, "keys": keys})

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """All rows of a statement that has few."""
        return [row for piece in self.run(sql) for row in zip(*piece, strict=True)]

    def _pairs(self, request: dict[str, object]) -> list[tuple[str, str]]:
        return [(str(a), str(b)) for piece in self._ask(request) for a, b in zip(*piece, strict=True)]

    def _ask(self, request: dict[str, object]) -> Iterator[Piece]:
        try:
            stdin = _open_pipe(self._process.stdin)
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            raise self._end_error() from error
        while True:
            answer = self._answer()
            if "piece" in answer:
                yield self._check_piece(answer["piece"])
            elif "error" in answer:
                raise BackendError(str(answer["error"]))
            elif "end" in answer:
                return
            elif self._progress and isinstance(done := answer.get("done"), float) and done >= 0:
                self._progress(done)

    def _answer(self) -> dict[str, object]:
        line = _open_pipe(self._process.stdout).readline(MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise self._end_error()
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise self._protocol_error() from error
        if not isinstance(answer, dict):
            raise self._protocol_error()
        return answer

    def _check_piece(self, piece: object) -> Piece:
        """What another process says is looked at like any input."""
        if not isinstance(piece, list) or not all(isinstance(column, list) for column in piece):
            raise self._protocol_error()
        if len({len(column) for column in piece}) > 1:
            raise self._protocol_error()
        return piece

    def _protocol_error(self) -> TableError:
        return TableError("the reading process answered what is no answer", where=self._where, remedy="do not trust it")

    def _end_error(self) -> TableError:
        if self._timed_out:
            what = f"is not read after {self._seconds:,.0f} seconds"
            return TableError(what, where=self._where, remedy="split the table by run")
        self._process.wait()
        self._told.seek(max(0, self._told.seek(0, os.SEEK_END) - MAX_STDERR_BYTES))
        said = self._told.read().decode(errors="replace").strip().splitlines()
        code = self._process.returncode
        how = f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        what = f"the reading process {how}{f' ({said[-1]:.200})' if said else ''}"
        return TableError(what, where=self._where, remedy="the table is damaged, or larger than this machine can count")

    def _time_out(self) -> None:
        self._timed_out = True
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _open_pipe(file: IO[bytes] | None) -> IO[bytes]:
    assert file is not None
    return file


def time_limit(files: Iterable[Path]) -> float:
    """Seconds that counting local files may take at most: five minutes, and one second for each MiB."""
    return 300 + sum(file.stat().st_size for file in files) / 2**20
