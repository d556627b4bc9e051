"""The paper's formulas as plain NumPy loops, written from the documentation of the layers."""

import numpy as np

_U = np.uint64
_MASK = _U(0xFFFFFFFF)


def _times(x, factor):
    return (x * _U(factor)) & _MASK


def _mix(x):
    x = _times(x ^ (x >> _U(16)), 0x7FEB352D)
    x = _times(x ^ (x >> _U(15)), 0x846CA68B)
    return x ^ (x >> _U(16))


def uniforms(seed, call, t, count):
    """Numbers 0..count-1 of pass t in call number `call` of a layer with this seed.

    64-bit arithmetic with an explicit reduction, where the library relies on wrapping int32.
    """
    seed, call, t = _U(seed), _U(call), _U(t)
    first = _mix((_mix((call + _times(t, 0x846CA68B)) & _MASK) + seed) & _MASK)
    second = _mix((first + _U(0x9E3779B9)) & _MASK)
    x = (_times(np.arange(count, dtype=_U), 0x9E3779B9) + first) & _MASK
    x = (_times(x ^ (x >> _U(16)), 0x21F0AAAD) + second) & _MASK
    x = _times(x ^ (x >> _U(15)), 0x735A2D97)
    x = x ^ (x >> _U(15))
    return (x >> _U(8)).astype("float64") / 2**24


def h(u):
    """The gain function."""
    return np.maximum(0.0, np.tanh(u))


def spikes(u, seed, call, t):
    """Pass t of type A: one comparison per neuron, in row-major order."""
    draws = uniforms(seed, call, t, u.size).reshape(u.shape)
    return (draws < h(u)).astype("float64")


def conv2d(x, kernel, bias=None, stride=1, same=True):
    """Convolution as in Keras, `(batch, height, width, channels)`, by loops over positions."""
    size = kernel.shape[0]
    if same:
        total = [max((-(-n // stride) - 1) * stride + size - n, 0) for n in x.shape[1:3]]
        pads = [(n // 2, n - n // 2) for n in total]
        x = np.pad(x, [(0, 0), *pads, (0, 0)])
    height = (x.shape[1] - size) // stride + 1
    width = (x.shape[2] - size) // stride + 1
    out = np.zeros((len(x), height, width, kernel.shape[-1]))
    for i in range(height):
        for j in range(width):
            patch = x[:, i * stride : i * stride + size, j * stride : j * stride + size]
            out[:, i, j] = np.einsum("bhwc,hwcf->bf", patch, kernel)
    return out if bias is None else out + bias


def softmax(x):
    """Over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class BinomialNet:
    """A chain of linear maps and binomial units, run as Algorithm 1 prints it.

    Args:
        potentials: one function `(m, weights) -> u` per layer, where m is the layer's evidence
            and `weights` the list of all weights of the network.
        read_out: function `(m, weights) -> output`.
        weights: list of float64 arrays, free to be changed in place.
        seeds: seed of each unit; every unit is in its first call.
        T: passes.
    """

    def __init__(self, potentials, read_out, weights, seeds, T):
        self.potentials, self.read_out, self.weights = potentials, read_out, weights
        self.seeds, self.T = seeds, T

    def run(self, x):
        """`(output after pass T, spikes[layer][t], u[layer][t])`: the loop over passes."""
        counts = [0.0] * len(self.potentials)
        trains = [[] for _ in self.potentials]
        membrane = [[] for _ in self.potentials]
        for t in range(1, self.T + 1):
            evidence = x
            for n, (potential, seed) in enumerate(zip(self.potentials, self.seeds)):
                u = potential(evidence, self.weights)
                fired = spikes(u, seed, 0, t)
                counts[n] = counts[n] + fired
                evidence = counts[n] / t
                trains[n].append(fired)
                membrane[n].append(u)
        return self.read_out(evidence, self.weights), trains, membrane

    def last_pass(self, x, constants):
        """Output with m := h(u) + constant in every layer: Eq. 11, differentiable.

        With `constants[n]` = mean of the spikes - h(u(T)) the value is that of `run` and the
        derivative is Algorithm 1's.
        """
        evidence = x
        for potential, constant in zip(self.potentials, constants):
            evidence = h(potential(evidence, self.weights)) + constant
        return self.read_out(evidence, self.weights)

    def unrolled(self, x, constants):
        """Output with spike := h(u) + constant for every spike of every pass."""
        counts = [0.0] * len(self.potentials)
        for t in range(1, self.T + 1):
            evidence = x
            for n, potential in enumerate(self.potentials):
                u = potential(evidence, self.weights)
                counts[n] = counts[n] + h(u) + constants[n][t - 1]
                evidence = counts[n] / t
        return self.read_out(evidence, self.weights)

    def constants(self, trains, membrane, rule):
        """What `last_pass` or `unrolled` add to h(u), for given spikes."""
        if rule == "last":
            return [np.mean(s, axis=0) - h(u[-1]) for s, u in zip(trains, membrane)]
        return [[s - h(u) for s, u in zip(a, b)] for a, b in zip(trains, membrane)]
