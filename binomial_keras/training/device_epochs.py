"""Epochs that run on the device alone."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .. import many_steps
from .augmentation import flips, mirrored, moved, offsets
from .divergence import check_loss
from .recipe import Recipe

# Steps between two looks at the loss on an accelerator.
STEPS_PER_CALL = 100


class DeviceEpochs:
    """One epoch per call, with callbacks and history as of `fit`; many steps per compiled call.

    The images lie on the device from the first epoch to the last. What an epoch needs is a plan
    of a few bytes per image (its order, who is mirrored and moved where, the learning rates),
    which goes to the device at its beginning; nothing else does until its end. Batch callbacks
    are called once per compiled call, for its first and its last step; they read the model, and
    what they change in it is lost.

    Args:
        model: compiled model. If it was made in the scope of a `keras.distribution.DataParallel`
            that still holds, batches are divided among those devices.
        recipe: a `Recipe`.
        seed: seed of the training.
        x, y: images and labels.
        steps_per_call: integer >= 1, or `None`: 1 on a processor, where a compiled loop makes
            convolutions several times as slow, and else `STEPS_PER_CALL`.
    """

    def __init__(
        self,
        model: keras.Model,
        recipe: Recipe,
        seed: int,
        x: np.ndarray,
        y: np.ndarray,
        steps_per_call: int | None = None,
    ) -> None:
        self.model, self.recipe, self.seed = model, recipe, seed
        default = STEPS_PER_CALL if many_steps.on_accelerator() else 1
        self.steps_per_call = default if steps_per_call is None else int(steps_per_call)
        self.steps = -(-len(x) // recipe.batch_size)
        self.images = {"x": many_steps.on_device(x), "y": many_steps.on_device(y)}
        # A compiled step cannot make the metrics' variables; what they are depends on the shapes.
        outputs = np.zeros((1, max(2, y.max() + 1)), "float32")
        model.compute_metrics(x[:1], y[:1], outputs)
        self.names = tuple(model.get_metrics_result())
        self.looped = self.steps_per_call > 1
        self._train = many_steps.train_steps(model, self._batch, self.looped)
        self._tested = None

    def __call__(
        self,
        epoch: int,
        order: np.ndarray,
        validation_data: tuple | None,
        verbose: str | int,
        callbacks: Sequence[Any],
    ) -> dict[str, float]:
        """Trains epoch 0, 1, ... on the images in this order; returns its logs."""
        shown = keras.callbacks.CallbackList(
            list(callbacks), add_history=True, add_progbar=verbose != 0, model=self.model,
            verbose=1 if verbose == "auto" else verbose, epochs=self.recipe.epochs,
            steps=self.steps,
        )
        shown.on_train_begin()
        shown.on_epoch_begin(epoch)
        self.model.reset_metrics()
        state = many_steps.State(self.model)
        try:
            for first, part in _rectangles(self._plan(epoch, order), self.recipe.batch_size):
                logs = self._run(state, epoch, first, part, shown, read=bool(callbacks))
        finally:
            state.write()
        if validation_data is not None:
            logs = {**logs, **self._validated(*validation_data)}
        shown.on_epoch_end(epoch, logs)
        shown.on_train_end(logs)
        return logs

    def _run(self, state, epoch, before, part, shown, read):
        """The steps of a part of the epoch, after `before` others; returns their last logs."""
        count = len(part["index"])
        part = {name: many_steps.on_device(rows) for name, rows in part.items()}
        kept = {name: many_steps.on_device(np.zeros(count, "float32")) for name in self.names}
        for first in range(0, count, self.steps_per_call):
            last = min(first + self.steps_per_call, count)
            shown.on_train_batch_begin(before + first)
            state.values, kept = self._train(state.values, kept, self.images, part, first, last)
            losses = np.asarray(kept["loss"][first:last])
            check_loss(losses, epoch, before + first, self.steps, self.recipe)
            if read:
                state.write()
            logs = {name: float(values[last - 1]) for name, values in kept.items()}
            shown.on_train_batch_end(before + last - 1, logs)
        return logs

    def _plan(self, epoch, order):
        """What the epoch needs, by image; what belongs to a step is repeated."""
        count, recipe, steps = len(order), self.recipe, self.steps
        step = np.arange(count) // recipe.batch_size
        rates = [recipe.rate((epoch * steps + s) / (steps * recipe.epochs)) for s in range(steps)]
        plan = {"index": order.astype("int32"), "rate": np.asarray(rates, "float32")[step]}
        if recipe.flip:
            plan["flip"] = flips(count, self.seed, epoch)
        if recipe.shift:
            plan["place"] = offsets(count, recipe.shift, self.seed, epoch).astype("int32")
        if recipe.adversary:
            key = np.random.default_rng([self.seed, epoch, 3]).integers(-(2**31), 2**31, 2)
            plan["key"] = np.tile(key.astype("int32"), (count, 1))
            plan["step"] = step.astype("int32")
        return plan

    def _batch(self, call, arrays, rows):
        """The images and labels of a step, within the compiled loop."""
        index = many_steps.shared(rows["index"])
        x, y = arrays["x"][index], arrays["y"][index]
        if "flip" in rows:
            x = mirrored(x, rows["flip"])
        if "place" in rows:
            x = moved(x, rows["place"], self.recipe.shift)
        if self.recipe.adversary:
            x, y = self.recipe.adversary.within_step(call, x, y, rows["key"][0], rows["step"][0])
        return x, y

    def _validated(self, x, y):
        """Loss and accuracy on unchanged images."""
        if self._tested is None or self._tested[0] is not x:
            arrays = {"x": many_steps.on_device(np.asarray(x, "float32")),
                      "y": many_steps.on_device(np.asarray(y, "int32"))}
            # An adversary's loss may be one of pairs of images.
            make = many_steps.score_steps if self.recipe.adversary else many_steps.test_steps
            self._tested = (x, arrays, make(self.model, self.looped))
        found = list(self._test_logs(*self._tested[1:], len(x)))
        if not self.recipe.adversary:
            return {f"val_{name}": float(values[-1]) for name, values in found[-1].items()}
        own, hit = (np.concatenate([f[name].ravel() for f in found]) for name in ("own", "hit"))
        return {"val_loss": float(-np.mean(np.log(np.maximum(own, 1e-7)))),
                "val_accuracy": float(np.mean(hit))}

    def _test_logs(self, arrays, test, count):
        """The logs of the whole batches and of the one that is left over."""
        self.model.reset_metrics()
        state, batch = many_steps.State(self.model), self.recipe.batch_size
        for _, part in _rectangles({"index": np.arange(count, dtype="int32")}, batch):
            shape = part["index"].shape
            logs = dict.fromkeys(("own", "hit"), shape)
            if not self.recipe.adversary:
                logs = dict.fromkeys(self.names, shape[:1])
            kept = {name: many_steps.on_device(np.zeros(s, "float32")) for name, s in logs.items()}
            part = {name: many_steps.on_device(rows) for name, rows in part.items()}
            state.values, kept = test(state.values, kept, arrays, part, 0, shape[0])
            yield {name: np.asarray(values) for name, values in kept.items()}
        state.write()


def _rectangles(plan, batch):
    """`(first step, part)` of a plan: rows by whole batches, then the batch that is left over."""
    count = len(plan["index"])
    whole = count // batch
    if whole:
        full = {name: rows[: whole * batch] for name, rows in plan.items()}
        yield 0, {k: v.reshape(whole, batch, *v.shape[1:]) for k, v in full.items()}
    if count % batch:
        yield whole, {k: v[None, whole * batch :] for k, v in plan.items()}
