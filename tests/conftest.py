"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.checks import catalogue
from auditor.checks.catalogue import load_pages
from tests.golden.extract import CATALOGUE


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that hashes prompts says with which key; one that is set here would hash those of all others."""
    monkeypatch.delenv("AUDITOR_PROMPT_KEY_FILE", raising=False)


@pytest.fixture(scope="session", autouse=True)
def _fixed_catalogue() -> Iterator[None]:
    """Tests run with the checks that the golden knows: a check that is added moves no expected output of others."""
    pages = tuple(page for page in load_pages() if page.check.code in CATALOGUE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "load_pages", lambda: pages)
        yield


@pytest.fixture(scope="module")
def whole_catalogue() -> Iterator[None]:
    """Every check there is: for tests of the catalogue, and of checks that the golden does not know."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "load_pages", load_pages)
        yield
