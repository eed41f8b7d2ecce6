"""The pages of `auditor view`: each with a menu, the pages before and after it, one style sheet, and one small script.

Everything is read from files, without a server or a request. The script, which sorts and filters tables and knows a few
keys, stands in each page, and its hash in the page's policy: nothing else can run. Without it every page reads the
same.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from auditor.document.addresses import MENU, SEARCH
from auditor.document.view import View, view_pages
from auditor.render.html.environment import page_style
from auditor.render.html.report import blocks_html, report_environment

STYLE = "view.css"
_SCRIPT = Path(__file__).parent / "templates" / "view.js"


def view_html(view: View) -> Iterator[tuple[str, str]]:
    """Every file of the pages: its name and text; the same view gives the same bytes."""
    style, _ = page_style("style.css", "view.css")
    yield STYLE, str(style)
    environment = report_environment()
    script = _SCRIPT.read_text(encoding="utf-8")
    environment.globals.update(
        menu=MENU,
        search=SEARCH,
        style_name=STYLE,
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=view.audit.auditor_version,
        day=str(view.day),
    )
    template = environment.get_template("view.html")
    for page in view_pages(view):
        yield page.name, template.render(page=page, body=blocks_html(page.blocks, environment))
