"""Training by a recipe, resumable after a kill."""

import numbers
import os
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .. import many_steps
from ..models.reseed import reseed
from .device_epochs import DeviceEpochs
from .host_epochs import HostEpochs
from .recipe import Recipe
from .state import TrainingState


def train(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    recipe: Recipe,
    validation_data: tuple | None = None,
    directory: str | os.PathLike | None = None,
    seed: int = 0,
    verbose: str | int = "auto",
    callbacks: Sequence[Any] = (),
    steps_per_call: int | None = None,
) -> dict[str, list[float]]:
    """Train a classifier by a recipe; resume where an earlier call with `directory` stopped.

    Each epoch goes over the images in an order drawn from (seed, epoch); the model's generators
    are set from (seed, epoch) too, so a training that was killed and resumed gives the same
    weights as one that was not. After every epoch the weights, the optimiser and the history are
    written to `directory/training.npz` in one atomic step.

    On JAX the images stay on the device, and on an accelerator many steps run in one compiled call
    (see `DeviceEpochs`), attacks of an adversary included. With a model that was made in the scope
    of a `keras.distribution.DataParallel`, and called in it, each batch is divided among its
    devices; the result is that of one device, up to rounding. On the other backends an epoch is
    one `model.fit`, or, with an adversary, one pass of `train_on_batch`.

    Args:
        model: Keras model with probabilities as output. It is compiled here, or, by a recipe of
            likelihood-ratio training, trained through a `GLR`.
        x: float32 images `(n, height, width, channels)`.
        y: integer labels `(n,)` in 0..classes-1.
        recipe: a `Recipe`.
        validation_data: `(x, y)` or `None`; scored after each epoch.
        directory: folder for the state, or `None` to keep none. A state that was written for
            another recipe, seed, network or number of images is refused.
        seed: integer >= 0: order of the images and draws of the model's units.
        verbose: as in `fit`: "auto", 0, 1 (progress bar) or 2 (a line per epoch).
        callbacks: further Keras callbacks. They see one `fit` per epoch.
        steps_per_call: on JAX, integer >= 1: training steps per compiled call, or `None` for 100
            on an accelerator and 1 on a processor. Up to rounding the numbers do not depend on it.
            Batch callbacks come once per call.

    With an adversary `"loss"` and `"accuracy"` are those of what is trained on: the attacked
    images, or for TRADES the clean and the attacked ones together. Validation is clean.

    Returns:
        The history, a dict of lists with an entry per epoch: `"loss"`, `"accuracy"`,
        `"learning_rate"`, `"seconds"`, and `"val_loss"`, `"val_accuracy"`.

    Raises:
        FloatingPointError: the loss became NaN or infinite.
        ValueError: x and y do not fit each other or the model; a state of another training.
    """
    x, y = _check(model, x, y)
    _check_steps(steps_per_call)
    model = recipe.trainer(model)
    model.optimizer.build(model.trainable_variables)
    state = TrainingState(directory, model, recipe, seed, len(x))
    history = state.restore()
    one_epoch = _epochs(model, recipe, seed, x, y, steps_per_call)
    for epoch in range(len(history.get("loss", ())), recipe.epochs):
        start = time.perf_counter()
        order = np.random.default_rng([seed, epoch]).permutation(len(x))
        reseed(model, int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
        logs = dict(one_epoch(epoch, order, validation_data, verbose, callbacks))
        logs["learning_rate"] = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        logs["seconds"] = time.perf_counter() - start
        for name, value in logs.items():
            history.setdefault(name, []).append(float(value))
        state.save(history)
    return history


def _epochs(model, recipe, seed, x, y, steps_per_call):
    """`(epoch, order, validation data, verbose, callbacks) -> logs`."""
    if many_steps.available():
        return DeviceEpochs(model, recipe, seed, x, y, steps_per_call)
    return HostEpochs(model, recipe, seed, x, y)


def _check_steps(steps):
    whole = isinstance(steps, numbers.Integral) and not isinstance(steps, bool)
    if steps is not None and (not whole or steps < 1):
        raise ValueError(
            "Invalid value received for argument `steps_per_call`. Expected `None` or an integer "
            f">= 1. Received: steps_per_call={steps!r}"
        )


def _check(model, x, y):
    x, y = np.asarray(x, "float32"), np.asarray(y)
    labels = y.ndim == 1 and np.issubdtype(y.dtype, np.integer)
    if not labels or len(x) == 0 or len(x) != len(y):
        raise ValueError(
            "Invalid value received for arguments `x` and `y`. Expected n images and n integer "
            f"labels. Received: x.shape={x.shape}, y.shape={y.shape}, y.dtype={y.dtype}"
        )
    if tuple(x.shape[1:]) != tuple(model.input_shape[1:]):
        raise ValueError(
            f"Invalid value received for argument `x`. Expected images of shape "
            f"{tuple(model.input_shape[1:])}. Received: x.shape={x.shape}"
        )
    classes = model.output_shape[-1]
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"Invalid value received for argument `y`. Expected labels in 0..{classes - 1}. "
            f"Received: labels in {y.min()}..{y.max()}"
        )
    return x, y.astype("int32")
