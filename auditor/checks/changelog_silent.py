"""The change log does not mention a normative change.

What it looks for
Sections in which the patch tightens or relaxes a rule, where none of the lines it adds to the change log names the
section or shares its telling words.

Why it matters
A change log is what readers trust instead of the diff. "A few other small changes" is where a rule can change unseen.

What to do
Add a line that names the section and says what changed for the model.

What it cannot see
A line that mentions the section and misdescribes the change. Whether a mention in other words is meant for it.
"""

import re
from collections.abc import Iterable

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, Undecided, place_of
from auditor.clauses.deontic import Direction
from auditor.clauses.ngrams import normalised_words, stem
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity

_NORMATIVE = (Direction.TIGHTENED, Direction.RELAXED, Direction.MIXED)
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
    """Fires once for each section whose rules changed without a mention; undecided without a change log."""
    changed = _sections(facts)
    if facts.changelog_added is None:
        return Undecided("there is no change log") if changed else ()
    said = facts.changelog_added
    return tuple(
        Finding(
            f'the change log does not mention that "{title}" was {" and ".join(sorted(directions))}',
            Confidence.MEDIUM,
            place=place_of(clause),
            identity=title,
        )
        for title, (directions, clause, words) in changed.items()
        if not _mentioned_sections(title, words, said)
    )


def _sections(facts: PatchText) -> dict[str, tuple[set[str], Clause | None, set[str]]]:
    """By section: how its rules changed, the first changed clause that is there now, the words that changed."""
    found: dict[str, tuple[set[str], Clause | None, set[str]]] = {}
    for change, norm in facts.judged:
        clause = change.after or change.before
        if norm.direction not in _NORMATIVE or clause is None:
            continue
        title = clause.section[-1] if clause.section else clause.path
        directions, first, words = found.get(title, (set(), None, set()))
        both = [side.text for side in (change.before, change.after) if side is not None]
        found[title] = (directions | {str(norm.direction)}, first or change.after, words | _is_distinctive(both))
    return found


def _mentioned_sections(title: str, words: set[str], said: str) -> bool:
    lines = _is_distinctive([said])
    named = _is_distinctive([title])
    plain = " ".join(normalised_words(said))
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
            "no change log",
            "# Logs\n\nThe assistant must keep logs.",
            "# Logs\n\nThe assistant should keep logs.",
            Undecided,
        ),
    ),
)
