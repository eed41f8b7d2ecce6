"""A gate's decision as blocks: a card for each entry, worst first, every waiver, the outcome last.

`entry_subject` and `summarise_outcome` are what the formats of other tools print of it as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.document.audit import patch_name
from auditor.document.blocks import Block, Card, Commands, Heading, Line, Paragraph, Span, Style, plain
from auditor.document.ledger import waiver_blocks
from auditor.gate.decision import Decision, Entry, Level
from auditor.model.numbers import count_noun, join_counts
from auditor.model.spec import Patch

_STYLES = {Level.BLOCKED: Style.ACCUSED, Level.MISSING: Style.ACCUSED, Level.WARNING: Style.CAUTION}
_WAIVABLE_LEVELS = (Level.BLOCKED, Level.MISSING)
_MAX_RECORDS = 3
_OUTCOMES = {0: "pass", 1: "blocked", 3: "evidence missing"}


def decision_title(decision: Decision) -> Heading:
    """How it ended, for a format that begins with a title."""
    return Heading(2, plain(f"auditor gate: {summarise_outcome(decision)[0]}"))


def decision_blocks(decision: Decision) -> Iterator[Block]:
    """The decision, entry by entry, worst first, and its outcome on the last line."""
    patches = {patch.id: patch for patch in decision.judged}
    several = len({patch.spec for patch in decision.judged}) > 1
    for level in Level:
        for entry in decision.entries:
            if entry.level is level:
                yield _entry_card(entry, patches, several)
    yield from waiver_blocks(decision.waivers)
    yield Paragraph(plain(": ".join(summarise_outcome(decision)), Style.STRONG))


def _entry_card(entry: Entry, patches: dict[str, Patch], several: bool) -> Card:
    heading, why = _entry_heading(entry, patches, several), entry.rates or entry.why
    blocks: list[Block] = []
    if heading:
        blocks.append(Paragraph(plain(why)))
    if entry.waiver:
        blocks.append(Paragraph(plain(f"waived by {entry.waiver}")))
    if entry.remedy:
        blocks.append(Paragraph(plain(f"to unblock: {entry.remedy.text}")))
        if entry.remedy.commands:
            blocks.append(Commands(entry.remedy.commands))
    level = Span(str(entry.level), _STYLES.get(entry.level, Style.QUIET))
    return Card((level, Span("  "), *(heading or plain(why))), tuple(blocks))


def _entry_heading(entry: Entry, patches: dict[str, Patch], several: bool) -> Line:
    """What it is about, on one line; nothing for what concerns the whole landing."""
    measured = f"{entry.behaviour} of {entry.model or ''}" if entry.behaviour else ""
    named = ", ".join(patch_name(patches[name]) if name in patches else f"patch {name[:8]}" for name in entry.patches)
    records = ", ".join(name[:12] for name in entry.records[:_MAX_RECORDS])
    more = ", …" if len(entry.records) > _MAX_RECORDS else ""
    spec = f"spec {entry.spec}" if entry.spec and (several or not named) else ""
    about = ", ".join(part for part in (spec, named, measured, f"record {records}{more}" if records else "") if part)
    rule = f"{entry.rule} {entry.name}" if entry.name else entry.rule
    if not about and not entry.name:
        return ()
    held = entry.level in _WAIVABLE_LEVELS
    place = f" ({entry.place.path}:{entry.place.line})" if entry.place else ""
    heading = Span((f"{about}: {rule}" if about else rule) + place, Style.STRONG if held else Style.PLAIN)
    return (heading, Span(f"  [{entry.fingerprint}]" if held else "", Style.QUIET))


def entry_subject(entry: Entry, patches: dict[str, Patch]) -> str:
    """What an entry is about, without its rule; "the landing" for what concerns all of it."""
    measured = f"{entry.behaviour} of {entry.model or ''}" if entry.behaviour else ""
    named = ", ".join(patch_name(patches[name]) for name in entry.patches if name in patches)
    spec = f"spec {entry.spec}" if entry.spec and not named else ""
    return ", ".join(part for part in (spec, named, measured) if part) or "the landing"


def summarise_outcome(decision: Decision) -> tuple[str, str]:
    """How it ended, in a word; and what was judged, with what it came to."""
    counts = join_counts(
        (
            (len(decision.blocked), "blocked"),
            (len(decision.missing), "missing"),
            (len(decision.warnings), "with a warning"),
            (len(decision.waived), "waived"),
            (len(decision.notices), "noted"),
        )
    )
    patches = count_noun(len(decision.judged), "patch", "es")
    text = f"{patches} in {decision.base[:12]}..{decision.head[:12]}"
    return _OUTCOMES[decision.exit_code], f"{text} ({counts})" if counts else text
