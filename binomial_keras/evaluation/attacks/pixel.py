"""The pixel attack, many images in lock step."""

from typing import Any

import numpy as np
from art.attacks.evasion import PixelAttack
from tqdm.auto import tqdm

from ..inputs import checked_classes, checked_images
from .candidate_pixels import CandidatePixels
from .differential_evolution import DifferentialEvolution
from .draws_per_image import DrawsPerImage, seed_or_global

_POPULATION = 400
_LARGEST = 127


class Pixel(PixelAttack):
    """ART's `PixelAttack` by differential evolution, for many images at a time.

    A candidate replaces `th` pixels: row, column and 8-bit value per channel of each, n numbers
    in all. About 400 candidates per image (`max(5, 400 // n * n)`) start as a Latin hypercube
    and evolve for up to `max_iter` generations: in each, candidate i is opposed by

        best + F * (candidate_r - candidate_s),    r != s, both != i,

    with F from [0.5, 1) per generation and numbers out of range drawn anew, and the one with
    the lower output of class y survives (targeted: with the higher).

    What differs from ART's class:

    * The candidates of many images share their forward passes, and the evolution is
      vectorised. ART takes one image at a time and loops over candidates in Python.
    * With `th=1` and a deterministic chain of convolutions, only those places of the first maps
      are computed that the pixel reaches (`OnePixel`).
    * An image is done as soon as any candidate fools the model; of these the one with the
      lowest output of class y is returned. ART looks at the best candidate once per
      generation, from the first generation on, in a forward pass of its own.
    * A candidate that was asked about before is not asked about again (`memory`). Pixels are
      8-bit numbers, and an evolution that closes in on one of them repeats itself.
    * Random numbers come from a stream per image: the result of an image does not depend on
      the others. Without a `seed` the streams start from NumPy's global generator.
    * Images that are not fooled come back as they went in, to the last bit.
    * ART's test for convergence is left out: with ART's tolerances it needs a class output of
      more than 100.

    Shapes: images `(images, height, width, channels)`. Memory beyond input and output, with
    `together` images: 400 candidates of n numbers for each, a batch of images, and up to 40,000
    remembered answers for each (about 5 MB).

    Args:
        classifier: an `ARTClassifier` with `clip_values`.
        th: integer >= 1, pixels to change; `None` for the smallest number up to 127 that fools
            the model, by bisection as in ART (about seven times the cost; the numbers found,
            -1 for none, are left in `adv_th`).
        es: 1 for this evolution; 0 for ART's own CMA-ES, one image at a time.
        max_iter, targeted, verbose: as in ART.
        seed: integer >= 0, or `None`.
        together: integer >= 1, images in lock step.
        memory: whether an answer holds for every later request. `None` for yes if the
            classifier says that it is not `stochastic`.
        give_up: in (0, 1], or `None`. An image whose margin (the lead of class y over the other
            classes) has not fallen by this part within the first 5 generations is not pursued.
            By then 2,400 candidates have been tried. A rule of thumb that ART does not have: it
            can give up an image that would have been fooled later.

    Raises:
        ValueError: for arguments out of range.

    Example:

    >>> adversarial = Pixel(ARTClassifier(model), th=1, seed=0).generate(x, y)

    References:
        Su et al. (2019), arXiv 1710.08864; Vargas et al. (2019), arXiv 1906.06026.
    """

    def __init__(
        self,
        classifier: Any,
        th: int | None = None,
        es: int = 1,
        max_iter: int = 100,
        targeted: bool = False,
        verbose: bool = False,
        seed: int | None = None,
        together: int = 64,
        memory: bool | None = None,
        give_up: float | None = None,
    ) -> None:
        super().__init__(classifier, th, es, max_iter, targeted, verbose)
        self.seed, self.together = seed, together
        # An estimator that does not say is taken for stochastic.
        stochastic = getattr(classifier, "stochastic", True)
        self.memory = not stochastic if memory is None else memory
        self.give_up = give_up
        if give_up is not None and not 0 < give_up <= 1:
            raise ValueError(
                "Invalid value received for argument `give_up`. Expected a number above 0 and at "
                f"most 1, or None. Received: give_up={give_up}"
            )
        for name, value, least in (("seed", seed, 0), ("together", together, 1)):
            if value is not None and (int(value) != value or value < least):
                raise ValueError(
                    f"Invalid value received for argument `{name}`. Expected an integer >= "
                    f"{least}. Received: {name}={value!r}"
                )
        if classifier.channels_first:
            raise ValueError(
                "Invalid value received for argument `classifier`. Expected images with their "
                "channels last. Received: channels_first=True"
            )

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images.

        Args:
            x: images `(images, height, width, channels)` within `clip_values`.
            y: classes `(images,)` or one-hot `(images, classes)`: the targets of a targeted
                attack, else the true classes; `None` for the predicted.

        Returns:
            float32 array shaped like `x`. Where the attack failed, the original.
        """
        if self.es == 0:
            return super().generate(x, y, **kwargs)
        x = checked_images("x", x, self.estimator.clip_values)
        labels, seed = self._labels(x, y), seed_or_global(self.seed)
        result, self.adv_th = x.copy(), np.full(len(x), -1)
        with tqdm(total=len(x), desc="Pixel", disable=not self.verbose) as progress:
            for start in range(0, len(x), self.together):
                rows = np.arange(start, min(start + self.together, len(x)))
                if self.th is None:
                    self._bisect(rows, x, labels, seed, result)
                else:
                    self._attack_rows(rows, self.th, x, labels, seed, result)
                progress.update(len(rows))
        return result

    def _labels(self, x, y):
        if y is not None:
            return checked_classes(y, len(x), self.estimator.nb_classes)
        if self.targeted:
            raise ValueError(
                "Invalid value received for argument `y`. Expected the target classes of a "
                "targeted attack. Received: y=None"
            )
        return self.estimator.predict(x).argmax(axis=1)

    def _bisect(self, rows, x, labels, seed, result):
        low, high = np.ones(len(rows), int), np.full(len(rows), _LARGEST)
        while np.any(low <= high):
            middle = (low + high) // 2
            for th in np.unique(middle[low <= high]):
                some = np.flatnonzero((low <= high) & (middle == th))
                fooled = self._attack_rows(rows[some], int(th), x, labels, seed, result)
                high[some[fooled]], low[some[~fooled]] = th - 1, th + 1

    def _attack_rows(self, rows, th, x, labels, seed, result):
        """Attack the images in `rows`, write the fooling ones to `result`, say which these are."""
        candidates = CandidatePixels(
            self.estimator, x[rows], labels[rows], th, self.targeted, self.memory
        )
        numbers = candidates.numbers
        evolution = DifferentialEvolution(
            max(5, max(1, _POPULATION // numbers) * numbers),
            numbers,
            DrawsPerImage((seed, th), rows),
        )
        images, fooled = evolution.run(candidates, self.max_iter, self.give_up)
        result[rows[fooled]], self.adv_th[rows[fooled]] = images[fooled], th
        return fooled
