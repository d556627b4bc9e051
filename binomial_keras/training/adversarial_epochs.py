"""Epochs over images that are attacked on the way."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .adversary import Adversary


class AdversarialEpochs:
    """One epoch of adversarial training per call, with callbacks and history as of `fit`.

    Not `fit` itself: on some backends a model's variables are not those of the last step while
    `fit` runs, and the attack needs the model as it is.

    Args:
        model: compiled model with the loss of the adversary.
        adversary: an `Adversary`.
        seed: with the number of the epoch, seed of the attacks' random starts.
    """

    def __init__(self, model: keras.Model, adversary: Adversary, seed: int) -> None:
        self.model, self.adversary, self.seed = model, adversary, seed
        self.attack = adversary.attack(model)

    def __call__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        epochs: int,
        initial_epoch: int,
        validation_data: tuple | None,
        verbose: str | int,
        callbacks: Sequence[Any],
    ) -> dict[str, list[float]]:
        model, logs = self.model, {}
        shown = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            verbose=1 if verbose == "auto" else verbose,
            epochs=epochs,
            steps=-(-len(x) // batch_size),
            model=model,
        )
        rng = np.random.default_rng([self.seed, initial_epoch, 2])
        shown.on_train_begin()
        shown.on_epoch_begin(initial_epoch)
        model.reset_metrics()
        for step, start in enumerate(range(0, len(x), batch_size)):
            shown.on_train_batch_begin(step)
            images, labels = x[start : start + batch_size], y[start : start + batch_size]
            attacked = self.attack(images, labels, rng)
            given = self.adversary.batch(images, attacked, labels)
            logs = model.train_on_batch(*given, return_dict=True)
            shown.on_train_batch_end(step, logs)
        if validation_data is not None:
            images, labels = validation_data
            logs = {**logs, **self._validated(images, labels, batch_size)}
        shown.on_epoch_end(initial_epoch, logs)
        shown.on_train_end(logs)
        return {name: [float(value)] for name, value in logs.items()}

    def _validated(self, x, y, batch_size):
        """Cross-entropy and accuracy on clean images: the adversary's loss is of pairs."""
        probabilities = self.model.predict(np.asarray(x), batch_size=batch_size, verbose=0)
        y = np.asarray(y)
        own = probabilities[np.arange(len(y)), y]
        return {
            "val_loss": -np.mean(np.log(np.maximum(own, 1e-7))),
            "val_accuracy": np.mean(probabilities.argmax(-1) == y),
        }
