"""Every output that README and documentation show is what the commands print; AUDITOR_REFRESH=1 records them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, all_pages
from tests.docs.recorder import has_commands, record
from tests.snapshots import assert_as_written

SHOWN = [page for page in all_pages() if has_commands(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    assert_as_written(page, record(page.read_text(encoding="utf-8"), tmp_path))


def test_the_walk_shows_what_it_is_for() -> None:
    """Refused on a client twice and at the server once; let through at both; no folder of any machine in it."""
    page = (DOCS / "how-to/walk.md").read_text(encoding="utf-8")
    assert page.count("\nblocked: 1 patch") == 2 and page.count("\nremote: blocked: 1 patch") == 1
    assert "pre-receive hook declined" in page and page.count("pass: 1 patch") == 3
    assert "/tmp" not in page


def test_output_stands_below_a_command_only(tmp_path: Path) -> None:
    page = "```console\n~$ printf 'a\\n%s\\n' b\nold\n~$ cat <<'E'\n> two\n>\n> E\n```\n\n```console\n$ typed\n```\n"
    again = (
        "```console\n~$ printf 'a\\n%s\\n' b\na\nb\n~$ cat <<'E'\n> two\n>\n> E\ntwo\n```\n\n```console\n$ typed\n```\n"
    )
    assert record(page, tmp_path) == again


def test_what_is_hidden_is_run_too(tmp_path: Path) -> None:
    page = "<!--\n~$ mkdir here && false\n-->\n\n```console\n~/here$ ls ..; exit 3\n```\n"
    assert record(page, tmp_path) == page.replace("exit 3\n", "exit 3\nbin\nhere\n(exit 3)\n")
