"""StepByStep: one pass per call, spike by spike the vectorised network."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.models import StepByStep
from tests.layer_checks import numpy
from tests.models.networks import IMAGES, small_network, unit_outputs

T = 3


def run(network, images, passes=T):
    state = network.start(images)
    outputs, trains = [], []
    for _ in range(passes):
        output, state, spikes = network.step(state, return_spikes=True)
        outputs.append(numpy(output))
        trains.append({name: numpy(value) for name, value in spikes.items()})
    return outputs, trains


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"downsampling": "pool"},
        {"encode_input": True},
        {"batch_normalization": False},
        {"gradient": "unrolled"},
    ],
    ids=str,
)
def test_equals_the_vectorised_network(options):
    model = small_network("A", T, **options)
    bk.reseed(model, 4)
    outputs, trains = run(StepByStep(model), IMAGES)
    bk.reseed(model, 4)
    expected = unit_outputs(model, IMAGES)
    assert set(trains[0]) == set(expected)
    for name, train in expected.items():
        for t in range(T):
            np.testing.assert_array_equal(trains[t][name], train[:, t], err_msg=f"{name} {t}")
    bk.reseed(model, 4)
    np.testing.assert_allclose(outputs[-1], numpy(model(IMAGES)), atol=1e-6)
    assert np.any(np.abs(outputs[0] - outputs[-1]) > 1e-3)


def test_after_pass_t_it_says_what_the_network_with_that_many_passes_says():
    model = small_network("A", T)
    bk.reseed(model, 4)
    outputs, _ = run(StepByStep(model), IMAGES)
    for t in (1, 2):
        short = bk.convert(model, "A", t)
        bk.reseed(short, 4)
        np.testing.assert_allclose(outputs[t - 1], numpy(short(IMAGES)), atol=1e-6)


def test_dense_network_with_present_and_skip_connection():
    image = keras.Input((5,))
    x = bk.layers.BU("A", T)(bk.layers.EDense(6)(bk.layers.Present(T)(image)))
    y = bk.layers.BU("A", T)(bk.layers.EDense(6)(x))
    z = keras.layers.Add()([x, y])
    output = keras.layers.Dense(2, "softmax")(bk.layers.Evidence()(z))
    model = keras.Model(image, output)
    images = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    bk.reseed(model, 1)
    outputs, _ = run(StepByStep(model), images)
    bk.reseed(model, 1)
    np.testing.assert_allclose(outputs[-1], numpy(model(images)), atol=1e-6)


def test_sequential_model():
    layers = [keras.Input((5,)), bk.layers.EDense(6), bk.layers.BU("A", T), bk.layers.Evidence()]
    model = keras.Sequential(layers)
    images = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    bk.reseed(model, 1)
    outputs, _ = run(StepByStep(model), images)
    bk.reseed(model, 1)
    np.testing.assert_allclose(outputs[-1], numpy(model(images)), atol=1e-6)


def test_the_prelude_runs_once_and_later_weights_are_seen():
    model = small_network("A", T)
    network = StepByStep(model)
    bk.reseed(model, 4)
    state = network.start(IMAGES)
    expected, _ = network.step(state)
    kernel = model.get_layer("conv1_1").kernel
    kernel.assign(np.zeros(kernel.shape))
    again, _ = network.step(state)
    np.testing.assert_array_equal(numpy(again), numpy(expected))
    head = model.get_layer("probabilities")
    head.set_weights([np.zeros((3, 4)), np.zeros(4)])
    np.testing.assert_allclose(numpy(network.step(state)[0]), 0.25, atol=1e-6)


def test_all_state_is_handed_in_and_out():
    model = small_network("A", T)
    network = StepByStep(model)
    bk.reseed(model, 4)
    one, two = network.start(IMAGES), network.start(IMAGES)  # two runs, two draws
    first = []
    state = one
    for _ in range(T):
        output, state = network.step(state)
        first.append(numpy(output))
    # Again from the start, with the other run in between.
    mixed, state = [], one
    for _ in range(T):
        output, state = network.step(state)
        mixed.append(numpy(output))
        _, two = network.step(two)
    np.testing.assert_array_equal(mixed, first)
    assert one["t"] == 0 and state["t"] == T
    assert np.any(numpy(network.step(network.start(IMAGES))[0]) != first[0])


def nested_model():
    inner = keras.Sequential([keras.Input((5,)), bk.layers.BU("A", T)])
    image = keras.Input((5,))
    return keras.Model(image, bk.layers.Evidence()(inner(image)))


def shared_layer_model():
    image = keras.Input((5,))
    shared = bk.layers.EDense(5)
    x = bk.layers.BU("A", T)(shared(image))
    x = bk.layers.BU("A", T)(shared(shared(x)))
    return keras.Model(image, bk.layers.Evidence()(x))


def timed_input_model():
    return keras.Sequential([keras.Input((T, 5)), bk.layers.BU("A", T), bk.layers.Evidence()])


def two_input_model():
    inputs = [keras.Input((5,)), keras.Input((5,))]
    return keras.Model(inputs, bk.layers.BU("A", T)(keras.layers.Add()(inputs)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: small_network("B"), r"type 'A'.*Received: types \['B'\]"),
        (lambda: keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)]), "type 'A'"),
        (two_input_model, "one input and one output"),
        (nested_model, "inside another layer"),
        (shared_layer_model, "more than once"),
        (timed_input_model, "time axis"),
    ],
)
def test_models_it_cannot_run_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        StepByStep(build())
