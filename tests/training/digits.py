"""A tiny network and a few real digits to train it on.

Run as a script it is a training that kills itself: `python digits.py DIRECTORY`.
"""

import os
import signal
import sys

import keras

import binomial_keras as bk

EPOCHS = 4


def images(count=96):
    x, y = bk.data.load("digits", "train")
    return x[:count], y[:count]


def network(neuron="A", T=2, **options):
    options = {"widths": (4,), "convolutions": 1, **options}
    return bk.models.binomial_cnn((8, 8, 1), 10, neuron=neuron, T=T, seed=1, **options)


def recipe(**changes):
    settings = {"epochs": EPOCHS, "batch_size": 32, "learning_rate": 0.1, "warmup": 0.0}
    return bk.training.recipe("cpu", **{**settings, **changes})


class KillAt(keras.callbacks.Callback):
    """SIGKILL in the middle of an epoch (counted from 0)."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.now = epoch, None

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch and batch == 1:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    x, y = images()
    bk.training.train(
        network(), x, y, recipe(), directory=sys.argv[1], verbose=0, callbacks=[KillAt(2)]
    )
