"""GLR: its gradient is exact on average, equals the plain loop, and trains through `fit`."""

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import Threshold
from binomial_keras.layers.random_words import next_key
from binomial_keras.training import GLR
from tests.layer_checks import numpy
from tests.training import looped_copies
from tests.training.enumerated_gradient import TinyNetwork

IMAGE, LABEL = np.array([1.0, -0.6]), 0
SCALE = {"gaussian": 1.0, "laplace": 0.7, "logistic": 0.55}


def tiny_weights():
    return [
        np.array([[0.7, -0.5], [0.3, 0.9]]),
        np.array([0.1, 0.5]),
        np.array([[1.4, -1.2], [-1.6, 1.1]]),
    ]


def tiny(hidden="threshold"):
    unit = Threshold() if hidden == "threshold" else keras.layers.Activation(hidden)
    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2), unit,
         keras.layers.Dense(2, use_bias=False, activation="softmax")]
    )
    network.set_weights(tiny_weights())
    return network


def flat(arrays):
    return np.concatenate([np.ravel(numpy(array)) for array in arrays])


def mean_estimate(trainer, calls):
    x, y = IMAGE[None].astype("float32"), np.array([LABEL])
    return np.mean([flat(g for _, g in trainer.estimate(x, y)[1]) for _ in range(calls)], axis=0)


EXACT = [(noise, loss, "threshold", "leave_one_out", True)
         for noise in SCALE for loss in ("cross_entropy", "zero_one")]
EXACT += [
    ("laplace", "cross_entropy", "threshold", None, False),
    ("laplace", "zero_one", "threshold", None, False),
    ("gaussian", "cross_entropy", "threshold", "leave_one_out", False),
    ("logistic", "zero_one", "threshold", None, True),
    ("gaussian", "cross_entropy", "sigmoid", None, False),
    ("laplace", "zero_one", "sigmoid", "leave_one_out", False),
]


@pytest.mark.parametrize(("noise", "loss", "hidden", "baseline", "antithetic"), EXACT)
def test_mean_of_the_estimates_is_the_exact_gradient(noise, loss, hidden, baseline, antithetic):
    # Two million copies: the relative error has a standard deviation of 0.2 to 0.4 %, so that a
    # correct estimator fails in fewer than one of a thousand seeds; this seed is fixed.
    exact = TinyNetwork(noise, SCALE[noise], loss, hidden).gradient(IMAGE, LABEL, tiny_weights())
    trainer = GLR(tiny(hidden), noise, SCALE[noise], 200_000, loss, baseline, antithetic,
                  chunk=200_000, seed=0)
    error = np.linalg.norm(mean_estimate(trainer, 10) - flat(exact))
    assert error < 0.01 * np.linalg.norm(flat(exact))


def test_exact_gradient_by_another_way():
    # The reference itself: the expected loss over 400,000 draws of NumPy's own generators.
    rng = np.random.default_rng(0)
    for noise, loss in (("laplace", "cross_entropy"), ("logistic", "zero_one")):
        scale, (kernel, bias, out) = SCALE[noise], tiny_weights()
        draw = getattr(rng, noise)
        gates = IMAGE @ kernel + bias + draw(0, scale, (400_000, 2)) > 0
        logits = gates @ out + draw(0, scale, (400_000, 2))
        margin = logits[:, LABEL] - logits[:, 1 - LABEL]
        losses = np.logaddexp(0, -margin) if loss == "cross_entropy" else margin < 0
        expected = TinyNetwork(noise, scale, loss, "threshold").expected_loss(
            IMAGE, LABEL, kernel, bias, out
        )
        assert abs(losses.mean() - expected) < 5 * losses.std() / np.sqrt(400_000)


def chain(kind):
    """Three noisy layers, on 4x4 images with two channels."""
    dense = keras.layers.Dense
    if kind == "dense":
        layers = [keras.layers.Rescaling(2.0), keras.layers.Flatten(), dense(6), Threshold(),
                  dense(5, activation="tanh"), dense(3, activation="softmax")]
    else:
        convolution = keras.layers.Conv2D
        layers = [convolution(3, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D(),
                  convolution(4, (2, 1), strides=(1, 2), use_bias=False), Threshold(),
                  keras.layers.Flatten(), dense(3), keras.layers.Softmax()]
    network = keras.Sequential([keras.Input((4, 4, 2)), *layers])
    rng = np.random.default_rng(1)
    network.set_weights([rng.normal(size=w.shape) for w in network.get_weights()])
    return network


@pytest.mark.parametrize(
    ("kind", "loss", "arguments"),
    [
        ("dense", "cross_entropy", {"noise": "laplace"}),
        ("dense", "zero_one", {"noise": "gaussian", "baseline": "leave_one_out"}),
        ("dense", "cross_entropy",
         {"noise": "logistic", "baseline": "leave_one_out", "antithetic": True}),
        ("convolution", "cross_entropy", {"noise": "gaussian", "antithetic": True}),
        ("convolution", "zero_one", {"noise": "laplace", "baseline": "leave_one_out"}),
    ],
)
def test_vectorised_form_is_the_loop_over_copies(kind, loss, arguments):
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 4, 4, 2), "float32"), np.array([0, 2])
    trainer = GLR(chain(kind), copies=4, scale=0.8, loss=loss, **arguments)
    bk.reseed(trainer, 5)
    key = next_key(trainer.seed_generator)
    noise = looped_copies.noise_of(trainer, 2, key, 0)
    expected = looped_copies.looped(trainer, x, y, noise, getattr(looped_copies, loss))
    bk.reseed(trainer, 5)
    mean, found = trainer.estimate(x, y)
    assert float(mean) == pytest.approx(expected[0], rel=1e-5)
    assert [variable.shape for variable, _ in found] == [g.shape for g in expected[1]]
    for (_, gradient), slope in zip(found, expected[1]):
        np.testing.assert_allclose(numpy(gradient), slope, rtol=1e-4, atol=1e-5)


