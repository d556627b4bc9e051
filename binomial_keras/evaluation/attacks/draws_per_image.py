"""Random numbers that belong to an image, whatever else is attacked beside it."""

import numpy as np


class DrawsPerImage:
    """Uniform random numbers for many images, one stream per image.

    The stream of an image depends on the seed and the image's number alone, so neither the
    size of a block nor the images that left it change the result of another image.

    Args:
        seed: integer >= 0, or a tuple of them.
        numbers: the images' numbers, integers >= 0.
        ahead: how many times `numbers` are drawn at once; a matter of speed alone.

    Example:

    >>> DrawsPerImage(0, range(3)).uniform(np.array([0, 2]), 5).shape
    (2, 5)
    """

    def __init__(self, seed, numbers, ahead=1):
        seed = tuple(np.atleast_1d(seed).tolist())
        self._generators = [np.random.default_rng((*seed, int(n))) for n in numbers]
        self._ahead, self._used = ahead, 0
        self._rows = self._kept = None

    def uniform(self, rows, count):
        """The next `count` numbers in [0, 1) of the images in the given rows, `(rows, count)`.

        With `ahead > 1`, `count` stays the same and `rows` ascend; a row that was left out once
        does not return.
        """
        if self._used % self._ahead == 0:
            self._rows = rows
            size = (self._ahead, count)
            self._kept = np.stack([self._generators[row].random(size) for row in rows])
        now = self._used % self._ahead
        self._used += 1
        return self._kept[np.searchsorted(self._rows, rows), now]

    def once(self, count):
        """The next `count` numbers of every image, before the first call of `uniform`."""
        return np.stack([generator.random(count) for generator in self._generators])


def seed_or_global(seed):
    """`seed`, or for `None` a seed from NumPy's global generator, which ART's attacks draw from."""
    return int(np.random.randint(2**31)) if seed is None else int(seed)
