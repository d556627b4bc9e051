"""binomial_cnn: map sizes, variants, seeds, error messages."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.models import binomial_cnn
from tests.layer_checks import numpy
from tests.models.networks import IMAGES, mean_field, small_network


def test_the_default_is_the_networks_of_the_paper():
    model = binomial_cnn()
    shapes = {layer.name: tuple(layer.output.shape) for layer in model.layers}
    for stage, (side, width) in enumerate(((28, 16), (14, 32), (7, 64)), 1):
        for number in (1, 2):
            assert shapes[f"unit{stage}_{number}"] == (None, 3, side, side, width)
    assert shapes["conv1_1"] == (None, 28, 28, 16)  # before the first unit: no time axis
    assert shapes["evidence"] == (None, 7, 7, 64)
    assert shapes["pooled"] == (None, 64)
    assert model.output_shape == (None, 10)
    assert model.layers[-1].name == "probabilities"
    widths = [1, 16, 16, 32, 32, 64, 64]
    kernels = sum(9 * a * b for a, b in zip(widths, widths[1:]))
    assert model.count_params() == kernels + 4 * sum(widths[1:]) + 64 * 10 + 10
    assert float(model.get_layer("probabilities").kernel_regularizer.l2) == pytest.approx(1e-4)


@pytest.mark.architecture
def test_cifar_widths():
    model = binomial_cnn((32, 32, 3), widths=(64, 128, 256), neuron="D")
    assert tuple(model.get_layer("unit3_2").output.shape) == (None, 8, 8, 256)


@pytest.mark.parametrize(
    "options",
    [
        {"neuron": "A"},
        {"neuron": "A", "T": 1},
        {"neuron": "A", "gradient": "unrolled"},
        {"neuron": "B"},
        {"neuron": "C"},
        {"neuron": "D"},
        {"neuron": "A", "downsampling": "pool"},
        {"neuron": "A", "encode_input": True},
        {"neuron": "D", "batch_normalization": False},
        {"neuron": "D", "l2": 0, "convolutions": 2},
    ],
    ids=str,
)
def test_variants(options):
    model = binomial_cnn((8, 8, 1), 4, (2, 3), **{"convolutions": 1, **options})
    output = numpy(model(IMAGES))
    assert output.shape == (6, 4)
    np.testing.assert_allclose(output.sum(axis=1), 1, atol=1e-5)
    names = [type(layer).__name__ for layer in model.layers]
    assert ("BatchNormalization" in names) == options.get("batch_normalization", True)
    assert ("PerPass" in names) == (options.get("downsampling") == "pool")
    assert names.count("SpikeEncoder") == options.get("encode_input", False)
    last = model.get_layer(f"unit2_{options.get('convolutions', 1)}")
    assert tuple(last.output.shape)[-3:] == (4, 4, 3)
    assert last.gradient == options.get("gradient", "last")
    conv = model.get_layer("conv1_1")
    assert conv.use_bias == ("batch_normalization" in options)
    assert (model.get_layer("probabilities").kernel_regularizer is None) == ("l2" in options)


def test_type_d_is_the_mean_field():
    model = small_network("D")
    np.testing.assert_allclose(numpy(model(IMAGES)), mean_field(model, IMAGES), atol=1e-5)


def test_seed_fixes_weights_and_draws():
    one, two, other = (binomial_cnn((8, 8, 1), 4, (2, 3), seed=s) for s in (3, 3, 4))
    for a, b in zip(one.get_weights(), two.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert np.any(one.get_weights()[0] != other.get_weights()[0])
    np.testing.assert_array_equal(numpy(one(IMAGES)), numpy(two(IMAGES)))
    seeds = [layer.seed for layer in one.layers if isinstance(layer, bk.layers.BU)]
    assert len(set(seeds)) == len(seeds) == 4


def test_dropout_and_other_keras_layers_between():
    image = keras.Input((8, 8, 1))
    x = bk.layers.BU("A", 3)(bk.layers.EConv2D(2, 3)(image))
    x = keras.layers.Dropout(0.5)(x)
    x = bk.layers.BatchNormalization()(bk.layers.EConv2D(2, 3)(x))
    model = keras.Model(image, bk.layers.Evidence()(bk.layers.BU("A", 3)(x)))
    assert tuple(model(IMAGES, training=True).shape) == (6, 4, 4, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        {"input_shape": (28, 28)},
        {"classes": 1},
        {"widths": ()},
        {"widths": (16, 0)},
        {"convolutions": 0},
        {"downsampling": "max"},
        {"neuron": "F"},
        {"T": 0},
        {"gradient": "none"},
        {"seed": -1},
        {"seed": 5_000_000},
    ],
    ids=str,
)
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    with pytest.raises(ValueError, match=f"Invalid value received for argument `{name}`"):
        binomial_cnn(**arguments)


def test_fit_is_the_first_call_of_a_network_that_pools_spikes():
    # Keras traces the network before the first step; on PyTorch with tensors without values.
    model = binomial_cnn((8, 8, 1), 3, (2, 2), "A", 3, downsampling="pool", convolutions=1)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.random.default_rng(0).random((4, 8, 8, 1), "float32"), np.arange(4) % 3
    history = model.fit(x, y, verbose=0).history
    assert np.isfinite(history["loss"][0])
