"""The reading process: `python -P -m auditor.readers.tables.process`, JSON lines in, JSON lines out.

The first line is an `Opening`; then every line is a request: {"sql": ...}, {"sql": ..., "keys": n}, {"columns": true}
or {"hashes": true}. Each answer is any number of {"piece": ...} and {"done": ...} lines, then {"end": true} or
{"error": ...}. It ends when its input does, or when nobody reads what it writes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TextIO

from auditor.readers.tables.backend import Backend, BackendError, Opening, Piece

PROGRESS_SECONDS = 0.5


class AnswerWriter:
    """Lines for the parent, from whichever thread."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def write_line(self, **said: object) -> None:
        """One line. A parent that is gone ends the process."""
        with self._lock:
            try:
                self._out.write(json.dumps(said, default=str) + "\n")
                self._out.flush()
            except OSError:
                os._exit(1)


def main() -> None:
    """Serve one parent."""
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
    # A Java gateway has no manners at the door.
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


if __name__ == "__main__":
    main()
