"""Leaky integrate-and-fire neurons and backpropagation through time in plain NumPy, float64.

One image, one neuron, one step after the other, from the printed equations alone.
"""

import math

import numpy as np

# Name to (slope g(x, a), its antiderivative G(x, a) with G(0) = 1/2, default a).
SURROGATES = {
    "triangular": (
        lambda x, a: max(0.0, a - a * a * abs(x)),
        lambda x, a: 0.5 + math.copysign(0.5, x) * (1 - max(0.0, 1 - a * abs(x)) ** 2),
        2.0,
    ),
    "rectangular": (
        lambda x, a: a if abs(x) <= 0.5 / a else 0.0,
        lambda x, a: min(max(0.5 + a * x, 0.0), 1.0),
        1.0,
    ),
    "arctan": (
        lambda x, a: 0.5 * a / (1 + (0.5 * math.pi * a * x) ** 2),
        lambda x, a: 0.5 + math.atan(0.5 * math.pi * a * x) / math.pi,
        2.0,
    ),
    "sigmoid": (
        lambda x, a: a * math.exp(-a * x) / (1 + math.exp(-a * x)) ** 2,
        lambda x, a: 1 / (1 + math.exp(-a * x)),
        4.0,
    ),
    "exponential": (
        lambda x, a: 0.5 * a * math.exp(-a * abs(x)),
        lambda x, a: 0.5 + math.copysign(0.5, x) * (1 - math.exp(-a * abs(x))),
        2.0,
    ),
    "piecewise": (
        lambda x, a: a if abs(x) <= 0.5 / a else 0.01,
        lambda x, a: (
            0.5 + a * x
            if abs(x) <= 0.5 / a
            else 0.5 + math.copysign(0.5 + 0.01 * (abs(x) - 0.5 / a), x)
        ),
        1.0,
    ),
    "straight_through": (lambda x, a: 1.0, lambda x, a: 0.5 + x, 1.0),
}


def run(current, k, theta, reset="hard", scaled=True):
    """Potentials u, spikes s, and v after the reset, `(T,)` each, of one neuron."""
    u, s, v, before = [], [], [], 0.0
    for each in current:
        u.append(k * before + ((1 - k) * each if scaled else each))
        s.append(1.0 if u[-1] >= theta else 0.0)
        before = (0.0 if s[-1] else u[-1]) if reset == "hard" else u[-1] - theta * s[-1]
        v.append(before)
    return np.array(u), np.array(s), np.array(v)


def gradient(current, k, theta, cotangent, slope, reset="hard", scaled=True, detach=True):
    """dL/dI(t) `(T,)` and dL/dk of `L = sum_t cotangent(t) s(t)` for one neuron.

    Forward mode: the derivative of every u with respect to every current, and to k, is carried
    along, which is another computation than the backward recursion of the library.
    """
    T = len(current)
    u, s, v = run(current, k, theta, reset, scaled)
    to_current, to_k = np.zeros(T), 0.0
    dv, dv_dk = np.zeros(T), 0.0
    for t in range(T):
        before = v[t - 1] if t else 0.0
        du = k * dv
        du[t] += (1 - k) if scaled else 1.0
        du_dk = k * dv_dk + before - (current[t] if scaled else 0.0)
        g = slope(u[t] - theta)
        to_current += cotangent[t] * g * du
        to_k += cotangent[t] * g * du_dk
        if reset == "hard":
            through = 1 - s[t] - (0.0 if detach else u[t] * g)
        else:
            through = 1 - (0.0 if detach else theta * g)
        dv, dv_dk = through * du, through * du_dk
    return to_current, to_k


def over_neurons(function, current, k, *others):
    """Apply a function of one neuron's `(current, k, *others)` to all of `(batch, T, ...)`.

    `k` broadcasts with one step, `others` have the shape of the current. Returns the first result
    stacked to `(batch, T, ...)`, and the second, a number per neuron, if there is one.
    """
    batch, T, *neurons = current.shape
    k = np.broadcast_to(k, (batch, *neurons))
    first, second = np.zeros(current.shape), np.zeros((batch, *neurons))
    for place in np.ndindex(batch, *neurons):
        where = (place[0], slice(None), *place[1:])
        found = function(current[where], k[place], *(other[where] for other in others))
        first[where] = found[0]
        second[place] = found[1]
    return first, second
