"""Seeds of stochastic layers."""

import numbers

import keras
import numpy as np

from .traversal import walk


def reseed(model: keras.layers.Layer, seed: int) -> int:
    """Set every random generator of a model: the same seed, batch and backend, the same draws.

    Keras keeps the state of a layer's generator out of the saved model and does not reset it
    with `keras.utils.set_random_seed`; this function is how a run is repeated. Each generator
    gets a seed of its own, derived from `seed` and its position in the model. On PyTorch Keras' own
    `Dropout` uses its generator only if it was given a seed, and PyTorch's otherwise.

    Args:
        model: any Keras model or layer.
        seed: integer >= 0.

    Returns:
        The number of generators that were set (0 for a deterministic model).
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(
            "Invalid value received for argument `seed`. Expected an integer >= 0. "
            f"Received: seed={seed!r}"
        )
    generators = []
    for layer in walk(model):
        for value in vars(layer).values():
            known = any(value is generator for generator in generators)
            if isinstance(value, keras.random.SeedGenerator) and not known:
                generators.append(value)
    states = np.random.SeedSequence(int(seed)).generate_state(max(1, len(generators)))
    for generator, state in zip(generators, states):
        generator.state.assign(np.array([state, 0], "uint32"))
    return len(generators)
