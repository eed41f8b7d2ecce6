"""The catalogue and a check's page as blocks."""

from __future__ import annotations

from auditor.checks.catalogue import find_page, load_pages
from auditor.checks.interface import HEADINGS
from auditor.document.blocks import Heading, Table, text_of
from auditor.document.checks import catalogue_table, check_blocks


def test_the_catalogue_has_every_check_on_a_line() -> None:
    table = catalogue_table(load_pages())
    assert [text_of(row[0]) for row in table.rows] == [page.check.code for page in load_pages()]


def test_a_page_has_its_headings_and_an_example_for_each_case() -> None:
    page = find_page("SD101")
    assert page is not None
    blocks = list(check_blocks(page))
    assert [text_of(block.line) for block in blocks if isinstance(block, Heading)] == [*HEADINGS, "Examples"]
    [examples] = [block for block in blocks if isinstance(block, Table)]
    assert [text_of(cell) for cell in examples.rows[0]] == [
        "fall only on the test set",
        "test 80/400 -> 0/400; held-out 82/400 -> 80/400",
        "fires",
    ]