def test_chunks_add_up_and_have_noise_of_their_own():
    rng = np.random.default_rng(0)
    x, y = rng.random((5, 4, 4, 2), "float32"), np.array([0, 2, 1, 1, 0])
    # Two images at a time (2 + 2 + 1), one group of 4 copies.
    trainer = GLR(chain("dense"), copies=4, chunk=8, seed=0)
    key = next_key(trainer.seed_generator)
    sums = 0
    for first, count in ((0, 2), (2, 2), (4, 1)):
        noise = looped_copies.noise_of(trainer, count, key, 3 * first)
        chosen = slice(first, first + count)
        _, one = looped_copies.looped(
            trainer, x[chosen], y[chosen], noise, looped_copies.cross_entropy
        )
        sums = sums + count / 5 * flat(one)
    trainer.seed_generator.state.assign(keras.random.SeedGenerator(0).state.value)
    found = flat(gradient for _, gradient in trainer.estimate(x, y)[1])
    np.testing.assert_allclose(found, sums, rtol=1e-4, atol=1e-5)
    # Groups of copies: the same weights, so the loss alone tells how many rows there were.
    parted = GLR(chain("dense"), copies=10, chunk=4, baseline="leave_one_out", seed=0)
    loss, gradients = parted.estimate(x, y)
    assert np.isfinite(float(loss)) and np.isfinite(flat(g for _, g in gradients)).all()


def test_baseline_takes_away_what_is_common_to_all_copies():
    x, y = np.random.default_rng(0).random((6, 4, 4, 2), "float32"), np.array([0, 2, 1, 0, 1, 2])

    def lifted(labels, logits):
        loss = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return loss + 100.0

    for antithetic in (False, True):
        common = dict(copies=8, baseline="leave_one_out", antithetic=antithetic)
        network = chain("dense")
        gradients = []
        for loss in ("cross_entropy", lifted):
            trainer = GLR(network, loss=loss, **common)
            bk.reseed(trainer, 3)
            gradients.append(flat(g for _, g in trainer.estimate(x, y)[1]))
        np.testing.assert_allclose(*gradients, atol=2e-4)


