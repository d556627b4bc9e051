"""Labels that a stochastic model gives to the same images in many draws."""

from typing import Any

import numpy as np

from .fresh_draws import fresh_draws


def predict_draws(model: Any, x: np.ndarray, draws: int, seed: int, batch_size: int = 250) -> Any:
    """Predicted classes in `draws` fresh, independent draws.

    A draw is one inference pass of the model (an `ARTClassifier`'s own averaging over draws is
    not used). A model whose seed generators do not move while it answers is deterministic: it
    is evaluated once (and its first batch once more, to be sure) and the answer repeated.

    Args:
        model: a `keras.Model` or an `ARTClassifier`, whose compiled forward pass is reused.
        x: images `(images, ...)`.
        draws: integer >= 1.
        seed: integer; sets every seed generator of the model first. `None` leaves them.
        batch_size: images per batch. Together with the seed it fixes the draws.

    Returns:
        int64 array `(draws, images)`.
    """
    labels = [_labels(outputs) for outputs in fresh_draws(model, x, draws, seed, batch_size)]
    # A deterministic model answers once.
    return np.stack(labels if len(labels) == draws else labels * draws)


def _labels(outputs):
    return np.argmax(outputs, axis=-1).astype(np.int64)
