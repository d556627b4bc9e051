"""train: it learns, it resumes exactly, it stops when it diverges, it says what is wrong."""

import os
import pathlib
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.training import train
from tests.training import digits

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def uninterrupted():
    """Type A, four epochs in one go: `(weights, history)`."""
    model = digits.network()
    x, y = digits.images()
    history = train(model, x, y, digits.recipe(), validation_data=(x[:32], y[:32]), verbose=0)
    return model.get_weights(), history


def same_weights(model, weights):
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_history(uninterrupted):
    _, history = uninterrupted
    expected = {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
    assert set(history) == expected
    assert all(len(values) == digits.EPOCHS for values in history.values())
    # Rate of each epoch's last step: 3 steps per epoch, half a cosine over 12 steps.
    for epoch, rate in enumerate(history["learning_rate"]):
        progress = (3 * epoch + 2) / 12
        assert rate == pytest.approx(0.1 * np.cos(np.pi * progress / 2) ** 2, rel=1e-4)


@pytest.mark.parametrize(
    "neuron, gradient", [("A", "last"), ("A", "unrolled"), ("B", "last"), ("D", "last")]
)
def test_every_type_learns(neuron, gradient):
    # Zeros and ones among the digits, 36 steps. Guessing one of the two scores about 0.5.
    x, y = digits.images(600)
    x, y = x[y < 2][:96], y[y < 2][:96]
    model = digits.network(neuron, widths=(8,), convolutions=2, gradient=gradient)
    history = train(model, x, y, digits.recipe(epochs=6, batch_size=16), verbose=0)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.8


class Interruption(Exception):
    pass


class InterruptAt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise Interruption


def test_resumed_training_is_the_uninterrupted_one(tmp_path, uninterrupted):
    weights, history = uninterrupted
    x, y = digits.images()
    arguments = dict(validation_data=(x[:32], y[:32]), directory=tmp_path, verbose=0)
    with pytest.raises(Interruption):
        train(digits.network(), x, y, digits.recipe(), callbacks=[InterruptAt(2)], **arguments)
    (tmp_path / "training.npz.1.tmp").write_bytes(b"half a file")  # as a kill while saving leaves
    epochs = []
    count = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    model = digits.network()
    resumed = train(model, x, y, digits.recipe(), callbacks=[count], **arguments)
    assert epochs == [2, 3]  # two epochs were whole, the third is done again
    same_weights(model, weights)
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
        np.testing.assert_allclose(resumed[name], history[name], rtol=1e-4, err_msg=name)

    # Finished: nothing is trained again, the state is loaded.
    again = digits.network()
    assert train(again, x, y, digits.recipe(), callbacks=[InterruptAt(0)], **arguments) == resumed
    same_weights(again, weights)

    # The state of another training is refused, not continued.
    for other in (
        dict(recipe=digits.recipe(learning_rate=0.2)),
        dict(seed=1),
        dict(x=x[:50], y=y[:50]),
        dict(model=digits.network(T=3)),
    ):
        call = {"model": digits.network(), "x": x, "y": y, "recipe": digits.recipe(), **other}
        with pytest.raises(ValueError, match=r"training.npz.*another training.*`directory`"):
            train(**call, directory=tmp_path, verbose=0)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_training_survives_sigkill(tmp_path, uninterrupted):
    command = [sys.executable, str(ROOT / "tests" / "training" / "digits.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    model = digits.network()
    train(model, *digits.images(), digits.recipe(), directory=tmp_path, verbose=0)
    same_weights(model, uninterrupted[0])


@pytest.mark.parametrize("adversary", [None, bk.training.Adversary("pgd", eps=0.1, steps=1)])
def test_every_epoch_is_shown_as_one_of_all(adversary, capsys):
    x, y = digits.images(32)
    train(digits.network("D"), x, y, digits.recipe(epochs=3, adversary=adversary), verbose=2)
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch")]
    assert shown == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3"]


def test_seed_decides_order_and_draws(uninterrupted):
    x, y = digits.images()
    model = digits.network()
    train(model, x, y, digits.recipe(), seed=1, verbose=0)
    weights = model.get_weights()
    assert any(np.max(np.abs(a - b)) > 1e-3 for a, b in zip(weights, uninterrupted[0]))


def test_divergence_stops_with_a_clear_message(tmp_path):
    model = digits.network("D", batch_normalization=False)
    x, y = digits.images()
    with pytest.raises(FloatingPointError, match=r"loss became (nan|inf) in epoch 1, step \d of 3"):
        train(model, x, y, digits.recipe(learning_rate=1e30), directory=tmp_path, verbose=0)
    assert not (tmp_path / "training.npz").exists()


def test_loss_is_crossentropy_plus_penalty():
    # One step at a rate too small to change anything: the loss of the untrained network.
    model = digits.network("D", l2=0.5)
    x, y = digits.images(32)
    history = train(model, x, y, digits.recipe(epochs=1, learning_rate=1e-9), verbose=0)
    tested = digits.network("D", l2=0.5)
    probabilities = keras.ops.convert_to_numpy(tested(x, training=True))
    kernel = tested.get_layer("probabilities").get_weights()[0]
    expected = -np.mean(np.log(probabilities[np.arange(32), y])) + 0.5 * np.sum(kernel**2)
    assert history["loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:-1]), r"`x` and `y`.*x.shape=\(96, 8, 8, 1\), y.shape=\(95,\)"),
        (lambda x, y: (x[:0], y[:0]), "`x` and `y`"),
        (lambda x, y: (x, np.eye(10)[y]), r"integer labels.*y.shape=\(96, 10\)"),
        (lambda x, y: (x, y + 0.5), "integer labels"),
        (lambda x, y: (x[..., 0], y), r"images of shape \(8, 8, 1\).*x.shape=\(96, 8, 8\)"),
        (lambda x, y: (x[:, :4], y), "images of shape"),
        (lambda x, y: (x, y + 1), r"labels in 0..9.*1..10"),
        (lambda x, y: (x, y - 1), r"labels in 0..9.*-1..8"),
    ],
)
def test_data_that_does_not_fit(change, message):
    x, y = digits.images()
    with pytest.raises(ValueError, match=f"Invalid value received for argument.*{message}"):
        train(digits.network("D"), *change(x, y), digits.recipe(), verbose=0)


def test_trained_network_is_converted_and_saved(tmp_path):
    model = digits.network("D")
    x, y = digits.images()
    train(model, x, y, digits.recipe(epochs=1), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = bk.load(tmp_path / "model.keras")
    one, two = bk.convert(model, "B", 2), bk.convert(loaded, "B", 2)
    for network in (one, two):
        bk.reseed(network, 3)
    outputs = [keras.ops.convert_to_numpy(network(x)) for network in (one, two)]
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-6)
