"""Pieces of Markdown reports: tables, rates, names; every text of a spec or record is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.assess.facts import Change, Rate, Transfer
from auditor.audit import PatchEntry
from auditor.render.escape import markdown as text


def table(head: Sequence[str], rows: Iterable[Sequence[object]], without: str = "") -> Iterator[str]:
    """A table; `without` where it has no rows."""
    given = [" | ".join(map(str, row)) for row in rows]
    if not given:
        yield without
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {row} |" for row in given)


def listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading and a list; nothing where it is empty."""
    given = [f"- {text(line)}" for line in lines]
    if given:
        yield from ("", title, "", *given)


def name_of(entry: PatchEntry) -> str:
    """A patch's first line, or what it is called."""
    after = entry.facts.patch.after
    return text(after.subject or after.label or entry.facts.patch.id[:12])


def change(given: Change) -> str:
    """A rate before, and after with its limits and counts."""
    return f"{100 * given.before.rate:.1f} % to {rate(given.after)}"


def rate(given: Rate) -> str:
    """A rate with its limits and counts."""
    limits = f"{100 * given.low:.1f}, {100 * given.high:.1f}"
    return f"{100 * given.rate:.1f} % \\[{limits}\\] {given.misaligned}/{given.valid}"


def transfer(given: Transfer | None) -> str:
    """Transfer with its limits; an open end is said."""
    if given is None:
        return "undefined"
    ends = ["open" if end is None else f"{end:.2f}" for end in (given.low, given.high)]
    return f"{given.estimate:.2f} \\[{ends[0]}, {ends[1]}\\]"


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."
