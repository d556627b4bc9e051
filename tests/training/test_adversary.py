"""Adversarial training: attacks and steps against ones worked out by hand, learning, errors."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import many_steps
from binomial_keras.layers.random_words import uniforms
from binomial_keras.training import Adversary, Noise, Trades, recipe, train
from tests.layer_checks import numpy

RNG = np.random.default_rng(0)
W = RNG.normal(size=(4, 3))
X = RNG.uniform(0.2, 0.8, (5, 2, 2, 1)).astype("float32")
Y = np.array([0, 1, 2, 1, 0])


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def linear():
    """p(x) = softmax(x W), of which every gradient has a closed form."""
    model = keras.Sequential([
        keras.Input((2, 2, 1)), keras.layers.Flatten(),
        keras.layers.Dense(3, "softmax", use_bias=False),
    ])
    model.set_weights([W])
    return model


def start_noise(adversary, shape, rng):
    """What `Adversary.attack` adds to the images at first."""
    if adversary.kind == "pgd":
        return rng.uniform(-adversary.eps, adversary.eps, shape)
    return 0.001 * rng.standard_normal(shape)


def first_noise(adversary, shape, seed):
    """The same for the first step of a training; made within the step on JAX."""
    if not many_steps.available():
        return start_noise(adversary, shape, np.random.default_rng([seed, 0, 2]))
    key = np.random.default_rng([seed, 0, 3]).integers(-(2**31), 2**31, 2).astype("int32")
    number = keras.ops.zeros((), "int32")
    if adversary.kind == "trades":
        return numpy(Noise("gaussian", 0.001).sample_with(shape, key, number))
    index = np.arange(np.prod(shape), dtype="int32").reshape(shape)
    return adversary.eps * (2 * numpy(uniforms(key, number, index)) - 1)


def by_hand(adversary, x, y, weights, noise):
    """The attack with the closed form of the gradient."""
    flat, one_hot = x.reshape(len(x), 4).astype("float64"), np.eye(3)[y]
    clean = softmax(flat @ weights)
    low, high = np.maximum(flat - adversary.eps, 0), np.minimum(flat + adversary.eps, 1)
    point = np.clip(flat + noise.reshape(flat.shape), low, high)
    target = one_hot if adversary.kind == "pgd" else clean
    for _ in range(adversary.steps):
        slope = (softmax(point @ weights) - target) @ weights.T
        point = np.clip(point + adversary.step_size * np.sign(slope), low, high)
    return point


@pytest.mark.parametrize("kind", ["pgd", "trades"])
def test_attack(kind):
    adversary = Adversary(kind, eps=0.3, steps=3, step_size=0.15)
    found = adversary.attack(linear())(X, Y, np.random.default_rng(5))
    noise = start_noise(adversary, X.shape, np.random.default_rng(5))
    expected = by_hand(adversary, X, Y, W, noise)
    np.testing.assert_allclose(found.reshape(5, 4), expected, atol=1e-5)
    assert np.abs(found - X).max() <= 0.3 + 1e-6


def trades(flat, attacked, y, weights, beta):
    """Loss and its gradient for the weights, by central differences."""
    def loss(w):
        p, q = softmax(flat @ w), softmax(attacked @ w)
        own = -np.log(p[np.arange(len(y)), y])
        return np.mean(own + beta * (p * np.log(p / q)).sum(-1))

    slope, h = np.zeros_like(weights), 1e-5
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = h
        slope[place] = (loss(weights + step) - loss(weights - step)) / (2 * h)
    return loss(weights), slope


@pytest.mark.parametrize("kind", ["pgd", "trades"])
def test_one_step_of_training(kind):
    adversary = Adversary(kind, eps=0.2, steps=2, step_size=0.1, beta=3.0)
    model = linear()
    chosen = recipe("cpu", epochs=1, batch_size=5, learning_rate=0.5, momentum=0.0,
                    nesterov=False, warmup=0.0, schedule="constant", adversary=adversary)
    history = train(model, X, Y, chosen, seed=3, verbose=0)
    order = np.random.default_rng([3, 0]).permutation(5)
    x, y = X[order], Y[order]
    attacked = by_hand(adversary, x, y, W, first_noise(adversary, x.shape, 3))
    flat = x.reshape(5, 4).astype("float64")
    if kind == "pgd":
        p = softmax(attacked @ W)
        loss = -np.mean(np.log(p[np.arange(5), y]))
        slope = attacked.T @ (p - np.eye(3)[y]) / 5
    else:
        loss, slope = trades(flat, attacked, y, W, 3.0)
    assert history["loss"] == [pytest.approx(loss, rel=1e-4)]
    np.testing.assert_allclose(model.get_weights()[0], W - 0.5 * slope, atol=1e-4)


def test_plain_training_takes_the_same_step_without_an_attack():
    """An adversary with almost no radius is plain training."""
    models = [linear(), linear()]
    for model, adversary in zip(models, (None, Adversary("pgd", eps=1e-7, steps=1))):
        chosen = recipe("cpu", epochs=2, batch_size=2, adversary=adversary)
        train(model, X, Y, chosen, verbose=0, validation_data=(X, Y))
    np.testing.assert_allclose(*(model.get_weights()[0] for model in models), atol=1e-5)


def test_every_step_of_the_attack_draws_anew():
    seen = []

    @keras.saving.register_keras_serializable("tests")
    class Noise(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, x):
            return x * keras.random.uniform(keras.ops.shape(x), seed=self.seed_generator)

    model = keras.Sequential([keras.Input((2, 2, 1)), Noise(), keras.layers.Flatten(),
                              keras.layers.Dense(3, "softmax")])
    state = model.layers[0].seed_generator.state
    for steps in (1, 2):
        bk.reseed(model, 1)
        before = numpy(state).copy()
        Adversary("pgd", steps=steps).attack(model)(X, Y, np.random.default_rng(0))
        seen.append(int((numpy(state) != before).any()) and numpy(state).tolist())
    assert seen[0] and seen[1] and seen[0] != seen[1]


def test_spiking_network_learns_under_attack():
    x, y = bk.data.load("digits", "train")
    x, y = x[y < 2][:64], y[y < 2][:64]
    adversary = Adversary("trades", eps=0.05, steps=2, step_size=0.04)
    model = bk.models.lif_small((8, 8, 1), maps=(4,), units=32, seed=1)
    chosen = recipe("cpu", epochs=3, batch_size=16, adversary=adversary)
    history = train(model, x, y, chosen, (x, y), verbose=0)
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
                            "seconds"}
    assert history["loss"][-1] < 0.8 * history["loss"][0]


@pytest.mark.parametrize("kind", ["pgd", "trades"])
def test_resumed_training_is_the_uninterrupted_one(kind, tmp_path):
    chosen = recipe("cpu", epochs=3, batch_size=2, adversary=Adversary(kind, eps=0.1, steps=2))

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    whole, resumed = linear(), linear()
    history = train(whole, X, Y, chosen, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        train(linear(), X, Y, chosen, None, tmp_path, verbose=0, callbacks=[Stop()])
    assert train(resumed, X, Y, chosen, None, tmp_path, verbose=0)["loss"] == history["loss"]
    np.testing.assert_allclose(*(m.get_weights()[0] for m in (whole, resumed)), atol=1e-6)


def test_a_recipe_without_adversary_is_described_as_before():
    assert "adversary" not in recipe("cpu").to_dict()
    described = recipe("spiking-trades").to_dict()["adversary"]
    assert (described["kind"], described["beta"], described["steps"]) == ("trades", 5.0, 4)


def test_trades_loss_round_trip():
    again = Trades.from_config(Trades(2.0).get_config())
    assert again.beta == 2.0


@pytest.mark.parametrize("arguments, name", [
    ({"kind": "fgsm"}, "kind"), ({"eps": 0}, "eps"), ({"eps": "large"}, "eps"),
    ({"steps": 0}, "steps"), ({"steps": 1.5}, "steps"), ({"step_size": -1}, "step_size"),
    ({"beta": -1}, "beta"), ({"beta": float("nan")}, "beta"),
])
def test_errors(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .* Received: {name}="):
        Adversary(**arguments)
    with pytest.raises(ValueError, match="argument `adversary`"):
        recipe("cpu", adversary="pgd")
