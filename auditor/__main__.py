"""The entry point of `auditor` and of `python -m auditor`."""

from __future__ import annotations

import gc
import io
import os
import sys

from auditor import __version__


def main() -> None:
    """Runs the command line and exits with its code; a client's hook is answered without it where that is safe."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # The same bytes under every locale; a lone surrogate of a file name is written out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        try:  # a hook comes by here, and contextlib takes half as long to import as the interpreter to start
            sys.stdout.write(f"auditor, version {__version__}\n")  # as click has it, without click
            sys.stdout.flush()
            sys.exit(0)
        except OSError:  # nobody takes it, which the command line says
            pass
    if sys.argv[1:3] == ["gate", "--hook"]:
        from auditor import warm

        if warm.nothing_to_judge(sys.argv[1:], __version__):
            sys.exit(0)
    try:
        sys.exit(_run())
    except KeyboardInterrupt:  # outside of a command, while it is imported or ends
        sys.stderr.write("auditor: interrupted\n")
        sys.exit(130)


def _run() -> int:
    from auditor.cli.main import run

    # A long history is millions of objects that live to the end; to look through them for cycles again and again takes
    # a quarter of the time of its audit.
    gc.set_threshold(500_000)
    return run()


def _open_closed_streams() -> None:
    """A stream that was closed before is as one to the null device: a file opened later never takes its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # of the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main()
