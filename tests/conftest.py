"""What holds for every test."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that hashes prompts says with which key; one that is set here would hash those of all others."""
    monkeypatch.delenv("AUDITOR_PROMPT_KEY_FILE", raising=False)
