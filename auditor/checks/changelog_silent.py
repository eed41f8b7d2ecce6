"""The change log does not mention a normative change.

What it looks for
Sections in which the patch tightens or relaxes a rule, where none of the lines it adds to the change log names the
section or shares its telling words.

Why it matters
A change log is what readers trust instead of the diff. "A few other small changes" is where a rule can change unseen.

What to do
Add a line that names the section and says what changed for the model.

What it cannot see
A line that mentions the section and misdescribes the change. Whether a mention in other words is meant for it. A change
log that was not configured, and that hardly any patch of the spec touches, is a product's: its silence says nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from auditor.assess.text import PatchText
from auditor.checks.interface import (
    Clear,
    TextCase,
    TextCheck,
    TextOutcome,
    Undecided,
    describe_event,
    place_of,
    quote_some,
    unless_unread,
)
from auditor.clauses.deontic import NORMATIVE_DIRECTIONS
from auditor.clauses.ngrams import normalised_words, stem
from auditor.clauses.text_events import TextEvent, TextEventKind
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity

# Words of a change and of the change log that make a mention, where the section is not named.
_ENOUGH = 3
_COMMON = frozenset(
    normalised_words(
        "a an and any are as at be been but by can do does for from has have if in is it its may must never no not of "
        "on only or other should so such than that the their them then there these they this to when where which "
        "while who will with without you your assistant model user users developer developers section adds add "
        "clarifies clarify updates update change changes guidance rule rules new now more some"
    )
)


def run(facts: PatchText) -> TextOutcome:
    """Fires once for each section whose rules changed without a mention, and once for those of one event; undecided
    without a change log, or with one that is about something else."""
    changed = _sections(facts)
    if facts.changelog_added is None:
        return Undecided("there is no change log") if changed else unless_unread((), facts)
    if not facts.changelog_covers:
        why = "the change log hardly ever speaks of this spec; configure changelog if it is the spec's"
        return Undecided(why) if changed else unless_unread((), facts)
    added = facts.changelog_added
    silent = [section for section in changed if not _is_mentioned(section.title, section.words, added)]
    by_event: dict[int, list[_Section]] = {}
    for place, section in enumerate(silent):
        by_event.setdefault(-place - 1 if section.event is None else id(section.event), []).append(section)
    return unless_unread(tuple(map(_finding, by_event.values())), facts)


@dataclass
class _Section:
    """A section whose rules changed: how, in which event, the first changed clause that is there now, and the words."""

    title: str
    event: TextEvent | None
    directions: set[str] = field(default_factory=set)
    clause: Clause | None = None
    words: set[str] = field(default_factory=set)


def _finding(sections: Sequence[_Section]) -> Finding:
    first, directions = sections[0], set[str]().union(*(section.directions for section in sections))
    titles = [section.title for section in sections]
    subject = f'"{first.title}" was' if len(sections) == 1 else f"{len(sections):,} sections were"
    message = f"the change log does not mention that {subject} {' and '.join(sorted(directions))}"
    if len(sections) > 1 and first.event is not None:
        message += f" ({describe_event(first.event)}): {quote_some(titles)}"
    return Finding(message, Confidence.MEDIUM, place=place_of(first.clause), identity="\n".join(titles))


def _sections(facts: PatchText) -> list[_Section]:
    """The sections whose rules changed; one that changed in an event and besides is there for each."""
    sections: dict[tuple[int, str], _Section] = {}
    normative = (
        (change.before, change.after, (change, norm))
        for change, norm in facts.judged
        if norm.direction in NORMATIVE_DIRECTIONS
    )
    for event, group in facts.group_by_event(normative):
        if event is not None and event.kind is TextEventKind.SAID_ONCE:
            continue
        for change, norm in group:
            sides = [side for side in (change.before, change.after) if side is not None]
            title = sides[-1].section[-1] if sides[-1].section else sides[-1].path
            section = sections.setdefault((id(event), title), _Section(title, event))
            section.directions.add(str(norm.direction))
            section.clause = section.clause or change.after
            if facts.changelog_added:
                section.words |= _is_distinctive([side.text for side in sides])
    return list(sections.values())


def _is_mentioned(title: str, words: set[str], added: str) -> bool:
    lines = _is_distinctive([added])
    named = _is_distinctive([title])
    plain = " ".join(normalised_words(added))
    return (
        " ".join(normalised_words(title)) in plain or (bool(named) and named <= lines) or len(words & lines) >= _ENOUGH
    )


def _is_distinctive(texts: Iterable[str]) -> set[str]:
    words = (word for text in texts for word in normalised_words(re.sub(r"\(https?:[^)]*\)", " ", text)))
    return {stem(word) for word in words if word not in _COMMON and (len(word) > 2 or word.isdigit())} - {""}


CHECK = TextCheck(
    code="SD205",
    name="changelog-silent",
    title="The change log does not mention a normative change",
    severity=Severity.LOW,
    remedy="add a line that names the section and says what changed for the model",
    run=run,
    cases=(
        TextCase(
            "a rule is relaxed without a word",
            "# Logs\n\nThe assistant must keep logs.",
            "# Logs\n\nThe assistant should keep logs.",
            Finding,
            changelog="- Fixes spelling.",
        ),
        TextCase(
            "the change log was not touched",
            "# Logs\n\nThe assistant must keep logs.",
            "# Logs\n\nThe assistant should keep logs.",
            Finding,
            changelog="",
        ),
        TextCase(
            "the section is named",
            "# Logs\n\nThe assistant must keep logs.",
            "# Logs\n\nThe assistant should keep logs.",
            Clear,
            changelog="- *Logs* asks for less.",
        ),
        TextCase(
            "other words, the same rule",
            "# Logs\n\nThe assistant must keep logs.",
            "# Logs\n\nThe assistant must keep its logs.",
            Clear,
            changelog="",
        ),
        TextCase(
            "another language", "Der Kapitän muss und soll fragen.", "Der Kapitän kann und darf fragen.", Undecided
        ),
        TextCase(
            "no change log",
            "# Logs\n\nThe assistant must keep logs.",
            "# Logs\n\nThe assistant should keep logs.",
            Undecided,
        ),
    ),
)
