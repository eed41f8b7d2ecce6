"""The reference pages are what the code gives, and no page is left of what the code has no longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.pages import DOCS
from tests.docs.reference import MADE, reference_pages
from tests.snapshots import assert_as_written


@pytest.fixture(scope="module")
def pages(whole_catalogue: None) -> dict[str, str]:
    return reference_pages()


def test_the_reference_is_what_the_code_gives(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        assert_as_written(DOCS / path, text)


def test_no_page_is_left_over(pages: dict[str, str]) -> None:
    for file in written():
        assert file in pages, f"docs/{file} is made by nothing: remove it, or add it to tests/docs/reference.py"


def written() -> Iterator[str]:
    """The generated pages and the schemas that are there; pages that a person wrote lack the line that says so."""
    files = (file for folder in ("reference", "schemas") for file in (DOCS / folder).rglob("*") if file.is_file())
    yield from (
        file.relative_to(DOCS).as_posix() for file in files if file.suffix == ".json" or MADE in file.read_text()
    )
