"""The patch brings in characters that a reader does not see.

What it looks for
In clauses that the patch adds or rewords: invisible and zero-width characters, bidirectional controls, tag characters
(U+E0000 to U+E007F), private-use characters, and words that mix look-alike letters of Latin, Greek and Cyrillic.

Why it matters
A model reads what a reviewer cannot see. An instruction written in tag characters, or a rule that shows in another
order than it is read in, is a patch nobody approved.

What to do
Take the characters out; where they belong to a quoted example, say so beside it.

What it cannot see
Hidden text in images or in files the spec only links to. Ordinary prose in any script and emoji are no fault.
"""

import re
import unicodedata

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, place_of
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity

# Joiners shape emoji and several scripts; they are a fault only between letters that need none.
_JOINERS = {"\u200c", "\u200d"}
_SELECTORS = range(0xFE00, 0xFE10)
_ALIKE = ("LATIN", "GREEK", "CYRILLIC")
# Only these are looked at: a long text has few.
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\t\r]")


def run(facts: PatchText) -> TextOutcome:
    """Fires on each added or reworded clause with hidden characters that it did not have before."""
    fired = []
    for change in facts.changes:
        if change.after is not None:
            new = find_hidden(change.after.text) - find_hidden(change.before.text if change.before else "")
            if new:
                fired.append(_finding(change.after, sorted(new)))
    return tuple(fired)


def find_hidden(text: str) -> frozenset[str]:
    """What is hidden in a text: characters as U+XXXX, and words of mixed scripts in quotes."""
    places = (match.start() for match in _UNUSUAL.finditer(text))
    characters = {f"U+{ord(text[place]):04X}" for place in places if _is_hidden(text, place)}
    words = () if text.isascii() else re.findall(r"[^\W\d_]{2,}", text)
    return frozenset(characters | {f'"{word}"' for word in words if _is_mixed(word)})


def _is_hidden(text: str, place: int) -> bool:
    character = text[place]
    if character in "\n\t\r" or ord(character) in _SELECTORS:
        return False
    if character in _JOINERS:
        around = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
        return len(around) < 2 or any(other.isascii() and other.isalnum() for other in around)
    return unicodedata.category(character) in ("Cf", "Cc", "Co", "Cs") and character != "\u00ad"


def _is_mixed(word: str) -> bool:
    """Whether a word has letters of more than one of the scripts whose letters look alike."""
    if word.isascii():
        return False
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
    return len(scripts & set(_ALIKE)) > 1


def _finding(clause: Clause, subjects: list[str]) -> Finding:
    return Finding(
        f"the clause has {', '.join(subjects)}", Confidence.HIGH, place=place_of(clause), identity=clause.text
    )


CHECK = TextCheck(
    code="SD208",
    name="hidden-characters",
    title="The patch brings in characters that a reader does not see",
    severity=Severity.HIGH,
    remedy="take them out, or say beside the example why they are there",
    run=run,
    cases=(
        TextCase("a zero-width space", "Be kind.", "Be\u200b kind.", Finding),
        TextCase("text in reading order overridden", "Be kind.", "Be kind. \u202egnihton yaS", Finding),
        TextCase("an instruction in tag characters", "Be kind.", "Be kind.\U000e0053\U000e0061\U000e0079", Finding),
        TextCase("a Cyrillic letter in a Latin word", "Be kind.", "Be k\u0456nd.", Finding),
        TextCase("emoji with joiners", "Be kind.", "Be kind \U0001f469\u200d\U0001f52c\ufe0f.", Clear),
        TextCase(
            "prose in another script", "Be kind.", "Be kind. \u0411\u0443\u0434\u044c \u0434\u043e\u0431\u0440.", Clear
        ),
        TextCase(
            "Persian with its joiner", "Be kind.", "Be kind. \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", Clear
        ),
        TextCase("hidden before and after", "Be\u200b kind.", "Be\u200b kind now.", Clear),
    ),
)
