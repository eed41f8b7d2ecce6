"""The pages of the documentation, and their links and headings, as a Markdown parser reads them."""

from __future__ import annotations

import functools
import itertools
import re
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_PARSER = MarkdownIt("commonmark").enable("table")


@functools.cache
def all_pages() -> tuple[Path, ...]:
    """Every Markdown page of the site: those at the root, in docs/ and in benchmarks/, sorted."""
    pages = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))
    return (*pages, *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "benchmarks").rglob("*.md")))


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead, in their order, as they are written."""
    inline = [child for token in _PARSER.parse(_text(page)) for child in token.children or ()]
    found = [
        child.attrs.get("href", child.attrs.get("src")) for child in inline if child.type in ("link_open", "image")
    ]
    return [str(target) for target in found]


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """What a link can name behind its #: the headings of a page, as GitHub and the site spell them."""
    tokens = _PARSER.parse(_text(page))
    titles = [after.content for token, after in itertools.pairwise(tokens) if token.type == "heading_open"]
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
