"""Outputs of a model in many fresh draws: the one core of all scoring."""

import warnings

import keras
import numpy as np

from .. import backend
from ..models.reseed import reseed
from .batches import in_batches

# Outputs of one image that move by more than this share of the largest output have noise in
# them; less is the rounding of a parallel sum.
_ROUNDING = 1e-4


def fresh_draws(model, x, draws, seed, batch_size=250):
    """Iterate over the outputs of a model in `draws` fresh, independent draws.

    A draw is one inference pass of the model (an `ARTClassifier`'s own averaging over draws is
    not used). A model whose seed generators do not move while it answers, and that gives the
    first batch the same answer twice, is deterministic: its outputs come once and no more.
    Memory: the outputs of one draw.

    Args:
        model: a `keras.Model` or an `ARTClassifier`, whose compiled forward pass is reused.
        x: images `(images, ...)`.
        draws: integer >= 1.
        seed: integer; sets every seed generator of the model first. `None` leaves them.
        batch_size: images per batch. Together with the seed it fixes the draws.

    Returns:
        Iterator of float32 arrays `(images, outputs)`: `draws` of them, or 1 from a
        deterministic model. Noise that no seed generator of the model controls is drawn too,
        with a warning: such draws cannot be repeated.

    Raises:
        ValueError: for `draws` or `batch_size` below 1.
    """
    if draws < 1 or batch_size < 1:
        raise ValueError(
            "Invalid value received for arguments `draws` and `batch_size`. Expected integers "
            f">= 1. Received: draws={draws}, batch_size={batch_size}"
        )
    if isinstance(model, keras.Model):
        forward = backend.compile_forward(model)
    else:
        model, forward = model.model, model.forward
    if seed is not None:
        reseed(model, seed)
    return _draw(model, forward, np.ascontiguousarray(x, np.float32), draws, batch_size)


def _draw(model, forward, x, draws, batch_size):
    before = _states(model)
    first = in_batches(forward, batch_size, x)
    moved = _states(model) != before
    yield first
    if draws == 1 or not (moved or _hidden_noise(model, forward, x, first, batch_size)):
        return
    for _ in range(draws - 1):
        yield in_batches(forward, batch_size, x)


def _hidden_noise(model, forward, x, first, batch_size):
    again = in_batches(forward, batch_size, x[:batch_size])
    first = first[:batch_size]
    if not np.abs(again - first).max() > _ROUNDING * np.abs(first).max():
        return False
    warnings.warn(
        f"Model `{model.name}` draws noise that none of its seed generators controls; its draws "
        "cannot be repeated. Give the layer a keras.random.SeedGenerator of its own.",
        stacklevel=4,
    )
    return True


def _states(model):
    return [keras.ops.convert_to_numpy(v).tolist() for v in backend.seed_states(model)]
