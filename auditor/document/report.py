"""The sentences of a periodic report: its answer, what flagged verdicts may mean, and its request.

In comes a `Report`; out come the answer of each spec in a few short sentences, for each flagged verdict what it may
mean and which measurement would tell (none is claimed), and the request that every rendering carries, so that the
report can be reproduced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.assess.facts import BehaviourFacts
from auditor.audit import GapTransition, OutsideWitness, PatchEntry, PreviousReport, Report, Section
from auditor.clauses.deontic import Direction
from auditor.model.spec import SpecCommit
from auditor.model.verdict import Cause, Verdict

# The answer of a periodic report, in five short sentences or fewer: what happened, and how far it can be told.


_VERDICT_PHRASES = (
    ((Verdict.TEST_ONLY, Verdict.ARTEFACT), "moved only the score"),
    ((Verdict.WORSE,), "made something worse"),
    ((Verdict.PARTIAL,), "carried over in part"),
    ((Verdict.GENERALISES,), "carried over to held-out"),
    ((Verdict.UNCHANGED,), "moved no rate"),
    ((Verdict.INCONCLUSIVE, Verdict.UNMEASURED), "cannot be told from the evidence there is"),
)
NOT_EVALUATED = "No evaluation of it is recorded, so what follows is about its text."


def answer_paragraphs(report: Report) -> tuple[str, ...]:
    """One paragraph a spec, as sentences joined by spaces."""
    return tuple(" ".join(some) for some in answer_sentences(report))


def answer_sentences(report: Report) -> tuple[tuple[str, ...], ...]:
    """The sentences of each spec's answer."""
    return tuple(tuple(map(_capitalise, _section_sentences(section))) for section in report.sections)


def _section_sentences(section: Section) -> Iterator[str]:
    name, period = section.spec.history.spec, section.within
    patched = f"was patched {count_times(len(section.period))}" if section.period else "was not patched"
    told = f": {_count_verdicts(section.period)}" if section.period and section.series else ""
    yield f"The spec {name} {patched} in {period.name}{told}."
    if not section.series:
        yield NOT_EVALUATED
        return
    yield from _suspicion_sentences(section)
    yield from _gap_sentences(section)
    yield from _training_sentences(section)


def _count_verdicts(period: Sequence[PatchEntry]) -> str:
    found = [entry.facts.verdict for entry in period]
    counted = [(sum(found.count(one) for one in some), said) for some, said in _VERDICT_PHRASES]
    return _join_words([f"{number_word(count)} {said}" for count, said in counted if count])


def _suspicion_sentences(section: Section) -> Iterator[str]:
    suspected = [entry for entry in section.period if entry.hiding_suspected]
    if suspected:
        patches = count_noun(len(suspected), "patch", "es")
        yield f"Hiding is suspected of {patches} ({_suspected_behaviours(suspected)})."
    elif section.period:
        yield "None of them is suspected of hiding." if len(section.period) > 1 else "It is not suspected of hiding."


def _gap_sentences(section: Section) -> Iterator[str]:
    gaps = section.spec.gaps
    if gaps:
        first = min(first_spec_commit(section, gap.since.revision).date.date() for gap in gaps)
        them = f"{count_noun(len(gaps), 'standing gap')} {is_or_are(gaps)} open"
        yield f"{them}, the oldest since {first}: there the spec looks better on the test than it is."
    else:
        yield "No standing gap is open."
    if section.since is not None:
        counted = [(section.since.count(one), str(one)) for one in (GapTransition.OPENED, GapTransition.CLOSED)]
        said = " and ".join(f"{number_word(count) if count else 'none'} {word}" for count, word in counted)
        yield f"Since the last report {said}."


def _training_sentences(section: Section) -> Iterator[str]:
    worse = sorted({one.facts.behaviour for one in section.steps if one.facts.verdict is Verdict.WORSE})
    if worse:
        yield f"After training, with the spec as it was, {', '.join(worse)} got worse."


def text_change_sentence(period: Sequence[PatchEntry]) -> str:
    """One sentence on what some patches did to the clauses, added up; "" where they changed none."""
    norms = [norm.direction for entry in period for norm in entry.text.norms]
    kinds = ("added", "removed", "reworded", "moved")
    counted = [(sum(getattr(entry.counts, kind) for entry in period), kind) for kind in kinds]
    parts = [f"{number_word(count)} {kind}" for count, kind in counted if count]
    if not parts:
        return ""
    directions = [(norms.count(one), str(one)) for one in (Direction.TIGHTENED, Direction.RELAXED)]
    toward = " and ".join(f"{number_word(count)} {word}" for count, word in directions if count)
    return f"Clauses: {', '.join(parts)}{f'; {toward}, by their normative words' if toward else ''}."


def first_spec_commit(section: Section, revision: str) -> SpecCommit:
    """Where a revision was first seen."""
    return next(one for one in section.spec.history.sightings if one.revision == revision)


