"""PoissonEncoder and MembraneReadout: values, gradients, distribution, error messages."""

import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import LIF, MembraneReadout, PoissonEncoder
from tests.layer_checks import finite_differences, numpy, vjp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 3)).astype("float32")


def test_poisson_rates():
    # Per pixel 4,000 images of T = 5 steps: 20,000 coins. Five standard deviations of the share
    # are at most 5 * sqrt(0.25 / 20000) = 0.018; one right run in 3e5 fails for six pixels.
    pixels = np.array([0.0, 0.1, 0.4, 0.5, 0.9, 1.0], "float32")
    layer = PoissonEncoder(T=5, rate=0.8, seed=0)
    spikes = numpy(layer(np.tile(pixels, (4000, 1))))
    assert spikes.shape == (4000, 5, 6) and set(np.unique(spikes)) == {0.0, 1.0}
    np.testing.assert_allclose(spikes.mean((0, 1)), 0.8 * pixels, atol=0.018)
    assert not spikes[..., 0].any()
    # Steps and images are independent: the variance of the count is binomial. Its standard error
    # is near 1.2 * sqrt(2 / 4000) = 0.027.
    counts = spikes[..., 3].sum(1)
    assert counts.var() == pytest.approx(5 * 0.4 * 0.6, abs=0.14)


def test_poisson_gradient():
    x = np.array([[-0.5, 0.25, 0.4, 0.75]], "float32")
    layer = PoissonEncoder(T=3, rate=2.0, seed=0)
    layer.build(x.shape)
    cotangent = RNG.normal(size=(1, 3, 4)).astype("float32")
    slope = vjp(layer, x, cotangent)[1]
    np.testing.assert_allclose(slope, 2.0 * cotangent.sum(1) * [[0, 1, 1, 0]], atol=1e-5)
    leaky = PoissonEncoder(T=3, rate=2.0, seed=0, **layer.backward_rules()["leaky 0.1"])
    leaky.build(x.shape)
    slope = vjp(leaky, x, cotangent)[1]
    np.testing.assert_allclose(slope, 2.0 * cotangent.sum(1) * [[0.1, 1, 1, 0.1]], atol=1e-5)


def test_poisson_draws_anew_and_follows_the_seed():
    x = np.full((2, 50), 0.5, "float32")
    layer = PoissonEncoder(T=2, seed=0)
    assert (numpy(layer(x)) != numpy(layer(x))).any()
    bk.reseed(layer, 1)
    once = numpy(layer(x))
    bk.reseed(layer, 1)
    np.testing.assert_array_equal(numpy(layer(x)), once)


def potentials(x, k, scaled):
    u, found = np.zeros(x[:, 0].shape), []
    for t in range(x.shape[1]):
        u = k * u + ((1 - k) * x[:, t] if scaled else x[:, t])
        found.append(u)
    return np.stack(found, 1)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("mode", ["last", "mean", "max"])
def test_membrane_readout(mode, scaled):
    layer = MembraneReadout(mode, 0.3, scaled)
    layer.build(X.shape)
    x = X.astype("float64")
    cotangent = RNG.normal(size=(2, 3)).astype("float32")

    def read():
        u = potentials(x, 0.3, scaled)
        return {"last": u[:, -1], "mean": u.mean(1), "max": u.max(1)}[mode]

    output, slope, _ = vjp(layer, X, cotangent)
    np.testing.assert_allclose(output, read(), atol=1e-5)
    expected = finite_differences(lambda: (cotangent * read()).sum(), [x])[0]
    np.testing.assert_allclose(slope, expected, atol=1e-4)


def test_membrane_readout_is_lif_below_its_threshold():
    x = np.abs(X) * 0.1
    silent = numpy(LIF(decay_value=0.3, threshold=100.0)(x))
    assert not silent.any()
    np.testing.assert_allclose(numpy(MembraneReadout(decay_value=0.3)(x)),
                               potentials(x, 0.3, True)[:, -1], atol=1e-6)


def test_errors():
    for mode in ("first", None):
        with pytest.raises(ValueError, match="argument `mode`. Expected one of"):
            MembraneReadout(mode)
    with pytest.raises(ValueError, match="argument `decay_value`"):
        MembraneReadout(decay_value=2)
    with pytest.raises(ValueError, match="Expected a time axis"):
        MembraneReadout()(np.zeros((2, 5)))
    for arguments, name in (({"T": 0}, "T"), ({"rate": 0}, "rate"), ({"rate": None}, "rate"),
                            ({"surrogate": "hard"}, "surrogate")):
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            PoissonEncoder(**arguments)
    with pytest.raises(ValueError, match="has a time axis already"):
        PoissonEncoder()(np.zeros((2, 3, 5)))
