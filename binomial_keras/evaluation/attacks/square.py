"""Square attack with a square per image and one forward pass per iteration."""

from collections.abc import Callable
from typing import Any

import numpy as np
from art.attacks.evasion import SquareAttack
from tqdm.auto import trange

from ..inputs import checked_classes, checked_images
from .draws_per_image import DrawsPerImage, seed_or_global
from .squares_l2 import SquaresL2
from .squares_linf import SquaresLinf

_BLOCK = 1024


class Square(SquareAttack):
    """ART's `SquareAttack`: random search over squares, scored by the outputs alone.

    Every iteration proposes a change of one square of the image and keeps it if the margin

        z_y - max_{j != y} z_j

    of the outputs z got smaller. The area of the square shrinks with the iterations, as in ART.

    What differs from ART's class:

    * Every image has its own square and signs. ART draws one for all images.
    * The margin of the kept image is remembered: one forward pass per iteration, not three. A
      proposal that changes nothing has its signs turned; if that changes nothing either (the
      pixels are at their limits), no forward pass is spent on it.
    * The other class is the best of the others. ART takes the second largest output, which is
      the true class itself once the image is misclassified.
    * Fooled images leave (`early_stop=True`).
    * L2 proposals are those of the paper; a norm of 1, which ART takes and ignores, is refused.
    * Random numbers come from a stream per image: the result of an image does not depend on
      the others. Without a `seed` the streams start from NumPy's global generator.

    For a stochastic model use `early_stop=False` and an estimator with `draws=K`: every image
    runs all iterations and the one with the smallest margin averaged over K draws is kept. A
    margin that was small by luck is hard to beat: with `refresh=R` the margin of the kept image
    is measured again every R iterations. Success is for a fresh scoring to tell.

    Shapes: images `(images, height, width, channels)` and outputs `(images, classes)`. Memory
    beyond input and output: a few copies of at most 1,024 images.

    Args:
        estimator, norm, adv_criterion, loss, max_iter, eps, p_init, nb_restarts, batch_size,
            verbose: as in ART; `norm` is `np.inf`, `"inf"` or 2. A `loss` of one's own costs a
            second forward pass per iteration. Of several restarts, an image that none of them
            fools keeps the smallest margin.
        seed: integer >= 0, or `None`.
        early_stop: whether fooled images leave.
        refresh: integer >= 0, iterations between new measurements of the kept image's margin;
            0 for none.

    Raises:
        ValueError: for another norm, a negative seed or `refresh`, or an estimator whose images
            have their channels first or which has no `clip_values`.

    Example:

    >>> attack = Square(ARTClassifier(model), eps=0.1, max_iter=1000, seed=0, verbose=False)
    >>> adversarial = attack.generate(x, y)

    References:
        Andriushchenko et al. (2020), arXiv 1912.00049.
    """

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        adv_criterion: Callable | None = None,
        loss: Callable | None = None,
        max_iter: int = 100,
        eps: float = 0.3,
        p_init: float = 0.8,
        nb_restarts: int = 1,
        batch_size: int = 128,
        verbose: bool = True,
        seed: int | None = None,
        early_stop: bool = True,
        refresh: int = 0,
    ) -> None:
        self._own_loss = loss is not None
        self.seed, self.early_stop, self.refresh = seed, early_stop, refresh
        super().__init__(
            estimator, norm, adv_criterion, loss, max_iter, eps, p_init, nb_restarts, batch_size,
            verbose,
        )  # fmt: skip

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images.

        Args:
            x: images `(images, height, width, channels)` within `clip_values`.
            y: true classes `(images,)` or one-hot `(images, classes)`; `None` for the predicted.

        Returns:
            float32 array shaped like `x`.
        """
        x = checked_images("x", x, self.estimator.clip_values)
        if x.ndim != 4:
            raise ValueError(
                "Invalid value received for argument `x`. Expected images (images, height, "
                f"width, channels). Received: x.shape={x.shape}"
            )
        if y is None:
            y = self.estimator.predict(x, batch_size=self.batch_size).argmax(axis=1)
        classes = self.estimator.nb_classes
        y = np.eye(classes, dtype=np.float32)[checked_classes(y, len(x), classes)]
        seed, result = seed_or_global(self.seed), np.empty_like(x)
        for start in range(0, len(x), _BLOCK):
            part = slice(start, start + _BLOCK)
            result[part] = self._attack(x[part], y[part], seed, start)
        return result

    def _attack(self, x, y, seed, first):
        outputs = self.estimator.predict(x, batch_size=self.batch_size)
        best, margins = x.copy(), self._margins(x, outputs, y)
        fooled = self.adv_criterion(outputs, y)
        for restart in range(self.nb_restarts):
            rows = np.flatnonzero(~fooled) if self.early_stop else np.arange(len(x))
            if not rows.size:
                break
            draws = DrawsPerImage((seed, restart), first + rows, ahead=32)
            images, found, success = self._run(x[rows], y[rows], margins[rows], draws)
            # ART returns its last attempt; a first attempt is kept even if it gained nothing.
            better = (found < margins[rows]) | (restart == 0)
            best[rows[better]], margins[rows[better]] = images[better], found[better]
            fooled[rows] |= success & better
        return best

    def _run(self, x, y, clean_margins, draws):
        proposals = (SquaresL2 if self.norm == 2 else SquaresLinf)(
            x, self.eps, self.estimator.clip_values
        )
        images, margins = x.copy(), clean_margins.copy()
        success = np.zeros(len(x), bool)
        active = np.arange(len(x))
        first = proposals.start(draws.once(proposals.start_count))
        for i in trange(-1, self.max_iter, desc="Square", disable=not self.verbose):
            candidates = first
            if i >= 0:
                numbers = draws.uniform(active, proposals.count)
                area = self._get_percentage_of_elements(i)
                candidates = proposals.propose(images[active], active, area, numbers)
            changed = np.any(candidates != images[active], axis=(1, 2, 3))
            rows, candidates = active[changed], candidates[changed]
            if rows.size:
                self._keep_better(candidates, rows, y, images, margins, success)
            if self.early_stop:
                active = active[~success[active]]
            if not active.size:
                break
            if self.refresh and (i + 1) % self.refresh == 0 and i >= 0:
                outputs = self.estimator.predict(images[active], batch_size=self.batch_size)
                margins[active] = self._margins(images[active], outputs, y[active])
        return images, margins, success

    def _keep_better(self, candidates, rows, y, images, margins, success):
        outputs = self.estimator.predict(candidates, batch_size=self.batch_size)
        found = self._margins(candidates, outputs, y[rows])
        better = found < margins[rows]
        rows = rows[better]
        images[rows], margins[rows] = candidates[better], found[better]
        success[rows] = self.adv_criterion(outputs[better], y[rows])

    def _margins(self, images, outputs, y):
        if self._own_loss:
            return np.asarray(self.loss(images, y))
        true = np.argmax(y, axis=1)[:, None]
        others = outputs.copy()
        np.put_along_axis(others, true, -np.inf, axis=1)
        return np.take_along_axis(outputs, true, axis=1)[:, 0] - others.max(axis=1)

    def _check_params(self):
        super()._check_params()
        if self.norm not in (2, np.inf, "inf"):
            raise ValueError(
                "Invalid value received for argument `norm`. Expected np.inf, 'inf' or 2. "
                f"Received: norm={self.norm!r}"
            )
        for name, least in (("refresh", 0), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and (int(value) != value or value < least):
                raise ValueError(
                    f"Invalid value received for argument `{name}`. Expected an integer >= "
                    f"{least}. Received: {name}={value!r}"
                )
        if self.estimator.channels_first or self.estimator.clip_values is None:
            raise ValueError(
                "Invalid value received for argument `estimator`. Expected clip_values and images "
                "with their channels last. Received: channels_first="
                f"{self.estimator.channels_first}, clip_values={self.estimator.clip_values}"
            )
