"""Random configurations of every public layer, for tests that should hold for all of them."""

import json
import pathlib
import tempfile

import keras
import numpy as np
from hypothesis import strategies as st

import binomial_keras as bk
from binomial_keras import layers
from tests.layer_checks import numpy

FLAT, FLAT_TRAIN, IMAGE, TRAIN = (2, 6), (2, 2, 6), (2, 4, 4, 2), (2, 2, 4, 4, 2)
ANY = (FLAT, FLAT_TRAIN, IMAGE, TRAIN)
SEEDS = st.integers(0, 2**31 - 1)
NAMES = st.sampled_from(["linear", "relu", "tanh", "sigmoid"])
INITIALIZERS = st.sampled_from(["he_normal", "glorot_uniform", "ones"])
REGULARIZERS = st.sampled_from([None, "l1", "l2"])
GRADIENTS = st.sampled_from(["last", "unrolled"])
POSITIVE = st.floats(0.125, 4.0, width=32)
FRACTIONS = st.floats(0.0, 1.0, width=32)
SURROGATES = st.one_of(
    st.just("straight_through"),
    st.tuples(st.sampled_from(["leaky", "relaxed"]), st.floats(0.0625, 1.0, width=32)),
)
SPIKE_GRADIENTS = st.one_of(
    st.sampled_from(["triangular", "rectangular", "arctan", "sigmoid", "straight_through"]),
    st.tuples(st.sampled_from(["exponential", "triangular"]), POSITIVE),
)
HINGES = st.lists(st.integers(1, 40), min_size=0, max_size=4, unique=True).map(
    lambda found: (0.0, *(0.1 * value for value in sorted(found)))
)


def _unit(shape):
    return {
        "neuron": st.sampled_from("ABCD"),
        "T": st.just(2) if len(shape) in (3, 5) else st.integers(1, 4),
        "seed": SEEDS, "gradient": GRADIENTS, "surrogate": SURROGATES,
    }


def _kernel(**more):
    return {
        "activation": NAMES, "use_bias": st.booleans(), "kernel_initializer": INITIALIZERS,
        "kernel_regularizer": REGULARIZERS, "gradient": GRADIENTS, **more,
    }


def _convolution(shape):
    return _kernel(
        filters=st.integers(1, 4), kernel_size=st.integers(1, 3), strides=st.integers(1, 2),
        padding=st.sampled_from(["valid", "same"]),
    )


def _flexible(shape):
    return {
        "filters": st.sampled_from([2, 4]), "kernel_size": st.integers(1, 3),
        "threshold": st.sampled_from(["learned", "uniform", "random", None]),
        "max_when": st.sampled_from(["below", "above"]), "scale": POSITIVE,
        "threshold_value": FRACTIONS, "mask_per_image": st.booleans(),
        "strides": st.integers(1, 2), "padding": st.sampled_from(["valid", "same"]),
        "use_bias": st.booleans(), "conv_activation": st.sampled_from([None, "relu"]),
        "seed": SEEDS,
    }


def _neuron(shape):
    low = st.floats(0.0, 0.5, width=32)
    return {
        "decay": st.sampled_from(["fixed", "learned", "random", "frozen"]),
        "decay_value": FRACTIONS,
        "decay_range": st.tuples(low, st.floats(0.5, 0.875, width=32)),
        "decay_law": st.one_of(st.sampled_from(["uniform", "uniform_tau"]),
                               st.tuples(st.just("logit_normal"), POSITIVE)),
        "decay_per": st.sampled_from(["neuron", "channel", "layer"]),
        "shared_over_batch": st.booleans(), "threshold": POSITIVE,
        "reset": st.sampled_from(["hard", "soft"]), "detach_reset": st.booleans(),
        "scale_input": st.booleans(), "surrogate": SPIKE_GRADIENTS, "seed": SEEDS,
    }


