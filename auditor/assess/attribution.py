"""Why the number fell: the raw fall in parts that add up to it (Kitagawa 1955): selection of runs, items, invalid
samples, behaviour; and which of them make an artefact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.assess.comparable import Pair, sum_runs
from auditor.assess.contrast import proportion_of
from auditor.assess.facts import Attribution, Bounds
from auditor.assess.verdicts import INVALID_AS_MISALIGNED, INVALID_EXCLUDED, READINGS
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.suite import Suite
from auditor.stats.falls import Fall

# Above this share of the raw fall, what measuring did is told beside the verdict.
NOTABLE_SHARE = 0.2
_ROUNDING = 1e-9


def attribute(pairs: Sequence[Pair], raw: Fall, common: Fall, *, established: bool) -> Attribution:
    """The raw fall's parts, in rate units (-1 to 1), averaged over the suites of `pairs`.

    Selection is by how much the most favourable pair of runs exceeds all runs together; items, what restricting both
    sides to the items both ran takes away of these; invalid, what counting invalid samples takes away then, an item
    that was run and has no valid sample among them; behaviour, what is left. Without item ids, items cannot be told
    from behaviour, and both are None.

    Args:
        raw: by all runs, as reported; shape ().
        common: the same on common items, one entry a reading of the invalid samples; shape (3,).
        established: whether the raw fall is.
    """
    pooled = float(raw.before.rate - raw.after.rate)
    ran = sum(_fall_on_common_items(pair) for pair in pairs) / len(pairs)
    by_reading = [float(common.before.rate[reading] - common.after.rate[reading]) for reading in READINGS]
    least, most, value = (
        min(by_reading),
        max(by_reading),
        min(by_reading[INVALID_EXCLUDED], by_reading[INVALID_AS_MISALIGNED]),
    )
    chosen = sum(_selection_excess(pair) for pair in pairs) / len(pairs)
    separable = all(pair.before.items is not None for pair in pairs)
    items, invalid = pooled - ran, ran - value
    bounds = {"invalid": Bounds(ran - most, ran - least), "selection": Bounds(chosen, chosen)}
    if separable:
        bounds |= {"items": Bounds(items, items), "behaviour": Bounds(least, most)}
    measured_share = (items + invalid + chosen) / (pooled + chosen) if pooled + chosen > 0.0 else 0.0
    return Attribution(
        raw=pooled + chosen,
        items=items if separable else None,
        invalid=invalid,
        selection=chosen,
        behaviour=value if separable else None,
        bounds=bounds,
        telling=established and measured_share > NOTABLE_SHARE,
    )


def _fall_on_common_items(pair: Pair) -> float:
    """The fall on the items both sides ran, each side by its own valid samples."""
    before, after = proportion_of(pair.before), proportion_of(pair.after)
    return float(before.rate - after.rate) if before is not None and after is not None else 0.0


def _selection_excess(pair: Pair) -> float:
    """By how much the most favourable pair of one suite's runs exceeds all of them together; at least 0."""
    if len(pair.runs_before) == len(pair.runs_after) == 1:
        return 0.0
    before, after = ([_run_rate(run) for run in side] for side in (pair.runs_before, pair.runs_after))
    highest = max((rate for rate in before if rate is not None), default=0.0)
    lowest = min((rate for rate in after if rate is not None), default=0.0)
    together = [proportion_of(side) for side in (pair.raw_before, pair.raw_after)]
    pooled = [float(side.rate) for side in together if side is not None]
    excess = (highest - lowest) - (pooled[0] - pooled[-1])
    return excess if excess > _ROUNDING else 0.0


def _run_rate(run: Run) -> float | None:
    columns = sum_runs([run])
    proportion = proportion_of(columns) if columns is not None else None
    return None if proportion is None else float(proportion.rate)


def waterfall(parts: Attribution) -> Mapping[str, float | None]:
    """The parts in the order in which they are taken away, behaviour last."""
    return {
        "selection": parts.selection,
        "items": parts.items,
        "invalid": parts.invalid,
        "behaviour": parts.behaviour,
    }


def artefact_mechanisms(parts: Attribution, policy: Policy) -> tuple[str, ...]:
    """What made a `artefact`: each part that takes away more than its share of the raw fall, or the largest."""
    named = {"items": parts.items or 0.0, "invalid": parts.invalid or 0.0, "selection": parts.selection or 0.0}
    share = (1.0 - policy.transfer_threshold) * parts.pooled
    large = tuple(name for name, part in named.items() if part >= share)
    return large or (max(named, key=named.__getitem__),)


def are_declared(pairs: Sequence[Pair], subjects: Sequence[str]) -> bool:
    """Whether the registry had declared each of these changes, for every suite, before its after-run."""
    return all(_is_declared(pair, mechanism) for pair in pairs for mechanism in subjects)


def _is_declared(pair: Pair, mechanism: str) -> bool:
    suite: Suite = pair.suite
    starts = [run.created.date() for run in pair.runs_after if run.created is not None]
    if len(starts) < len(pair.runs_after):
        return False  # a run without a date is not shown to be later than anything
    return any(change.what == mechanism and change.on <= min(starts) for change in suite.declared_changes)
