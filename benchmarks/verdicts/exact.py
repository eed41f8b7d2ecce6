"""The best an exact test can do, told what no one knows: that the test fall was whole.

With the test fall known to be 1, transfer is the held-out fall 1 - p_b/p_a, and showing it under c is a test of
p_b/p_a <= 1 - c from two binomials. The exact unconditional test orders all tables by the score statistic of the ratio
(Miettinen and Nurminen 1985) and takes as many as keep the error at every nuisance rate (Barnard 1947; Chan and Zhang
1999). It is an upper bound for what may be asked of a verdict, which has to learn the test fall from samples.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_NUISANCE = np.concatenate([np.linspace(0.002, 0.05, 25), np.linspace(0.06, 0.995, 75)])


def power(samples: int, base: float, *, c: float = 0.5, after: float | None = None, error: float = 0.05) -> float:
    """How often the exact test shows a held-out fall under `c`, at `samples` a side.

    Args:
        base: the true held-out rate before; `after` is the one after, the same if None.
        error: one-sided, held at 100 nuisance rates.
    """
    order = np.argsort(-_score(samples, 1.0 - c), axis=None, kind="stable")
    size = np.zeros(order.size)
    for nuisance in _NUISANCE:
        np.maximum(size, np.cumsum(_tables(samples, nuisance, (1.0 - c) * nuisance).ravel()[order]), out=size)
    allowed = int(np.searchsorted(size, error, side="right"))
    true = _tables(samples, base, base if after is None else after).ravel()
    return float(true[order[:allowed]].sum())


def _score(n: int, ratio: float) -> Array:
    """The score statistic of p_b/p_a = ratio for every table (x before, y after) of n each, shape (n+1, n+1)."""
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
    b = n + n * ratio + y + ratio * x
    p = (b - np.sqrt(np.maximum(b * b - 8.0 * n * ratio * (x + y), 0.0))) / (4.0 * n * ratio)
    variance = (ratio * p * (1.0 - ratio * p) + ratio**2 * p * (1.0 - p)) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0.0, (y - ratio * x) / n / np.sqrt(variance), 0.0)


def _tables(n: int, before: float, after: float) -> Array:
    return np.outer(_binomial(n, before), _binomial(n, after))


def _binomial(n: int, p: float) -> Array:
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, n + 1.0)))])
    k = np.arange(n + 1)
    return np.asarray(np.exp(logs[n] - logs[k] - logs[n - k] + k * math.log(p) + (n - k) * math.log1p(-p)))
