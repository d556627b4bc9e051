"""The exact gradient of the expected loss of a tiny noisy network, in float64 NumPy.

Inputs -> hidden units -> two classes, noise on every potential, for one image. With two
classes both losses depend on the difference d of the two noises alone:

    cross-entropy: softplus(-(m + d)),    0-1: 1[m + d < 0],

with m the noise-free margin of the true class. Threshold units are enumerated: every pattern of
gates g has the probability prod F(v)^g (1 - F(v))^(1 - g). Sigmoid units and d are integrated by
Gauss-Legendre quadrature on pieces between the kinks of the densities.
"""

import itertools

import numpy as np
from scipy import stats

LAWS = {"gaussian": stats.norm, "laplace": stats.laplace, "logistic": stats.logistic}
# 40 scales: the densities are below 1e-17 there, and the quadrature is exact to 1e-8.
_REACH, _PIECES, _NODES = 40.0, 16, 14


def _quadrature(scale, pieces=_PIECES, nodes=_NODES):
    """Nodes and weights on [-reach, reach] in scales, denser around 0, where 0 is an edge."""
    edges = np.linspace(-1, 1, pieces + 1)
    edges = scale * _REACH * np.sign(edges) * edges**2
    points, weights = np.polynomial.legendre.leggauss(nodes)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * points).ravel(), (half[:, None] * weights).ravel()


class TinyNetwork:
    """Expected loss of a network `x -> hidden -> 2` with bias in the hidden layer alone.

    Args:
        noise, scale: of every potential.
        loss: "cross_entropy" or "zero_one".
        hidden: "threshold" or "sigmoid".
    """

    def __init__(self, noise, scale, loss, hidden):
        self.law, self.loss, self.hidden = LAWS[noise](scale=scale), loss, hidden
        self.z, weights = _quadrature(scale)
        self.mass = weights * self.law.pdf(self.z)
        self.coarse, weights = _quadrature(scale, 10, 8)
        self.coarse_mass = weights * self.law.pdf(self.coarse)

    def margin_loss(self, m):
        """E of the loss over the two output noises, for an array of margins."""
        m = np.asarray(m, "float64")
        if self.loss == "zero_one":
            # P(z1 - z2 < -m) = E F(z2 - m), where the kink of F is smoothed by the integral.
            return np.sum(self.law.cdf(self.z - m[..., None]) * self.mass, axis=-1)
        inner = np.logaddexp(0, -(m[..., None, None] + self.z[:, None] - self.z))
        return np.einsum("...ij,i,j->...", inner, self.mass, self.mass)

    def expected_loss(self, x, label, kernel, bias, out):
        """E of the loss for one image."""
        v = x @ kernel + bias
        margin = out[:, label] - out[:, 1 - label]
        if self.hidden == "threshold":
            total, on = 0.0, self.law.cdf(v)
            for pattern in itertools.product((0, 1), repeat=len(v)):
                gates = np.array(pattern)
                chance = np.prod(np.where(gates, on, 1 - on))
                total += chance * self.margin_loss(gates @ margin)
            return float(total)
        # Two sigmoid units: the margin takes a value for every pair of nodes.
        one, two = (1 / (1 + np.exp(-(u + self.coarse))) for u in v)
        m = one[:, None] * margin[0] + two * margin[1]
        grid = np.linspace(m.min(), m.max(), 25)
        # The expected loss is a smooth function of the margin: a polynomial through 25 points.
        fitted = np.polynomial.Chebyshev.fit(grid, self.margin_loss(grid), 14)
        return float(np.einsum("ij,i,j->", fitted(m), self.coarse_mass, self.coarse_mass))

    def gradient(self, x, label, parameters, step=1e-3):
        """Central differences for every parameter array."""
        found = []
        for array in parameters:
            slope = np.zeros_like(array)
            for place in np.ndindex(array.shape):
                kept = array[place]
                array[place] = kept + step
                above = self.expected_loss(x, label, *parameters)
                array[place] = kept - step
                below = self.expected_loss(x, label, *parameters)
                array[place] = kept
                slope[place] = (above - below) / (2 * step)
            found.append(slope)
        return found
