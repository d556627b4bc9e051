"""Operations of single layers against numbers worked out by hand."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import layers
from tests.layer_checks import numpy

RANDOM = np.random.default_rng(3)
IMAGE = RANDOM.random((2, 4, 4, 2), dtype="float32")
SPIKES = (RANDOM.random((2, 3, 4, 4, 2)) < 0.4).astype("float32")


def row_of(layer, x=IMAGE, number=0):
    """The row of the `number`-th of one or more layers in sequence."""
    several = layer if isinstance(layer, list) else [layer]
    model = keras.Sequential([keras.Input(x.shape[1:]), *several])
    return bk.summary(model, x).rows[number]


@pytest.mark.parametrize(
    "layer, macs, acs",
    [
        # Outputs x taps x channels x filters; taps of an axis of 4: valid 2 x 3, same 2+3+3+2.
        (keras.layers.Conv2D(5, 3), 2 * 2 * 9 * 2 * 5, 2 * 2 * 5),
        (keras.layers.Conv2D(5, 3, padding="same", use_bias=False), 10 * 10 * 2 * 5, 0),
        (keras.layers.Conv2D(5, 3, 2, padding="same", use_bias=False), 5 * 5 * 2 * 5, 0),
        (keras.layers.Conv2D(4, 3, groups=2, use_bias=False), 2 * 2 * 9 * 1 * 4, 0),
        (keras.layers.Conv2D(5, (1, 3), use_bias=False), 4 * 2 * 3 * 2 * 5, 0),
        (keras.layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False), 2 * 2 * 9 * 2 * 2, 0),
        (layers.EConv2D(5, 3), 2 * 2 * 9 * 2 * 5, 2 * 2 * 5),
        (keras.layers.Dense(7), 16 * 2 * 7, 16 * 7),
        (keras.layers.MaxPooling2D(2), 0, 4 * 3 * 2),
        (keras.layers.AveragePooling2D(2), 0, 4 * 4 * 2),
        (keras.layers.GlobalAveragePooling2D(), 0, 32),
        (keras.layers.BatchNormalization(), 32, 0),
        (keras.layers.Flatten(), 0, 0),
        (layers.SPLASH((0.0, 1.0, 2.0)), 32, 2 * 32),
        (layers.Threshold(), 0, 0),
        (layers.Maxout(2), 0, 16),
        (keras.layers.LeakyReLU(), 32, 0),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_of_real_numbers(layer, macs, acs):
    count = row_of(layer).count
    assert (count.macs, count.acs, count.random) == (macs, acs, 0)


def test_zeros_of_real_numbers_are_skipped():
    x = IMAGE * (IMAGE > 0.5)
    count = row_of(keras.layers.Dense(7, use_bias=False), x.reshape(2, 32)).count
    assert count.macs == 32 * 7
    assert count.active_macs == np.count_nonzero(x) * 7 / 2


def test_functions_are_counted():
    assert row_of(keras.layers.Dense(7, "softmax"), IMAGE.reshape(2, 32)).count.evaluations == 7
    assert row_of(keras.layers.Dense(7, "relu"), IMAGE.reshape(2, 32)).count.evaluations == 0
    assert row_of(keras.layers.Activation("tanh")).count.evaluations == 32


@pytest.mark.parametrize("neuron, T, factor, gain", [
    ("A", 3, 3, 3), ("B", 3, 3, 1), ("C", 3, 1, 1), ("D", 3, 0, 1)])
def test_units_draw_and_evaluate(neuron, T, factor, gain):
    row = row_of(layers.BU(neuron, T))
    assert row.count.random == row.count.acs == 32 * factor
    assert row.count.evaluations == 32 * gain
    assert row.sent_bits == 32 * {"A": 1, "B": 2, "C": 1, "D": 32}[neuron]


def test_encoder():
    count = row_of(layers.PoissonEncoder(5)).count
    assert (count.random, count.acs, count.macs, count.evaluations) == (160, 160, 0, 0)


@pytest.mark.parametrize("options, macs, acs, random, kept", [
    ({}, 96, 96, 0, 32 * 32),
    ({"reset": "soft"}, 96, 192, 0, 32 * 32),
    ({"decay": "random"}, 96, 96, 32, 2 * 32 * 32),
    ({"decay": "random", "decay_per": "channel", "shared_over_batch": True}, 96, 96, 2,
     2 * 32 * 32),
])
def test_lif(options, macs, acs, random, kept):
    row = row_of(layers.LIF(**options), SPIKES)
    assert (row.count.macs, row.count.acs, row.count.random) == (macs, acs, random)
    assert row.kept_bits == kept and row.receives == "real" and row.sent_bits == 32


def test_lif_cell_in_an_rnn_is_a_lif():
    x = SPIKES.reshape(2, 3, 32)
    row = row_of(keras.layers.RNN(layers.LIFCell(32), return_sequences=True), x)
    assert row.count == row_of(layers.LIF(), x).count and row.rate is not None


@pytest.mark.parametrize("options, macs, acs, evaluations, random", [
    # 2 x 2 windows of 9 taps, 2 channels, 4 filters; bias; 8 comparisons per window and channel.
    ({"threshold": None}, 288, 16, 0, 0),
    ({"threshold": "learned"}, 288 + 16, 16 + 64 + 32, 16, 0),
    ({"threshold": "random"}, 288, 16 + 64, 0, 16),
    ({"threshold": "random", "mask_per_image": True}, 288, 16 + 64, 0, 16),
])
def test_flexible(options, macs, acs, evaluations, random):
    count = row_of(layers.FlexibleLayer(4, 3, **options)).count
    found = (count.macs, count.acs, count.evaluations, count.random)
    assert found == (macs, acs, evaluations, random)


def loop_of_additions(spikes, kernel, stride):
    """Additions of a "same" convolution, window by window; odd kernel, size divisible by stride."""
    total, size = 0, spikes.shape[0]
    windows = size // stride
    before = max((windows - 1) * stride + kernel - size, 0) // 2
    for row in range(windows):
        for column in range(windows):
            for i in range(kernel):
                for j in range(kernel):
                    r, c = row * stride + i - before, column * stride + j - before
                    if 0 <= r < size and 0 <= c < size:
                        total += spikes[r, c].sum()
    return total


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("neuron, T", [("A", 3), ("B", 4), ("C", 1)])
def test_additions_of_spikes_against_a_loop(neuron, T, stride):
    convolution = layers.EConv2D(5, 3, strides=stride, padding="same", use_bias=False)
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.BU(neuron, T), convolution])
    bk.reseed(model, 7)
    found = bk.summary(model, IMAGE)
    # The same draws: the summary left the generators as they were.
    sent = numpy(model.layers[0](IMAGE))
    passes = sent if neuron == "A" else sent[:, None]
    spikes = np.rint(passes * (T if neuron == "B" else 1))
    unit, row = found.rows
    assert unit.rate == pytest.approx(sent.mean(), abs=1e-7)
    assert row.receives == ("0..4" if neuron == "B" else "0/1")
    expected = sum(loop_of_additions(s, 3, stride) for image in spikes for s in image) * 5 / 2
    assert row.count.active_acs == pytest.approx(expected)
    taps = 10 * 10 if stride == 1 else 5 * 5
    assert row.count.acs == taps * 2 * 5 * T
    # Passes 2 and 3 of type A divide each of the sums.
    outputs = (4 // stride) ** 2 * 5
    assert row.count.macs == (2 * outputs if neuron == "A" else 0)
    assert row.kept_bits == (32 * outputs if neuron == "A" else 0)


def test_dense_of_spikes_and_the_evidence():
    stack = [layers.BU("A", 3, seed=2), layers.EDense(6), layers.BU("A", 3), layers.Evidence(),
             keras.layers.Dense(4, use_bias=False)]
    x = IMAGE.reshape(2, 32)
    model = keras.Sequential([keras.Input((32,)), *stack])
    rows = bk.summary(model, x).rows
    sent = numpy(stack[0](x))
    assert rows[1].count.acs == 3 * 32 * 6 + 3 * 6
    assert rows[1].count.macs == 2 * 6
    assert rows[0].rate == pytest.approx(np.mean(rows[0].rate))
    assert sent.shape == (2, 3, 32)
    # The mean over three passes is a counter of 2 bits per neuron; it feeds up to three spikes.
    assert rows[3].kept_bits == 6 * 2 and rows[4].receives == "0..3"
    assert rows[4].count.acs == 3 * 6 * 4 and rows[4].count.macs == 0


def test_pooling_of_spikes_is_free_and_keeps_spikes():
    stack = [layers.BU("A", 3), layers.PerPass(keras.layers.MaxPooling2D(2)),
             layers.EConv2D(3, 1, use_bias=False)]
    for number, expected in [(1, 0), (2, 3 * 4 * 2 * 3)]:
        assert row_of(stack, number=number).count.acs == expected
    assert row_of(stack, number=2).receives == "0/1"


def test_a_sum_of_spikes_sends_up_to_two():
    given = keras.Input((4, 4, 2))
    spikes = layers.BU("C")(given)
    both = keras.layers.Add()([spikes, layers.BU("C")(given)])
    model = keras.Model(given, keras.layers.Conv2D(3, 1, use_bias=False)(both))
    last = bk.summary(model, IMAGE).rows[-1]
    assert last.receives == "0..2" and last.count.acs == 2 * 16 * 2 * 3 and last.count.macs == 0


def test_normalization_is_folded_into_what_is_before():
    stack = [keras.layers.Conv2D(5, 3, use_bias=False), keras.layers.BatchNormalization()]
    count = row_of(stack, number=1).count
    assert (count.macs, count.acs) == (0, 2 * 2 * 5)
    stack[0] = keras.layers.Conv2D(5, 3, activation="relu")
    count = row_of(stack, number=1).count
    assert (count.macs, count.acs) == (2 * 2 * 5, 0)


def test_a_value_that_serves_all_passes_is_kept():
    row = row_of([keras.layers.Conv2D(5, 3), layers.BU("A", 3)])
    assert row.kept_bits == 2 * 2 * 5 * 32 and row.count.macs == 360
    assert row_of([keras.layers.Conv2D(5, 3), layers.BU("B", 3)]).kept_bits == 0
