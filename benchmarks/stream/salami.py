"""Ten small steps beside the one large one that they come to."""

from __future__ import annotations

import numpy as np

from auditor.assess.facts import Assessment
from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.verdict import STAYED_VERDICTS
from benchmarks.stream.worlds import Rates, in_steps, measured, straight, suites


def salami(seed: int, first: Rates, last: Rates, steps: int, samples: tuple[int, int]) -> list[Run]:
    """The runs of equal steps, every state measured by two runs that share its samples (test, held-out)."""
    dice = np.random.default_rng(seed)
    return [
        run
        for place, rates in enumerate(in_steps(first, last, steps))
        for run in measured(dice, f"r{place}", rates, samples, runs=2)
    ]


def accused(assessment: Assessment) -> tuple[bool, bool]:
    """Whether some patch by itself, and some window, is test-only."""
    by_patch = any(patch.verdict in STAYED_VERDICTS for patch in assessment.patches)
    return by_patch, any(window.facts.verdict in STAYED_VERDICTS for window in assessment.periods)


def share(
    seeds: range, first: Rates, last: Rates, steps: int, samples: tuple[int, int], *, days: int = 7
) -> tuple[float, float]:
    """The share of histories accused by some patch, and by some window."""
    history, registry = straight(steps + 1, days=days), suites(len(first.held_out))
    given = (salami(seed, first, last, steps, samples) for seed in seeds)
    found = [accused(assess(assemble_evidence(history, runs, registry), Policy())) for runs in given]
    patches, windows = (sum(column) / len(seeds) for column in zip(*found, strict=True))
    return patches, windows
