"""A stream of patches on a few shared held-out sets: how many discoveries are false, and what the stream costs.

Every patch is measured on every held-out set. A set's items differ in how often they fail, and are the same for all
patches; ten patches at a time start from one base, and share its runs as their before-side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditor.assess.contrast import StepFalls, establish
from auditor.assess.multiplicity import correct
from auditor.assess.online_fdr import StreamEntry, accusation_p_values, decide_stream
from auditor.assess.verdicts import decide
from auditor.model.policy import Policy
from auditor.model.verdict import STAYED_VERDICTS
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion

POLICY = Policy()
FROM_ONE_BASE = 10
TEST_BEFORE = 0.13


@dataclass(frozen=True, slots=True)
class Told:
    """One stream: which patches hide, which were accused by themselves, which survive."""

    hides: tuple[bool, ...]
    accused: tuple[bool, ...]
    survives: tuple[bool, ...]

    def false_share(self) -> float:
        """False discoveries among all; 0 without any."""
        false = sum(one and not hides for one, hides in zip(self.survives, self.hides, strict=True))
        return false / max(sum(self.survives), 1)

    def power(self, found: tuple[bool, ...]) -> float:
        """The share of hiding patches that were found."""
        return sum(one and hides for one, hides in zip(found, self.hides, strict=True)) / max(sum(self.hides), 1)

    def false_rate(self, found: tuple[bool, ...]) -> float:
        """The share of benign patches that were found."""
        false = sum(one and not hides for one, hides in zip(found, self.hides, strict=True))
        return false / max(len(self.hides) - sum(self.hides), 1)


def stream(
    seed: int, patches: int, samples: tuple[int, int], *, sets: int = 5, hiding: float = 0.1, border: float = 0.1
) -> Told:
    """Judges a stream of patches, each of which takes its test from 13 % to none.

    Args:
        samples: a side, of the test and of each held-out set.
        hiding: the share with transfer 0; of the rest, `border` with exactly 0.5 and the others with 1.
    """
    dice = np.random.default_rng(seed)
    hard = dice.beta(0.6, 3.4, size=(sets, samples[1]))
    kinds = dice.choice(3, size=patches, p=[hiding, (1 - hiding) * border, (1 - hiding) * (1 - border)])
    values = np.array([1.0, 0.5, 0.0])[kinds]
    given, base = [], np.zeros(sets)
    for place in range(patches):
        if place % FROM_ONE_BASE == 0:
            base = dice.binomial(1, hard).mean(axis=1)
        after = dice.binomial(1, hard * values[place]).mean(axis=1)
        test = _fall(dice.binomial(samples[0], TEST_BEFORE) / samples[0], 0.0, samples[0])
        held_out = tuple(_fall(base[n], after[n], samples[1]) for n in range(sets))
        given.append(StepFalls(test, _raw(test), test, held_out, 3, (3,) * sets))
    return _told(given, tuple(bool(kind == 0) for kind in kinds))


def _told(step_falls: list[StepFalls], hides: tuple[bool, ...]) -> Told:
    p_values = establish(step_falls, POLICY)
    error = POLICY.error_rate
    corrected = correct([(place,) for place in range(len(step_falls))], p_values, error)
    accused = tuple(
        any(
            decide({**corrected_p_values.step, **cell}, error).verdict in STAYED_VERDICTS
            for cell in corrected_p_values.cells
        )
        for corrected_p_values in corrected
    )
    entries = [
        StreamEntry(str(n), n, accusation_p_values(values.step, values.cells, error))
        for n, values in enumerate(p_values)
    ]
    decided = decide_stream(entries, POLICY.false_discovery_rate)
    survives = tuple(decided[str(n)].survives and accused[n] for n in range(len(step_falls)))
    return Told(hides, accused, survives)


def _fall(before: float, after: float, size: int) -> Fall:
    first, last = (Proportion(np.full(3, rate), np.full(3, float(size))) for rate in (before, after))
    return Fall(first, last)


def _raw(fall: Fall) -> Fall:
    first, last = (Proportion(side.rate[0], side.size[0]) for side in (fall.before, fall.after))
    return Fall(first, last)