def test_sample_weights_are_factors_of_the_losses():
    x, y = np.random.default_rng(0).random((4, 4, 4, 2), "float32"), np.array([0, 2, 1, 0])
    trainer = GLR(chain("dense"), copies=4)

    def estimate(weights):
        bk.reseed(trainer, 1)
        return flat(g for _, g in trainer.estimate(x, y, weights)[1])

    one = [estimate(np.eye(4, dtype="float32")[i]) for i in range(4)]
    np.testing.assert_allclose(sum(one), estimate(None), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(estimate(np.full(4, 2.0)), 2 * estimate(None), rtol=1e-5)


def test_a_step_of_fit_follows_the_estimate_and_the_penalty():
    network = chain("dense")
    network.layers[2].kernel.regularizer = keras.regularizers.L2(0.1)
    x, y = np.random.default_rng(0).random((6, 4, 4, 2), "float32"), np.array([0, 2, 1, 0, 1, 2])
    trainer = GLR(network, copies=10)
    trainer.compile(keras.optimizers.SGD(0.5), metrics=["accuracy"])
    bk.reseed(trainer, 7)
    loss, pairs = trainer.estimate(x, y)
    kernel = network.layers[2].get_weights()[0]
    expected = [numpy(variable.value) - 0.5 * numpy(gradient) for variable, gradient in pairs]
    expected[0] -= 0.5 * 2 * 0.1 * kernel
    answers = np.argmax(numpy(network(x)), axis=1)
    bk.reseed(trainer, 7)
    history = trainer.fit(x, y, batch_size=6, shuffle=False, verbose=0).history
    for found, wanted in zip(network.get_weights(), expected):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    assert history["loss"][0] == pytest.approx(float(loss) + 0.1 * np.sum(kernel**2), rel=1e-5)
    assert history["accuracy"][0] == pytest.approx(np.mean(answers == y))


@pytest.mark.parametrize(
    ("loss", "activation"), [("cross_entropy", "threshold"), ("zero_one", "sigmoid")]
)
def test_it_learns_with_callbacks_and_saves_an_ordinary_network(loss, activation, tmp_path):
    x, y = bk.data.load("digits", "train")
    network = bk.models.glr_mlp((8, 8, 1), activation=activation, hidden=(20,), seed=0)
    trainer = GLR(network, copies=50, loss=loss, baseline="leave_one_out", seed=0)
    trainer.compile(keras.optimizers.Adam(0.02), metrics=["accuracy"])
    path = tmp_path / "best.keras"
    callbacks = [
        keras.callbacks.ModelCheckpoint(path),
        keras.callbacks.BackupAndRestore(tmp_path / "backup"),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
    ]
    test = bk.data.load("digits", "test")
    history = trainer.fit(
        x, y, epochs=4, batch_size=32, verbose=0, callbacks=callbacks, validation_data=test
    ).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    # Guessing scores 0.1.
    assert history["val_accuracy"][-1] > (0.8 if loss == "cross_entropy" else 0.35)
    loaded = bk.load(path)
    answers = numpy(loaded(test[0]))
    np.testing.assert_array_equal(answers, numpy(loaded(test[0])))
    np.testing.assert_allclose(answers, trainer.predict(test[0], verbose=0), atol=1e-6)
    accuracy = np.mean(np.argmax(answers, axis=1) == test[1])
    assert accuracy == pytest.approx(history["val_accuracy"][-1], abs=1e-6)
    # Without noise: the mean loss, and the penalty of the network.
    chosen = np.log(np.maximum(answers[np.arange(len(answers)), test[1]], 1e-30))
    plain = -chosen.mean() if loss == "cross_entropy" else 1 - accuracy
    penalty = 0.5e-4 * sum(np.sum(weights**2) for weights in network.get_weights())
    assert history["val_loss"][-1] == pytest.approx(plain + penalty, rel=1e-3)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"noise": "cauchy"}, "noise"),
        ({"scale": 0.0}, "scale"),
        ({"copies": 0}, "copies"),
        ({"copies": 2.5}, "copies"),
        ({"copies": 1, "baseline": "leave_one_out"}, "copies"),
        ({"copies": 7, "antithetic": True}, "copies"),
        ({"copies": 2, "antithetic": True, "baseline": "leave_one_out"}, "copies"),
        ({"baseline": "mean"}, "baseline"),
        ({"loss": "hinge"}, "loss"),
        ({"loss": None}, "loss"),
        ({"chunk": 0}, "chunk"),
    ],
)
def test_errors_of_arguments(arguments, named):
    with pytest.raises(ValueError, match=f"argument `{named}`.*Received: {named}="):
        GLR(tiny(), **arguments)


@pytest.mark.parametrize(
    ("loss", "shape"),
    [
        (lambda labels, logits: keras.ops.mean(logits), r"\(\)"),
        (lambda labels, logits: logits, r"\(\d+|None, 3\)"),
        (lambda labels, logits: keras.ops.mean(logits, axis=0), r"\(3,\)"),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), r"\(\)"),
    ],
)
def test_a_loss_of_the_wrong_shape_is_told_of(loss, shape):
    x, y = np.zeros((5, 4, 4, 2), "float32"), np.zeros(5, int)
    trainer = GLR(chain("dense"), copies=4, loss=loss)
    message = rf"argument `loss`.*one value per row.*Received: values of shape {shape}"
    with pytest.raises(ValueError, match=message):
        trainer.estimate(x, y)
    trainer.compile("sgd")
    with pytest.raises(ValueError, match="argument `loss`"):
        trainer.fit(x, y, verbose=0)


def test_errors_of_networks():
    dense, given = keras.layers.Dense, keras.Input((3,))
    hidden = dense(3)(given)
    shared = dense(3)
    wrong = {
        "built functional or sequential": keras.Sequential([dense(2)]),
        "in a row": keras.Model(given, dense(2)(keras.layers.Add()([given, hidden]))),
        "at least one Dense": keras.Sequential([given, keras.layers.Softmax()]),
        "only layers that are trained": keras.Sequential(
            [given, dense(3), keras.layers.BatchNormalization(), dense(2)]
        ),
        "without noise of their own": keras.Sequential(
            [given, dense(3), bk.layers.BU("C", 1), dense(2)]
        ),
        "each fed by the one before": keras.Model(given, dense(2)(shared(shared(given)))),
    }
    for message, network in wrong.items():
        with pytest.raises(ValueError, match=f"argument `network`.*{message}"):
            GLR(network)
    with pytest.raises(ValueError, match="argument `loss`.*constructor"):
        GLR(tiny()).compile("sgd", loss="mse")
