"""The summary of whole networks: totals, energies, errors, and how it prints."""

import html.parser
import json
import pathlib

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.backend import seed_states
from tests.cost.printed import printed_summary
from tests.layer_checks import numpy

SNAPSHOTS = pathlib.Path(__file__).parent / "snapshots"
X = np.random.default_rng(0).random((40, 8, 8, 1), dtype="float32")


@pytest.fixture(scope="module")
def network():
    return bk.models.binomial_cnn((8, 8, 1), 10, (2, 3), neuron="A", T=3, seed=0)


@pytest.fixture(scope="module")
def found(network):
    return bk.summary(network, X)


def certain_network(neuron="A"):
    """Every unit of the first layer spikes with probability 1, every other one of the second."""
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            bk.layers.EConv2D(2, 3, padding="same", name="first"),
            bk.layers.BU(neuron, 2, name="unit1"),
            bk.layers.EConv2D(2, 3, strides=2, padding="same", name="second_with_a_long_name"),
            bk.layers.BU(neuron, 2, name="unit2"),
            bk.layers.Evidence(name="evidence"),
            keras.layers.GlobalAveragePooling2D(name="pooled"),
            keras.layers.GroupNormalization(1, name="strange"),
            keras.layers.Dense(3, "softmax", name="classes"),
        ],
        name="certain",
    )
    for layer, bias in [(model.layers[0], 0.0), (model.layers[2], -1e6)]:
        kernel, _ = layer.get_weights()
        layer.set_weights([np.full_like(kernel, 100.0), np.array([0.0, bias], "float32")])
    return model


def test_totals_are_sums_of_rows(found):
    total = found.total
    for name in ("macs", "acs", "active_macs", "active_acs", "evaluations", "random"):
        assert getattr(total, name) == pytest.approx(
            sum(getattr(row.count, name) for row in found.rows))
    # Three passes of 2 x 64 and 2 x 64, 2 x 16 and 2 x 16 units of 3 maps.
    assert total.random == 3 * (2 * 2 * 64 + 2 * 3 * 16)
    assert found.joules(total) == pytest.approx(0.9e-12 * total.acs + 4.6e-12 * total.macs)
    assert not found.not_counted
    assert sum(row.parameters for row in found.rows) == sum(
        layer.count_params() for layer in bk.models.binomial_cnn((8, 8, 1), 10, (2, 3)).layers)


def test_type_d_needs_one_multiplication_per_connection(found, network):
    same = bk.summary(bk.convert(network, "D"), X)
    assert same.reference is None and same.total == found.reference.total
    # Taps of 3x3 "same" on 8: 22 per axis; with stride 2: 11; on 4: 10.
    connections = 22**2 * 2 + 22**2 * 4 + 11**2 * 6 + 10**2 * 9 + 3 * 10
    assert same.total.macs == connections
    assert same.total.random == 0 and same.kept_bits == 0


def test_chunks_give_what_single_images_give(network):
    # Type D draws nothing, so that means over images can be compared.
    single = bk.convert(network, "D")
    each = [bk.summary(single, X[i : i + 1]).total.active_macs for i in (0, 20, 39)]
    some = bk.summary(single, X[[0, 20, 39] * 12]).total.active_macs
    assert some == pytest.approx(np.mean(each))


def test_generators_are_left_as_they_were(network):
    before = [numpy(state) for state in seed_states(network)]
    bk.summary(network, X[:2])
    for state, value in zip(seed_states(network), before, strict=True):
        np.testing.assert_array_equal(numpy(state), value)


def test_dictionary_is_json_and_complete(found):
    again = json.loads(json.dumps(found.to_dict()))
    assert again["total"]["joules"] == pytest.approx(found.joules(found.total))
    assert len(again["layers"]) == len(found.rows) and again["images"] == 40
    assert again["type_d"]["macs"] == found.reference.total.macs
    assert {"layer", "kind", "output", "rate", "operations", "kept_bits", "sent_bits",
            "joules", "active_joules", "parameters", "receives"} == set(again["layers"][0])


