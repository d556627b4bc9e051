"""Labels that a stochastic model gives to the same images in many draws."""

import keras
import numpy as np

from .. import backend
from ..models.reseed import reseed
from .batches import in_batches


def predict_draws(model, x, draws, seed, batch_size=250):
    """Predicted classes in `draws` fresh, independent draws.

    A draw is one inference pass of the model (an `ARTClassifier`'s own averaging over draws is
    not used). A model whose seed generators do not move while it answers is deterministic: it
    is evaluated once and the answer repeated.

    Args:
        model: a `keras.Model` or an `ARTClassifier`, whose compiled forward pass is reused.
        x: images `(images, ...)`.
        draws: integer >= 1.
        seed: integer; sets every seed generator of the model first. `None` leaves them.
        batch_size: images per batch. Together with the seed it fixes the draws.

    Returns:
        int64 array `(draws, images)`.
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
    x = np.ascontiguousarray(x, np.float32)
    before = _states(model)
    labels = [_labels(forward, x, batch_size)]
    stochastic = _states(model) != before
    for _ in range(draws - 1):
        labels.append(_labels(forward, x, batch_size) if stochastic else labels[0])
    return np.stack(labels)


def _labels(forward, x, batch_size):
    return np.argmax(in_batches(forward, batch_size, x), axis=-1).astype(np.int64)


def _states(model):
    return [keras.ops.convert_to_numpy(v).tolist() for v in backend.seed_states(model)]
