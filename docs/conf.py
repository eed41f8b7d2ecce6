"""How `make docs` builds the site: Sphinx reads the Markdown pages of this repository as they stand.

What comes in: README.md (the home page), docs/, the results in benchmarks/, CONTRIBUTING.md and CHANGELOG.md. What goes
out: HTML that needs no network. docs/index.md is the table of contents; in an `index.md` further down, the links are
its pages. Links are checked by `sphinx-build -W`.
"""

import re
import shutil
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

project = "auditor"
author = "the authors of auditor"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md", "benchmarks/**.md"]
exclude_patterns = [".venv", "build", "tests", "auditor", "specs", "eval_history", "docs/schemas"]
myst_heading_anchors = 4
smartquotes_action = "qe"  # quotes and ellipses; two dashes are those of an option
html_theme = "furo"
html_title = "auditor"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
pygments_style = "friendly"
suppress_warnings = ["toc.not_included"]  # pages of benchmarks/ that others link to; tests/docs holds docs/ complete

CONTENTS = "docs/index"
_ENTRY = re.compile(r"^## (?P<caption>.+)$|^\s*(?:- |\| )\[(?P<title>[^\]]+)\]\((?P<page>[^)#:]+)\.md\)", re.MULTILINE)
_REMOTE = re.compile(
    r"""<(?:script|img|iframe|link(?=[^>]*(?:stylesheet|preload|font)))[^>]*(?:src|href)=["'](?:https?:)?//[^"']*"""
)


def toctrees(contents: str, folder: PurePosixPath, *, captions: bool) -> str:
    """The pages that a table of contents links to, as Sphinx asks for them: a hidden list for each heading.

    Args:
        contents: Markdown with headings of the second level, and lists or tables whose first words are a link.
        folder: where `contents` stands, from the root of the repository.
        captions: whether headings become captions of the side bar.
    """
    lists: dict[str, list[str]] = {}
    caption = ""
    for entry in _ENTRY.finditer(contents):
        if entry["caption"]:
            caption = entry["caption"] if captions else ""
        else:
            lists.setdefault(caption, []).append(f"{entry['title']} </{folder / entry['page']}>")
    return "".join(
        "\n\n```{toctree}\n:hidden:\n" + (f":caption: {name}\n" if name else "") + "\n" + "\n".join(pages) + "\n```\n"
        for name, pages in lists.items()
    )


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Puts the table of contents at the end of the home page, and of each index its pages."""
    path = PurePosixPath(page)
    if page == root_doc:
        contents = Path(app.srcdir, f"{CONTENTS}.md").read_text(encoding="utf-8")
        source[0] += toctrees(contents, PurePosixPath("docs"), captions=True)
    elif path.name == "index" and page != CONTENTS:
        source[0] += toctrees(source[0], path.parent, captions=False)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Copies the home page to where a browser looks for it, and holds that no page loads anything from elsewhere."""
    if error is not None:
        return
    shutil.copyfile(Path(app.outdir, "README.html"), Path(app.outdir, "index.html"))
    for page in Path(app.outdir).rglob("*.html"):
        if remote := _REMOTE.search(page.read_text(encoding="utf-8")):
            raise ExtensionError(f"{page.name} loads something from elsewhere: {remote[0]}")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_contents)
    app.connect("build-finished", finish)