@pytest.mark.parametrize("energy, ac, mac", [
    ("float32", 0.9e-12, 4.6e-12), ("float16", 0.4e-12, 1.5e-12), ("int32", 0.1e-12, 3.2e-12),
    ("int8", 0.03e-12, 0.23e-12), ({"ac": 1.0, "mac": 2}, 1.0, 2.0)])
def test_energies(energy, ac, mac):
    found = bk.summary(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]),
                       np.ones((1, 3)), energy=energy)
    assert (found.joules_ac, found.joules_mac) == pytest.approx((ac, mac), rel=1e-12)
    assert found.joules(found.total) == pytest.approx(6 * mac + 2 * ac)


def test_nested_models_and_shared_layers():
    shared = keras.layers.Dense(4, name="shared")
    inner = keras.Sequential([keras.Input((4,)), shared, bk.layers.BU("C", name="unit")],
                             name="inner")
    given = keras.Input((4,))
    model = keras.Model(given, shared(inner(given)))
    rows = bk.summary(model, np.ones((2, 4))).rows
    assert [row.layer for row in rows] == ["inner/shared", "inner/unit", "shared"]
    assert [row.parameters for row in rows] == [20, 0, 0]
    assert [row.receives for row in rows] == ["real", "real", "0/1"]


@pytest.mark.parametrize("x", [np.ones((2, 8, 8)), np.ones((0, 8, 8, 1)), np.ones((8, 8, 1)),
                               np.ones((2, 8, 8, 3))])
def test_images_that_do_not_fit(network, x):
    with pytest.raises(ValueError, match=r"argument `x`. Expected .*\(images, 8, 8, 1\).*shape="):
        bk.summary(network, x)


@pytest.mark.parametrize("energy", ["float64", None, {"ac": 1}, {"ac": -1, "mac": 1}, 3])
def test_unknown_energy(network, energy):
    with pytest.raises(ValueError, match="argument `energy`. Expected one of .* Received: energy="):
        bk.summary(network, X[:1], energy=energy)


def test_models_that_cannot_be_looked_into():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="argument `model`.*functional or sequential"):
        bk.summary(Own(), X)


class _Structure(html.parser.HTMLParser):
    """Counts cells per row and checks that every element is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.rows = [], []

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append(0)
        self.rows[-1:] = [n + (tag in ("td", "th")) for n in self.rows[-1:]]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_certain_spikes_and_an_unknown_layer():
    found = bk.summary(certain_network(), np.ones((2, 4, 4, 1)))
    assert found.rows[1].rate == 1.0 and found.rows[3].rate == 0.5
    assert found.not_counted == ["strange (GroupNormalization)"]
    assert "Not counted: strange (GroupNormalization)" in str(found)
    assert str(found) == repr(found)
    assert max(map(len, str(found).splitlines())) <= 100


def test_terminal_and_notebook_snapshots():
    found = printed_summary()
    assert f"{found}\n" == (SNAPSHOTS / "table.txt").read_text(encoding="utf-8")
    page = found._repr_html_()
    assert f"{page}\n" == (SNAPSHOTS / "table.html").read_text(encoding="utf-8")
    structure = _Structure()
    structure.feed(page)
    assert not structure.open and set(structure.rows) == {11}
    assert max(map(len, str(found).splitlines())) <= 100


def test_names_are_escaped():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a<b>&c")])
    assert "a&lt;b&gt;&amp;c" in bk.summary(model, np.ones((1, 3)))._repr_html_()


def test_every_network_of_the_library_is_counted():
    # Small versions; what is not counted is named.
    networks = [
        bk.models.flexible_small((28, 28, 1), 10),
        bk.models.lenet5(activation="splash"),
        bk.models.glr_mlp(),
        bk.models.lif_small(),
    ]
    for model in networks:
        shape = model.inputs[0].shape[1:]
        found = bk.summary(model, np.full((1, *shape), 0.5, "float32"))
        assert found.not_counted == [] and found.total.macs > 0, model.name
