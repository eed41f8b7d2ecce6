"""A table open in an engine: in this process, or in one of its own that is limited in time and ended whatever happens.

A session takes an `Opening` and answers statements in columns. `LocalSession` runs DuckDB here; `ProcessSession` is one
end of a pipe and `serve` the other: JSON lines in, JSON lines out. The first line is an `Opening`; then every line is a
request: {"sql": ...}, {"sql": ..., "keys": n}, {"columns": true} or {"hashes": true}. Each answer is any number of
{"piece": ...} and {"done": ...} lines, then {"end": true} or {"error": ...}. The process ends when its input does, or
when nobody reads what it writes.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, TextIO

from auditor.errors import TableError

PIECE_ROWS = 100_000
ROW_COLUMN, FILE_COLUMN = "auditor_row", "auditor_file"

# A piece of an answer: its columns, each a list of at most `ROWS` values that JSON has.
Piece = list[list[object]]


@dataclass(frozen=True, slots=True)
class Opening:
    """What an engine reads.

    Attributes:
        engine: "duckdb" or "spark".
        format: "parquet", "csv" or "jsonl".
        paths: the files; for Spark also a folder or an address of its file systems.
        header, header_lines: what the columns of a CSV file are called from here on, and the lines that their own
            names take up; read by the parent for DuckDB.
        delimiter: what stands between the cells of a CSV file.
        scratch: a folder of its own, for what does not fit into memory.
        memory: its limit, in MiB.
        threads: at most.
        master: Spark's.
    """

    engine: str
    format: str
    paths: tuple[str, ...]
    scratch: str
    header: tuple[str, ...] = ()
    header_lines: int = 0
    delimiter: str = ","
    memory: int = 2048
    threads: int = 2
    master: str = "local[*]"


class Backend(Protocol):
    """An engine with a table open in it: the view `source`, and `numbered`, which adds `FILE_COLUMN` and `ROW_COLUMN`
    (from 0) where they are known."""

    def columns(self) -> Sequence[tuple[str, str]]:
        """Name and type of the columns of `source`, the type in the engine's words, in lower case."""

    def answer(self, sql: str) -> Iterator[Piece]:
        """The rows of a statement, piece by piece."""

    def tallies(self, sql: str, keys: int) -> Iterator[Piece]:
        """The rows of a statement whose first `keys` columns say the run.

        First the runs, one piece of those columns; then the other columns with the run's number (from 0) in front of
        them, by run and by the column after the keys.
        """

    def hashes(self) -> Sequence[tuple[str, str]]:
        """Address and sha256 of every file that was opened, where only the engine can read them."""

    def done(self) -> float:
        """How much of the running statement is done, 0 to 1; -1 where that is not known."""

    def close(self) -> None:
        """Gives up what it holds."""


class BackendError(Exception):
    """What an engine said against a statement, in its own words."""


PROGRAM = "from auditor.readers.tables.session import serve; serve()"
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


class Session(ABC):
    """A table open in an engine, as a context. Raises TableError, or BackendError with the engine's words."""

    @abstractmethod
    def __enter__(self) -> Session:
        """Opens the table."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it, whatever happened."""

    @abstractmethod
    def _ask(self, request: dict[str, object]) -> Iterator[Piece]:
        """The pieces that answer a request."""

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


class LocalSession(Session):
    """A table open in this process: for small files of text, which cannot take much memory or time.

    Raises BackendError with what the engine said against opening the table or against a statement.
    """

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._backend: Backend | None = None

    def __enter__(self) -> LocalSession:
        self._backend = _open_backend(self._opening)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._backend is not None:
            self._backend.close()

    def _ask(self, request: dict[str, object]) -> Iterator[Piece]:
        assert self._backend is not None
        return _pieces(request, self._backend)


class ProcessSession(Session):
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

    def __enter__(self) -> ProcessSession:
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
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
        self._stderr.close()

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
            subject = f"is not read after {self._seconds:,.0f} seconds"
            return TableError(subject, where=self._where, remedy="split the table by run")
        self._process.wait()
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - MAX_STDERR_BYTES))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        code = self._process.returncode
        how = f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        subject = f"the reading process {how}{f' ({lines[-1]:.200})' if lines else ''}"
        return TableError(
            subject, where=self._where, remedy="the table is damaged, or larger than this machine can count"
        )

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


# The reading process.


PROGRESS_SECONDS = 0.5


class AnswerWriter:
    """Lines for the parent, from whichever thread."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def write_line(self, **members: object) -> None:
        """One line. A parent that is gone ends the process."""
        with self._lock:
            try:
                self._out.write(json.dumps(members, default=str) + "\n")
                self._out.flush()
            except OSError:
                os._exit(1)


def serve() -> None:
    """Answers the parent process until it is gone."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a library prints is no answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    answers = AnswerWriter(out)
    opening = json.loads(sys.stdin.readline())
    try:
        backend = _open_backend(Opening(**opening | {name: tuple(opening[name]) for name in ("paths", "header")}))
    except BackendError as error:
        answers.write_line(error=str(error))
        os._exit(0)
    answers.write_line(end=True)
    for line in sys.stdin:
        _serve(json.loads(line), backend, answers)
    # A Java gateway does not end by itself.
    out.flush()
    os._exit(0)


def _open_backend(opening: Opening) -> Backend:
    if opening.engine == "spark":
        from auditor.readers.tables.spark_backend import SparkBackend

        return SparkBackend(opening)
    from auditor.readers.tables.duckdb_backend import DuckdbBackend

    return DuckdbBackend(opening)


def _serve(request: dict[str, object], backend: Backend, answers: AnswerWriter) -> None:
    ended = threading.Event()
    watch = threading.Thread(target=_report_progress, args=(backend, answers, ended), daemon=True)
    watch.start()
    try:
        for piece in _pieces(request, backend):
            answers.write_line(piece=piece)
        answers.write_line(end=True)
    except Exception as error:  # whatever an engine or its gateway raises is its answer
        answers.write_line(error=str(error) or type(error).__name__)
    finally:
        ended.set()
        watch.join()


def _pieces(request: dict[str, object], backend: Backend) -> Iterator[Piece]:
    if "keys" in request:
        return backend.tallies(str(request["sql"]), int(str(request["keys"])))
    if "sql" in request:
        return backend.answer(str(request["sql"]))
    pairs = backend.columns() if "columns" in request else backend.hashes()
    return iter([_columns(pairs)])


def _columns(pairs: Iterable[tuple[str, str]]) -> Piece:
    return [list(column) for column in zip(*pairs, strict=True)] or [[], []]


def _report_progress(backend: Backend, answers: AnswerWriter, ended: threading.Event) -> None:
    while not ended.wait(PROGRESS_SECONDS):
        answers.write_line(done=backend.done())
