"""The pages of the view in a real browser, where there is one: their script runs under their policy."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Auditor
from tests.repos import GitRepo

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed (make sweep has more of this)")
def test_the_script_of_a_page_runs_and_its_style_sheet_is_read(
    auditor: Auditor, judged: GitRepo, tmp_path: Path
) -> None:
    assert auditor("view", "--repo", judged.path, "-o", tmp_path / "pages").code == 0
    page = (tmp_path / "pages" / "search.html").as_uri()
    call = (str(BROWSER), *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page)
    dom = subprocess.run(call, capture_output=True, text=True, timeout=120, check=True)
    assert 'aria-label="Filter the rows of this table"' in dom.stdout
    assert "Refused to" not in dom.stderr and "violates the following" not in dom.stderr
