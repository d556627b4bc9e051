"""Windows and inputs counted in closed form, against convolutions of ones."""

import keras
import numpy as np
import pytest

from binomial_keras.cost.geometry import fan_out, fans, pairs, weighted

CASES = [
    (size, kernel, stride, dilation, padding)
    for size in (5, 6, 9)
    for kernel in (1, 2, 3, 5)
    for stride, dilation in ((1, 1), (2, 1), (3, 1), (1, 2))
    for padding in ("valid", "same", "causal")
    if padding != "valid" or (kernel - 1) * dilation < size
]


def test_by_hand():
    assert fan_out(4, 3).tolist() == [1, 2, 2, 1]
    assert fan_out(4, 3, padding="same").tolist() == [2, 3, 3, 2]
    # Windows start at 0 and 2; the one zero that is missing is added behind.
    assert fan_out(4, 3, 2, padding="same").tolist() == [1, 1, 2, 1]
    assert fan_out(4, 3, padding="causal").tolist() == [3, 3, 2, 1]


@pytest.mark.parametrize("size, kernel, stride, dilation, padding", CASES)
def test_every_axis_by_a_loop(size, kernel, stride, dilation, padding):
    # The padded line as Keras documents it, window by window.
    reach = (kernel - 1) * dilation + 1
    windows = -(-(size - reach + 1) // stride) if padding == "valid" else -(-size // stride)
    missing = 0 if padding == "valid" else max((windows - 1) * stride + reach - size, 0)
    before = {"valid": 0, "same": missing // 2, "causal": reach - 1}[padding]
    expected = np.zeros(size, int)
    for window in range(windows):
        for tap in range(kernel):
            place = window * stride + tap * dilation - before
            if 0 <= place < size:
                expected[place] += 1
    np.testing.assert_array_equal(fan_out(size, kernel, stride, dilation, padding), expected)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides, dilation", [((1, 1), 1), ((2, 1), 1), ((1, 1), 2)])
def test_against_a_convolution_of_ones(padding, strides, dilation):
    # A kernel of ones sums what it sees: its outputs together count every tap of every value.
    values = np.random.default_rng(0).integers(0, 3, (2, 7, 6, 3)).astype("float32")
    kernel = np.ones((3, 2, 3, 1), "float32")
    axes = fans((7, 6), (3, 2), strides, (dilation, dilation), padding)
    for x, found in [(values, weighted(values, axes)),
                     (np.ones_like(values), 2 * 3 * pairs(axes))]:
        seen = keras.ops.conv(x, kernel, strides, padding, "channels_last", dilation)
        assert found == float(keras.ops.convert_to_numpy(seen).sum(dtype="float64"))
