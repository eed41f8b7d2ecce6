"""tests.cli: Ctrl-C"""

from __future__ import annotations

import os
from pathlib import Path

from tests.processes import auditor


def test_ctrl_c_ends_with_130_and_one_line(tmp_path: Path) -> None:
    """A git that interrupts whoever calls it stands for a person who does."""
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\nkill -INT $PPID\nexec sleep 60\n")
    git.chmod(0o755)
    (tmp_path / "spec.md").write_text("Be kind.\n")
    ended = auditor("audit", "--spec", "spec.md", cwd=tmp_path, PATH=f"{git.parent}{os.pathsep}{os.environ['PATH']}")
    assert ended.code == 130
    assert ended.out == b""
    assert ended.err.split() == ["auditor:", "interrupted"]


def test_version_is_said_without_click() -> None:
    assert auditor("--version").out == auditor("--color", "never", "--version").out
