"""The time loop of leaky integrate-and-fire neurons, forward and backward, as one kernel each.

The loop is unrolled and compiled. The backward kernel keeps nothing of the forward one but its
input: it computes the potentials again, in registers, while it would otherwise read them from
memory. So a time step costs one current and one spike per neuron, which the layers around it
keep anyway.

With `v(0) = 0`, decay k, current I and the excess `x(t) = u(t) - theta`:

    u(t) = k v(t-1) + (1 - k) I(t)      or, without scaling, k v(t-1) + I(t)
    s(t) = H(x(t))
    v(t) = u(t) (1 - s(t))              hard reset, or u(t) - theta s(t), soft reset

and backward, with g the surrogate gradient, `e(t) = dL/du(t)` and `c(t) = dL/dv(t) = k e(t+1)`:

    e(t) = dL/ds(t) g(x(t)) + c(t) r(t)
    r(t) = 1 - s(t) [- u(t) g(x(t))]    hard reset, or 1 [- theta g(x(t))], soft reset
    dL/dI(t) = (1 - k) e(t)             or e(t)
    dL/dk = sum_t e(t) (v(t-1) - I(t))  or sum_t e(t) v(t-1)

where the brackets are left out if the reset is detached.
"""

import functools
from typing import NamedTuple

from keras import ops

from ..backend import fused
from ..given_gradient import with_gradient
from .lif_decay import Decay, drawn
from .spike_gradient import slopes, step


class Settings(NamedTuple):
    """What a kernel is compiled for.

    Attributes:
        T: number of time steps.
        timed: whether the current has a time axis; without one it is the same in every step.
        decay: a `Decay`.
        threshold: theta, or `None` for a leaky integrator that never spikes and emits u.
        reset: "hard" or "soft".
        detach_reset: whether the reset is left out of the gradient.
        scale_input: whether the current is scaled by 1 - k.
        surrogate: as `check_spike_gradient` returns it, `None` where nothing spikes.
    """

    T: int
    timed: bool
    decay: Decay
    threshold: float | None
    reset: str
    detach_reset: bool
    scale_input: bool
    surrogate: tuple | None


def reset_potential(u, spikes, settings):
    """The potential after the spike, v."""
    if settings.threshold is None:
        return u
    if settings.reset == "hard":
        return u * (1.0 - spikes)
    return u - settings.threshold * spikes


def charge(v, current, k, settings):
    """The potential before the spike, u; `v=None` for a neuron at rest."""
    driven = (1.0 - k) * current if settings.scale_input else current
    return driven if v is None else k * v + driven


def _currents(x, settings):
    x = ops.cast(x, "float32")
    return [x[:, t] if settings.timed else x for t in range(settings.T)]


def _run(currents, k, settings):
    """The lists u(t), s(t) and v(t)."""
    potentials, spikes, after = [], [], [None]
    for current in currents:
        u = charge(after[-1], current, k, settings)
        s = u if settings.threshold is None else step(u - settings.threshold)
        potentials.append(u)
        spikes.append(s)
        after.append(reset_potential(u, s, settings))
    return potentials, spikes, after


def _backward(currents, k, cotangents, settings):
    """The lists dL/dI(t) and the terms of dL/dk."""
    potentials, spikes, after = _run(currents, k, settings)
    if settings.threshold is not None:
        g = slopes(settings.surrogate, [u - settings.threshold for u in potentials])
    to_current, to_decay, carry = [], [], None
    for t in reversed(range(settings.T)):
        error = cotangents[t] if settings.threshold is None else cotangents[t] * g[t]
        if carry is not None:
            error = error + carry * (
                1.0
                if settings.threshold is None
                else _through_reset(potentials[t], spikes[t], g[t], settings)
            )
        before = 0.0 if after[t] is None else after[t]
        to_decay.append(error * (before - currents[t] if settings.scale_input else before))
        to_current.insert(0, error * (1.0 - k) if settings.scale_input else error)
        carry = k * error
    return to_current, to_decay


def _through_reset(u, s, g, settings):
    """r = dv / du."""
    if settings.reset == "hard":
        return 1.0 - s if settings.detach_reset else 1.0 - s - u * g
    return 1.0 if settings.detach_reset else 1.0 - settings.threshold * g


def _reduced(terms, like):
    """Sum of the terms over the axes along which the decay is shared."""
    total = sum(terms)
    axes = tuple(a for a, size in enumerate(like.shape) if size == 1)
    return ops.sum(total, axis=axes, keepdims=True) if axes else total


@functools.lru_cache(maxsize=None)
def lif_loop(settings):
    """`(current, source) -> ` the spikes (or potentials) of all steps, `(batch, T, ...)`.

    `source` is the decay itself if it is learned, shaped like one image with a batch axis of 1, or
    the key that it is drawn with; a fixed decay takes none. A learned decay has a gradient.
    """
    learned = settings.decay.kind == "learned"

    @fused
    def forward(x, *source):
        currents = _currents(x, settings)
        k = drawn(settings.decay, currents[0], *source)
        return ops.stack(_run(currents, k, settings)[1], axis=1)

    @fused
    def backward(x, cotangent, *source):
        currents = _currents(x, settings)
        k = drawn(settings.decay, currents[0], *source)
        cotangents = [cotangent[:, t] for t in range(settings.T)]
        to_current, to_decay = _backward(currents, k, cotangents, settings)
        slope = ops.stack(to_current, axis=1) if settings.timed else sum(to_current)
        slope = ops.cast(slope, x.dtype)
        return (slope, _reduced(to_decay, k)) if learned else (slope,)

    def pull(inputs, outputs, cotangents):
        x, *source = inputs
        found = tuple(backward(x, cotangents[0], *source))
        return found + (None,) * (len(inputs) - len(found))

    return with_gradient(lambda x, *source: (forward(x, *source),), pull)
