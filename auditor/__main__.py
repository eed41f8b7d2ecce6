"""The entry point of `auditor` and of `python -m auditor`."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    from auditor.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
