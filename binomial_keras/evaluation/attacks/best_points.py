"""The best point of every image that an attack has seen so far."""

import numpy as np


class BestPoints:
    """Keeps one point per image: one that fools most draws, and of those the highest loss.

    A point that fewer than half of the draws get right comes before one that is not so,
    whatever the losses: cross-entropy can be higher where the answer is still right.

    Args:
        clean: images, kept until a point is offered.
        majority: `False` if the loss alone decides, as for a vote or a targeted attack.

    Attributes:
        points: float32 `(images, ...)`.
        loss, right: `(images,)`, loss and share of right draws when the point was offered.
    """

    def __init__(self, clean, majority=True):
        self.points, self.majority = clean.copy(), majority
        self.loss = np.full(len(clean), -np.inf)
        self.right = np.full(len(clean), np.inf)

    def offer(self, rows, points, loss, right):
        """Points for the images in `rows`, and how they were measured."""
        better = loss > self.loss[rows]
        if self.majority:
            fools, fooled = right < 0.5, self.right[rows] < 0.5
            better = (better & (fools == fooled)) | (fools & ~fooled)
        rows = rows[better]
        self.points[rows] = points[better]
        self.loss[rows], self.right[rows] = loss[better], right[better]
