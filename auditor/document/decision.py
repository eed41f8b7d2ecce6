"""A gate's decision as blocks: a card for each entry, worst first, every waiver, the outcome last.

`entry_subject` and `summarise_outcome` are what the formats of other tools print of it as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.document.audit import patch_name
from auditor.document.blocks import Block, Card, Commands, Heading, Line, Paragraph, Span, Style, plain
from auditor.document.ledger import waiver_blocks
from auditor.gate.decision import Decision
from auditor.model.finding import Finding, Level, Subject
from auditor.model.numbers import count_noun, join_counts, short_id
from auditor.model.spec import Patch

_STYLES = {Level.BLOCKED: Style.ACCUSED, Level.MISSING: Style.ACCUSED, Level.WARNING: Style.CAUTION}
_WAIVABLE_LEVELS = (Level.BLOCKED, Level.MISSING)
_MAX_RECORDS = 3
_OUTCOMES = {0: "pass", 1: "blocked", 3: "evidence missing"}


def decision_title(decision: Decision) -> Heading:
    """How it ended, for a format that begins with a title."""
    return Heading(2, plain(f"auditor gate: {summarise_outcome(decision)[0]}"))


def decision_blocks(decision: Decision) -> Iterator[Block]:
    """The decision, finding by finding, worst first, and its outcome on the last line."""
    patches = {patch.id: patch for patch in decision.judged}
    several = len({patch.spec for patch in decision.judged}) > 1
    levelled = [finding for level in Level for finding in decision.findings if finding.level is level]
    waivable = [finding for finding in levelled if finding.level in _WAIVABLE_LEVELS]
    yield from (_finding_card(finding, patches, several, decision.store) for finding in waivable)
    rest = [finding for finding in levelled if finding not in waivable]
    if waivable and rest:
        yield Heading(3, plain("Also found"))
    yield from (_finding_card(finding, patches, several, decision.store) for finding in rest)
    yield from waiver_blocks(decision.waivers)
    yield Paragraph(plain(": ".join(summarise_outcome(decision)), Style.STRONG))


def _finding_card(finding: Finding, patches: dict[str, Patch], several: bool, store: str) -> Card:
    heading, why = _finding_heading(finding, patches, several), finding.rates or finding.message
    blocks: list[Block] = []
    if heading:
        blocks.append(Paragraph(plain(why)))
    if finding.waiver:
        blocks.append(Paragraph(plain(f"waived by {finding.waiver}")))
    if finding.remedy:
        blocks.append(Paragraph(plain(f"to unblock: {finding.remedy.text}")))
        if finding.remedy.commands:
            blocks.append(Commands(finding.remedy.commands))
    if finding.level in _WAIVABLE_LEVELS and finding.fingerprint:
        text = f"to waive: first commit {store}/waivers/NAME.toml on the base, with these lines"
        blocks += [Paragraph(plain(text)), Commands(_waiver_lines(finding))]
    style = _STYLES.get(finding.level, Style.QUIET) if finding.level else Style.QUIET
    return Card((Span(str(finding.level), style), Span("  "), *(heading or plain(why))), tuple(blocks))


def _waiver_lines(finding: Finding) -> tuple[str, ...]:
    """The lines of a waiver's file; the days and names are for whoever grants it."""
    patch = (f'patch = "{short_id(finding.subject.patches[0])}"',) if finding.subject.patches else ()
    named = f'check = "{finding.code}"', f'fingerprint = "{finding.fingerprint}"', *patch
    return *named, 'reason = "WHY"', 'who = "WHO"', "granted = YYYY-MM-DD", "until = YYYY-MM-DD  # at most a year later"


def _finding_heading(finding: Finding, patches: dict[str, Patch], several: bool) -> Line:
    """What it is about, on one line; nothing for what concerns the whole landing."""
    subject = finding.subject
    named = ", ".join(
        patch_name(patches[name]) if name in patches else f"patch {short_id(name)}" for name in subject.patches
    )
    records = ", ".join(short_id(name) for name in finding.evidence[:_MAX_RECORDS])
    more = ", …" if len(finding.evidence) > _MAX_RECORDS else ""
    spec = f"spec {subject.spec}" if subject.spec and (several or not named) else ""
    parts = (spec, named, _measured(subject), f"record {records}{more}" if records else "")
    about = ", ".join(part for part in parts if part)
    rule = f"{finding.code} {finding.name}" if finding.name else finding.code
    if not about and not finding.name:
        return ()
    is_waivable = finding.level in _WAIVABLE_LEVELS
    place = f" ({finding.place.path}:{finding.place.line})" if finding.place else ""
    heading = Span((f"{about}: {rule}" if about else rule) + place, Style.STRONG if is_waivable else Style.PLAIN)
    return (heading, Span(f"  [{finding.fingerprint}]" if is_waivable else "", Style.QUIET))


def _measured(subject: Subject) -> str:
    return f"{subject.behaviour} of {subject.model}" if subject.behaviour else ""


def subject_text(subject: Subject, patches: dict[str, Patch]) -> str:
    """What a finding is about, without its rule; "the landing" for what concerns all of it."""
    named = ", ".join(patch_name(patches[name]) for name in subject.patches if name in patches)
    spec = f"spec {subject.spec}" if subject.spec and not named else ""
    return ", ".join(part for part in (spec, named, _measured(subject)) if part) or "the landing"


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
    text = f"{patches} in {short_id(decision.base)}..{short_id(decision.head)}"
    return _OUTCOMES[decision.exit_code], f"{text} ({counts})" if counts else text
