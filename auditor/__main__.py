"""The entry point of `auditor` and of `python -m auditor`."""

from __future__ import annotations

import gc
import io
import sys


def main() -> None:
    """Runs the command line and exits with its code; a client's hook is answered without it where that is safe."""
    for stream in (sys.stdout, sys.stderr):
        # The same bytes under every locale; a lone surrogate of a file name is written out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.argv[1:3] == ["gate", "--hook"]:
        from auditor import __version__, warm

        if warm.nothing_to_judge(sys.argv[1:], __version__):
            sys.exit(0)
    from auditor.cli.main import run

    # A long history is millions of objects that live to the end; to look through them for cycles again and again takes
    # a quarter of the time of its audit.
    gc.set_threshold(500_000)
    sys.exit(run())


if __name__ == "__main__":
    main()
