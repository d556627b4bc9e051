"""Small models: one deterministic, one whose answers are noise around a known mean."""

import keras
import numpy as np
import pytest


@keras.saving.register_keras_serializable(package="tests")
class Noise(keras.layers.Layer):
    """Adds Gaussian noise to its input, at inference too."""

    def __init__(self, scale=1.0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs):
        shape = keras.ops.shape(inputs)
        return inputs + self.scale * keras.random.normal(shape, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        return input_shape


def _convolutional(activation="softmax", classes=4, side=8):
    glorot = keras.initializers.GlorotNormal
    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            keras.layers.Conv2D(6, 3, activation="tanh", kernel_initializer=glorot(seed=1)),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="tanh", kernel_initializer=glorot(seed=2)),
            keras.layers.Dense(
                classes,
                activation=activation,
                kernel_initializer=keras.initializers.RandomNormal(stddev=2.0, seed=3),
            ),
        ]
    )


@pytest.fixture
def convolutional():
    """A function that builds a small deterministic classifier of 8x8x1 images."""
    return _convolutional


@pytest.fixture
def noisy():
    """A function that builds a linear classifier with noise on its logits."""

    def build(scale=1.0, classes=4, side=8, activation="softmax"):
        image = keras.Input((side, side, 1))
        x = keras.layers.Flatten()(image)
        kernel = keras.initializers.RandomNormal(stddev=0.3, seed=4)
        x = keras.layers.Dense(classes, kernel_initializer=kernel)(x)
        x = Noise(scale)(x)
        return keras.Model(image, keras.layers.Activation(activation)(x))

    return build


@pytest.fixture
def images():
    """A function: `(x, y)` of random images and labels, the same in every test."""

    def make(count, side=8, classes=4):
        generator = np.random.default_rng(7)
        x = generator.random((count, side, side, 1), "float32")
        return x, generator.integers(0, classes, count)

    return make


@pytest.fixture(scope="session")
def classifier_class():
    from binomial_keras.evaluation import ARTClassifier

    return ARTClassifier
