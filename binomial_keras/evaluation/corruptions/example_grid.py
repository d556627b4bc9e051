"""A picture that shows what the corruptions do to one image."""

from collections.abc import Iterable

import numpy as np

from .corrupt import corrupt
from .parameters import CORRUPTIONS


def example_grid(
    image: np.ndarray,
    names: Iterable[str] = CORRUPTIONS,
    severities: Iterable[int] = (1, 3, 5),
    seed: int = 0,
    parameters: str = "auto",
) -> np.ndarray:
    """One image under many corruptions, as one picture.

    A row per corruption: the image itself, then one column per severity, with two white pixels
    between them.

    Args:
        image: float array in [0, 1], `(height, width, channels)`.
        names: corruptions, from top to bottom.
        severities: from left to right.
        seed, parameters: as for `corrupt`.

    Returns:
        float32 array `(picture height, picture width, channels)` in [0, 1].

    Example:

        from matplotlib import pyplot
        pyplot.imshow(example_grid(x[0]))
    """
    image = np.asarray(image)
    batch = image[None]

    def framed(cell):
        return np.pad(cell, ((0, 2), (0, 2), (0, 0)), constant_values=1)

    rows = []
    for name in names:
        cells = [corrupt(batch, name, level, seed, 0, parameters)[0] for level in severities]
        rows.append(np.concatenate([framed(cell) for cell in (image, *cells)], axis=1))
    return np.concatenate(rows).astype("float32")[:-2, :-2]
