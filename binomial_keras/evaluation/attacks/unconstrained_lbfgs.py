"""L-BFGS ascent on the cross-entropy, without a bound on the perturbation."""

from typing import Any

import numpy as np
from art.attacks.attack import EvasionAttack
from tqdm.auto import trange

from ..art_classifier import ARTClassifier
from ..inputs import check_count, checked_images, checked_labels
from .averaged_attack import check_number

_SHARD = 256
# Those of PyTorch's optimizer: largest slope, change and curvature that count as none.
_FLAT, _STILL, _CURVED = 1e-7, 1e-9, 1e-10


class UnconstrainedLBFGS(EvasionAttack):
    """One call of a plain L-BFGS optimizer per image, then a clip to the range of pixels.

    The "L-BFGS" of the likelihood-ratio papers' program. It minimises `-CE(x)` for every image
    for itself, with direction `d = -H g` from the two-loop recursion and no line search: the
    first step is `rate min(1, 1 / ||g||_1) d`, later ones `rate d`. A pair (s, y) enters H where
    `y s > 1e-10`; `H_0 = y s / y y` of the last such pair. An image stops where the slope is
    below 1e-7, the step or the change of the loss below 1e-9. The sequence is that of PyTorch's
    optimizer, written anew; it is neither the box-constrained L-BFGS of Szegedy et al. (2013),
    nor is the perturbation minimal or bounded: read its numbers beside the distances.

    Args:
        estimator: `ARTClassifier`, of a network without noise.
        rate: step size > 0.
        steps: integer >= 1.
        verbose: show a progress bar.

    Example:

    >>> moved = UnconstrainedLBFGS(ARTClassifier(source)).generate(x, y)
    """

    attack_params = EvasionAttack.attack_params + ["rate", "steps", "verbose"]
    _estimator_requirements = (ARTClassifier,)

    def __init__(
        self, estimator: Any, rate: float = 0.05, steps: int = 20, verbose: bool = False
    ) -> None:
        super().__init__(estimator=estimator)
        self.rate, self.steps, self.verbose = rate, steps, verbose
        check_number("rate", rate)
        check_count("steps", steps)

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images `x` of classes `y` (those that the estimator predicts if `None`)."""
        x = checked_images("x", x, self.estimator.clip_values)
        y = self.estimator.predict(x).argmax(axis=1) if y is None else y
        y = checked_labels(y, len(x), self.estimator.nb_classes)
        made = np.empty_like(x)
        for start in trange(0, len(x), _SHARD, desc="L-BFGS", disable=not self.verbose):
            part = slice(start, start + _SHARD)
            made[part] = self._moved(x[part], y[part])
        return np.clip(made, *self.estimator.clip_values)

    def _moved(self, x, y):
        """All images side by side, in rows of float64."""
        points = x.reshape(len(x), -1).astype("float64")

        def objective(rows):
            images = points[rows].reshape(-1, *x.shape[1:]).astype("float32")
            loss = self.estimator.losses(images, y[rows])[0]
            slope = self.estimator.loss_gradient(images, y[rows])
            return -loss.astype("float64"), -slope.reshape(len(rows), -1).astype("float64")

        rows = np.arange(len(x))
        loss, slope = objective(rows)
        rows = rows[np.abs(slope).max(axis=1) > _FLAT]
        loss, slope = loss[rows], slope[rows]
        memory = _Memory(points.shape)
        for step in range(self.steps):
            if not rows.size:
                break
            way = memory.direction(rows, slope)
            down = np.einsum("ij,ij->i", slope, way) <= -_STILL
            rows, loss, slope, way = rows[down], loss[down], slope[down], way[down]
            rate = np.full(len(rows), self.rate)
            if step == 0:
                rate = rate * np.minimum(1.0, 1.0 / np.abs(slope).sum(axis=1))
            move = rate[:, None] * way
            points[rows] += move
            if step + 1 == self.steps or not rows.size:
                break
            new_loss, new_slope = objective(rows)
            memory.note(rows, move, new_slope - slope)
            on = np.abs(new_slope).max(axis=1) > _FLAT
            on &= np.abs(move).max(axis=1) > _STILL
            on &= np.abs(new_loss - loss) >= _STILL
            rows, loss, slope = rows[on], new_loss[on], new_slope[on]
        return points.reshape(x.shape).astype("float32")


class _Memory:
    """The pairs (s, y) of every image; one that does not count is zero."""

    def __init__(self, shape):
        self.shape, self.pairs, self.start = shape, [], np.ones(shape[0])

    def note(self, rows, s, y):
        """A step s and the change y of the slope, for some images."""
        product = np.einsum("ij,ij->i", s, y)
        counts = product > _CURVED
        rows, s, y, product = rows[counts], s[counts], y[counts], product[counts]
        pair = np.zeros((2, *self.shape))
        inverse = np.zeros(self.shape[0])
        pair[0, rows], pair[1, rows], inverse[rows] = s, y, 1.0 / product
        self.start[rows] = product / np.einsum("ij,ij->i", y, y)
        self.pairs.append((*pair, inverse))

    def direction(self, rows, slope):
        """-H slope by the two-loop recursion."""
        q, coefficients = -slope, []
        for s, y, inverse in reversed(self.pairs):
            a = inverse[rows] * np.einsum("ij,ij->i", s[rows], q)
            q = q - a[:, None] * y[rows]
            coefficients.append(a)
        q = q * self.start[rows, None]
        for (s, y, inverse), a in zip(self.pairs, reversed(coefficients)):
            b = inverse[rows] * np.einsum("ij,ij->i", y[rows], q)
            q = q + (a - b)[:, None] * s[rows]
        return q