def _capitalise(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _suspected_behaviours(entries: Sequence[PatchEntry]) -> str:
    return ", ".join(sorted({one.behaviour for e in entries for one in e.facts.behaviours if one.hiding_suspected}))


def _join_words(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def count_noun(count: int, noun: str, plural: str = "s") -> str:
    """A number in words with its noun."""
    return f"{number_word(count)} {noun}{'' if count == 1 else plural}"


def count_times(count: int) -> str:
    """How often."""
    return {1: "once", 2: "twice"}.get(count, f"{number_word(count)} times")


def number_word(count: int) -> str:
    """Up to twelve in words, as prose has it."""
    words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    return words[count] if count < len(words) else f"{count:,}"


def is_or_are(things: Sequence[object]) -> str:
    """The verb that goes with so many."""
    return "is" if len(things) == 1 else "are"


# What a report was asked for: carried by every rendering of it, so that it can be made again and compared.


REPORT_SCHEMA = "auditor.report/1"


RequestValue = str | int | list[str] | None


def report_request(report: Report) -> dict[str, RequestValue | dict[str, RequestValue]]:
    """Enough to make a report again: the period, the commit, the batch of records, the specs."""
    return {
        "schema": REPORT_SCHEMA,
        "auditor_version": report.audit.auditor_version,
        "name": report.period.name,
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "head": report.head,
        "batch": report.holding.number if not report.holding.unsealed else None,
        "witness": _witness_member(report.holding.witness),
        "previous": _previous_member(report.previous),
        "specs": [section.spec.history.spec for section in report.sections],
    }


def _witness_member(given: OutsideWitness | None) -> dict[str, RequestValue] | None:
    """What was said of a checkpoint from outside, which only whoever has it can say again."""
    if given is None:
        return None
    return {"held_by": given.held_by, "number": given.number, "differences": list(given.differences)}


def _previous_member(given: PreviousReport | None) -> dict[str, RequestValue] | None:
    """The report it was compared with, where one was given; else the state is chosen again."""
    return {"name": given.name, "head": given.head, "batch": given.batch} if given else None


# What a flagged verdict is compatible with, and which measurement would separate the stories. None is claimed.


@dataclass(frozen=True, slots=True)
class Explanation:
    """One explanation, and what would speak for or against it."""

    what: str
    separate: str


_FITTED_TO_TEST = Explanation(
    "The words of the patch fit the test's scenarios and little else.",
    "Have people who have not read the patch write new items for the same behaviour, and run both revisions on them.",
)
_TEST_RECOGNISED = Explanation(
    "The model behaves where it recognises an evaluation, and the test is easier to recognise than the held-out items.",
    "Label awareness on every suite, and replay the test items as ordinary traffic.",
)
_DIFFERENT_CONSTRUCT = Explanation(
    "The held-out suites measure something else than the test does.",
    "Have both rated blind for what they measure; run the held-out items through the test's scorer.",
)
_ITEMS_DROPPED = Explanation(
    "Items that used to fail were taken out, or easy ones came in.",
    "Run the old items under the new revision.",
)
_INVALID_SAMPLES = Explanation(
    "Samples that would have failed end in errors, refusals or limits instead.",
    "Run them again until they are valid, and read what they say.",
)
_BEST_RUN_REPORTED = Explanation(
    "Of several runs the best one was reported.",
    "Register a plan before the next run, and count every run.",
)
_MADE_WORSE = Explanation(
    "The patch takes something back, or asks for less, and the model does.",
    "Run the revision before and the one after on one checkpoint, with a second run each.",
)
_DISPLACED = Explanation(
    "The behaviour moved to where the test does not look.",
    "Read the failing held-out transcripts of both sides side by side.",
)
_NOISE = Explanation(
    "Chance: at the error rate of the policy, some patches without effect look like this.",
    "A second run of each side settles it.",
)
_OTHER_CHANGE = Explanation(
    "Something else that changed in the step did it.",
    "Evaluate both revisions on one checkpoint, and both checkpoints under one revision.",
)

_BY_VERDICT = {
    Verdict.TEST_ONLY: (_FITTED_TO_TEST, _TEST_RECOGNISED, _DIFFERENT_CONSTRUCT),
    Verdict.WORSE: (_MADE_WORSE, _DISPLACED),
}
_BY_MECHANISM = {
    "items": _ITEMS_DROPPED,
    "invalid": _INVALID_SAMPLES,
    "selection": _BEST_RUN_REPORTED,
    "displacement": _DISPLACED,
}


def explanations(facts: BehaviourFacts) -> tuple[Explanation, ...]:
    """The explanations that the evidence on a behaviour is compatible with, likeliest to be asked about first."""
    return tuple(dict.fromkeys(_explanations_for(facts)))


def _explanations_for(facts: BehaviourFacts) -> Iterator[Explanation]:
    for mechanism in facts.mechanisms:
        if mechanism in _BY_MECHANISM:
            yield _BY_MECHANISM[mechanism]
    yield from _BY_VERDICT.get(facts.verdict, ())
    if facts.cause is Cause.UNRESOLVED:
        yield _OTHER_CHANGE
    yield _NOISE
