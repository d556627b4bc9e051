"""Images mirrored and moved: drawn once per epoch, applied on the host or within a step."""

from typing import Any

import numpy as np
from keras import ops

from .recipe import Recipe


def flips(count: int, seed: int, epoch: int) -> np.ndarray:
    """Which of so many images are mirrored, a bool `(count,)`, drawn from (seed, epoch)."""
    return np.random.default_rng([seed, epoch, 1]).random(count) < 0.5


def offsets(count: int, shift: int, seed: int, epoch: int) -> np.ndarray:
    """Where each image is cut out of itself padded by `shift`.

    Int `(count, 2)`, from the top and from the left in 0..2 shift, drawn from (seed, epoch).
    """
    return np.random.default_rng([seed, epoch, 2]).integers(0, 2 * shift + 1, (count, 2))


def augmented(x: np.ndarray, recipe: Recipe, seed: int, epoch: int) -> np.ndarray:
    """Images mirrored and moved as the recipe says; `x` may be overwritten."""
    if recipe.flip:
        chosen = flips(len(x), seed, epoch)
        x[chosen] = x[chosen, :, ::-1]
    return _moved(x, recipe.shift, seed, epoch) if recipe.shift else x


def _moved(x, shift, seed, epoch):
    height, width = x.shape[1:3]
    places = offsets(len(x), shift, seed, epoch)
    padded = np.pad(x, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
    # One slice per offset, not per image: there are few of them.
    for top, left in np.unique(places, axis=0):
        chosen = (places == (top, left)).all(axis=1)
        x[chosen] = padded[chosen, top : top + height, left : left + width]
    return x


def mirrored(x: Any, chosen: Any) -> Any:
    """`augmented`'s mirror for tensors: `x` `(images, ...)`, `chosen` as of `flips`."""
    return ops.where(ops.reshape(chosen, (-1, 1, 1, 1)), ops.flip(x, axis=2), x)


def moved(x: Any, places: Any, shift: int) -> Any:
    """`augmented`'s move for tensors: `x` `(images, ...)`, `places` as of `offsets`."""
    height, width = x.shape[1:3]
    x = ops.pad(x, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
    rows = ops.expand_dims(places[:, 0], 1) + ops.arange(height, dtype="int32")
    columns = ops.expand_dims(places[:, 1], 1) + ops.arange(width, dtype="int32")
    x = ops.take_along_axis(x, ops.reshape(rows, (-1, height, 1, 1)), axis=1)
    return ops.take_along_axis(x, ops.reshape(columns, (-1, 1, width, 1)), axis=2)
