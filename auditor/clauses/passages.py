"""What a patch adds, as words that know whether they are new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.clauses.grams import LENGTH, plain_words, run_numbers
from auditor.clauses.words import word_change
from auditor.model.clause import ChangeKind, Clause, ClauseChange


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text after a patch.

    Attributes:
        words: its words in order, as `plain_words` gives them.
        added: for each word, whether the patch brought it.
    """

    words: tuple[str, ...]
    added: tuple[bool, ...]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.added):
            raise ValueError(f"{len(self.words)} words, {len(self.added)} marks")

    def shown(self, start: int, stop: int) -> str:
        """The words from position `start` to `stop`, joined."""
        return " ".join(self.words[start:stop])


def passage(text: str) -> Passage:
    """A text that is new as a whole."""
    found = tuple(plain_words(text))
    return Passage(found, (True,) * len(found))


def added_by_clause(changes: Iterable[ClauseChange]) -> tuple[tuple[Clause, Passage], ...]:
    """What a patch adds, each passage with the clause after the patch that it is.

    In the order of the changes: added clauses, and reworded ones with their new words marked. Eight words in a row that
    stood in a clause which the patch removed or reworded are not new. A moved clause adds nothing; no passage is
    without a new word.
    """
    changes = tuple(changes)
    gone = frozenset(number for change in changes for clause in _before(change) for number in _runs(clause))
    return tuple(pair for change in changes for pair in _passages(change, gone) if any(pair[1].added))


def _passages(change: ClauseChange, gone: frozenset[int]) -> Iterator[tuple[Clause, Passage]]:
    if change.after is None or change.kind is ChangeKind.MOVED:
        return
    before = "\n\n".join(clause.text for clause in _before(change))
    for clause in (change.after, *(change.others if change.kind is ChangeKind.SPLIT else ())):
        yield clause, _without(_marked(before, clause.text), gone)


def _marked(before: str, after: str) -> Passage:
    found = [
        (word, op == "insert")
        for op, text in word_change(before, after)
        if op != "delete"
        for word in plain_words(text)
    ]
    return Passage(tuple(word for word, _ in found), tuple(added for _, added in found))


def _without(marked: Passage, gone: frozenset[int]) -> Passage:
    """The passage, with what stood in a clause before no longer marked as new."""
    added = list(marked.added)
    for start, number in enumerate(run_numbers(marked.words, LENGTH)):
        if number in gone:
            added[start : start + LENGTH] = [False] * LENGTH
    return Passage(marked.words, tuple(added))


def _before(change: ClauseChange) -> Sequence[Clause]:
    if change.before is None or change.kind is ChangeKind.REINSTATED:
        return ()
    return (change.before, *(change.others if change.kind is ChangeKind.MERGED else ()))


def _runs(clause: Clause) -> Iterable[int]:
    return run_numbers(plain_words(clause.text), LENGTH)
