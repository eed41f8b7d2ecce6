"""Clauses that were removed, and which of them is back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping

from auditor.clauses.pairing import key_of
from auditor.clauses.similar import bag_of, best_first, candidates, rarity_weights, share_in_common
from auditor.model.clause import Clause, ClauseKind

# Fewer words than these say the same by chance: such a clause is back only where it was.
_TELLING = 4
# Least likeness to a clause that is gone from the same section, or from anywhere. Above what pairs two revisions: there
# are more clauses gone than there are in a patch, and nothing beside them to hold them in place.
_SAME_SECTION, _ANYWHERE = 0.6, 0.7
_SECTION_BONUS = 0.05


def found_again(gone: Mapping[str, Clause], added: Mapping[int, Clause]) -> dict[int, str]:
    """Which of the added clauses were there once: ids by position.

    By exact text in the same section, the same text anywhere, a heading's anchor, then most of the words; of several
    the one that went last.
    """
    found: dict[int, str] = {}
    if not gone or not added:
        return found
    latest = dict(reversed(list(gone.items())))  # the one that went last comes first
    _join(found, latest, added, lambda clause: (key_of(clause), clause.section[-1:]))
    _join(found, latest, added, lambda clause: key_of(clause) if _telling(clause) else None)
    _join(found, latest, added, _anchor)
    _join_similar(found, latest, added)
    return found


def _telling(clause: Clause) -> bool:
    return bag_of(clause.text).total() >= _TELLING


def _anchor(clause: Clause) -> str | None:
    return clause.anchor if clause.kind is ClauseKind.HEADING else None


def likeness(before: Clause, after: Clause) -> float:
    """The share of words in common, 0 to 1."""
    return share_in_common(bag_of(before.text), bag_of(after.text))


def _join(
    found: dict[int, str],
    gone: Mapping[str, Clause],
    added: Mapping[int, Clause],
    key: Callable[[Clause], Hashable],
) -> None:
    """Adds the pairs of the same key; None is no key."""
    wanted = {at: key(clause) for at, clause in added.items() if at not in found}
    keys = set(wanted.values()) - {None}
    if not keys:
        return
    taken = set(found.values())
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for name, clause in gone.items():
        if name not in taken and (own := key(clause)) in keys:
            waiting[own].append(name)
    for at, own in wanted.items():
        if waiting.get(own):
            found[at] = waiting[own].pop(0)


def _join_similar(found: dict[int, str], gone: Mapping[str, Clause], added: Mapping[int, Clause]) -> None:
    taken = set(found.values())
    names = [name for name, clause in gone.items() if name not in taken and _telling(clause)]
    bags = {rank: bag_of(gone[name].text) for rank, name in enumerate(names)}
    others = {at: bag_of(clause.text) for at, clause in added.items() if at not in found and _telling(clause)}
    if not bags or not others:
        return
    weights = rarity_weights([*bags.values(), *others.values()])
    scored = []
    for at, rank in candidates(others, bags, weights):
        before, after = gone[names[rank]], added[at]
        here = before.section[-1:] == after.section[-1:]
        likeness = share_in_common(bags[rank], others[at], weights)
        if key_of(before)[0] == key_of(after)[0] and likeness >= (_SAME_SECTION if here else _ANYWHERE):
            scored.append((likeness + _SECTION_BONUS * here, at, rank))
    for at, rank in best_first(scored):
        found[at] = names[rank]
