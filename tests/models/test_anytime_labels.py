"""anytime_labels: predictions after every pass, for several draws."""

import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.models import anytime_labels
from tests.layer_checks import numpy
from tests.models.networks import IMAGES, small_network


def test_labels_are_those_of_networks_with_that_many_passes():
    model = small_network("D")  # converted by the function
    labels = anytime_labels(model, IMAGES, T=2, draws=2, seed=5, batch_size=4)
    assert labels.shape == (2, 2, 6) and labels.dtype == np.int64
    for t in (1, 2):
        network = bk.convert(model, "A", t)
        bk.reseed(network, 5)
        for draw in range(2):
            parts = [numpy(network(IMAGES[part])) for part in (slice(0, 4), slice(4, 6))]
            expected = np.concatenate(parts).argmax(axis=-1)
            np.testing.assert_array_equal(labels[draw, t - 1], expected)
    assert np.any(labels[0] != labels[1])


def test_reproducible_and_leaves_the_model_alone():
    model = small_network("A")
    before = model.get_weights()
    one, two = (anytime_labels(model, IMAGES, T=2, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    for a, b in zip(model.get_weights(), before):
        np.testing.assert_array_equal(a, b)
    assert model.get_layer("unit1_1").T == 3


@pytest.mark.parametrize("arguments", [{"draws": 0}, {"batch_size": 0}, {"T": 0}], ids=str)
def test_errors(arguments):
    with pytest.raises(ValueError, match="Invalid value received"):
        anytime_labels(small_network("A"), IMAGES, **{"T": 2, **arguments})
