"""Scores as logs write them, and repetitions of an item that carry no number."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, Score, ScoreValue


def score_of(value: object, where: object, name: str) -> Score:
    """A score as it stands; a list becomes a dictionary by index, NaN (unscored) becomes None.

    Raises LogError for a score nested in a score; `name` is the scorer's.
    """
    if isinstance(value, list):
        value = {str(index): entry for index, entry in enumerate(value)}
    if isinstance(value, dict):
        return {key: _scalar(entry, where, f"{name}.{key}") for key, entry in value.items()}
    return _scalar(value, where, name)


def _scalar(value: object, where: object, name: str) -> ScoreValue:
    if isinstance(value, float) and math.isnan(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    remedy = "have the scorer give numbers, texts or one level of them"
    raise LogError("a score nested in a score", where=str(where), field=f"scores.{name[:80]}", remedy=remedy)


def in_epochs(samples: Iterable[LoggedSample]) -> tuple[LoggedSample, ...]:
    """The samples, those of one item numbered as its epochs in the order they come."""
    counts: Counter[str] = Counter()
    numbered = []
    for sample in samples:
        counts[sample.item] += 1
        numbered.append(replace(sample, epoch=counts[sample.item]))
    return tuple(numbered)
