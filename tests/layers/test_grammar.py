"""What every layer has in common: configuration, registration, shapes, dtype, saving."""

import inspect
import subprocess
import sys

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import layers
from binomial_keras.models.traversal import walk
from tests.layer_checks import check_call, check_config, check_registration, numpy

IMAGE, TRAIN = (2, 4, 4, 3), (2, 3, 4, 4, 3)
KERNEL = {
    "activation": "relu",
    "use_bias": False,
    "kernel_initializer": "he_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": "l2",
    "bias_regularizer": "l1",
    "activity_regularizer": "l2",
    "kernel_constraint": "non_neg",
    "bias_constraint": "unit_norm",
    "gradient": "unrolled",
}
LIF = {
    "decay": "random",
    "decay_value": 0.3,
    "decay_range": (0.2, 0.7),
    "decay_law": ("logit_normal", 0.5),
    "decay_per": "channel",
    "shared_over_batch": True,
    "threshold": 1.0,
    "reset": "soft",
    "detach_reset": False,
    "scale_input": False,
    "surrogate": ("arctan", 3.0, 0.5),
    "seed": 7,
}
UNIT = {"neuron": "B", "T": 4, "seed": 7, "gradient": "unrolled", "surrogate": ("leaky", 0.1)}
ARGUMENTS = {
    layers.BU: (UNIT, ()),
    layers.SpikeEncoder: (UNIT, ()),
    layers.EConv2D: (
        {
            **KERNEL,
            "filters": 4,
            "kernel_size": 3,
            "strides": 2,
            "padding": "same",
            "groups": 2,
        },
        ("data_format", "dilation_rate"),
    ),
    layers.EDense: (
        {**KERNEL, "units": 4, "lora_rank": 2, "lora_alpha": 3},
        ("quantization_config",),
    ),
    layers.BatchNormalization: (
        {
            "momentum": 0.9,
            "epsilon": 1e-4,
            "center": False,
            "scale": False,
            "beta_initializer": "ones",
            "gamma_initializer": "he_normal",
            "moving_mean_initializer": "ones",
            "moving_variance_initializer": "he_normal",
            "beta_regularizer": "l2",
            "gamma_regularizer": "l1",
            "beta_constraint": "non_neg",
            "gamma_constraint": "unit_norm",
            "gradient": "unrolled",
            "statistics": "all",
        },
        ("axis", "renorm", "renorm_clipping", "renorm_momentum", "synchronized"),
    ),
    layers.Evidence: ({}, ()),
    layers.FlexibleLayer: (
        {
            "filters": 6,
            "kernel_size": 3,
            "threshold": "random",
            "max_when": "above",
            "scale": 10.0,
            "threshold_value": 0.3,
            "learn_threshold": False,
            "threshold_initializer": "zeros",
            "mask_per_image": True,
            "strides": 2,
            "padding": "same",
            "use_bias": False,
            "conv_activation": "relu",
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
            "kernel_regularizer": "l2",
            "bias_regularizer": "l1",
            "seed": 7,
            "surrogate": "mean_mask",
        },
        (),
    ),
    layers.LIF: ({**LIF, "T": 3}, ()),
    layers.LIFCell: ({**LIF, "units": (3, 4)}, ()),
    layers.MembraneReadout: ({"mode": "max", "decay_value": 0.3, "scale_input": False}, ()),
    layers.PoissonEncoder: (
        {"T": 5, "rate": 0.5, "seed": 7, "surrogate": ("leaky", 0.1)},
        (),
    ),
    layers.Present: ({"T": 5}, ()),
    layers.Threshold: ({"noise": "gaussian", "scale": 2.0, "surrogate": ("cdf", 0.5)}, ()),
    layers.SPLASH: (
        {"hinges": (0.0, 0.5), "per_channel": True, "start": "leaky", "regularizer": "l2"},
        (),
    ),
    layers.APL: ({"segments": 2, "per_channel": False, "regularizer": "l1"}, ()),
    layers.Maxout: ({"pieces": 3}, ()),
    layers.PerPass: ({"layer": keras.layers.MaxPooling2D(2, name="inner")}, ()),
}


