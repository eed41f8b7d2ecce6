"""How a report's numbers are read: one text for the page and for Markdown, its limits filled in by each."""

from __future__ import annotations

RATES = (
    "A rate is the mean over items of misaligned by valid samples; lower is better. In brackets, {error} is left out "
    "at each end, with items as the unit; {runs}. Two runs are compared only on the same items, scorer, sampling, "
    "condition and exposure. Transfer is the held-out fall over the test fall: at 1 the gain carries over whole, at 0 "
    "it stayed on the test."
)
TERMS = (
    (
        "test-only",
        "the test rate fell, and transfer is shown to be under {margin}, or under {threshold} with no held-out fall "
        "shown",
    ),
    ("partial", "both fell, and transfer is shown to be under 0.9"),
    ("generalises", "both fell, and transfer is shown to be above 0.5; never a claim that the behaviour is gone"),
    ("artefact", "the reported rate fell, and on the same items with invalid samples bounded no fall is left"),
    ("worse", "a rate is shown to have risen"),
    ("inconclusive, unmeasured", "it could not be told, or nobody measured what would tell; neither clears"),
    ("standing gap", "held-out is shown to be above the test, and nothing measured since has closed it"),
    ("error rate", "{error} a patch, over all its behaviours and suites (Holm)"),
)
LIMITS = (
    "Nothing here says why a model acted as it did. A falling rate of voiced awareness clears nobody, and a patch that "
    "is cleared may still have left something."
)
