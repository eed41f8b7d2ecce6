"""Every link leads somewhere, and the table of contents names every page once. Needs no generator."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, all_pages, anchors, links


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def targets(page: Path) -> list[tuple[Path, str]]:
    """The files that a page links to, each with what stands behind its #; addresses left out."""
    split = [link.partition("#") for link in links(page) if "://" not in link and not link.startswith("mailto:")]
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in split]


@pytest.mark.parametrize("page", all_pages(), ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in targets(page):
        assert target.exists() and target.is_relative_to(ROOT), f"{relative(page)} links to {target}, which is missing"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{relative(page)} links to {relative(target)}#{anchor}"


def test_the_table_of_contents_names_every_page_once() -> None:
    """Each page of docs/ stands in docs/index.md, or in the index.md of its folder."""
    contents = DOCS / "index.md"
    for index in sorted(DOCS.rglob("index.md")):
        counts = Counter(target for target, _ in targets(index) if target.suffix == ".md")
        pages = {page for page in DOCS.rglob("*.md") if nearest_index(page) == index}
        assert pages <= counts.keys(), f"{relative(index)} lacks {sorted(map(relative, pages - counts.keys()))}"
        assert all(counts[page] == 1 for page in pages)
    assert contents.exists()


def nearest_index(page: Path) -> Path | None:
    """The table of contents that a page belongs to: that of its folder, or of the nearest folder above."""
    start = page.parent.parent if page.name == "index.md" else page.parent
    folders = (folder for folder in (start, *start.parents) if folder.is_relative_to(DOCS))
    return next((folder / "index.md" for folder in folders if (folder / "index.md").exists()), None)


def test_no_page_of_the_site_is_written_for_one_machine() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")):
        assert str(Path.home()) + "/" not in page.read_text(encoding="utf-8"), relative(page)