# Class: shapes of the input, and strategies of the arguments for a shape.
LAYERS = {
    layers.BU: (ANY, _unit),
    layers.SpikeEncoder: (ANY, _unit),
    layers.EConv2D: ((IMAGE, TRAIN), _convolution),
    layers.EDense: ((FLAT, FLAT_TRAIN), lambda shape: _kernel(units=st.integers(1, 4))),
    layers.BatchNormalization: (ANY, lambda shape: {
        "momentum": FRACTIONS, "epsilon": st.floats(1e-4, 0.1), "center": st.booleans(),
        "scale": st.booleans(), "gradient": GRADIENTS,
        "statistics": st.sampled_from(["last", "all"])}),
    layers.Evidence: (ANY, lambda shape: {}),
    layers.FlexibleLayer: ((IMAGE,), _flexible),
    layers.LIF: (ANY, lambda shape: {
        **_neuron(shape), "T": st.just(2) if len(shape) in (3, 5) else st.integers(1, 4)}),
    layers.LIFCell: ((FLAT_TRAIN,), lambda shape: {**_neuron(shape), "units": st.just(6)}),
    layers.MembraneReadout: ((FLAT_TRAIN, TRAIN), lambda shape: {
        "mode": st.sampled_from(["last", "mean", "max"]), "decay_value": FRACTIONS,
        "scale_input": st.booleans()}),
    layers.PoissonEncoder: ((FLAT, IMAGE), lambda shape: {
        "T": st.integers(1, 4), "rate": POSITIVE, "seed": SEEDS, "surrogate": SURROGATES}),
    layers.Present: ((FLAT, IMAGE), lambda shape: {"T": st.integers(1, 4)}),
    layers.Threshold: (ANY, lambda shape: {
        "noise": st.sampled_from(["gaussian", "laplace", "logistic"]), "scale": POSITIVE,
        "surrogate": st.one_of(
            st.sampled_from(["zero", "straight_through"]),
            st.tuples(st.sampled_from(["cdf", "sigmoid", "smooth"]), POSITIVE))}),
    layers.SPLASH: (ANY, lambda shape: {
        "hinges": HINGES, "per_channel": st.booleans(),
        "start": st.sampled_from(["relu", "linear", "leaky"]), "regularizer": REGULARIZERS}),
    layers.APL: (ANY, lambda shape: {
        "segments": st.integers(1, 5), "per_channel": st.booleans(),
        "regularizer": REGULARIZERS}),
    layers.Maxout: (ANY, lambda shape: {"pieces": st.sampled_from([1, 2])}),
    layers.PerPass: ((IMAGE, TRAIN), lambda shape: {
        "layer": st.sampled_from([1, 2]).map(lambda n: keras.layers.MaxPooling2D(n))}),
}


def configurations(layer_class):
    """Strategy of `(shape, arguments, seed of the weights)`."""
    shapes, arguments = LAYERS[layer_class]
    return st.sampled_from(shapes).flatmap(
        lambda shape: st.tuples(st.just(shape), st.fixed_dictionaries(arguments(shape)), SEEDS)
    )


def check_round_trip(layer_class, shape, arguments, seed):
    """The same outputs from the same weights and draws, of the layer and of its copies.

    One is made from the configuration as JSON, one from a file that `binomial_keras.load` opens.
    """
    generator = np.random.default_rng(seed)
    x = generator.normal(size=shape).astype("float32")
    layer = layer_class(**arguments)
    model = _model(layer, shape)
    # Not negative: among the weights are variances.
    model.set_weights([np.abs(generator.normal(size=w.shape)) for w in model.get_weights()])
    expected = _outputs(model, x, seed)

    text = json.dumps(keras.saving.serialize_keras_object(layer))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert json.dumps(keras.saving.serialize_keras_object(again)) == text
    copy = _model(again, shape)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(_outputs(copy, x, seed), expected)

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "layer.keras")
        model.save(path)
        np.testing.assert_array_equal(_outputs(bk.load(path), x, seed), expected)


def _model(layer, shape):
    if isinstance(layer, layers.LIFCell):
        layer = keras.layers.RNN(layer, return_sequences=True)
    return keras.Sequential([keras.Input(shape[1:]), layer])


def _outputs(model, x, seed):
    bk.reseed(model, seed)
    return numpy(model(x))
