"""Periods: several patches judged as one, so that ten small ones weigh like a large one.

A period is a stretch of the mainline: a quarter, what lies between two releases, or the last `TRAILING_PATCHES`
patches up to the end of a quarter. Its first and its last evaluated states that can be compared are judged like a
step. Periods that end in one quarter are one family, whose error is held by itself; periods with the same two states
are one, under several names.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.assess.comparable import compare
from auditor.assess.facts import BehaviourFacts, PeriodFacts
from auditor.assess.online_fdr import ACCUSING_VERDICTS, StreamEntry, decide_stream
from auditor.assess.steps import Mainline, checkpoints_by_revision, nearest_checkpoints
from auditor.evidence import Evidence, State, Step, evaluated_states, suites_measuring
from auditor.model.suite import Role

TRAILING_PATCHES = 10

# How many evaluated revisions at either end of a window are looked at for two that can be compared.
MAX_REVISIONS_AT_END = 4


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the line: what landed after place `start`, up to and with `end`; `open` where it may yet grow."""

    name: str
    start: int
    end: int
    open: bool


@dataclass(frozen=True, slots=True)
class PeriodStep:
    """The step that a span comes to, for one behaviour and lineage.

    Attributes:
        names: of every span with these two states.
        quarter: in which it ends: its family.
        open: whether every such span may yet grow.
    """

    names: tuple[str, ...]
    quarter: str
    open: bool
    step: Step


def find_spans(line: Mainline) -> tuple[Span, ...]:
    """Every span of a line: quarters, then releases, then trailing ones."""
    return (*quarter_spans(line), *_release_spans(line), *_trailing_spans(line))


def _quarter_ends(line: Mainline) -> list[int]:
    last = len(line.spec_commits) - 1
    return [i for i, name in enumerate(line.quarters) if i == last or line.quarters[i + 1] != name]


def quarter_spans(line: Mainline) -> Iterator[Span]:
    """The quarters of a line, oldest first; the last one may yet grow."""
    ends = _quarter_ends(line)
    for before, end in zip([-1, *ends], ends, strict=False):
        yield Span(line.quarters[end], before, end, open=end == ends[-1])


def _release_spans(line: Mainline) -> Iterator[Span]:
    labelled = [
        (i, spec_commit.release) for i, spec_commit in enumerate(line.spec_commits) if spec_commit.release is not None
    ]
    for (start, before), (end, after) in itertools.pairwise(labelled):
        yield Span(f"{before} to {after}", start, end, open=False)
    if labelled:
        start, before = labelled[-1]
        yield Span(f"since {before}", start, len(line.spec_commits) - 1, open=True)


def _trailing_spans(line: Mainline) -> Iterator[Span]:
    ends = _quarter_ends(line)
    for end in ends:
        upto = bisect_right(line.landed, end)
        if upto:
            start = line.landed[max(upto - TRAILING_PATCHES, 0)] - 1
            until = "" if end == ends[-1] else f" up to the end of {line.quarters[end]}"
            many = len(line.between(start, end))
            yield Span(f"the last {many} patches{until}", start, end, open=end == ends[-1])


def find_periods(
    evidence: Evidence, line: Mainline, behaviour: str, lineage: str, steps: Collection[Step]
) -> tuple[PeriodStep, ...]:
    """The windows of a behaviour and lineage that say something no step says: two patches or more, other states.

    Args:
        steps: of the same behaviour and lineage; a window over the two states of one of them is that step.
    """
    measured = _evaluated_places(evidence, line, behaviour, lineage)
    judged = {(step.before, step.after) for step in steps}
    period_steps: dict[tuple[State, State], PeriodStep] = {}
    for span in find_spans(line):
        window = _widest_period(evidence, line, span, measured)
        if window is None or (window.step.before, window.step.after) in judged:
            continue
        pair = (window.step.before, window.step.after)
        same = period_steps.get(pair, replace(window, names=()))
        period_steps[pair] = replace(same, names=(*same.names, span.name), open=same.open and span.open)
    return tuple(period_steps.values())


