"""Recipes of likelihood-ratio training, and `train` with them."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.training import GLR, LikelihoodRatioRecipe, recipe, train


def test_published_settings():
    later, earlier = recipe("glr"), recipe("glr-2019")
    assert isinstance(later, LikelihoodRatioRecipe)
    assert (later.epochs, later.batch_size, later.copies) == (20, 128, 100)
    assert (later.noise, later.scale, later.rule, later.learning_rate) == (
        "laplace", 1.0, "adagrad", 0.01
    )
    assert (later.baseline, later.antithetic) == (None, False)
    smaller = recipe("glr-threshold")
    assert (smaller.epochs, smaller.batch_size) == (50, 32)
    # Times 0.8 after every 20 epochs.
    assert smaller.rate(0.39) == 0.01 and smaller.rate(0.41) == pytest.approx(0.008)
    assert (earlier.epochs, earlier.batch_size, earlier.copies) == (30, 25, 10_000)
    assert (earlier.noise, earlier.scale, earlier.rule, earlier.learning_rate) == (
        "gaussian", 2.0, "sgd", 0.1
    )
    assert recipe("glr-zero-one").loss == recipe("glr-2019-zero-one").loss == "zero_one"
    assert recipe("glr-bp").rate(0.101) == pytest.approx(0.08)


def test_adagrad_divides_by_the_root_of_the_sum_of_squares():
    weights = keras.Variable(np.array([1.0, 2.0, 3.0], "float32"))
    optimizer = recipe("glr").optimizer()
    total, expected = 0.0, np.array([1.0, 2.0, 3.0])
    for gradient in (np.array([0.5, -2.0, 0.0]), np.array([1.0, 1.0, 0.0])):
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weights])
        total = total + gradient**2
        expected = expected - 0.01 * gradient / np.sqrt(np.maximum(total, 1e-30))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights.value), expected, rtol=1e-6)


class Interruption(Exception):
    pass


def stop(epoch, logs):
    if epoch == 1:
        raise Interruption


def test_training_resumes_and_leaves_an_ordinary_network(tmp_path):
    x, y = (part[:200] for part in bk.data.load("digits", "train"))
    short = recipe("glr-cpu", epochs=3, copies=20, batch_size=50)

    def network():
        return bk.models.glr_mlp((8, 8, 1), hidden=(10,), seed=0)

    whole, parted = network(), network()
    history = train(whole, x, y, short, validation_data=(x, y), verbose=0)
    assert history["loss"][-1] < history["loss"][0]
    arguments = dict(validation_data=(x, y), directory=tmp_path, verbose=0)
    broken = [keras.callbacks.LambdaCallback(on_epoch_begin=stop)]
    with pytest.raises(Interruption):
        train(parted, x, y, short, callbacks=broken, **arguments)
    again = network()
    resumed = train(again, x, y, short, **arguments)
    np.testing.assert_allclose(resumed["loss"], history["loss"], rtol=1e-4)
    for a, b in zip(again.get_weights(), whole.get_weights()):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert not any(isinstance(layer, GLR) for layer in whole.layers)
    # The noise decides: another seed, another network.
    other = network()
    train(other, x, y, short, seed=1, verbose=0)
    assert np.abs(other.get_weights()[0] - whole.get_weights()[0]).max() > 1e-3


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"rule": "adam"}, "rule"), ({"noise": "cauchy"}, "noise"), ({"scale": 0}, "scale"),
     ({"copies": 1}, "copies"), ({"loss": "hinge"}, "loss"), ({"baseline": "mean"}, "baseline"),
     ({"copies": 5, "antithetic": True}, "copies"), ({"epochs": 0}, "epochs")],
)
def test_bad_fields(changes, named):
    with pytest.raises(ValueError, match=f"argument `{named}`.*Received: {named}="):
        recipe("glr-cpu", **changes)
