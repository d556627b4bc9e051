"""Carlini and Wagner's L2 attack on the images that still move."""

from typing import Any

import numpy as np
from art.attacks.evasion import CarliniL2Method
from tqdm.auto import trange

from ..inputs import checked_classes, checked_images
from .hinge_descent import HingeDescent

# ART's and the paper's: beyond it the search for c is given up.
_C_LIMIT = 1e11


class CarliniL2(CarliniL2Method):
    """ART's `CarliniL2Method`, with one backward pass per step and a search that searches.

    With outputs z, every binary search step minimises for each image

        L(x') = ||x' - x||_2^2 + c * max(0, z_y - max_{j != y} z_j + confidence)

    (for a targeted attack the other way round) by gradient steps with a line search: the step
    is halved up to `max_halving` times until L falls, or, if it falls at once, doubled up to
    `max_doubling` times while it keeps falling. c then falls to the middle of its interval if
    the image was fooled during the step; if not it rises to the middle, or is multiplied by
    `growth` as long as it was never fooled. The fooling image with the smallest change is kept.

    What differs from ART's class:

    * One backward pass of `z_y - z_j` per step, not two calls with a class per image each (up
      to 20 passes with 10 classes), and none for images with a fooling margin: there the hinge
      is flat. ART goes on pushing them over the boundary.
    * The outputs seen in the line search are remembered; ART asks for them again.
    * ART's interval of c loses its lower end: after the first fooling c it tries the same value
      again. Here it is a bisection, and c grows by `growth` = 10, as in the paper; ART's factor
      is 2, so that 9 steps from 0.01 end at 2.56.
    * The steps are taken in the pixels, which are clipped (projected gradient descent).
      `variables="tanh"` takes them, as ART does, in w with pixels `(1 + tanh w) / 2` of their
      range. Without the paper's optimiser (Adam) that is the weaker one: the slope of tanh at
      a black or white pixel is 2e-6, and such pixels never move.
    * An image whose line search failed `patience` times in a row leaves the search step. Every
      failure makes the next try `2^(max_halving - 1)` times smaller.

    Shapes: images `(images, height, width, channels)`. Memory beyond input and output: a few
    copies of `batch_size` images.

    Args:
        classifier, confidence, targeted, learning_rate, binary_search_steps, max_iter,
            initial_const, max_halving, max_doubling, batch_size, verbose: as in ART, where
            `batch_size` is 1 by default; the result is the same. ART's defaults of
            `binary_search_steps` and `max_iter` find little: use 9 and 100, or more.
        growth: > 1, what c is multiplied by until the image is first fooled.
        patience: integer >= 1, failed line searches in a row after which an image rests.
        variables: `"pixels"` or `"tanh"`, what the steps are taken in.

    Raises:
        ValueError: for arguments out of range.

    Example:

    >>> attack = CarliniL2(ARTClassifier(model), binary_search_steps=9, max_iter=100)
    >>> adversarial = attack.generate(x, y)

    References:
        Carlini and Wagner (2017), arXiv 1608.04644.
    """

    def __init__(
        self,
        classifier: Any,
        confidence: float = 0.0,
        targeted: bool = False,
        learning_rate: float = 0.01,
        binary_search_steps: int = 10,
        max_iter: int = 10,
        initial_const: float = 0.01,
        max_halving: int = 5,
        max_doubling: int = 5,
        batch_size: int = 64,
        verbose: bool = True,
        growth: float = 10.0,
        patience: int = 3,
        variables: str = "pixels",
    ) -> None:
        super().__init__(
            classifier, confidence, targeted, learning_rate, binary_search_steps, max_iter,
            initial_const, max_halving, max_doubling, batch_size, verbose,
        )  # fmt: skip
        if not growth > 1:
            raise ValueError(
                "Invalid value received for argument `growth`. Expected a number above 1. "
                f"Received: growth={growth}"
            )
        if int(patience) != patience or patience < 1:
            raise ValueError(
                "Invalid value received for argument `patience`. Expected an integer >= 1. "
                f"Received: patience={patience}"
            )
        if variables not in ("pixels", "tanh"):
            raise ValueError(
                "Invalid value received for argument `variables`. Expected 'pixels' or 'tanh'. "
                f"Received: variables={variables!r}"
            )
        self.growth, self.patience, self.variables = growth, patience, variables

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images.

        Args:
            x: images `(images, ...)` within `clip_values`.
            y: classes `(images,)` or one-hot `(images, classes)`: the targets of a targeted
                attack, else the true classes; `None` for the predicted.

        Returns:
            float32 array shaped like `x`. Where the attack failed, the original.
        """
        x = checked_images("x", x, self.estimator.clip_values)
        if y is None:
            if self.targeted:
                raise ValueError(
                    "Invalid value received for argument `y`. Expected the target classes of a "
                    "targeted attack. Received: y=None"
                )
            labels = self.estimator.predict(x, batch_size=self.batch_size).argmax(axis=1)
        else:
            labels = checked_classes(y, len(x), self.estimator.nb_classes)
        clip = self.estimator.clip_values
        clip = (x.min(), x.max()) if clip is None else tuple(clip)
        result = np.empty_like(x)
        starts = range(0, len(x), self.batch_size)
        for i in trange(len(starts), desc="C&W L2", disable=not self.verbose):
            part = slice(starts[i], starts[i] + self.batch_size)
            result[part] = self._search(x[part], labels[part], clip)
        return result

    def _search(self, x, labels, clip):
        problem = HingeDescent(self, x, labels, clip)
        c = np.full(len(x), float(self.initial_const))
        low, high = np.zeros(len(x)), np.full(len(x), np.inf)
        for _ in range(self.binary_search_steps):
            # An image that is wrong as it stands is fooled at distance 0.
            rows = np.flatnonzero((c < _C_LIMIT) & (problem.best_distance > 0))
            if not rows.size:
                break
            fooled = problem.descend(rows, c[rows])
            high[rows[fooled]], low[rows[~fooled]] = c[rows[fooled]], c[rows[~fooled]]
            bounded = np.isfinite(high)
            c = np.where(bounded, (low + np.where(bounded, high, 0)) / 2, c)
            c[rows[~bounded[rows]]] *= self.growth
        return problem.best
