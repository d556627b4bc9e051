"""The spiking networks: layers, sizes, parameters, encodings, other decays for the same weights.

Parameters worked out by hand: a convolution k x k from a to b maps without bias has k k a b, batch
normalisation of a maps 2 a trained ones, a dense layer a b + b. Neurons have none.
"""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import LIF
from binomial_keras.models import lif_small, randhet_vgg9, sew_resnet19, with_decay
from tests.layer_checks import numpy

RNG = np.random.default_rng(0)
SMALL = {"input_shape": (8, 8, 1), "maps": (4, 6), "units": 32, "seed": 1}
BUILDERS = (lif_small, randhet_vgg9, sew_resnet19)


def trained(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def neurons(model):
    return [layer for layer in model.layers if isinstance(layer, LIF)]


def awake(model):
    """Untrained networks are all but silent at inference: raise the currents."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, _, mean, variance = layer.get_weights()
            layer.set_weights([gamma, gamma - 0.4, mean + 0.1, 0.01 * variance])
    dense = model.get_layer("dense").layer
    dense.set_weights([10 * dense.get_weights()[0], dense.get_weights()[1]])
    return model


def test_small_network():
    model = lif_small()
    shapes = [tuple(layer.output.shape) for layer in neurons(model)]
    assert shapes == [(None, 4, 28, 28, 16), (None, 4, 14, 14, 32), (None, 4, 128)]
    assert trained(model) == (
        9 * 16 + 2 * 16 + 9 * 16 * 32 + 2 * 32 + 7 * 7 * 32 * 128 + 128 + 128 * 10 + 10
    )
    assert {layer.decay for layer in neurons(model)} == {"random"}


def test_vgg9():
    model = randhet_vgg9(seed=0, width=0.25)
    shapes = [tuple(layer.output.shape)[2:] for layer in neurons(model)]
    assert shapes == [(32, 32, 64)] * 3 + [(16, 16, 64)] * 3 + [(8, 8, 128)] * 3 + [(512,)]
    convolutions = 9 * (3 * 64 + 5 * 64 * 64 + 64 * 128 + 2 * 128 * 128)
    assert trained(model) == (
        convolutions + 2 * (6 * 64 + 3 * 128) + 2048 * 512 + 512 + 512 * 10 + 10
    )
    first = neurons(model)[0]
    assert (first.threshold, first.decay_value, first.reset) == (0.5, 0.5, "hard")
    assert (first.surrogate, first.scale_input) == (("triangular", 2.0, 1.0), True)


def test_sew_resnet19():
    model = sew_resnet19(width=0.25)
    sides = {n.name: tuple(n.output.shape)[2:] for n in neurons(model)}
    assert sides["lif0"] == (32, 32, 16) and sides["lif1_1a"] == (16, 16, 32)
    assert sides["lif2_3b"] == (8, 8, 64) and sides["lif3_1_shortcut"] == (4, 4, 128)
    # One, two in each of nine blocks, three shortcuts.
    assert len(sides) == 1 + 2 * 9 + 3
    expected, before = 9 * 3 * 16 + 2 * 16, 16
    for maps in (32, 64, 128):
        expected += 9 * before * maps + 5 * 9 * maps * maps + 6 * 2 * maps  # blocks
        expected += before * maps + 2 * maps  # shortcut
        before = maps
    assert trained(model) == expected + 128 * 10 + 10
    # Added after the neurons: a stage of three blocks counts up to 1 + 1 + 1 + 1. In training
    # mode, because the moving averages of an untrained network let nothing through.
    inner = keras.Model(model.input, model.get_layer("add1_3").output)
    counts = np.unique(numpy(inner(RNG.random((1, 32, 32, 3), "float32"), training=True)))
    assert set(counts) <= {0.0, 1.0, 2.0, 3.0, 4.0} and counts.max() > 1


@pytest.mark.parametrize("encoding, readout", [("direct", "rate"), ("poisson", "membrane")])
def test_the_network_is_the_chain_of_its_layers(encoding, readout):
    """Once more with the time axis everywhere, from single layers and NumPy."""
    model = awake(lif_small(**SMALL, decay="fixed", encoding=encoding, readout=readout, T=3))
    x = RNG.random((2, 8, 8, 1), "float32")
    bk.reseed(model, 3)
    found = numpy(model(x))
    if encoding == "poisson":
        bk.reseed(model, 3)
        train = numpy(model.get_layer("encoded")(x))
    else:
        train = np.repeat((x[:, None] - 0.1307) / 0.3081, 3, axis=1).astype("float32")
    for number in (1, 2):
        conv = model.get_layer(f"conv{number}").layer
        steps = [numpy(conv(train[:, t])) for t in range(3)]
        current = (np.stack(steps, 1) - 0.1) / np.sqrt(0.01 + 1e-5) + 0.6
        train = numpy(LIF()(current.astype("float32")))
        assert 0.01 < train.mean() < 0.95
        train = train.reshape(2, 3, *(s for n in train.shape[2:4] for s in (n // 2, 2)), -1)
        train = train.mean((3, 5))
    kernel, bias = model.get_layer("dense").layer.get_weights()
    spikes = numpy(LIF()((train.reshape(2, 3, -1) @ kernel + bias).astype("float32")))
    assert 0.01 < spikes.mean() < 0.95
    last = model.get_layer("probabilities" if readout == "rate" else "logits")
    kernel, bias = last.get_weights()
    logits = spikes @ kernel + bias
    if readout == "rate":
        logits = logits.mean(1)
    else:
        logits = 0.5 * logits[:, 2] + 0.25 * logits[:, 1] + 0.125 * logits[:, 0]
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_learns_and_saves(tmp_path):
    x, y = bk.data.load("digits", "train")
    x, y = x[y < 2][:96], y[y < 2][:96]
    model = lif_small(**SMALL)
    recipe = bk.training.recipe("cpu", epochs=6, batch_size=16)
    history = bk.training.train(model, x, y, recipe, verbose=0)
    assert history["loss"][-1] < 0.5 * history["loss"][0] and history["accuracy"][-1] > 0.85
    model.save(tmp_path / "model.keras")
    loaded = bk.load(tmp_path / "model.keras")
    for each in (model, loaded):
        bk.reseed(each, 1)
    np.testing.assert_allclose(numpy(loaded(x[:4])), numpy(model(x[:4])), atol=1e-6)


def test_with_decay():
    model = awake(lif_small(**SMALL, decay_range=(0.2, 0.6)))
    x = RNG.random((4, 8, 8, 1), "float32")
    frozen, fixed = with_decay(model, "frozen"), with_decay(model, "fixed")
    for other in (frozen, fixed):
        for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(numpy(other(x)), numpy(other(x)))
    assert (numpy(model(x)) != numpy(model(x))).any()
    assert {layer.decay_value for layer in neurons(fixed)} == {0.4}
    assert {n.decay_value for n in neurons(with_decay(model, "fixed", value=0.1))} == {0.1}
    # Equal to the network that was built so from the beginning.
    twin = awake(lif_small(**SMALL, decay="fixed", decay_value=0.4))
    np.testing.assert_allclose(numpy(fixed(x)), numpy(twin(x)), atol=1e-6)
    twin = awake(lif_small(**SMALL, decay="frozen", decay_range=(0.2, 0.6)))
    np.testing.assert_allclose(numpy(frozen(x)), numpy(twin(x)), atol=1e-6)
    # Other seeds, other frozen decays; every layer has its own.
    one, two = with_decay(model, "frozen", seed=1), with_decay(model, "frozen", seed=2)
    assert len({layer.seed for m in (one, two) for layer in neurons(m)}) == 6
    back = with_decay(frozen, "random")
    assert [layer.decay for layer in neurons(back)] == ["random"] * 3


def test_with_decay_errors():
    model = lif_small(**SMALL)
    for arguments, name in (
        (("learned",), "decay"), (("fixed", 2.0), "value"), (("frozen", None, -1), "seed"),
    ):
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            with_decay(model, *arguments)
    for wrong in (lif_small(**SMALL, decay="learned"), keras.Sequential([keras.Input((3,))])):
        with pytest.raises(ValueError, match="argument `model`.*at least one LIF"):
            with_decay(wrong, "fixed")
    cell = keras.layers.RNN(bk.layers.LIFCell(3, decay="random"))
    with pytest.raises(ValueError, match="inside another layer"):
        with_decay(keras.Sequential([keras.Input((4, 3)), cell]), "fixed")


def test_backward_rules_reach_the_network():
    rules = bk.models.backward_rules(lif_small(**SMALL))
    assert {"mean decay", "adaptive", "rectangular 0.5"} <= set(rules)
    twin = bk.models.with_backward(lif_small(**SMALL), "mean decay")
    assert {layer.decay for layer in neurons(twin)} == {"fixed"}


@pytest.mark.parametrize("arguments", [
    {"input_shape": (28, 28)}, {"classes": 1}, {"T": 0}, {"decay": "slow"}, {"seed": -1},
    {"encoding": "ttfs"}, {"readout": "votes"}, {"l2": -1.0}, {"decay_range": (0, 2)},
    {"width": 0}, {"surrogate": "tanh"},
], ids=str)
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    for build in BUILDERS[: 1 if name == "readout" else 3]:
        with pytest.raises(ValueError, match=f"argument `{name}`"):
            build(**{"width": 1 / 64, **arguments})
