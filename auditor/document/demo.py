"""Where to look next after the demonstration, as blocks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from auditor.document.blocks import Block, Commands, Heading, Note, Paragraph, plain
from auditor.model.numbers import short_id


def next_step_blocks(folder: str, commit: str, suspected: str, report: str) -> Iterator[Block]:
    """The demonstration's repository, its report, and commands; `suspected` is the commit of a flagged patch."""
    where, page = shlex.quote(folder), shlex.quote(report)
    yield Heading(2, plain("Where to look next"))
    yield Paragraph(
        plain(
            f"The demonstration is a git repository in {folder} (HEAD {short_id(commit)}). "
            "Its truth is simulated and known."
        )
    )
    for reason, command in (
        ("Every patch in full, not only those that are flagged:", f"auditor audit --repo {where} --verbose"),
        (
            "What the gate says of the last three commits:",
            f"auditor gate --repo {where} --base HEAD~3",
        ),
        ("One patch, clause by clause:", f"auditor show --repo {where} {suspected}"),
        ("Every number of its report, computed again:", f"auditor verify --repo {where} --report {page}"),
        ("All of it as pages to walk through, in a browser:", f"auditor view --repo {where}"),
        ("The rule behind the first finding:", "auditor checks SD101"),
    ):
        yield Note(plain(reason))
        yield Commands((command,))
    yield Paragraph(plain(f"The report of its last quarter, for a browser: {report}"))
