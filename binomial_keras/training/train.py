"""Training with Keras' own `fit`, resumable after a kill."""

import time

import keras
import numpy as np

from ..models.reseed import reseed
from .adversarial_epochs import AdversarialEpochs
from .state import TrainingState


class _Schedule(keras.callbacks.Callback):
    """Sets the learning rate before every step; stops a training whose loss is not finite."""

    def __init__(self, recipe, steps, epoch):
        super().__init__()
        self.recipe, self.steps, self.step = recipe, steps, epoch * steps
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        progress = self.step / (self.steps * self.recipe.epochs)
        self.model.optimizer.learning_rate = self.recipe.rate(progress)
        self.step += 1

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            raise FloatingPointError(
                f"The loss became {loss} in epoch {self.epoch + 1}, step {batch + 1} of "
                f"{self.steps}: the training diverged and was stopped. A smaller learning_rate "
                f"(now {self.recipe.learning_rate}), warmup > 0 or clipnorm=1.0 may help."
            )


def train(
    model,
    x,
    y,
    recipe,
    validation_data=None,
    directory=None,
    seed=0,
    verbose="auto",
    callbacks=(),
):
    """Train a classifier by a recipe; resume where an earlier call with `directory` stopped.

    Each epoch is one `model.fit` over the images in an order drawn from (seed, epoch), or, with
    an adversary in the recipe, one pass of `train_on_batch` over images attacked on the way; the
    model's generators are set from (seed, epoch) too, so a training that was killed and resumed
    gives the same weights as one that was not. After every epoch the weights, the optimiser and
    the history are written to `directory/training.npz` in one atomic step.

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
    model = recipe.trainer(model)
    model.optimizer.build(model.trainable_variables)
    if recipe.adversary:
        one_epoch = AdversarialEpochs(model, recipe.adversary, seed)
    else:
        one_epoch = _PlainEpochs(model)
    state = TrainingState(directory, model, recipe, seed, len(x))
    history = state.restore()
    steps = -(-len(x) // recipe.batch_size)
    for epoch in range(len(history.get("loss", ())), recipe.epochs):
        start = time.perf_counter()
        order = np.random.default_rng([seed, epoch]).permutation(len(x))
        reseed(model, int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
        logs = one_epoch(
            _augmented(x[order], recipe, seed, epoch),
            y[order],
            batch_size=recipe.batch_size,
            epochs=epoch + 1,
            initial_epoch=epoch,
            validation_data=validation_data,
            verbose=verbose,
            callbacks=[_Schedule(recipe, steps, epoch), *callbacks],
        )
        logs["learning_rate"] = [float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))]
        logs["seconds"] = [time.perf_counter() - start]
        for name, values in logs.items():
            history.setdefault(name, []).append(float(values[-1]))
        state.save(history)
    return history


class _PlainEpochs:
    """Epochs by `fit`."""

    def __init__(self, model):
        self.model = model

    def __call__(self, x, y, **options):
        return self.model.fit(x, y, shuffle=False, **options).history


def _augmented(x, recipe, seed, epoch):
    """Images mirrored and moved as the recipe says; `x` may be overwritten."""
    if recipe.flip:
        x = _mirrored(x, seed, epoch)
    return _moved(x, recipe.shift, seed, epoch) if recipe.shift else x


def _moved(x, shift, seed, epoch):
    """Every image moved by up to `shift` pixels on both axes, drawn from (seed, epoch)."""
    height, width = x.shape[1:3]
    offsets = np.random.default_rng([seed, epoch, 2]).integers(0, 2 * shift + 1, (len(x), 2))
    padded = np.pad(x, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
    # One slice per offset, not per image: there are few of them.
    for top, left in np.unique(offsets, axis=0):
        chosen = (offsets == (top, left)).all(axis=1)
        x[chosen] = padded[chosen, top : top + height, left : left + width]
    return x


def _mirrored(x, seed, epoch):
    """Every image mirrored left to right with probability 1/2, drawn from (seed, epoch)."""
    chosen = np.random.default_rng([seed, epoch, 1]).random(len(x)) < 0.5
    x[chosen] = x[chosen, :, ::-1]
    return x


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
