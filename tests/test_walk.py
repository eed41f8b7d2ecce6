"""The recorded walk in the documentation is what the commands print."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.walk import PAGE, recorded


@pytest.mark.skipif(not os.environ.get("AUDITOR_SLOW"), reason="AUDITOR_SLOW=1 records it anew, as make sweep does")
def test_a_new_recording_is_the_page(tmp_path: Path) -> None:
    assert recorded(tmp_path) == PAGE.read_text(encoding="utf-8")


def test_the_page_shows_what_it_is_for() -> None:
    """Refused on a client twice and at the server once; let through at both; no folder of any machine in it."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("\nblocked: 1 patch") == 2 and page.count("\nremote: blocked: 1 patch") == 1
    assert "pre-receive hook declined" in page and page.count("pass: 1 patch") == 4
    assert "/tmp" not in page and str(Path.home()) not in page
