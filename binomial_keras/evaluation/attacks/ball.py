"""What an attacker may do to images: a ball around each, cut by the range of pixels."""

import numpy as np

_TINY = 1e-30


class Ball:
    """All images within a distance eps of the clean ones and within the range of pixels.

    * `norm` infinity: no pixel changes by more than eps. A step goes along the sign of a
      direction: `size` in every pixel.
    * `norm` 2: the change is at most eps long. A step goes along the direction itself: `size`
      in all.

    A point outside is moved into the ball (pixel by pixel; shortened) and then clipped, which
    makes every pixel's change smaller still. In the L2 norm this is not always the nearest
    allowed point.

    Args:
        clean: images `(images, ...)`.
        norm: `np.inf`, `"inf"` or 2.
        eps: radius, > 0, in pixel units.
        clip_values: `(lowest, highest)` pixel value.

    Example:

    >>> ball = Ball(x, np.inf, 0.1, (0, 1))
    >>> ball.moved(x, gradient, 0.01)
    """

    def __init__(self, clean, norm, eps, clip_values):
        self.clean, self.eps, self.clip_values = clean, np.float32(eps), clip_values
        self.flat = norm != 2

    def project(self, points, rows=slice(None)):
        """The points, moved into the ball; `rows` says which clean images they belong to."""
        clean = self.clean[rows]
        if self.flat:
            points = np.clip(points, clean - self.eps, clean + self.eps)
        else:
            change = points - clean
            points = clean + change * np.minimum(1, self.eps / (_length(change) + _TINY))
        return np.clip(points, *self.clip_values).astype(np.float32)

    def moved(self, points, direction, size, rows=slice(None)):
        """The points after a step of `size`, one number or one per image, and a projection."""
        size = np.reshape(np.asarray(size, np.float32), (-1,) + (1,) * (points.ndim - 1))
        return self.project(points + size * self.unit(direction), rows)

    def unit(self, direction):
        """The directions of size one in the norm; zero where they are zero."""
        return np.sign(direction) if self.flat else direction / (_length(direction) + _TINY)

    def random(self, generators, rows=slice(None), extreme=False):
        """One random point per image.

        Args:
            generators: a NumPy generator for every row.
            rows: which clean images.
            extreme: `False` for uniform in the ball; `True` for its corners (L-infinity) or its
                surface (L2).
        """
        shape = self.clean.shape[1:]
        if self.flat:
            change = np.stack([g.random(shape, np.float32) for g in generators]) * 2 - 1
            change = np.where(change < 0, -1, 1) if extreme else change
        else:
            change = np.stack([g.standard_normal(shape, np.float32) for g in generators])
            change /= _length(change) + _TINY
            if not extreme:
                radii = [g.random() ** (1 / np.prod(shape)) for g in generators]
                change *= np.reshape(radii, (-1,) + (1,) * len(shape))
        return self.project(self.clean[rows] + self.eps * change.astype(np.float32), rows)


def _length(change):
    flat = np.sqrt(np.sum(change.reshape(len(change), -1) ** 2, axis=1))
    return flat.reshape((-1,) + (1,) * (change.ndim - 1))
