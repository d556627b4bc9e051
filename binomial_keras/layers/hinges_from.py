"""Where to put the hinges of SPLASH."""

import math
from collections.abc import Sequence

import numpy as np

from .arguments import check_count, invalid
from .splash import check_hinges

# The outermost hinge, in standard deviations of values from N(0, 1).
_REACH = 2.5


def hinges_from(
    values: np.ndarray,
    count: int = 4,
    quantiles: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """Hinges for `SPLASH` from measured pre-activations: quantiles of |x|.

    `b_1 = 0`, and `b_k` is the quantile of |x| at level `q_k`. By default
    `q_k = erf(2.5 (k - 1) / ((count - 1) sqrt 2))`, the share of N(0, 1) within
    2.5 (k - 1) / (count - 1): normal values of standard deviation s get hinges evenly spaced from
    0 to 2.5 s, the outermost beyond 98.8 % of the values, and others get theirs where as many of
    their values lie. The paper says that hinges come from the data and not how; this is a choice.

    Args:
        values: array of pre-activations of any shape, finite.
        count: integer >= 1, K, hinges on one side with that at 0.
        quantiles: increasing levels in (0, 1), one for each hinge but the first; `count` is then
            ignored.

    Returns:
        Tuple of floats for `SPLASH(hinges=...)`.

    Raises:
        ValueError: an argument out of range; values so concentrated that two quantiles are equal.

    Example:

    >>> hinges_from(numpy.random.default_rng(0).normal(size=10**6))
    (0.0, 0.83, 1.67, 2.5)
    """
    values = np.abs(np.asarray(values, "float64").ravel())
    if not values.size or not np.isfinite(values).all():
        raise invalid("values", "finite numbers, at least one", values)
    levels = _levels(count, quantiles)
    hinges = [0.0, *np.quantile(values, levels).tolist()] if levels else [0.0]
    try:
        return check_hinges(hinges)
    except ValueError:
        raise ValueError(
            "Invalid value received for argument `values`. Expected values of which the quantiles "
            f"of the absolute value at {levels} differ and are above 0. Received: {hinges[1:]}"
        ) from None


def _levels(count, quantiles):
    if quantiles is None:
        count = check_count("count", count)
        return [math.erf(_REACH * k / (count - 1) / math.sqrt(2)) for k in range(1, count)]
    levels = [float(q) for q in quantiles]
    if any(not 0 < q < 1 for q in levels) or any(p >= q for p, q in zip(levels, levels[1:])):
        raise invalid("quantiles", "increasing numbers in (0, 1)", quantiles)
    return levels
