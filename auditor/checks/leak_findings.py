"""The findings of the checks about leaked prompts: which prompts, in which clause, in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.assess.leaks import Leak
from auditor.checks.interface import place_of
from auditor.model.finding import Confidence, Finding


@dataclass(frozen=True, slots=True)
class ClauseLeaks:
    """The prompts of one suite that one clause says, surest first."""

    leaks: tuple[Leak, ...]

    @property
    def suite(self) -> str:
        """The suite's name; "" for prompts beside the spec."""
        return self.leaks[0].prompt.suite

    @property
    def prompts(self) -> str:
        """Which prompts, as a sentence names them."""
        ids = [leak.prompt.id for leak in self.leaks]
        if not self.suite:
            return name_first_three("the eval prompt", ids)
        kind = self.leaks[0].prompt.role.value.replace("_", "-")
        return f"{name_first_three('item', ids)} of the {kind} suite {self.suite}"

    def fired(self, message: str) -> Finding:
        """The finding: the message, and the words in common; high confidence for words in a row."""
        first = self.leaks[0]
        words = ", ".join(f'"{word}"' for word in first.words)
        how = "in the same words" if first.verbatim else "in the words"
        confidence = Confidence.HIGH if first.verbatim else Confidence.MEDIUM
        about = "\n".join((self.suite, *sorted(leak.prompt.id for leak in self.leaks)))
        return Finding(f"{message}, {how} {words}", confidence, place=place_of(first.clause), identity=about)


def leaks_by_clause(leaks: Iterable[Leak]) -> tuple[ClauseLeaks, ...]:
    """The leaks of each suite and clause together. What prompts beside the spec show already is not said twice."""
    grouped: dict[tuple[str, str, int], list[Leak]] = {}
    reported: set[tuple[str, int, tuple[str, ...]]] = set()
    for leak in leaks:
        place = leak.clause.path, leak.clause.line
        if leak.prompt.suite == "":
            reported.add((*place, leak.words))
        elif (*place, leak.words) in reported:
            continue
        grouped.setdefault((leak.prompt.suite, *place), []).append(leak)
    return tuple(ClauseLeaks(tuple(some)) for some in grouped.values())


def name_first_three(noun: str, names: Sequence[str]) -> str:
    """The first three of some names after their noun, and how many more."""
    several = "s" if len(names) > 1 else ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{noun}{several} {', '.join(names[:3])}{more}"
