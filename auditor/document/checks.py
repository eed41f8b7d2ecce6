"""The catalogue of checks, and the page of a check, as blocks: pages of `checks.catalogue` come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.checks.catalogue import Page
from auditor.checks.interface import HEADINGS, Case, Clear, TextCase, Undecided, ValueCase
from auditor.document.blocks import Block, Heading, Paragraph, Span, Style, Table, grid, plain
from auditor.model.finding import Finding

OUTCOMES = {Finding: "fires", Clear: "is clear", Undecided: "is undecided"}


def catalogue_table(pages: Sequence[Page]) -> Table:
    """Every check on a line: code, severity, scope, name, title."""
    return grid(
        (
            plain(check.code, Style.STRONG),
            *map(plain, (str(check.severity), str(check.scope), check.name, check.title)),
        )
        for check in (page.check for page in pages)
    )


def check_blocks(page: Page) -> Iterator[Block]:
    """A check's page: its text under the four headings, then its examples."""
    check = page.check
    subject = Span(f"{check.severity}, {check.scope}", Style.QUIET)
    yield Paragraph((Span(check.code, Style.STRONG), Span(f"  {check.name}  "), subject))
    yield Paragraph(plain(f"{check.title}."))
    for heading in HEADINGS:
        yield Heading(2, plain(heading))
        yield Paragraph(plain(page.sections[heading]))
    yield Heading(2, plain("Examples"))
    yield grid((plain(case.title), plain(case_setting(case)), plain(OUTCOMES[case.expect])) for case in check.cases)


def case_setting(case: Case | TextCase | ValueCase) -> str:
    """What a case is about: counts before and after, or texts; nothing where its title says it all."""
    if isinstance(case, ValueCase):
        return ""
    if isinstance(case, TextCase):
        before, after = (" / ".join(text.split("\n\n")) for text in (case.before, case.after))
        return f'"{before}" -> "{after}"'
    without = (
        "without change {}: test {}, held-out {}".format(number, *counts.split(", "))
        for number, counts in enumerate(case.ablations, 1)
    )
    return "; ".join([f"test {case.test}", *(f"held-out {name}" for name in case.held_out), *without])
