"""Evidence that stays valid when one looks again: an e-value by mixing over drifts (Robbins 1970).

An estimate of D from more and more samples moves like a Brownian motion with drift D in its information I = 1/SE^2.
Against D = 0, the likelihood ratio mixed over drifts with a half-normal prior of scale tau is, at z = estimate/SE,

    E = 2 / sqrt(1 + g) x exp(g z^2 / (2 (1 + g))) x Phi(z sqrt(g / (1 + g))),        g = I tau^2

It starts at 1 and, while D <= 0, ever reaches 1/alpha with probability at most alpha (Ville 1939): at any number of
looks, chosen in whatever way. Asymptotic, as the limits it rests on are (Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas 2021, arXiv 2103.06476; the one-sided mixture: Howard, Ramdas, McAuliffe and Sekhon 2021, arXiv 1810.08240).
"""

from __future__ import annotations

import math
from statistics import NormalDist

_STANDARD = NormalDist()
_SMALLEST = 1e-15


def e_value(p_value: float, effect: float, scale: float) -> float:
    """The e-value of one-sided evidence at any number of looks; 1 and less says nothing.

    Args:
        p_value: of the evidence at this look, 0 to 1.
        effect: the estimate's distance from what is to be excluded, in its own units; only its size counts.
        scale: tau, the distance to be expected where the statement is true, in the same units; chosen before any look.
    """
    z = -_STANDARD.inv_cdf(min(max(p_value, _SMALLEST), 1.0 - _SMALLEST))
    if z <= 0.0 or effect == 0.0:
        return 0.0
    g = (scale * z / effect) ** 2
    share = g / (1.0 + g)
    return 2.0 / math.sqrt(1.0 + g) * math.exp(share * z * z / 2.0) * _STANDARD.cdf(z * math.sqrt(share))
