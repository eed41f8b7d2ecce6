"""The entry point of `auditor` and of `python -m auditor`."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    from auditor.cli.main import run

    for stream in (sys.stdout, sys.stderr):
        # The same bytes under every locale; a lone surrogate of a file name is written out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run())


if __name__ == "__main__":
    main()
