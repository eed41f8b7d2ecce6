"""The answer of a periodic report, in five short sentences or fewer: what happened, and how far it can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.clauses.deontic import Direction
from auditor.model.spec import SpecCommit
from auditor.model.verdict import Verdict
from auditor.report import PatchEntry
from auditor.report.periodic import Report, Section
from auditor.report.since import Became

_SAID = (
    ((Verdict.TEST_ONLY, Verdict.MEASUREMENT), "moved only the score"),
    ((Verdict.WORSE,), "made something worse"),
    ((Verdict.PARTIAL,), "carried over in part"),
    ((Verdict.GENERALISES,), "carried over to held-out"),
    ((Verdict.NO_FALL,), "moved no rate"),
    ((Verdict.INCONCLUSIVE, Verdict.UNMEASURED), "cannot be told from the evidence there is"),
)
NOT_EVALUATED = "No evaluation of it is recorded, so what follows is about its text."


def answer(report: Report) -> tuple[str, ...]:
    """One paragraph a spec, as sentences joined by spaces."""
    return tuple(" ".join(some) for some in sentences(report))


def sentences(report: Report) -> tuple[tuple[str, ...], ...]:
    """The sentences of each spec's answer."""
    return tuple(tuple(map(_capital, _of(section))) for section in report.sections)


def _of(section: Section) -> Iterator[str]:
    name, period = section.spec.history.spec, section.within
    patched = f"was patched {times(len(section.period))}" if section.period else "was not patched"
    told = f": {_verdicts(section.period)}" if section.period and section.series else ""
    yield f"The spec {name} {patched} in {period.name}{told}."
    if not section.series:
        yield NOT_EVALUATED
        return
    yield from _suspected(section)
    yield from _gaps(section)
    yield from _training(section)


def _verdicts(period: Sequence[PatchEntry]) -> str:
    found = [entry.facts.verdict for entry in period]
    counted = [(sum(found.count(one) for one in some), said) for some, said in _SAID]
    return _listed([f"{number(count)} {said}" for count, said in counted if count])


def _suspected(section: Section) -> Iterator[str]:
    suspected = [entry for entry in section.period if entry.hiding_suspected]
    if suspected:
        yield f"Hiding is suspected of {many(len(suspected), 'patch', 'es')} ({_behaviours(suspected)})."
    elif section.period:
        yield "None of them is suspected of hiding." if len(section.period) > 1 else "It is not suspected of hiding."


def _gaps(section: Section) -> Iterator[str]:
    gaps = section.spec.gaps
    if gaps:
        first = min(seen(section, gap.since.revision).date.date() for gap in gaps)
        them = f"{many(len(gaps), 'standing gap')} {is_are(gaps)} open"
        yield f"{them}, the oldest since {first}: there the spec looks better on the test than it is."
    else:
        yield "No standing gap is open."
    if section.since is not None:
        counted = [(section.since.count(one), str(one)) for one in (Became.OPENED, Became.CLOSED)]
        said = " and ".join(f"{number(count) if count else 'none'} {word}" for count, word in counted)
        yield f"Since the last report {said}."


def _training(section: Section) -> Iterator[str]:
    worse = sorted({one.facts.behaviour for one in section.steps if one.facts.verdict is Verdict.WORSE})
    if worse:
        yield f"After training, with the spec as it was, {', '.join(worse)} got worse."


def text_changes(period: Sequence[PatchEntry]) -> str:
    """One sentence on what some patches did to the clauses, added up; "" where they changed none."""
    norms = [norm.direction for entry in period for norm in entry.text.norms]
    kinds = ("added", "removed", "reworded", "moved")
    counted = [(sum(getattr(entry.counts, kind) for entry in period), kind) for kind in kinds]
    parts = [f"{number(count)} {kind}" for count, kind in counted if count]
    if not parts:
        return ""
    directions = [(norms.count(one), str(one)) for one in (Direction.TIGHTENED, Direction.RELAXED)]
    toward = " and ".join(f"{number(count)} {word}" for count, word in directions if count)
    return f"Clauses: {', '.join(parts)}{f'; {toward}, by their normative words' if toward else ''}."


def seen(section: Section, revision: str) -> SpecCommit:
    """Where a revision was first seen."""
    return next(one for one in section.spec.history.sightings if one.revision == revision)


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _behaviours(entries: Sequence[PatchEntry]) -> str:
    return ", ".join(sorted({one.behaviour for e in entries for one in e.facts.behaviours if one.hiding_suspected}))


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def many(count: int, noun: str, plural: str = "s") -> str:
    """A number in words with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else plural}"


def times(count: int) -> str:
    """How often."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def number(count: int) -> str:
    """Up to twelve in words, as prose has it."""
    words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    return words[count] if count < len(words) else f"{count:,}"


def is_are(things: Sequence[object]) -> str:
    """The verb that goes with so many."""
    return "is" if len(things) == 1 else "are"
