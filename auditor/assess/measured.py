"""How each suite of a step was measured on its two sides: what differs, what came and went, which runs disagree."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import numpy as np

from auditor.assess.account import Apart, Difference, RunGap, ShortRun, SuiteMeasured, What
from auditor.assess.columns import Columns, added_up
from auditor.assess.comparable import Compared, Pair
from auditor.assess.contrast import proportion_of
from auditor.assess.endings import endings, said
from auditor.assess.replicated import twice
from auditor.evidence import Evidence, Step, complete_runs, runs_at
from auditor.model.run import Run
from auditor.model.suite import Role
from auditor.stats.falls import Fall, fell_more_than
from auditor.stats.intervals import Proportion


def measured(evidence: Evidence, step: Step, compared: Compared, error: float) -> tuple[SuiteMeasured, ...]:
    """Every suite of the step's behaviour, by name; each kind of statement shares `error` over the suites."""
    pairs = [*compared.test, *compared.held_out]
    error /= max(1, len(pairs) + len(compared.not_compared))
    found = [_of_pair(evidence, step, pair, error) for pair in pairs]
    for one in compared.not_compared:
        before, after = (complete_runs(evidence, one.suite, state) for state in (step.before, step.after))
        sides = [added_up(side) if side else None for side in (before, after)]
        found.append(
            SuiteMeasured(
                suite=one.suite,
                role=one.role,
                compared=False,
                differences=one.differences,
                before=_rate(sides[0]),
                after=_rate(sides[1]),
                fell=_fell(sides[0], sides[1], error),
                short=tuple(_short(evidence, one.suite, step)),
                registered=_registered_late(evidence, one.suite, step),
                runs=tuple(run.record for run in (*before, *after)),
            )
        )
    return tuple(sorted(found, key=lambda one: one.suite))


def _of_pair(evidence: Evidence, step: Step, pair: Pair, error: float) -> SuiteMeasured:
    return SuiteMeasured(
        suite=pair.name,
        role=pair.suite.role,
        compared=True,
        differences=tuple(_differences(pair)),
        before=_rate(pair.raw_before),
        after=_rate(pair.raw_after),
        fell=_fell(pair.raw_before, pair.raw_after, error),
        removed=_apart(pair.raw_before, pair.raw_after, error, worse=True),
        added=_apart(pair.raw_after, pair.raw_before, error, worse=False),
        invalid_rose=_invalid_rose(pair, error),
        short=tuple(_short(evidence, pair.suite.name, step)),
        gaps=tuple(_gaps(pair, error)),
        twice=tuple(twice(pair.runs_before)) + tuple(twice(pair.runs_after)),
        registered=_registered_late(evidence, pair.suite.name, step),
        runs=tuple(run.record for run in (*pair.runs_before, *pair.runs_after)),
        endings=endings(pair, error),
    )


def _fell(before: Columns | None, after: Columns | None, error: float) -> bool:
    """Whether the rates as reported fell, whatever else changed."""
    sides = _proportion(before), _proportion(after)
    return sides[0] is not None and sides[1] is not None and _above(Fall(sides[0], sides[1]), error)


def _rate(side: Columns | None) -> float | None:
    proportion = _proportion(side)
    return None if proportion is None else float(proportion.rate)


def _proportion(side: Columns | None) -> Proportion | None:
    return None if side is None else proportion_of(side)


def _above(fall: Fall, error: float) -> bool:
    """Whether the first rate is shown to be above the second."""
    return fell_more_than(fall, 0.0, error)


def _differences(pair: Pair) -> Iterator[Difference]:
    before, after = pair.raw_before.items, pair.raw_after.items
    if before is not None and after is not None and before != after:
        both = len(set(before) & set(after))
        yield Difference(What.ITEMS, f"{len(before):,}", f"{len(after):,} ({both:,} on both sides)")
    sides = pair.runs_before, pair.runs_after
    checkpoints = [sorted({run.checkpoint for run in side}) for side in sides]
    if checkpoints[0] != checkpoints[1]:
        yield Difference(What.CHECKPOINT, *(", ".join(names) for names in checkpoints))
    codes = [sorted({run.code_revision for run in side if run.code_revision}) for side in sides]
    if all(codes) and codes[0] != codes[1]:
        yield Difference(What.CODE, *(", ".join(names) for names in codes))
    shares = [_invalid_of(*side) for side in zip((pair.raw_before, pair.raw_after), sides, strict=True)]
    if shares[0] != shares[1]:
        yield Difference(What.INVALID, *shares)
    refusals = [_refused_of(side) for side in sides]
    if refusals[0] != refusals[1]:
        yield Difference(What.REFUSALS, *refusals)
    plans = [_plan(side) for side in sides]
    if any("of" in plan for plan in plans):
        yield Difference(What.PLANNED, *plans)


