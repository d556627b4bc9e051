"""LIF against a plain NumPy implementation; decays; error messages."""

import functools

import keras
import numpy as np
import pytest
from scipy import stats

import binomial_keras as bk
from binomial_keras.layers import LIF, LIFCell
from tests.layer_checks import numpy, vjp
from tests.layers import lif_reference as reference

RNG = np.random.default_rng(0)
# No potential of these comes within 1e-5 of a threshold, which the tests below would notice.
TRAIN = RNG.normal(0.6, 0.8, (3, 5, 4)).astype("float32")
IMAGES = RNG.normal(0.6, 0.8, (2, 4, 3, 2, 2)).astype("float32")
COTANGENTS = {x.shape: RNG.normal(size=x.shape).astype("float32") for x in (TRAIN, IMAGES)}
VARIANTS = [
    {"reset": reset, "scale_input": scaled, "detach_reset": detach,
     "threshold": 0.5 if scaled else 1.0}
    for reset in ("hard", "soft") for scaled in (True, False) for detach in (True, False)
]


def built(x, **options):
    layer = LIF(**options)
    layer.build(x.shape)
    return layer


def expected(x, k, cotangent, name="triangular", **options):
    """Spikes, dL/dI and dL/dk per neuron and image."""
    slope, _, a = reference.SURROGATES[name]
    theta = options["threshold"]
    rest = {"reset": options["reset"], "scaled": options["scale_input"]}

    def spikes(current, k):
        return reference.run(current, k, theta, **rest)[1], 0.0

    def slopes(current, k, cotangent):
        return reference.gradient(current, k, theta, cotangent, lambda e: slope(e, a), **rest,
                                  detach=options["detach_reset"])

    return (reference.over_neurons(spikes, x, k)[0],
            *reference.over_neurons(slopes, x, k, cotangent))


@pytest.mark.parametrize("x", [TRAIN, IMAGES], ids=["train", "images"])
@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_golden(options, x):
    cotangent = COTANGENTS[x.shape]
    layer = built(x, decay_value=0.4, **options)
    output, slope, _ = vjp(layer, x, cotangent)
    spikes, to_current, _ = expected(x, 0.4, cotangent, **options)
    np.testing.assert_array_equal(output, spikes)
    assert 0.1 < output.mean() < 0.9
    np.testing.assert_allclose(slope, to_current, atol=1e-5)


@pytest.mark.parametrize("name", reference.SURROGATES)
def test_golden_with_every_surrogate(name):
    options = VARIANTS[1]
    layer = built(TRAIN, decay_value=0.7, surrogate=name, **options)
    output, slope, _ = vjp(layer, TRAIN, COTANGENTS[TRAIN.shape])
    spikes, to_current, _ = expected(TRAIN, 0.7, COTANGENTS[TRAIN.shape], name, **options)
    np.testing.assert_array_equal(output, spikes)
    np.testing.assert_allclose(slope, to_current, atol=1e-5)


@pytest.mark.parametrize("per, shape", [("neuron", (1, 3, 2, 2)), ("channel", (1, 1, 1, 2)),
                                        ("layer", (1, 1, 1, 1))])
@pytest.mark.parametrize("options", [VARIANTS[1], VARIANTS[6]], ids=str)
def test_learned_decay(options, per, shape):
    layer = built(IMAGES, decay="learned", decay_per=per, decay_value=0.25, **options)
    assert numpy(layer.decay_weight).shape == shape
    np.testing.assert_allclose(numpy(layer.decays(IMAGES)), 0.25, rtol=1e-5)
    weight = RNG.normal(size=shape)
    layer.set_weights([weight])
    k = 1 / (1 + np.exp(-weight))
    cotangent = COTANGENTS[IMAGES.shape]
    output, slope, (to_weight,) = vjp(layer, IMAGES, cotangent)
    spikes, to_current, to_k = expected(IMAGES, k, cotangent, **options)
    np.testing.assert_array_equal(output, spikes)
    np.testing.assert_allclose(slope, to_current, atol=1e-5)
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1)
    to_k = to_k.sum(axis=axes, keepdims=True) * k * (1 - k)
    np.testing.assert_allclose(to_weight, to_k, atol=1e-4)


@pytest.mark.parametrize("decay", ["random", "frozen"])
@pytest.mark.parametrize("options", [VARIANTS[0], VARIANTS[7]], ids=str)
def test_golden_with_drawn_decays(options, decay):
    layer = built(IMAGES, decay=decay, seed=3, **options)
    bk.reseed(layer, 5)
    k = numpy(layer.decays(IMAGES)).astype("float64")
    assert k.shape == (2, 3, 2, 2) and (k[0] == k[1]).all() == (decay == "frozen")
    bk.reseed(layer, 5)
    cotangent = COTANGENTS[IMAGES.shape]
    output, slope, others = vjp(layer, IMAGES, cotangent)
    spikes, to_current, _ = expected(IMAGES, k, cotangent, **options)
    np.testing.assert_array_equal(output, spikes)
    np.testing.assert_allclose(slope, to_current, atol=1e-5)
    assert others == []


