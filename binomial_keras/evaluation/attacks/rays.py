"""RayS: the decision-based attack that needs no estimate of a gradient."""

from typing import Any

import numpy as np
from art.attacks.attack import EvasionAttack
from tqdm.auto import trange

from ..art_classifier import ARTClassifier
from ..inputs import check_count, checked_images, checked_labels
from .averaged_attack import check_number

_SHARD = 1024


class RayS(EvasionAttack):
    """Search for the sign direction in which the decision boundary is nearest, by labels alone.

    With r(d) the smallest radius at which `clip(x + r d)`, d in {-1, 1}^n, is not of class y,
    block after block of d is turned: first the whole of it, then halves, quarters, ... A turned
    d is kept if it fools at the radius found so far, and its own radius is then found by bisection.
    Neither slopes nor confidences are asked for, so that flat or misleading gradients (steps,
    saturated units) do not help the network. What it finds at more than `eps` is given back
    unchanged.

    For networks without noise: a label that was drawn by luck would be believed.

    Args:
        estimator: `ARTClassifier`, `draws=1`, of a network without noise.
        eps: L-infinity radius > 0 within which an image has to be fooled.
        queries: integer >= 1, labels asked per image (the bisections included).
        tolerance: > 0, at which a bisection ends.
        stop: whether an image that is fooled within eps is left alone; otherwise its radius is
            made as small as the queries allow.
        verbose: show a progress bar.

    Raises:
        ValueError: for arguments out of range, or an estimator of a network with noise.

    Example:

    >>> quiet = binomial_keras.convert(model, "D")  # of a network without noise alone
    >>> attack = RayS(ARTClassifier(quiet), eps=0.1, queries=1000)
    >>> adversarial = attack.generate(x, y)
    >>> attack.radii  # of every image; inf where no direction fools

    References:
        Chen and Gu, "RayS: A ray searching method for hard-label adversarial attack", KDD 2020.
    """

    attack_params = EvasionAttack.attack_params + ["eps", "queries", "tolerance", "stop", "verbose"]
    _estimator_requirements = (ARTClassifier,)

    def __init__(
        self,
        estimator: Any,
        eps: float = 0.1,
        queries: int = 1000,
        tolerance: float = 1e-3,
        stop: bool = True,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator=estimator)
        self.eps, self.queries, self.tolerance = eps, queries, tolerance
        self.stop, self.verbose = bool(stop), verbose
        self.radii: np.ndarray | None = None
        check_number("eps", eps)
        check_number("tolerance", tolerance)
        check_count("queries", queries)
        if estimator.stochastic:
            raise ValueError(
                "Invalid value received for argument `estimator`. Expected one of a network "
                "without noise. Received: one whose answers differ from call to call."
            )

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images `x` of classes `y` (those that the estimator predicts if `None`)."""
        x = checked_images("x", x, self.estimator.clip_values)
        y = self.estimator.predict(x).argmax(axis=1) if y is None else y
        y = checked_labels(y, len(x), self.estimator.nb_classes)
        made, radii = x.copy(), np.full(len(x), np.inf)
        for start in trange(0, len(x), _SHARD, desc="RayS", disable=not self.verbose):
            part = slice(start, start + _SHARD)
            made[part], radii[part] = self._run(x[part], y[part])
        self.radii = radii
        return made

    def _run(self, x, y):
        """(images, radii) of a shard, all images side by side."""
        search = _Search(self.estimator, x, y)
        wrong = ~search.right
        for start, stop in _blocks(search.size):
            open_ = ~wrong & (search.asked < self.queries)
            if self.stop:
                open_ &= search.radii > self.eps
            rows = np.flatnonzero(open_)
            if not rows.size:
                break
            search.turn(rows, start, stop, self.tolerance, self.queries)
        found = search.radii <= self.eps
        made = x.copy()
        made[found] = search.moved(np.flatnonzero(found), search.radii[found])
        return made, np.where(wrong, 0.0, search.radii)


class _Search:
    """Directions and radii of a shard of images."""

    def __init__(self, estimator, x, y):
        self.estimator, self.x, self.y = estimator, x, y
        low, high = estimator.clip_values
        self.size, self.reach = x[0].size, float(high - low)
        self.signs = np.ones((len(x), self.size), np.float32)
        self.radii = np.full(len(x), np.inf)
        self.right = estimator.predict(x).argmax(axis=1) == y
        self.asked = np.ones(len(x), int)

    def moved(self, rows, radii, signs=None):
        signs = self.signs[rows] if signs is None else signs
        step = np.asarray(radii, np.float32)[:, None] * signs
        shown = self.x[rows] + step.reshape(-1, *self.x.shape[1:])
        return np.clip(shown, *self.estimator.clip_values)

    def fools(self, rows, radii, signs):
        self.asked[rows] += 1
        labels = self.estimator.predict(self.moved(rows, radii, signs)).argmax(axis=1)
        return labels != self.y[rows]

    def turn(self, rows, start, stop, tolerance, queries):
        """Turn a block of these directions where that brings the boundary nearer."""
        signs = self.signs[rows]
        signs[:, start:stop] *= -1
        # At the farthest radius every pixel is black or white.
        upper = np.minimum(self.radii[rows], self.reach)
        better = self.fools(rows, upper, signs)
        rows, signs, upper = rows[better], signs[better], upper[better]
        self.signs[rows], self.radii[rows] = signs, upper
        lower = np.zeros(len(rows))
        while rows.size:
            go_on = (upper - lower > tolerance) & (self.asked[rows] < queries)
            rows, signs, upper, lower = rows[go_on], signs[go_on], upper[go_on], lower[go_on]
            if not rows.size:
                break
            middle = (lower + upper) / 2
            fooled = self.fools(rows, middle, signs)
            upper, lower = np.where(fooled, middle, upper), np.where(fooled, lower, middle)
            self.radii[rows] = upper


def _blocks(size):
    """(start, stop) of the blocks to be turned: none, all, halves, quarters, ..., and once more."""
    yield 0, 0
    while True:
        level = 0
        while 2 ** (level - 1) < size:
            length = -(-size // 2**level)
            yield from ((start, min(start + length, size)) for start in range(0, size, length))
            level += 1