def widest_step(evidence: Evidence, line: Mainline, span: Span, behaviour: str, lineage: str) -> Step | None:
    """The widest step of a behaviour and lineage over a span, of one patch or more; None where nothing is comparable.

    One that can be compared on held-out comes before a wider one that cannot.
    """
    period = _widest_period(evidence, line, span, _evaluated_places(evidence, line, behaviour, lineage), fewest=1)
    return period.step if period is not None else None


@dataclass(frozen=True, slots=True)
class _EvaluatedPlaces:
    """Where on a line a behaviour and lineage was evaluated: places, ascending, and checkpoints by revision."""

    behaviour: str
    lineage: str
    places: tuple[int, ...]
    checkpoints: Mapping[str, Sequence[str]]


def _evaluated_places(evidence: Evidence, line: Mainline, behaviour: str, lineage: str) -> _EvaluatedPlaces:
    checkpoints = checkpoints_by_revision(evidence, evaluated_states(evidence, behaviour, lineage))
    places = (place for place, spec_commit in enumerate(line.spec_commits) if spec_commit.revision in checkpoints)
    return _EvaluatedPlaces(behaviour, lineage, tuple(places), checkpoints)


def _widest_period(
    evidence: Evidence, line: Mainline, span: Span, measured: _EvaluatedPlaces, fewest: int = 2
) -> PeriodStep | None:
    """The widest pair of evaluated states of a span that can be compared, on held-out too where it ever can.

    Args:
        fewest: patches between them.
    """
    fallback: PeriodStep | None = None
    hidden = any(suite.role is not Role.TEST for suite in suites_measuring(evidence, measured.behaviour))
    for start, end in _place_pairs(line, span, measured.places, fewest):
        ends = nearest_checkpoints(
            evidence, line.spec_commits[start].revision, line.spec_commits[end].revision, measured.checkpoints
        )
        patches = line.between(start, end)
        step = Step(evidence.history.spec, measured.behaviour, measured.lineage, *ends, patches)
        compared = compare(evidence, step)
        window = PeriodStep((span.name,), line.quarters[end], span.open, step)
        if compared.test and (compared.held_out or not hidden):
            return window
        if compared.test and fallback is None:
            fallback = window
    return fallback


def _place_pairs(line: Mainline, span: Span, evaluated: Sequence[int], fewest: int) -> list[tuple[int, int]]:
    """Places of evaluated revisions to compare: from the last before the span, or in it, to others in it."""
    first, last = bisect_right(evaluated, span.start), bisect_right(evaluated, span.end)
    inside, before = evaluated[first:last], evaluated[max(first - 1, 0) : first]
    places = [
        (-len(line.between(start, end)), start, end)
        for start, end in itertools.product([*before, *inside][:MAX_REVISIONS_AT_END], inside[-MAX_REVISIONS_AT_END:])
        if start < end and line.spec_commits[start].revision != line.spec_commits[end].revision
    ]
    return [(start, end) for count, start, end in sorted(places) if count <= -fewest]


def build_period_facts(window: PeriodStep, facts: BehaviourFacts, steps: Sequence[BehaviourFacts]) -> PeriodFacts:
    """What a window says, beside what the steps inside it say.

    Args:
        steps: of its behaviour and lineage, all of them.
    """
    patches = set(window.step.patches)
    starting = (step for step in steps if step.step.patches[:1] and step.step.patches[0] in patches)
    inside = [step for step in starting if patches.issuperset(step.step.patches)]
    return PeriodFacts(window.names, window.quarter, window.open, facts, tuple(step.verdict for step in inside))


def decide_periods(line: Mainline, periods: Sequence[PeriodFacts], rate: float) -> tuple[PeriodFacts, ...]:
    """The windows, each accused one with whether that holds across the stream of quarters, a p-value a quarter."""
    by_quarter: dict[str, list[float]] = {
        quarter: [] for quarter in dict.fromkeys(line.quarters) if any(each.quarter == quarter for each in periods)
    }
    for period in periods:
        by_quarter[period.quarter] += period.facts.accusations
    decided = decide_stream([StreamEntry(name, name, tuple(p_values)) for name, p_values in by_quarter.items()], rate)
    return tuple(
        replace(entry, facts=replace(entry.facts, survives_fdr=decided[entry.quarter].survives))
        if entry.facts.verdict in ACCUSING_VERDICTS
        else entry
        for entry in periods
    )
