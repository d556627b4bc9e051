"""BU: the law of its output, seeds, and its error messages.

Statistical tests use fixed seeds. N is the number of independent draws per probability, the
error rate of one comparison is 1e-6.
"""

import keras
import numpy as np
import pytest
from scipy import stats

import binomial_keras as bk
from binomial_keras import layers
from binomial_keras.layers import BU
from tests.layer_checks import numpy
from tests.layers import reference

N = 20_000
RATE = 1e-6
# h(u) = 0 (twice), tiny, ..., near 1, and exactly 1 in float32.
POTENTIALS = np.array([-3.0, 0.0, 1e-3, 0.05, 0.3, 0.7, 1.2, 2.5, 4.5, 20.0], "float32")
PROBABILITIES = reference.h(POTENTIALS.astype("float64"))
U = np.tile(POTENTIALS, (N, 1))


def agrees_with_binomial(counts, T, p):
    """G-test of integer counts against Binomial(T, p); cells with < 5 expected are merged."""
    counts = np.rint(counts).astype(int)
    seen = np.bincount(counts, minlength=T + 1)
    law = stats.binom.pmf(np.arange(T + 1), T, p) * len(counts)
    if np.any(seen[law == 0] > 0):
        return False
    order = np.argsort(law)
    small = order[law[order] < 5]
    large = np.setdiff1d(np.arange(T + 1), small)
    rest = law[small].sum()
    # The merged cell: an exact Poisson bound, it may expect much less than 5.
    if stats.poisson.sf(seen[small].sum() - 1, rest) < RATE and seen[small].sum() > 0:
        return False
    if len(large) < 2:
        return True
    observed, expected = seen[large], law[large]
    expected = expected * observed.sum() / expected.sum()
    nonzero = observed > 0
    ratio = np.log(observed[nonzero] / expected[nonzero])
    g = 2 * np.sum(observed[nonzero] * ratio)
    return stats.chi2.sf(g, len(large) - 1) > RATE


def test_gain():
    u = np.linspace(-4, 4, 41, dtype="float32")
    expected = [max(0.0, np.tanh(float(v))) for v in u]
    np.testing.assert_allclose(numpy(BU("D")(u[None]))[0], expected, atol=1e-6)


# T = 12 is beyond the inverse distribution function: there the draws are summed.
@pytest.mark.parametrize("T", [1, 2, 5, 8, 12])
def test_type_b_follows_the_binomial_law(T):
    output = numpy(BU("B", T=T, seed=1)(U))
    counts = output * T
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-5)
    for column, p in enumerate(PROBABILITIES):
        assert agrees_with_binomial(counts[:, column], T, p), (T, p)
    assert np.all(output[:, PROBABILITIES == 0] == 0)
    assert np.all(output[:, -1] == 1)


def test_the_law_test_can_fail():
    rng = np.random.default_rng(0)
    assert agrees_with_binomial(rng.binomial(5, 0.3, N), 5, 0.3)
    assert not agrees_with_binomial(rng.binomial(5, 0.32, N), 5, 0.3)
    assert not agrees_with_binomial(np.full(N, 1), 5, 0.0)


def test_type_a_spikes_are_independent_bernoulli_draws():
    spikes = numpy(BU("A", T=3, seed=2)(U))
    assert spikes.shape == (N, 3, 10)
    assert set(np.unique(spikes)) == {0.0, 1.0}
    for column, p in enumerate(PROBABILITIES):
        for t in range(3):
            assert agrees_with_binomial(spikes[:, t, column], 1, p), (t, p)
        # Independent passes: their sum is binomial with T = 3.
        assert agrees_with_binomial(spikes[:, :, column].sum(axis=1), 3, p), p
    # Neighbouring neurons of one probability: p = 0.6044 drawn in 10 columns below.
    same = numpy(BU("A", T=3, seed=3)(np.full_like(U, 0.7)))
    assert abs(same.mean() - np.tanh(0.7)) < 0.002  # 6e5 draws: 3 standard errors are 0.0019
    total = same.sum(axis=2)
    for t in range(3):
        assert agrees_with_binomial(total[:, t], 10, np.tanh(0.7))


def test_type_a_uses_the_potential_of_each_pass():
    u = np.stack([U, -U, U[:, ::-1]], axis=1)
    spikes = numpy(BU("A", T=3, seed=4)(u))
    for t, potentials in enumerate((POTENTIALS, -POTENTIALS, POTENTIALS[::-1])):
        for column, p in enumerate(reference.h(potentials.astype("float64"))):
            assert agrees_with_binomial(spikes[:, t, column], 1, p), (t, p)


def test_type_c_law_and_mean_at_0_7():
    spikes = numpy(BU("C", seed=5)(U))
    assert set(np.unique(spikes)) == {0.0, 1.0}
    for column, p in enumerate(PROBABILITIES):
        assert agrees_with_binomial(spikes[:, column], 1, p), p
    # 2e5 draws at h(0.7) = 0.6044: the standard error is 0.0011.
    mean = numpy(BU("C", seed=6)(np.full_like(U, 0.7))).mean()
    assert abs(mean - 0.6044) < 0.005


@pytest.mark.parametrize("rule", ["last", "unrolled"])
def test_spikes_are_those_of_the_documented_hash(rule):
    u = np.random.default_rng(0).normal(size=(6, 3, 5)).astype("float32")
    unit = BU("A", T=3, seed=42, gradient=rule)
    for call in range(2):
        spikes = numpy(unit(u))
        for t in range(3):
            expected = reference.spikes(u[:, t].astype("float64"), 42, call, t + 1)
            np.testing.assert_array_equal(spikes[:, t], expected)


