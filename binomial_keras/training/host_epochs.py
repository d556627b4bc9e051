"""Epochs whose batches come from the host, one step at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from .adversarial_epochs import AdversarialEpochs
from .augmentation import augmented
from .divergence import check_loss
from .recipe import Recipe


class _Schedule(keras.callbacks.Callback):
    """Sets the learning rate before every step; stops a training whose loss is not finite."""

    def __init__(self, recipe, steps, epoch):
        super().__init__()
        self.recipe, self.steps, self.step = recipe, steps, epoch * steps
        self.epoch = epoch

    def set_params(self, params):
        # Each `fit` is one epoch; the progress bar, which is asked later, shows it as one of all.
        params["epochs"] = self.recipe.epochs
        super().set_params(params)

    def on_train_batch_begin(self, batch, logs=None):
        progress = self.step / (self.steps * self.recipe.epochs)
        self.model.optimizer.learning_rate = self.recipe.rate(progress)
        self.step += 1

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None:
            check_loss([loss], self.epoch, batch, self.steps, self.recipe)


class HostEpochs:
    """One `fit` per epoch, or, with an adversary, one pass of `AdversarialEpochs`.

    Args:
        model: compiled model.
        recipe: a `Recipe`.
        seed: seed of the training.
        x, y: images and labels.
    """

    def __init__(
        self, model: keras.Model, recipe: Recipe, seed: int, x: np.ndarray, y: np.ndarray
    ) -> None:
        self.recipe, self.seed, self.x, self.y = recipe, seed, x, y
        self._fit: Callable[..., dict[str, list]]
        if recipe.adversary:
            self._fit = AdversarialEpochs(model, recipe.adversary, seed)
        else:
            self._fit = lambda x, y, **options: model.fit(x, y, shuffle=False, **options).history

    def __call__(
        self,
        epoch: int,
        order: np.ndarray,
        validation_data: tuple | None,
        verbose: str | int,
        callbacks: Sequence[Any],
    ) -> dict[str, float]:
        """Trains epoch 0, 1, ... on the images in this order; returns its logs."""
        steps = -(-len(order) // self.recipe.batch_size)
        logs = self._fit(
            augmented(self.x[order], self.recipe, self.seed, epoch),
            self.y[order],
            batch_size=self.recipe.batch_size,
            epochs=epoch + 1,
            initial_epoch=epoch,
            validation_data=validation_data,
            verbose=verbose,
            callbacks=[_Schedule(self.recipe, steps, epoch), *callbacks],
        )
        return {name: values[-1] for name, values in logs.items()}
