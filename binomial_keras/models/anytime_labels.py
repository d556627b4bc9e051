"""Predictions after every pass."""

import keras
import numpy as np
from keras import ops

from .convert import convert
from .reseed import reseed
from .step_by_step import StepByStep


def anytime_labels(
    model: keras.Model,
    x: np.ndarray,
    T: int,
    draws: int = 1,
    seed: int = 0,
    batch_size: int = 250,
) -> np.ndarray:
    """Predicted classes after each of the passes 1..T, as type A, for several draws.

    A type A network after t passes is the network with T = t, so one run of T passes scores
    all shorter ones; within a draw they share their random numbers.

    Args:
        model: any network of this library; it is converted to type A.
        x: images `(n, height, width, channels)` in [0, 1].
        T: integer >= 1, passes.
        draws: integer >= 1, independent runs over all images.
        seed: integer >= 0.
        batch_size: images per call; part of what fixes the draws.

    Returns:
        int64 array `(draws, T, n)`.
    """
    if draws < 1 or batch_size < 1:
        raise ValueError(
            "Invalid value received for arguments `draws`, `batch_size`. Expected integers >= 1. "
            f"Received: draws={draws}, batch_size={batch_size}"
        )
    converted = convert(model, "A", T)
    reseed(converted, seed)
    network = StepByStep(converted)
    labels = np.empty((draws, T, len(x)), np.int64)
    for draw in range(draws):
        for start in range(0, len(x), batch_size):
            images = slice(start, start + batch_size)
            state = network.start(x[images])
            for t in range(T):
                output, state = network.step(state)
                labels[draw, t, images] = np.argmax(ops.convert_to_numpy(output), axis=-1)
    return labels
