"""Derivatives that stand in for the one of a spike, for attacks and for trials of training.

A spike `1[U < h(u)]` has no useful derivative. Each of these names one that is used instead; the
forward pass is the same in all of them.

* `("straight_through",)`: `h'(u)`, the paper's Eqs. 8-11. Zero for u <= 0 and where h saturates.
* `("leaky", s)`: `max(h'(u), s)`, so that silent and saturated units pass gradient too.
* `("relaxed", s)`: the derivative of the binary Concrete relaxation at temperature s,
  `sigmoid((logit h(u) - logit U) / s)`, for the very U that drew the spike (Maddison et al. and
  Jang et al., 2017). Type D has no U: there it is `h'(u)`.
"""

import numbers

from keras import ops

NAMES = ("straight_through", "leaky", "relaxed")
STRAIGHT_THROUGH = ("straight_through",)
# h and U on a grid of 2**-24 reach 0 and 1, where a logit is infinite.
_MARGIN = 2.0**-20


def check_surrogate(surrogate):
    """Return the argument `surrogate` as a tuple if it is one of those above."""
    value = (surrogate,) if isinstance(surrogate, str) else tuple(surrogate or ())
    name, strength = (value + (None, None))[:2]
    number = isinstance(strength, numbers.Real) and not isinstance(strength, bool)
    fits = strength is None if name == "straight_through" else number and strength > 0
    if name not in NAMES or len(value) > 2 or not fits:
        raise ValueError(
            "Invalid value received for argument `surrogate`. Expected 'straight_through', "
            "('leaky', strength) or ('relaxed', temperature) with a number > 0. "
            f"Received: surrogate={surrogate!r}"
        )
    return value


def soft(surrogate, gain, u, uniform=None):
    """A tensor of which only the derivative with respect to `u` is meant.

    Args:
        surrogate: as `check_surrogate` returns it.
        gain: the gain function h.
        u: membrane potential.
        uniform: the numbers that the spikes are drawn from (`None` for type D).
    """
    name = surrogate[0]
    if name == "leaky":
        # Only the derivative counts, so a linear function with the wanted slope will do.
        return ops.stop_gradient(ops.maximum(gain.derivative(u), surrogate[1])) * u
    if name == "relaxed" and uniform is not None:
        odds = _logit(gain(u)) - ops.stop_gradient(_logit(uniform))
        return ops.sigmoid(odds / surrogate[1])
    return gain(u)


def _logit(p):
    p = ops.clip(p, _MARGIN, 1.0 - _MARGIN)
    return ops.log(p) - ops.log(1.0 - p)