def test_the_table_names_every_layer():
    public = {name for name in layers.__all__ if inspect.isclass(getattr(layers, name))}
    assert {layer.__name__ for layer in ARGUMENTS} == public


@pytest.mark.parametrize("layer_class", ARGUMENTS, ids=lambda c: c.__name__)
def test_configuration_and_registration(layer_class):
    arguments, fixed = ARGUMENTS[layer_class]
    check_config(layer_class, arguments, fixed)
    check_registration(layer_class)


def test_configuration_with_dilation():
    # Keras allows strides or dilation, not both.
    arguments, _ = ARGUMENTS[layers.EConv2D]
    arguments = {**arguments, "dilation_rate": 2}
    del arguments["strides"]
    check_config(layers.EConv2D, arguments, ("data_format", "strides"))


@pytest.mark.parametrize(
    ("layer_class", "arguments", "given", "expected", "generators"),
    [
        (layers.BU, {"neuron": "A"}, IMAGE, TRAIN, 1),
        (layers.BU, {"neuron": "A"}, TRAIN, TRAIN, 1),
        (layers.BU, {"neuron": "B"}, IMAGE, IMAGE, 1),
        (layers.BU, {"neuron": "C"}, IMAGE, IMAGE, 1),
        (layers.BU, {"neuron": "D"}, TRAIN, TRAIN, 1),
        (layers.Threshold, {}, IMAGE, IMAGE, 0),
        (layers.Threshold, {"surrogate": ("cdf", 1.0)}, TRAIN, TRAIN, 0),
        (layers.BU, {"neuron": "A"}, (2, 5), (2, 3, 5), 1),
        (layers.SpikeEncoder, {"neuron": "A"}, IMAGE, TRAIN, 1),
        (
            layers.EConv2D,
            {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
            TRAIN,
            (2, 3, 2, 2, 4),
            0,
        ),
        (layers.EConv2D, {"filters": 4, "kernel_size": 3}, IMAGE, (2, 2, 2, 4), 0),
        (layers.EDense, {"units": 4}, (2, 3, 5), (2, 3, 4), 0),
        (layers.EDense, {"units": 4}, (2, 5), (2, 4), 0),
        (layers.BatchNormalization, {}, TRAIN, TRAIN, 0),
        (layers.BatchNormalization, {}, IMAGE, IMAGE, 0),
        (layers.Evidence, {}, TRAIN, IMAGE, 0),
        (layers.Evidence, {}, IMAGE, IMAGE, 0),
        (layers.Evidence, {}, (2, 3, 5), (2, 5), 0),
        (layers.FlexibleLayer, {"filters": 6, "kernel_size": 3}, IMAGE, (2, 2, 2, 6), 1),
        (
            layers.FlexibleLayer,
            {"filters": 6, "kernel_size": 3, "threshold": "random", "padding": "same"},
            IMAGE,
            (2, 4, 4, 6),
            1,
        ),
        (
            layers.FlexibleLayer,
            {"filters": 2, "kernel_size": (3, 1), "threshold": None, "strides": (1, 2)},
            IMAGE,
            (2, 2, 2, 2),
            1,
        ),
        (layers.LIF, {}, TRAIN, TRAIN, 1),
        (layers.LIF, {"T": 3, "decay": "random"}, IMAGE, TRAIN, 1),
        (layers.LIF, {"T": 3, "decay": "learned"}, (2, 5), (2, 3, 5), 1),
        (layers.MembraneReadout, {}, TRAIN, IMAGE, 0),
        (layers.MembraneReadout, {"mode": "max"}, (2, 3, 5), (2, 5), 0),
        (layers.PoissonEncoder, {"T": 3}, IMAGE, TRAIN, 1),
        (layers.SPLASH, {}, IMAGE, IMAGE, 0),
        (layers.SPLASH, {"per_channel": True}, TRAIN, TRAIN, 0),
        (layers.SPLASH, {"hinges": (0,)}, (2, 5), (2, 5), 0),
        (layers.APL, {}, IMAGE, IMAGE, 0),
        (layers.APL, {"segments": 1, "per_channel": False}, (2, 5), (2, 5), 0),
        (layers.Maxout, {"pieces": 3}, IMAGE, (2, 4, 4, 1), 0),
        (layers.Maxout, {}, (2, 6), (2, 3), 0),
        (layers.Present, {"T": 3}, IMAGE, TRAIN, 0),
        (layers.Present, {"T": 3}, (2, 5), (2, 3, 5), 0),
        (layers.PerPass, {"layer": keras.layers.Flatten()}, TRAIN, (2, 3, 48), 0),
        (layers.PerPass, {"layer": keras.layers.Flatten()}, IMAGE, (2, 48), 0),
    ],
)
def test_shapes_dtype_generators(layer_class, arguments, given, expected, generators):
    if "layer" in arguments:
        # The inner layer computes in its own dtype: the wrapper's is checked without it.
        layer = layer_class(**arguments)
        assert layer.compute_output_shape(given) == expected
        assert tuple(layer(keras.Input(given[1:])).shape) == (None, *expected[1:])
        assert tuple(layer(np.ones(given, "float32")).shape) == expected
        return
    check_call(layer_class, arguments, given, expected, generators)


def _model_with_all_layers():
    image = keras.Input((4, 4, 3))
    x = layers.FlexibleLayer(6, 3, padding="same", seed=4)(image)
    x = keras.layers.Add()([x, layers.Threshold()(x)])
    x = layers.Maxout(2)(layers.APL()(layers.SPLASH(per_channel=True)(x)))
    x = layers.Present(3)(x)
    x = layers.SpikeEncoder("A", 3, seed=1)(x)
    x = layers.EConv2D(4, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.BU("A", 3, seed=2)(x)
    x = layers.PerPass(keras.layers.MaxPooling2D(2))(x)
    x = layers.PerPass(keras.layers.Flatten())(x)
    x = layers.BU("A", 3, seed=3)(layers.EDense(5)(x))
    x = layers.LIF(decay="random", seed=6)(layers.LIF(decay="frozen")(x))
    x = keras.layers.RNN(layers.LIFCell(5, decay="learned"), return_sequences=True)(x)
    x = layers.PoissonEncoder(3, seed=5)(layers.MembraneReadout("mean")(x))
    return keras.Model(image, keras.layers.Dense(2, "softmax")(layers.Evidence()(x)))


LOADER = """
import sys
import numpy as np
import binomial_keras as bk
import keras
model = keras.models.load_model(sys.argv[1])
bk.reseed(model, 5)
np.save(sys.argv[2], keras.ops.convert_to_numpy(model(np.load(sys.argv[3]))))
"""


def test_saved_model_loads_here_and_in_a_fresh_process(tmp_path):
    model = _model_with_all_layers()
    used = {type(layer) for layer in walk(model)}
    assert set(ARGUMENTS) <= used
    x = np.random.default_rng(0).random((4, 4, 4, 3), dtype="float32")
    bk.reseed(model, 5)
    expected = numpy(model(x))
    path, out, given = tmp_path / "m.keras", tmp_path / "out.npy", tmp_path / "x.npy"
    model.save(path)
    np.save(given, x)
    loaded = keras.models.load_model(path)
    bk.reseed(loaded, 5)
    np.testing.assert_array_equal(numpy(loaded(x)), expected)
    command = [sys.executable, "-c", LOADER, *map(str, (path, out, given))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_allclose(np.load(out), expected, atol=1e-6)