def test_rule_at_equality_by_hand():
    # k = 1/2, current 1, theta = 1/2: u(1) is exactly theta and spikes; so do all after the reset.
    ones = np.ones((1, 4, 1), "float32")
    np.testing.assert_array_equal(numpy(LIF()(ones)).ravel(), [1, 1, 1, 1])
    # theta = 0.7: u = 0.5, 0.75, and again from rest. Soft reset: v(2) = 0.05, u(3) = 0.525,
    # u(4) = 0.7625.
    for reset in ("hard", "soft"):
        found = numpy(LIF(threshold=0.7, reset=reset)(ones)).ravel()
        np.testing.assert_array_equal(found, [0, 1, 0, 1])


@pytest.mark.parametrize(
    "options, decay", zip(VARIANTS[::2], ("fixed", "learned", "random", "frozen")), ids=str
)
def test_a_constant_current_needs_no_time_axis(decay, options):
    still = IMAGES[:, 0]
    train = np.repeat(still[:, None], 3, axis=1)
    short = built(still, T=3, decay=decay, seed=1, **options)
    long = built(train, decay=decay, seed=1, **options)
    cotangent = RNG.normal(size=train.shape).astype("float32")
    one, slope, rest = vjp(short, still, cotangent)
    other, slopes, others = vjp(long, train, cotangent)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(slope, slopes.sum(1), atol=1e-5)
    for a, b in zip(rest, others, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def draws_of(law, decay_range, count=20_000, **options):
    x = np.zeros((1, 1, count), "float32")
    return numpy(built(x, decay="random", decay_law=law, decay_range=decay_range, seed=0,
                       **options).decays(x)).ravel()


def uniform_tau(low, high):
    """Distribution function of 1 - 1/tau."""
    a, b = 1 / (1 - low), 1 / (1 - high)
    return lambda k: np.clip((1 / (1 - k) - a) / (b - a), 0, 1)


@pytest.mark.parametrize("law, decay_range, cdf", [
    ("uniform", (0.0, 1.0), stats.uniform(0, 1).cdf),
    ("uniform", (0.25, 0.75), stats.uniform(0.25, 0.5).cdf),
    ("uniform_tau", (1 - 1 / 1.1, 0.75), uniform_tau(1 - 1 / 1.1, 0.75)),
    (("logit_normal", 1.5), (0.0, 1.0), lambda k: stats.norm.cdf(np.log(k / (1 - k)) / 1.5)),
    (("logit_normal", 0.7), (0.2, 0.6), lambda k: stats.norm.cdf(
        np.log((k - 0.2) / (0.6 - k)) / 0.7)),
], ids=str)
def test_law_of_the_decays(law, decay_range, cdf):
    # 20,000 numbers; a right layer fails in one of 1e4 seeds.
    k = draws_of(law, decay_range)
    assert k.min() >= decay_range[0] and k.max() <= decay_range[1]
    assert stats.kstest(k.astype("float64"), cdf).pvalue > 1e-4
    # The mean that `backward_rules` uses, within 5 standard errors.
    mean = built(TRAIN, decay="random", decay_law=law, decay_range=decay_range).law.mean
    assert abs(k.mean() - mean) < 5 * k.std() / len(k) ** 0.5


def test_a_range_of_one_number_is_the_fixed_decay():
    options = {"decay_range": (0.3, 0.3), "seed": 1}
    fixed = numpy(LIF(decay_value=0.3)(TRAIN))
    for law in ("uniform", "uniform_tau", ("logit_normal", 1)):
        drawn = LIF(decay="random", decay_law=law, **options)
        np.testing.assert_array_equal(numpy(drawn(TRAIN)), fixed)
        assert drawn.law.mean == pytest.approx(0.3)


@pytest.mark.parametrize("per, distinct", [("neuron", 12), ("channel", 2), ("layer", 1)])
@pytest.mark.parametrize("shared", [False, True])
def test_what_shares_a_decay(per, distinct, shared):
    layer = built(IMAGES, decay="random", decay_per=per, shared_over_batch=shared, seed=0)
    k = numpy(layer.decays(IMAGES))
    assert len(np.unique(k[0])) == distinct
    assert (k[0] == k[1]).all() == shared
    if per == "channel":
        assert len(np.unique(k[0, ..., 0])) == 1
    assert layer.noise_per_image == (not shared)
    assert LIF(shared_over_batch=True).noise_per_image


def test_random_decays_change_with_every_call_and_follow_the_seed():
    layer = built(IMAGES, decay="random", seed=0)
    first, second = numpy(layer(IMAGES)), numpy(layer(IMAGES))
    assert (first != second).any()
    bk.reseed(layer, 3)
    third, fourth = numpy(layer(IMAGES)), numpy(layer(IMAGES))
    bk.reseed(layer, 3)
    np.testing.assert_array_equal(numpy(layer(IMAGES)), third)
    np.testing.assert_array_equal(numpy(layer(IMAGES)), fourth)


def test_frozen_decays_follow_the_configuration_alone():
    layer = LIF(decay="frozen")
    assert isinstance(layer.seed, int)
    again = LIF.from_config(layer.get_config())
    bk.reseed(again, 9)
    np.testing.assert_array_equal(numpy(layer.decays(IMAGES)), numpy(again.decays(IMAGES)))
    np.testing.assert_array_equal(numpy(layer(IMAGES)), numpy(layer(IMAGES)))
    assert (numpy(layer.decays(IMAGES)) != numpy(LIF(decay="frozen").decays(IMAGES))).any()


def test_expected_gradient_over_the_draws():
    """One step, unscaled: u = I whatever the decay, so every draw has the same gradient."""
    x = TRAIN[:, :1]
    layer = built(x, decay="random", seed=0, scale_input=False)
    slope = vjp(layer, x, np.ones_like(x))[1]
    np.testing.assert_allclose(slope, np.maximum(2 - 4 * np.abs(x - 0.5), 0), atol=1e-5)


def test_backward_rules():
    layer = built(IMAGES, decay="random", seed=0, decay_range=(0.2, 0.6))
    rules = layer.backward_rules()
    assert rules["mean decay"] == {"decay": "fixed", "decay_value": pytest.approx(0.4)}
    assert {"rectangular 0.25", "exponential 2", "dampened exponential 1", "adaptive",
            "straight through", "attached reset"} <= set(rules)
    assert "triangular 2" not in rules and "triangular 1" in rules
    cotangent = COTANGENTS[IMAGES.shape]
    bk.reseed(layer, 1)
    own, slope, _ = vjp(layer, IMAGES, cotangent)
    for name in ("triangular 1", "dampened exponential 1", "adaptive", "attached reset"):
        other = LIF.from_config({**layer.get_config(), **rules[name]})
        other.build(IMAGES.shape)
        bk.reseed(other, 1)
        output, another, _ = vjp(other, IMAGES, cotangent)
        np.testing.assert_array_equal(output, own)
        assert np.abs(another - slope).max() > 1e-4, name
    assert "mean decay" not in LIF().backward_rules()
    assert "detached reset" in LIF(detach_reset=False).backward_rules()


ARGUMENTS = [
    ({"T": 0}, "T"), ({"T": 2.5}, "T"), ({"T": True}, "T"),
    ({"decay": "slow"}, "decay"), ({"decay": None}, "decay"), ({"decay": 0.5}, "decay"),
    ({"decay_value": 1.5}, "decay_value"), ({"decay_value": -0.1}, "decay_value"),
    ({"decay_value": "half"}, "decay_value"),
    ({"decay_range": (-0.1, 0.5)}, "decay_range"), ({"decay_range": (0.5, 1.1)}, "decay_range"),
    ({"decay_range": (0.7, 0.2)}, "decay_range"), ({"decay_range": 0.5}, "decay_range"),
    ({"decay_range": (0, float("nan"))}, "decay_range"),
    ({"decay_range": (0, 1), "decay_law": "uniform_tau"}, "decay_range"),
    ({"decay_law": "normal"}, "decay_law"), ({"decay_law": "logit_normal"}, "decay_law"),
    ({"decay_law": ("logit_normal", 0)}, "decay_law"),
    ({"decay_law": ("uniform", 2)}, "decay_law"), ({"decay_law": None}, "decay_law"),
    ({"decay_per": "image"}, "decay_per"),
    ({"threshold": 0}, "threshold"), ({"threshold": None}, "threshold"),
    ({"reset": "none"}, "reset"), ({"reset": None}, "reset"),
    ({"decay": "frozen", "seed": -1}, "seed"),
]


@pytest.mark.parametrize("arguments, name", ARGUMENTS, ids=str)
def test_bad_arguments(arguments, name):
    message = f"received for argument `{name}`. Expected .* Received: {name}="
    kinds = [LIF] if name == "T" else [LIF, functools.partial(LIFCell, 3)]
    for kind in kinds:
        with pytest.raises(ValueError, match=message):
            kind(**arguments)


def test_bad_inputs():
    with pytest.raises(ValueError, match="argument `T`. Expected a number of time steps"):
        LIF()(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="has T=3, but its input has 4 steps"):
        LIF(T=3)(np.zeros((2, 4, 5)))
    with pytest.raises(ValueError, match="Invalid input for layer"):
        LIF()(np.zeros(5))
    with pytest.raises(ValueError, match="known number of passes"):
        LIF()(keras.Input((None, 5)))
    with pytest.raises(ValueError, match="A learned decay needs a known number"):
        LIF(2, decay="learned")(keras.Input((None, None, 3)))
