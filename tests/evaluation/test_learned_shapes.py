"""Curves and figures of learned activations."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import activation_shapes, plot_shapes
from binomial_keras.layers import SPLASH


def network():
    image = keras.Input((3,))
    shared, single = SPLASH((0, 1), name="shared"), SPLASH((0, 2), per_channel=True, name="single")
    model = keras.Model(image, single(shared(image)))
    shared.set_weights([np.array([1.0, -2.0]), np.array([0.5, 3.0])])
    single.set_weights([np.array([[1, 2, 3], [0, 0, 0]]), np.array([[0, 0, -1], [4, 0, 0]])])
    return model


def test_curves_are_those_of_the_weights():
    shapes = activation_shapes(network(), reach=3, points=7)
    x, y = shapes["shared"]
    np.testing.assert_allclose(x, [-3, -2, -1, 0, 1, 2, 3])
    np.testing.assert_allclose(y, [1.5 + 6, 1 + 3, 0.5, 0, 1, 2 - 2, 3 - 4], atol=1e-6)
    _, y = shapes["single"]
    expected = [[4, 0, -3], [0, 0, -2], [0, 0, -1], [0, 0, 0], [1, 2, 3], [2, 4, 6], [3, 6, 9]]
    np.testing.assert_allclose(y, expected, atol=1e-6)
    assert activation_shapes(network())["single"][0][-1] == pytest.approx(2.8)


def test_curves_are_what_the_layers_compute():
    model = network()
    for name, (x, y) in activation_shapes(model, points=50).items():
        layer = model.get_layer(name)
        called = keras.ops.convert_to_numpy(layer(np.repeat(x[:, None], 3, axis=1)))
        np.testing.assert_allclose(called, np.reshape(y, (50, -1)) + np.zeros((1, 3)), atol=1e-5)


def test_the_figure_has_an_axis_per_layer(tmp_path):
    figure = plot_shapes(network())
    assert [axis.get_title() for axis in figure.axes] == ["shared", "single"]
    # Hinges at -b, 0 and b, ReLU, a curve; three curves for three channels.
    assert [len(axis.lines) for axis in figure.axes] == [3 + 1 + 1, 3 + 1 + 3]
    figure.savefig(tmp_path / "shapes.png")
    assert (tmp_path / "shapes.png").stat().st_size > 3000


def test_errors():
    with pytest.raises(ValueError, match="argument `model`. Expected a model with SPLASH"):
        activation_shapes(keras.Sequential([keras.Input((3,)), keras.layers.ReLU()]))
    with pytest.raises(ValueError, match="argument `reach`"):
        plot_shapes(network(), reach=-1)