def _invalid_of(side: Columns, runs: Sequence[Run]) -> str:
    """The share of invalid samples, and what is said of why."""
    why = said(runs)
    return f"{100 * _invalid_share(side):.1f} %" + (f" ({why})" if why else "")


def _refused_of(runs: Sequence[Run]) -> str:
    """The share of scored samples that the log calls refusals."""
    refused = sum(sum(run.tallies.reasons.refused) for run in runs if run.tallies.reasons is not None)
    valid = sum(sum(run.tallies.valid) for run in runs)
    return f"{100 * refused / valid if valid else 0.0:.1f} %"


def _invalid_share(side: Columns) -> float:
    total = float(side.valid.sum() + side.invalid.sum())
    return float(side.invalid.sum()) / total if total else 0.0


def _got(run: Run) -> int:
    return sum(run.tallies.valid) + sum(run.tallies.invalid)


def _plan(runs: Sequence[Run]) -> str:
    """How many samples there are, of how many planned where that is more."""
    got, planned = sum(map(_got, runs)), sum(max(run.planned or 0, _got(run)) for run in runs)
    return f"{got:,}" if got == planned else f"{got:,} of {planned:,} planned"


def _apart(side: Columns, other: Columns, error: float, *, worse: bool) -> Apart | None:
    """The items of one side that the other has not, beside those both have."""
    if side.items is None or other.items is None or side.items == other.items:
        return None
    shared = np.isin(np.array(side.items), np.array(other.items))
    alone, both = (proportion_of(_where(side, mask)) for mask in (~shared, shared))
    if alone is None or both is None:
        return None
    established = _above(Fall(alone, both) if worse else Fall(both, alone), error)
    return Apart(int((~shared).sum()), float(alone.rate), float(both.rate), established)


def _where(side: Columns, mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Columns:
    names = tuple(itertools.compress(side.items or (), mask))
    return Columns(names, side.valid[mask], side.misaligned[mask], side.invalid[mask], None)


def _invalid_rose(pair: Pair, error: float) -> bool:
    """Whether the share of invalid samples rose; items are the unit."""
    if not pair.raw_after.invalid.any():
        return False
    sides = [
        Columns(side.items, side.valid + side.invalid, side.invalid, np.zeros_like(side.valid), side.design_effect)
        for side in (pair.raw_after, pair.raw_before)
    ]
    after, before = (proportion_of(side) for side in sides)
    return after is not None and before is not None and _above(Fall(after, before), error)


def _short(evidence: Evidence, suite: str, step: Step) -> Iterator[ShortRun]:
    """The runs of both states with fewer samples than planned, incomplete ones too."""
    for side, state in (("before", step.before), ("after", step.after)):
        for run in runs_at(evidence, suite, state):
            if run.planned is not None and _got(run) < run.planned:
                yield ShortRun(run.record, side, run.planned, _got(run))


def _gaps(pair: Pair, error: float) -> Iterator[RunGap]:
    """The sides whose runs disagree; each run's rate on the items all of that side's runs have.

    The two runs furthest apart are held to the error shared over all pairs of runs, either way round, and both sides.
    """
    for side, runs in (("before", pair.runs_before), ("after", pair.runs_after)):
        if len(runs) < 2:
            continue
        rates = [rate for rate in _on_shared_items(runs) if rate is not None]
        if len(rates) < 2:
            continue
        low, high = min(rates, key=lambda one: float(one.rate)), max(rates, key=lambda one: float(one.rate))
        chances = 2 * len(rates) * (len(rates) - 1)
        if _above(Fall(high, low), error / chances):
            yield RunGap(side, len(rates), float(low.rate), float(high.rate))


def _on_shared_items(runs: Sequence[Run]) -> Iterable[Proportion | None]:
    columns = [side for side in (added_up([run]) for run in runs) if side is not None]
    if any(side.items is None for side in columns):
        return [proportion_of(side) if side.items is not None or side.design_effect else None for side in columns]
    if all(side.items == columns[0].items for side in columns):
        return [proportion_of(side) for side in columns]
    shared = set.intersection(*(set(side.items or ()) for side in columns))
    return [proportion_of(_where(side, np.array([name in shared for name in side.items or ()]))) for side in columns]


def _registered_late(evidence: Evidence, name: str, step: Step) -> date | None:
    """The day a held-out role counts from, where one of the step's runs is older: it was seen without that role.

    Items written after a patch, and run on both of its revisions then, are what a held-out suite should be.
    """
    suite = evidence.suites[name]
    if suite.registered is None or suite.role is Role.TEST:
        return None
    runs = [run for state in (step.before, step.after) for run in complete_runs(evidence, name, state)]
    older = [run for run in runs if run.created is not None and run.created.date() < suite.registered]
    return suite.registered if older else None
