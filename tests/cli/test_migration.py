"""What version 1 spelled otherwise is still understood, and the page of old and new is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.checks.catalogue import FIRST_NAMES, all_checks
from auditor.cli.main import FIRST_COMMANDS, FIRST_OPTIONS, translate_first_spellings
from auditor.model.finding import FIRST_WORDS
from tests.cli.conftest import Auditor

PAGE = Path(__file__).parents[2] / "docs/how-to/migration.md"


def test_the_page_has_every_renaming() -> None:
    rows = {f"| `{first}` | `{present}` |" for present, first in FIRST_WORDS.items()}
    rows |= {f"| `auditor {' '.join(first)}` | `auditor {' '.join(now)}` |" for first, now in FIRST_COMMANDS.items()}
    rows |= {f"| `auditor {verb} {first}` | `auditor {verb} {now}` |" for (verb, first), now in FIRST_OPTIONS.items()}
    codes = {check.name: check.code for check in all_checks()}
    rows |= {f"| {codes[now]} | `{first}` | `{now}` |" for first, now in FIRST_NAMES.items()}
    assert rows <= set(PAGE.read_text().splitlines())


@pytest.mark.parametrize(
    ("first", "present"),
    [
        ("run begin --suite s", "preregister --suite s"),
        ("hook remove", "hook uninstall"),
        ("audit A..B --today=2026-01-01 --logs l", "audit A..B --as-of=2026-01-01 --rederive l"),
        ("verify --against root --logs l", "verify --checkpoint root --logs l"),
        ("gate -- --today", "gate -- --today"),
        ("ingest --today", "ingest --today"),
        ("", ""),
    ],
)
def test_first_spellings_are_translated(first: str, present: str) -> None:
    assert translate_first_spellings(first.split()) == present.split()


def test_a_command_line_of_version_1_runs(tmp_path: Path, auditor: Auditor) -> None:
    said = auditor("verify", "--repo", tmp_path, "--against", "nothing")
    assert said.code == 2
    assert "no such option" not in said.err.lower()