def test_type_a_with_one_pass_is_type_c():
    u = U[:500]
    a, c = BU("A", T=1, seed=8)(u), BU("C", seed=8)(u)
    assert tuple(a.shape) == (500, 1, 10)
    np.testing.assert_array_equal(numpy(a)[:, 0], numpy(c))


def test_an_input_without_time_axis_is_the_same_in_every_pass():
    u = U[:500]
    added = numpy(BU("A", T=3, seed=9)(u))
    repeated = numpy(BU("A", T=3, seed=9)(np.repeat(u[:, None], 3, axis=1)))
    np.testing.assert_array_equal(added, repeated)


@pytest.mark.parametrize("neuron", ["A", "B", "C"])
def test_seeds(neuron):
    u = U[:500]
    one, two = BU(neuron, T=2, seed=1), BU(neuron, T=2, seed=1)
    first, second = numpy(one(u)), numpy(one(u))
    assert np.any(first != second)  # every call draws anew, at inference too
    np.testing.assert_array_equal(numpy(two(u)), first)
    np.testing.assert_array_equal(numpy(two(u)), second)
    bk.reseed(one, 5), bk.reseed(two, 5)
    again = numpy(one(u))
    np.testing.assert_array_equal(numpy(two(u)), again)
    assert np.any(again != first)
    bk.reseed(one, 6)
    assert np.any(numpy(one(u)) != again)


def test_draws_differ_between_calls_of_a_compiled_model():
    model = keras.Sequential([keras.Input((10,)), BU("B", T=2, seed=1)])
    first, second = model.predict(U[:500], verbose=0), model.predict(U[:500], verbose=0)
    assert np.any(first != second)


@pytest.mark.parametrize(
    "unit",
    [lambda T: BU("B", T=T, seed=1), lambda T: keras.Sequential([BU("A", T=T), layers.Evidence()])],
    ids=["B", "A"],
)
def test_many_draws_give_type_d(unit):
    # Deviation from h(u) times sqrt(T) is sqrt(h (1 - h)) whatever T. 300 x 10 values: the
    # root mean square has a relative standard error of 1/sqrt(6000) = 1.3 % or less.
    u = U[:300, 5:6].repeat(10, axis=1)
    h = np.tanh(0.7)
    for T in (4, 64, 1024):
        network = unit(T)
        bk.reseed(network, 3)
        deviation = numpy(network(u)) - h
        rms = np.sqrt(np.mean(deviation**2)) * np.sqrt(T)
        assert rms == pytest.approx(np.sqrt(h * (1 - h)), rel=0.065)


def test_type_d_draws_nothing_and_keeps_its_state():
    unit = BU("D", seed=1)
    before = numpy(unit.seed_generator.state)
    np.testing.assert_array_equal(numpy(unit(U)), numpy(unit(U)))
    np.testing.assert_array_equal(numpy(unit.seed_generator.state), before)


@pytest.mark.parametrize("t", [1, 2, 3])
def test_one_pass_alone(t):
    u = U[:500]
    key = np.array([12, 3], "int32")
    unit = BU("A", T=3)
    whole = numpy(unit.emit(keras.ops.convert_to_tensor(u), keras.ops.convert_to_tensor(key)))
    alone = unit.emit_pass(keras.ops.convert_to_tensor(u), keras.ops.convert_to_tensor(key), t)
    np.testing.assert_array_equal(numpy(alone), whole[:, t - 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"neuron": "E"}, r"argument `neuron`.*'A', 'B', 'C', 'D'.*neuron='E'"),
        ({"neuron": None}, r"argument `neuron`.*neuron=None"),
        ({"T": 0}, r"argument `T`. Expected an integer >= 1. Received: T=0"),
        ({"T": 2.5}, r"argument `T`.*T=2.5"),
        ({"T": True}, r"argument `T`.*T=True"),
        ({"T": "three"}, r"argument `T`.*three"),
        ({"T": None}, r"argument `T`.*T=None"),
        ({"T": float("nan")}, r"argument `T`.*T=nan"),
        ({"T": float("inf")}, r"argument `T`.*T=inf"),
        ({"gradient": "first"}, r"argument `gradient`.*'last', 'unrolled'.*gradient='first'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=f"Invalid value received for {message}"):
        BU(**arguments)


def test_bad_inputs():
    with pytest.raises(ValueError, match=r"T=3.*2 passes.*share one T"):
        BU("A", T=3, name="unit")(np.zeros((4, 2, 5), "float32"))
    for shape in ((5,), (2, 3, 4, 5, 6, 7)):
        with pytest.raises(ValueError, match=r"Expected \(batch, features\).*Received: shape="):
            BU("A")(np.zeros(shape, "float32"))
    with pytest.raises(ValueError, match="known number of passes"):
        BU("D")(keras.Input((None, 5)))


def test_keras_batch_normalization_over_a_time_axis():
    image = keras.Input((3, 5))
    normalised = keras.layers.BatchNormalization(name="theirs")(image)
    with pytest.raises(ValueError, match=r"`theirs`.*binomial_keras.layers.BatchNormalization"):
        BU("A", T=3)(normalised)
    assert BU("A", T=3, gradient="unrolled")(normalised).shape == (None, 3, 5)
    untimed = keras.layers.BatchNormalization()(keras.Input((5,)))
    assert BU("A", T=3)(untimed).shape == (None, 3, 5)
    ours = layers.BatchNormalization()(image)
    assert BU("A", T=3)(ours).shape == (None, 3, 5)
    over_all = layers.BatchNormalization(statistics="all", name="over_all")(image)
    with pytest.raises(ValueError, match="`over_all`"):
        BU("A", T=3)(over_all)
