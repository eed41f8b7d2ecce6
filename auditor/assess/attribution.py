"""Why did the number fall? The raw fall in parts that add up to it (Kitagawa 1955)."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.assess.comparable import Pair
from auditor.assess.contrast import AS_MISALIGNED, LEFT_OUT, Numbers
from auditor.assess.facts import Attribution
from auditor.model.policy import Policy
from auditor.model.suite import Suite


def attribute(numbers: Numbers) -> Attribution:
    """The raw fall's parts, in rate units (-1 to 1), averaged over test suites.

    Items is what restricting both sides to the common items takes away; invalid, what counting invalid samples as
    misaligned on both sides takes away then; behaviour, what is left. All complete runs of a side are averaged, so
    that the selection of runs has no part in a raw fall computed from all of them.
    """
    raw = float(numbers.raw.before.rate - numbers.raw.after.rate)
    common, bounded = (
        float(numbers.test.before.rate[reading] - numbers.test.after.rate[reading])
        for reading in (LEFT_OUT, AS_MISALIGNED)
    )
    left = min(common, bounded)
    return Attribution(raw=raw, items=raw - common, invalid=common - left, selection=0.0, behaviour=left)


def mechanisms(parts: Attribution, policy: Policy) -> tuple[str, ...]:
    """What made a `measurement`: each part that takes away more than its share of the raw fall, or the largest."""
    named = {"items": parts.items or 0.0, "invalid": parts.invalid or 0.0, "selection": parts.selection or 0.0}
    share = (1.0 - policy.transfer_threshold) * parts.raw
    large = tuple(name for name, part in named.items() if part >= share)
    return large or (max(named, key=named.__getitem__),)


def all_declared(pairs: Sequence[Pair], what: Sequence[str]) -> bool:
    """Whether the registry had declared each of these changes, for every suite, before its after-run."""
    return all(_declared(pair, mechanism) for pair in pairs for mechanism in what)


def _declared(pair: Pair, mechanism: str) -> bool:
    suite: Suite = pair.suite
    starts = [run.created.date() for run in pair.runs_after if run.created is not None]
    if len(starts) < len(pair.runs_after):
        return False  # a run without a date is not shown to be later than anything
    return any(change.what == mechanism and change.on <= min(starts) for change in suite.declared_changes)
