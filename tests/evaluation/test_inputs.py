"""Wrong input to the drop-in attacks, which ART's own classes take without a word."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import ARTClassifier, attacks
from binomial_keras.evaluation.inputs import checked_classes

layers = keras.layers
ATTACKS = {
    "Square": dict(max_iter=1),
    "Pixel": dict(th=1, max_iter=0),
    "CarliniL2": dict(max_iter=1, binary_search_steps=1, verbose=False),
    "DeepFool": dict(max_iter=1, verbose=False),
}


@pytest.fixture(scope="module")
def classifier():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)])
    return ARTClassifier(model)


def attack(name, classifier, x, y):
    return getattr(attacks, name)(classifier, **ATTACKS[name]).generate(x, y)


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("pixel", [1.5, -0.1, np.nan])
def test_images_outside_of_the_range(name, pixel, classifier):
    x = np.full((2, 4, 4, 1), 0.5, "float32")
    x[1, 2, 3, 0] = pixel
    with pytest.raises(ValueError, match=r"argument `x`. Expected pixels from 0.0 to 1.0"):
        attack(name, classifier, x, np.array([0, 1]))


# DeepFool leaves the predicted class; it is given no labels.
@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "DeepFool"])
@pytest.mark.parametrize("y", [[0, 3], [-1, 0], [0.5, 1], [0], [[0.0, 1.0]]])
def test_labels_out_of_range(name, y, classifier):
    with pytest.raises(ValueError, match="argument `y`. Expected 2 classes, integers from 0 to 2"):
        attack(name, classifier, np.full((2, 4, 4, 1), 0.5, "float32"), np.array(y))


def test_labels_in_every_shape():
    for y in ([2, 0], [[2], [0]], [[0, 0, 1], [1, 0, 0]]):
        np.testing.assert_array_equal(checked_classes(y, 2, 3), [2, 0])
