"""Levels of authority: their order, and which change of level is only another name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.clauses.direction import Direction
from auditor.model.clause import Clause, ClauseChange, ClauseKind

# A level has another name when at least so many headings, and this share of those that had it, took the new name.
_LEAST, _NEARLY_ALL = 3, 0.75


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of authority a spec knows, strongest first; levels of one rank stand together.

    `key` is the heading attribute that gives a section's level.
    """

    order: tuple[frozenset[str], ...]
    key: str = "authority"

    def of(self, clause: Clause | None) -> str | None:
        """The level of the section a clause stands in, or heads; None where it has none."""
        return None if clause is None else clause.attributes.get(self.key)

    def direction(self, before: str | None, after: str | None) -> Direction:
        """What a change of level does to the rules under it; undetermined where a level is missing or unknown."""
        old, new = self._rank(before), self._rank(after)
        if before == after or old == new is not None:
            return Direction.CLARIFIED
        if old is None or new is None:
            return Direction.UNDETERMINED
        return Direction.TIGHTENED if new < old else Direction.RELAXED

    def _rank(self, level: str | None) -> int | None:
        return next((rank for rank, names in enumerate(self.order) if level in names), None)


LEVELS = Levels(tuple(map(frozenset, (["root"], ["system", "platform"], ["developer"], ["user"], ["guideline"]))))


@dataclass(frozen=True, slots=True)
class Renaming:
    """A level that has another name: of `of` headings that had the old one and stayed, `count` have the new one."""

    before: str
    after: str
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A heading whose level changed; the direction is read with the renamed levels under their new names."""

    change: ClauseChange
    before: str | None
    after: str | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class AuthorityChanges:
    """What a patch did to levels of authority; renamings by old name, changes in the order of the patch."""

    renamings: tuple[Renaming, ...]
    changes: tuple[LevelChange, ...]

    @property
    def renamed(self) -> Mapping[str, str]:
        """New names of the renamed levels by old name."""
        return {renaming.before: renaming.after for renaming in self.renamings}


def authority_changes(
    changes: Sequence[ClauseChange], unchanged: Iterable[tuple[Clause, Clause]] = (), levels: Levels = LEVELS
) -> AuthorityChanges:
    """The levels that one patch renamed, and the headings whose level it changed beside that.

    Renamed is a level when nearly all headings that had it and are still there (three in four, and three at least)
    have one name that no heading had before, and no heading has the old name after. Give the `unchanged` pairs of
    `match.match`, too: without them a level that is still in use elsewhere can pass for renamed. They are only looked
    at where a level changed.
    """
    pairs = [(change.before, change.after) for change in changes]
    found = [tuple(map(levels.of, _headings(*pair))) for pair in pairs]
    if all(old is None or new is None or old == new for old, new in found):  # as in nearly all patches
        renamings: tuple[Renaming, ...] = ()
    else:
        renamings = tuple(_renamings([*found, *(tuple(map(levels.of, _headings(*pair))) for pair in unchanged)]))
    renamed = {renaming.before: renaming.after for renaming in renamings}
    return AuthorityChanges(renamings, tuple(_level_changes(changes, levels, renamed)))


def _headings(before: Clause | None, after: Clause | None) -> tuple[Clause | None, Clause | None]:
    return _heading(before), _heading(after)


def _heading(clause: Clause | None) -> Clause | None:
    return clause if clause is not None and clause.kind is ClauseKind.HEADING else None


def _renamings(levels: Iterable[tuple[str | None, ...]]) -> Iterator[Renaming]:
    went: defaultdict[str, Counter[str]] = defaultdict(Counter)
    before, after = set(), set()
    for old, new in levels:
        before.add(old)
        after.add(new)
        if old is not None and new is not None:
            went[old][new] += 1
    for old, names in sorted(went.items()):
        new, count = names.most_common(1)[0]
        enough = count >= _LEAST and count >= _NEARLY_ALL * names.total()
        if enough and new not in before and old not in after:
            yield Renaming(old, new, count, names.total())


def _level_changes(
    changes: Iterable[ClauseChange], levels: Levels, renamed: Mapping[str, str]
) -> Iterator[LevelChange]:
    for change in changes:
        one, other = _headings(change.before, change.after)
        if one is None or other is None:
            continue
        old, new = levels.of(one), levels.of(other)
        current = renamed.get(old, old) if old else None
        if current != new:
            yield LevelChange(change, old, new, levels.direction(current, new))
