"""A linear classifier, whose boundaries are known."""

import keras
import numpy as np
import pytest


@pytest.fixture
def linear(classifier_class):
    """A function: the classifier with logits `x @ kernel + bias`, of images `(side, side, 1)`."""

    def build(kernel, bias, logits=True, **arguments):
        side = int(round(len(kernel) ** 0.5))
        image = keras.Input((side, side, 1))
        dense = keras.layers.Dense(kernel.shape[1])
        outputs = keras.layers.Softmax()(dense(keras.layers.Flatten()(image)))
        model = keras.Model(image, outputs)
        dense.set_weights([np.asarray(kernel, "float32"), np.asarray(bias, "float32")])
        return classifier_class(model, logits=logits, **arguments)

    return build


@pytest.fixture
def attacked(convolutional, images, classifier_class):
    """`(classifier, x, y)`: 20 images with the labels that the network gives them."""
    classifier = classifier_class(convolutional())
    x, _ = images(20)
    return classifier, x, classifier.predict(x).argmax(1)
