"""One random generator per image."""

import numpy as np

from ..seeds import stream_seed


def generators(seed, name, start, count):
    """The generators of images `start` to `start + count - 1`.

    The draws of an image depend on the seed, the name of the corruption and the image's own
    number, on nothing else. So a set may be corrupted whole or in parts, and the severities of
    one corruption use the same draws where they need the same amount.

    Args:
        seed: integer >= 0.
        name: the corruption.
        start: number of the first image.
        count: how many images.

    Returns:
        List of `count` NumPy generators.
    """
    base = stream_seed(seed, f"corruption {name}")
    sequences = (
        np.random.SeedSequence(base, spawn_key=(number,)) for number in range(start, start + count)
    )
    return [np.random.Generator(np.random.PCG64(sequence)) for sequence in sequences]


def normal(rngs, shape):
    """Standard normal numbers, float32, `(images, *shape)`."""
    result = np.empty((len(rngs), *shape), "float32")
    for image, rng in zip(result, rngs):
        rng.standard_normal(out=image, dtype=np.float32)
    return result


def uniform(rngs, shape):
    """Numbers uniform in [0, 1), float32, `(images, *shape)`."""
    result = np.empty((len(rngs), *shape), "float32")
    for image, rng in zip(result, rngs):
        rng.random(out=image, dtype=np.float32)
    return result


def angles(rngs, low, high):
    """One angle in degrees per image, uniform in [low, high)."""
    return np.array([rng.uniform(low, high) for rng in rngs])
