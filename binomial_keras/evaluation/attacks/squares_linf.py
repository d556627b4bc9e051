"""The proposals of the Square attack in the L-infinity norm."""

import math

import numpy as np


class SquaresLinf:
    """Squares of one colour, `2 eps` up or down per channel, projected on the eps-ball.

    Args:
        x: clean images `(images, height, width, channels)`.
        eps: largest change of a pixel.
        clip_values: `(lowest, highest)` pixel value.

    Attributes:
        start_count, count: how many uniform numbers an image needs at the start, and per
            proposal.
    """

    def __init__(self, x, eps, clip_values):
        self.x, self.eps = x, np.float32(eps)
        self.low = np.maximum(x - self.eps, clip_values[0])
        self.high = np.minimum(x + self.eps, clip_values[1])
        _, self.height, self.width, self.channels = x.shape
        self.start_count = self.width * self.channels
        self.count = 2 + self.channels

    def start(self, numbers):
        """Vertical stripes one pixel wide, `eps` up or down, on all images."""
        up = (numbers < 0.5).reshape(-1, 1, self.width, self.channels)
        return np.where(up, self.high, self.low)

    def propose(self, images, rows, area, numbers):
        """Change one square of every image.

        Args:
            images: the kept images `(n, height, width, channels)`.
            rows: which of the clean images they belong to.
            area: part of the image that the square covers.
            numbers: uniform numbers `(n, count)`.
        """
        side = max(int(round(math.sqrt(area * self.height * self.width))), 1)
        side = min(side, self.height, self.width)
        top = (numbers[:, 0] * (self.height - side + 1)).astype(int)
        left = (numbers[:, 1] * (self.width - side + 1)).astype(int)
        n, inside = np.arange(len(images))[:, None, None], np.arange(side)
        window = (n, (top[:, None] + inside)[:, :, None], (left[:, None] + inside)[:, None, :])
        before = images[window]
        low, high = self.low[rows][window], self.high[rows][window]
        up = (numbers[:, 2:] < 0.5).reshape(-1, 1, 1, self.channels)
        # Going 2 eps up or down within [x - eps, x + eps] ends at the edge of the ball.
        after = np.where(up, high, low)
        same = np.all(after == before, axis=(1, 2, 3))
        after[same] = np.where(up[same], low[same], high[same])
        candidates = images.copy()
        candidates[window] = after
        return candidates
