"""The entry point of `auditor` and of `python -m auditor`."""

from __future__ import annotations

import gc
import io
import sys

from auditor import __version__


def main() -> None:
    """Runs the command line and exits with its code; a client's hook is answered without it where that is safe."""
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


if __name__ == "__main__":
    main()
