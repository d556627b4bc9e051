"""Surrogate gradients of a spike that is a step of the membrane potential, by name.

Forward, for every name: the Heaviside step of the excess x = u - theta, `H(x) = 1` for x >= 0 and
0 for x < 0. **A potential that equals the threshold spikes.**

Backward: the derivative of the step, which is zero almost everywhere, is replaced by g(x). With
the sharpness a > 0 (default in brackets), every bump has area 1 and tends to the true derivative
as a grows:

* `"triangular"` [2]: `max(0, a - a^2 |x|)`; peak a, support |x| <= 1/a.
* `"rectangular"` [1]: `a` for |x| <= 1/(2a), else 0.
* `"arctan"` [2]: `(a/2) / (1 + (pi a x / 2)^2)`, slope of `arctan(pi a x / 2) / pi`.
* `"sigmoid"` [4]: `a s (1 - s)` with `s = sigma(a x)`.
* `"exponential"` [2]: `(a/2) exp(-a |x|)`.
* `"piecewise"` [1]: a ramp that leaks, `a` for |x| <= 1/(2a), else 0.01: the rectangle for neurons
  that are near their threshold, and a little gradient through all others.
* `"straight_through"`: 1 everywhere.
* `"adaptive"` [3.5]: `"arctan"` whose sharpness is `a / (M + 1.5 D + 1e-4)`, with M the mean of
  |x| and D the mean of ||x| - M| over the neurons and steps of an image: as wide as the layer's
  potentials lie from the threshold. For attacks; a reconstruction of Wang et al. (2025), who use
  running means over the steps of the attack.

A surrogate is written as a name, `(name, a)` or `(name, a, factor)`; the factor (default 1)
multiplies the gradient ("dampened").

References: Neftci, Mostafa, Zenke, IEEE Signal Processing Magazine 36 (2019); Bellec et al.,
NeurIPS 2018 (dampening); Wang et al., arXiv 2512.22522 (adaptive sharpness).
"""

import functools
import math
import numbers

from keras import ops

from ..given_gradient import with_gradient
from .arguments import invalid

_LEAK = 0.01
# tan(pi A) for A = 0.42, times 2 / pi: the usual result of the search in arXiv 2512.22522.
_ADAPTIVE = 2.0 * math.tan(0.42 * math.pi) / math.pi


def _triangular(x, a):
    return ops.maximum(a - a * a * ops.abs(x), 0.0)


def _rectangular(x, a):
    return ops.where(ops.abs(x) <= 0.5 / a, a, 0.0)


def _arctan(x, a):
    return 0.5 * a / (1.0 + ops.square(0.5 * math.pi * a * x))


def _sigmoid(x, a):
    s = ops.sigmoid(a * x)
    return a * s * (1.0 - s)


def _exponential(x, a):
    return 0.5 * a * ops.exp(-a * ops.abs(x))


def _piecewise(x, a):
    return ops.where(ops.abs(x) <= 0.5 / a, a, _LEAK)


def _straight_through(x, a):
    return ops.ones_like(x)


# Name to (g, default sharpness).
_GRADIENTS = {
    "triangular": (_triangular, 2.0),
    "rectangular": (_rectangular, 1.0),
    "arctan": (_arctan, 2.0),
    "sigmoid": (_sigmoid, 4.0),
    "exponential": (_exponential, 2.0),
    "piecewise": (_piecewise, 1.0),
    "straight_through": (_straight_through, 1.0),
    "adaptive": (_arctan, _ADAPTIVE),
}
NAMES = tuple(_GRADIENTS)


def check_spike_gradient(surrogate):
    """Return the argument `surrogate` as `(name, sharpness, factor)`."""
    value = (surrogate,) if isinstance(surrogate, str) else surrogate
    value = tuple(value) if isinstance(value, (tuple, list)) else (None,)
    name, *given = value or (None,)
    positive = all(_is_positive(number) for number in given)
    if name not in NAMES or len(given) > 2 or not positive:
        raise invalid(
            "surrogate",
            f"one of {NAMES}, alone or as (name, sharpness > 0[, factor > 0])",
            surrogate,
        )
    defaults = (_GRADIENTS[name][1], 1.0)
    return (name, *map(float, given), *defaults[len(given) :])


def _is_positive(value):
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and math.isfinite(value) and value > 0


def step(x):
    """`H(x)`, 1 for x >= 0: no gradient."""
    return ops.cast(x >= 0.0, "float32")


def slopes(surrogate, excesses):
    """g(x) for the excess of every time step.

    Args:
        surrogate: as `check_spike_gradient` returns it.
        excesses: list of tensors u - theta, one per step.

    Returns:
        List of tensors.
    """
    name, sharpness, factor = surrogate
    gradient = _GRADIENTS[name][0]
    if name == "adaptive":
        sharpness = sharpness / _spread(excesses)
    found = [gradient(x, sharpness) for x in excesses]
    return found if factor == 1.0 else [factor * g for g in found]


def _spread(excesses):
    """`M + 1.5 D + 1e-4` of every image, over its neurons and the steps."""
    axes = tuple(range(1, len(excesses[0].shape)))

    def mean(values):
        return sum(ops.mean(v, axis=axes, keepdims=True) for v in values) / len(values)

    distances = [ops.abs(x) for x in excesses]
    centre = mean(distances)
    return centre + 1.5 * mean([ops.abs(d - centre) for d in distances]) + 1e-4


@functools.lru_cache(maxsize=None)
def spike(surrogate):
    """The step with its surrogate gradient: a function of the excess x = u - theta.

    Args:
        surrogate: as `check_spike_gradient` returns it.
    """

    def backward(inputs, output, cotangents):
        return (cotangents[0] * slopes(surrogate, [inputs[0]])[0],)

    return with_gradient(lambda x: (step(x),), backward)
