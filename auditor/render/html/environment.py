"""What every page is made with: all text escaped, what is hidden in it written out, no name left undefined."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditor.render.escape import escape_terminal

_TEMPLATES = Path(__file__).parent / "templates"
_SPACES = re.compile(r"(\s+)")


def page_environment() -> Environment:
    """Jinja, strict."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )


def page_style(*names: str) -> tuple[Markup, str]:
    """Style sheets as one, and its sha256 in base64, which the page's policy allows; nothing else."""
    style = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    return Markup(style), base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def escape_visible(text: str) -> str:
    """As `escape_terminal`, with spaces as they are."""
    if text.isprintable():
        return text
    return "".join(part if part.isspace() else escape_terminal(part) for part in _SPACES.split(text))


def picture_label(text: str, most: int) -> str:
    """A name in a picture, in at most so many characters: what is hidden written out, of a long one the beginning."""
    visible = escape_visible(text)
    return visible if len(visible) <= most else f"{visible[: most - 1]}…"


def _visible(value: object) -> object:
    """Control, bidirectional and invisible characters of any text are written out; markup of our own is as it is."""
    return escape_visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
