"""There and back: the networks that come back from a NIR file emit the same spikes."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import LIF, MembraneReadout, PerPass, PoissonEncoder, Present
from tests.interchange.networks import conv_net, euler, filled, spikes_of
from tests.layer_checks import numpy

nir = pytest.importorskip("nir", reason="NIR files need the package nir")

from binomial_keras.interchange import from_nir, to_nir  # noqa: E402

RNG = np.random.default_rng(3)
IMAGES = RNG.normal(0.3, 1.0, (6, 6, 4, 2)).astype("float32")
NEURONS = {
    "fixed": {"decay_value": 0.3},
    "learned": {"decay": "learned", "surrogate": ("arctan", 3.0)},
    "learned per channel": {"decay": "learned", "decay_per": "channel", "detach_reset": False},
    "frozen": {"decay": "frozen", "seed": 7, "decay_range": (0.2, 0.9)},
    "without scaling": {"scale_input": False, "threshold": 1.0, "decay_value": 0.8},
    "no leak": {"scale_input": False, "threshold": 1.0, "decay_value": 1.0},
    "no memory": {"decay_value": 0.0},
}


def there_and_back(model, folder, **options):
    nir.write(folder / "network.nir", to_nir(model))
    return from_nir(folder / "network.nir", **options)


@pytest.mark.parametrize("options", NEURONS.values(), ids=NEURONS)
def test_same_spikes_after_a_file(options, tmp_path):
    model = conv_net(**options)
    back = there_and_back(model, tmp_path)
    for spikes, others in zip(spikes_of(model, IMAGES), spikes_of(back, IMAGES), strict=True):
        assert 0.02 < spikes.mean() < 0.98
        np.testing.assert_array_equal(spikes, others)
    np.testing.assert_allclose(numpy(model(IMAGES)), numpy(back(IMAGES)), atol=1e-5)
    # What NIR has no field for comes from the note.
    kept = ("decay", "decay_per", "surrogate", "detach_reset", "scale_input", "threshold")
    for layer in (one for one in model.layers if isinstance(one, LIF)):
        config, other = layer.get_config(), back.get_layer(layer.name).get_config()
        assert {name: config[name] for name in kept} == {name: other[name] for name in kept}


@pytest.mark.parametrize("name", ["lif_small", "randhet_vgg9", "sew_resnet19"])
def test_networks_of_the_library(name, tmp_path):
    options = {"maps": (3, 4), "units": 10} if name == "lif_small" else {"width": 0.02}
    shape = (9, 9, 1) if name == "lif_small" else (16, 16, 3)
    model = filled(getattr(bk.models, name)(shape, decay="fixed", seed=1, **options))
    back = there_and_back(model, tmp_path)
    x = np.random.default_rng(0).random((4, *shape), "float32")
    # Folded batch normalisation rounds elsewhere: a spike in many thousands may move.
    for spikes, others in zip(spikes_of(model, x), spikes_of(back, x), strict=True):
        assert np.mean(spikes != others) < 1e-3
    np.testing.assert_allclose(numpy(model(x)), numpy(back(x)), atol=1e-3)
    assert not any("norm" in layer.name for layer in back.layers if layer.name != "normalized")


def test_nodes_follow_the_equations_of_nir():
    """Time constants, resistances and the order of axes, against Euler steps of dv/dt."""
    model = conv_net(decay="frozen", seed=7, decay_range=(0.2, 0.9))
    graph = to_nir(model, dt=1e-3)
    first = keras.Model(model.input, model.get_layer("conv").output)
    current = np.moveaxis(numpy(first(IMAGES[:1]))[0], -1, 0)
    expected = np.moveaxis(spikes_of(model, IMAGES[:1])[0][0], -1, 1)
    found = euler(graph.nodes["lif1"], np.repeat(current[None], 5, axis=0), 1e-3)
    np.testing.assert_array_equal(found, expected)
    # From these on, the second population: pooled, flattened by channel, mixed.
    pooled = found.reshape(5, 3, 3, 2, 2, 2).mean((3, 5)).reshape(5, -1)
    mixed = pooled @ graph.nodes["dense"].weight.T + graph.nodes["dense"].bias
    found = euler(graph.nodes["lif2"], mixed, 1e-3)
    np.testing.assert_array_equal(found, spikes_of(model, IMAGES[:1])[1][0])


def test_strided_convolutions_keep_their_padding(tmp_path):
    """Keras pads "same" with more zeros behind than before the image; NIR cannot say so."""
    for side, size, strides in [(8, 3, 2), (7, 3, 2), (8, 2, 1), (9, 5, 3), (8, 1, 2)]:
        image = keras.Input((side, side, 2))
        x = keras.layers.Conv2D(3, size, strides, padding="same", name="conv")(image)
        model = keras.Model(image, LIF(2, name="lif")(x))
        graph = to_nir(model)
        nir.write(tmp_path / "a.nir", graph)
        back = from_nir(nir.read(tmp_path / "a.nir"))
        x = RNG.normal(0.5, 2, (2, side, side, 2)).astype("float32")
        np.testing.assert_array_equal(numpy(model(x)), numpy(back(x)))


def test_membrane_readout_and_spike_input(tmp_path):
    image = keras.Input((12,))
    x = PoissonEncoder(6, seed=0)(image)
    x = LIF(name="lif")(PerPass(keras.layers.Dense(5, use_bias=False, name="dense"))(x))
    x = PerPass(keras.layers.Dense(3, name="logits"))(x)
    x = MembraneReadout("max", 0.8, name="membrane")(x)
    model = keras.Model(image, keras.layers.Softmax()(x))
    back = there_and_back(model, tmp_path)
    assert back.input_shape == (None, 6, 12)
    spikes = RNG.integers(0, 2, (4, 6, 12)).astype("float32")
    behind = keras.Sequential([layer for layer in model.layers[2:]])
    np.testing.assert_allclose(numpy(behind(spikes)), numpy(back(spikes)), atol=1e-6)
    graph = to_nir(model)
    assert isinstance(graph.nodes["dense"], nir.Linear)
    np.testing.assert_allclose(graph.nodes["membrane"].tau, 5e-4, rtol=1e-6)


def _graph(neuron, *, T=None, weight=None):
    weight = np.array([[1.0, 0.0], [1.0, -0.5]], "float32") if weight is None else weight
    nodes = {"input": nir.Input(np.array([2])), "w": nir.Linear(weight), "n": neuron,
             "output": nir.Output(np.array([2]))}
    return nir.NIRGraph(nodes, [("input", "w"), ("w", "n"), ("n", "output")])


def _lif(tau=(2e-4, 5e-4), r=(1.0, 1.0), threshold=(0.5, 0.5), leak=(0.0, 0.0), reset=(0.0, 0.0)):
    fields = dict(tau=tau, r=r, v_threshold=threshold, v_leak=leak, v_reset=reset)
    return nir.LIF(**{name: np.array(value, "float32") for name, value in fields.items()})


@pytest.mark.parametrize("neuron", [
    _lif(), _lif(tau=(3e-4, 3e-4)), _lif(r=(2.0, 5.0), threshold=(1, 1)),
    _lif(r=(2.5, 2.5)), _lif(tau=(4e-4, 4e-4), r=(1.5, 1.5)), _lif(tau=(1e-4, 1e-4)),
    nir.IF(r=np.full(2, 7e3), v_threshold=np.full(2, 1.0)),
], ids=["two decays", "one decay", "no scaling", "r = 2.5", "other gain", "no memory", "IF"])
def test_foreign_neurons(neuron):
    """Graphs without our note, any resistance: the spikes of Euler steps."""
    currents = np.random.default_rng(1).normal(1.0, 1.5, (1, 20, 2)).astype("float32")
    model = from_nir(_graph(neuron), T=20, timed=True)
    if isinstance(neuron, nir.IF):
        neuron.tau = None
    expected = euler(neuron, currents[0] @ np.array([[1.0, 0.0], [1.0, -0.5]], "float32").T, 1e-4)
    assert np.all(np.abs(expected.mean(0) - 0.5) < 0.47)
    np.testing.assert_array_equal(numpy(model(currents))[0], expected)


def test_sum_pooling_scale_and_several_edges():
    nodes = {
        "input": nir.Input(np.array([1, 4, 4])),
        "sums": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "half": nir.Scale(np.full((1, 2, 2), 0.5)),
        "n": nir.LIF(*(np.full((1, 2, 2), v) for v in (2e-4, 1.0, 0.0, 0.6))),
        "output": nir.Output(np.array([1, 2, 2])),
    }
    edges = [("input", "sums"), ("sums", "half"), ("half", "n"), ("sums", "n"), ("n", "output")]
    model = from_nir(nir.NIRGraph(nodes, edges), T=1, readout="rate")
    x = RNG.random((3, 4, 4, 1)).astype("float32")
    sums = x.reshape(3, 2, 2, 2, 2, 1).sum((2, 4))
    np.testing.assert_array_equal(numpy(model(x)), (0.75 * sums > 0.6).astype("float32"))


def test_note_that_the_nodes_contradict_is_not_heeded():
    graph = to_nir(conv_net(decay="frozen", seed=7))
    tau = graph.nodes["lif1"].tau
    tau[:] = np.linspace(2e-4, 6e-4, tau.size).reshape(tau.shape)
    layer = from_nir(graph).get_layer("lif1")
    assert layer.decay == "learned"
    expected = np.moveaxis(1 - 1e-4 / tau, 0, -1)
    np.testing.assert_allclose(numpy(layer.decays(np.zeros((1, 6, 4, 3))))[0], expected, atol=1e-6)


def test_imported_networks_train(tmp_path):
    back = there_and_back(conv_net(decay="learned"), tmp_path, activation="softmax")
    back.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    labels = np.arange(len(IMAGES)) % 4
    losses = back.fit(IMAGES, labels, epochs=10, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    back.save(tmp_path / "a.keras")
    np.testing.assert_allclose(
        numpy(bk.load(tmp_path / "a.keras")(IMAGES)), numpy(back(IMAGES)), atol=1e-6
    )


def _model(*tail, shape=(6, 6, 2)):
    return keras.Sequential([keras.Input(shape), *tail])


UNWRITABLE = {
    "random decays": (lambda: conv_net(decay="random"), "`lif1`.*with_decay"),
    "soft reset": (lambda: conv_net(reset="soft"), "reset='hard'"),
    "maximum pooling": (lambda: _model(keras.layers.MaxPooling2D(), LIF(2)), "MaxPooling2D"),
    "other activations": (lambda: _model(keras.layers.Conv2D(2, 3, activation="relu"), LIF(2)),
                          "without activation"),
    "no neurons": (lambda: _model(keras.layers.Conv2D(2, 3)), "at least one LIF"),
    "evidence": (lambda: _model(Present(2), bk.layers.EConv2D(2, 3)), "EConv2D"),
    "dead neurons": (lambda: conv_net(decay_value=1.0), "decays below 1"),
    "oblong kernel": (lambda: _model(keras.layers.Conv2D(2, (3, 1)), LIF(2)), "square"),
}


@pytest.mark.parametrize("make, words", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written(make, words):
    with pytest.raises(ValueError, match="(?s)Invalid value received.*" + words):
        to_nir(make())


def _recurrent():
    graph = _graph(_lif())
    graph.edges.append(("n", "w"))
    return graph


UNREADABLE = {
    "recurrence": (_recurrent, {}, "no recurrent edges"),
    "no T": (lambda: _graph(_lif()), {"T": None}, "`T`"),
    "T = 0": (lambda: _graph(_lif()), {"T": 0}, "`T`"),
    "leak elsewhere": (lambda: _graph(_lif(leak=(0.1, 0.0))), {}, "v_leak = 0"),
    "reset elsewhere": (lambda: _graph(_lif(reset=(-1, -1))), {}, "v_reset = 0"),
    "thresholds": (lambda: _graph(_lif(threshold=(1, 2))), {}, "one threshold"),
    "tau below dt": (lambda: _graph(_lif()), {"dt": 1e-3}, "at least dt=0.001"),
    "gains": (lambda: _graph(_lif(r=(1.0, 3.0))), {}, "one gain"),
    "no dt": (lambda: _graph(_lif()), {"dt": 0}, "`dt`"),
    "synapses": (lambda: _graph(nir.CubaLIF(*np.ones((5, 2)))), {}, "CubaLIF"),
    "read-out": (lambda: _graph(_lif()), {"readout": "max"}, "`readout`"),
}


@pytest.mark.parametrize("make, options, words", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read(make, options, words):
    with pytest.raises(ValueError, match="(?s)Invalid value received.*" + words):
        from_nir(make(), **{"T": 3, **options})


def test_the_library_does_not_need_nir():
    code = (
        "import sys; sys.modules['nir'] = None\n"
        "import binomial_keras as bk\n"
        "assert 'binomial_keras.interchange' not in sys.modules\n"
        "try: bk.interchange.from_nir('a.nir')\n"
        "except ImportError as error: assert 'binomial_keras[nir]' in str(error)\n"
        "else: raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
