"""The normal distribution: z from an error, an error from a z, and the largest z at which a statement holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]

_STANDARD = NormalDist()
_LARGEST_Z = 8.0
_HALVINGS = 40
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def z_of_error(error: float) -> float:
    """The z that leaves `error` (0 to 0.5, exclusive of 0) above it."""
    return _STANDARD.inv_cdf(1.0 - error)


def error_of_z(z: Array) -> Array:
    """The error each z leaves above it; 1 for a z of 0 or less, where nothing is established at any level."""
    tail = 0.5 * _erfc(z / math.sqrt(2.0))
    return np.where(z > 0.0, tail, 1.0)


def largest_z(holds: Callable[[Array], Truth], shape: tuple[int, ...]) -> Array:
    """The largest z, from 0 to 8, at which `holds(z)` is true, by bisection to 1e-11; 0 where it never is.

    `holds` takes z of the given shape and must be decreasing in it: what is established with wide limits is
    established with narrow ones.
    """
    low = np.zeros(shape)
    high = np.full(shape, _LARGEST_Z)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        yes = holds(middle)
        low = np.where(yes, middle, low)
        high = np.where(yes, high, middle)
    return low
