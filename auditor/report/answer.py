"""The answer of a periodic report, in a few plain sentences: what happened, and how far it can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.clauses.direction import Direction
from auditor.model.spec import Sighting
from auditor.model.verdict import Verdict
from auditor.report import PatchEntry
from auditor.report.periodic import Report, Section

_SAID = {
    Verdict.TEST_ONLY: "moved only the score: the test rate fell and held-out did not follow",
    Verdict.MEASUREMENT: "lowered the score by what was counted, and not by what the model did",
    Verdict.WORSE: "made something worse",
    Verdict.PARTIAL: "carried over in part",
    Verdict.GENERALISES: "carried over to held-out, for the most part",
    Verdict.NO_FALL: "moved no rate by anything worth naming",
    Verdict.INCONCLUSIVE: "cannot be told from the evidence there is",
    Verdict.UNMEASURED: "came without the evaluations that would tell",
}


NOT_EVALUATED = (
    "No evaluation of it is recorded, so that nothing can be said of behaviour; what follows is about its text."
)


def answer(report: Report) -> tuple[str, ...]:
    """One paragraph a spec, as sentences joined by spaces."""
    return tuple(" ".join(map(_capital, _of(section))) for section in report.sections)


def _of(section: Section) -> Iterator[str]:
    name, period = section.spec.history.spec, section.within
    if not section.period:
        yield f"The spec {name} was not patched in {period.name}."
    else:
        yield f"The spec {name} was patched {times(len(section.period))} in {period.name}."
        yield _verdicts(section.period) if section.series else NOT_EVALUATED
        yield from _text(section.period)
    if not section.series:
        return
    suspected = [entry for entry in section.period if entry.hiding_suspected]
    if suspected:
        yield (
            f"Hiding is suspected of {many(len(suspected), 'patch', 'es')} ({_behaviours(suspected)}): what the "
            "evidence is compatible with, and what would tell, is said below."
        )
    elif section.period:
        yield "None of them is suspected of hiding."
    yield _gaps(section)
    worse = [step.facts for step in section.steps if step.facts.verdict is Verdict.WORSE]
    for facts in worse:
        yield (
            f"After training from {facts.step.before.checkpoint} to {facts.step.after.checkpoint}, with the spec as it "
            f"was, {facts.behaviour} got worse."
        )
    if section.carried:
        earlier = many(len(section.carried), "flagged patch", "es")
        yield f"{earlier} of earlier periods {is_are(section.carried)} named too."


def _verdicts(period: Sequence[PatchEntry]) -> str:
    found = [entry.facts.verdict for entry in period]
    parts = [f"{number(found.count(one))} {_SAID[one]}" for one in Verdict if one in found]
    return f"{_listed(parts)}."


def _text(period: Sequence[PatchEntry]) -> Iterator[str]:
    """What the patches did to the clauses, added up."""
    norms = [norm.direction for entry in period for norm in entry.text.norms]
    kinds = ("added", "removed", "reworded", "moved")
    counted = [(sum(getattr(entry.counts, kind) for entry in period), kind) for kind in kinds]
    parts = [f"{number(count)} {kind}" for count, kind in counted if count]
    if not parts:
        return
    directions = [(norms.count(one), str(one)) for one in (Direction.TIGHTENED, Direction.RELAXED)]
    toward = " and ".join(f"{number(count)} {word}" for count, word in directions if count)
    yield f"Of its clauses, {', '.join(parts)}{f'; {toward}, by their normative words' if toward else ''}."


def _gaps(section: Section) -> str:
    gaps = section.spec.gaps
    if not gaps:
        return "No standing gap is open: no held-out suite is known to be clearly worse than its test."
    first = min(seen(section, gap.since.revision).date.date() for gap in gaps)
    names = sorted({gap.behaviour for gap in gaps})
    return (
        f"{many(len(gaps), 'standing gap')} {is_are(gaps)} open in {many(len(names), 'behaviour')} "
        f"({', '.join(names)}), the oldest since {first}: there the current revision looks better on the "
        "test than it is."
    )


def seen(section: Section, revision: str) -> Sighting:
    """Where a revision was first seen."""
    return next(one for one in section.spec.history.sightings if one.revision == revision)


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _behaviours(entries: Sequence[PatchEntry]) -> str:
    return ", ".join(sorted({one.behaviour for e in entries for one in e.facts.behaviours if one.hiding_suspected}))


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{'; '.join(parts[:-1])}; and {parts[-1]}" if parts else ""


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
