"""How much chance explains: the largest count that is still no proof, given the mean that chance has."""

from functools import lru_cache
from math import exp, lgamma, log, sqrt

ODDS = 1e-9
"""How seldom a good copy may be refused by one comparison: once in so many."""
_NEGLIGIBLE = 1e-15
"""Terms of the tail, as a share of its first, that change nothing any more."""
_SIGMAS = 6
"""Standard deviations beyond the mean at which :data:`ODDS` are reached where the mean is large (5.998)."""
_SKEW = 7
"""What a Poisson distribution needs on top: (6² - 1) / 6 by its skewness (Cornish and Fisher), and rounding up."""
_LARGE = 1e6
"""Means from which a Poisson distribution is a normal one (the counts allowed differ by less than 0.001 %)."""


@lru_cache(maxsize=4096)
def most_by_chance(mean: float, odds: float = ODDS) -> int:
    """The smallest count that what happens ``mean`` times on average exceeds with less than ``odds``.

    The exact quantile of the Poisson distribution: mean + 6 σ is no bound for it where the mean is below ten.
    """
    if mean <= 0:
        return 0
    if mean >= _LARGE:
        return int(mean + _SIGMAS * sqrt(mean)) + _SKEW
    low, high = int(mean), int(mean + 2 * _SIGMAS * sqrt(mean)) + 40
    while low < high:
        middle = (low + high) // 2
        if _tail(mean, middle) < odds:
            high = middle
        else:
            low = middle + 1
    return low


def _tail(mean: float, count: int) -> float:
    """The probability of more than ``count``, for counts from the mean on."""
    number = count + 1
    first = exp(number * log(mean) - mean - lgamma(number + 1))
    term = total = 1.0
    while term > _NEGLIGIBLE:
        number += 1
        term *= mean / number
        total += term
    return first * total
