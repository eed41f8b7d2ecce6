"""The catalogue: every check there is, with its page, found by walking this folder."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from dataclasses import dataclass

from auditor import checks
from auditor.checks.interface import HEADINGS, Check

# Checks by the name that version 1 had for them, with their present name; docs/how-to/migration.md lists them.
FIRST_NAMES = {
    "standing-gap": "open-gap",
    "twins-apart": "twins-diverged",
    "held-out-worn": "held-out-overused",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A check with the text of its page, by heading."""

    check: Check
    sections: dict[str, str]


@functools.cache
def load_pages() -> tuple[Page, ...]:
    """Every check with its page, by code."""
    pages = []
    for module_info in pkgutil.iter_modules(checks.__path__):
        module = importlib.import_module(f"{checks.__name__}.{module_info.name}")
        check = getattr(module, "CHECK", None)
        if isinstance(check, Check):
            pages.append(Page(check, split_sections(inspect.getdoc(module) or "")))
    return tuple(sorted(pages, key=lambda page: page.check.code))


def split_sections(text: str) -> dict[str, str]:
    """The paragraphs of a page under its headings; a heading is a line of its own."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.strip() in HEADINGS:
            current = sections.setdefault(line.strip(), [])
        else:
            current.append(line.strip())
    return {heading: " ".join(" ".join(lines).split()) for heading, lines in sections.items()}


def all_checks() -> tuple[Check, ...]:
    """Every check, by code."""
    return tuple(page.check for page in load_pages())


def find_page(name: str) -> Page | None:
    """The page of the check of that code or name, a name of version 1 too; None for what is none."""
    present = FIRST_NAMES.get(name, name)
    return next((page for page in load_pages() if present in (page.check.code, page.check.name)), None)


def find_check(code: str) -> Check | None:
    """The check of that code; None for what is none."""
    return next((check for check in all_checks() if check.code == code), None)
