"""What the attacks on stochastic classifiers have in common."""

import numbers
from typing import Any

import numpy as np
from art.attacks.attack import EvasionAttack
from tqdm.auto import trange

from ..art_classifier import ARTClassifier
from ..inputs import check_count, checked_classes, checked_images
from ..losses import check_loss
from ..probabilities import are_probabilities
from ..without_softmax import without_softmax
from .draws_per_image import seed_or_global
from .shard import TRUSTED, Shard

_SHARD = 256


class AveragedAttack(EvasionAttack):
    """Base of the attacks that judge every point by the mean over the estimator's draws.

    A subclass writes `_run(shard, restart)`, one run from one start for the images that are
    still attacked, and `cost()`. See `Shard` for what is kept and when an image leaves.

    Images are attacked 256 at a time; memory beyond input and output is a few copies of these,
    and what `batch_size` images need in the model.

    Args:
        estimator: `ARTClassifier`. The losses are taken from logits: the model has to end in
            logits or in a softmax that can be removed.
        norm: `np.inf`, `"inf"` or 2.
        eps: radius of the ball, > 0, in pixel units.
        loss: `"cross_entropy"`, `"margin"` or `"dlr"` (see `losses.py`).
        restarts: integer >= 1, runs from different starts.
        targeted: if `True`, the labels given to `generate` are the classes to be reached.
        early_stop: whether images leave that are surely fooled, see `Shard`.
        seed: integer >= 0, or `None` to draw one from NumPy's global generator. It does not
            seed the model.
        verbose: show a progress bar.
    """

    attack_params = EvasionAttack.attack_params + [
        "norm",
        "eps",
        "loss",
        "restarts",
        "targeted",
        "early_stop",
        "seed",
        "verbose",
    ]
    _estimator_requirements = (ARTClassifier,)

    def __init__(
        self,
        estimator: Any,
        norm: str | float = np.inf,
        eps: float = 0.3,
        loss: str = "cross_entropy",
        restarts: int = 1,
        targeted: bool = False,
        early_stop: bool = True,
        seed: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(estimator=estimator)
        self.norm, self.eps, self.loss, self.restarts = norm, eps, loss, restarts
        self._targeted, self.early_stop = targeted, early_stop
        self.seed, self.verbose = seed, verbose

    def generate(self, x: np.ndarray, y: np.ndarray | None = None, **kwargs: Any) -> np.ndarray:
        """Attack images.

        Args:
            x: images `(images, ...)` within the estimator's `clip_values`.
            y: true classes `(images,)` or one-hot `(images, classes)`, or, for a targeted
                attack, the classes to be reached. `None` for the classes that the estimator
                predicts.

        Returns:
            float32 array shaped like `x`: for every image the best point that was seen, fooling
            or not.

        Raises:
            ValueError: for pixels outside `clip_values`, labels out of range, a model without
                logits, losses or gradients that are not finite.
        """
        x = checked_images("x", x, self.estimator.clip_values)
        truth, goal = self._classes(x, y)
        check_logits(self.estimator, x)
        seed, made = seed_or_global(self.seed), np.empty_like(x)
        name = type(self).__name__
        for start in trange(0, len(x), _SHARD, desc=name, disable=not self.verbose):
            part = slice(start, start + _SHARD)
            shard = Shard(
                self.estimator,
                name,
                x[part],
                truth[part],
                None if goal is None else goal[part],
                self.norm,
                self.eps,
                self.loss,
                self.early_stop,
                seed,
                start,
            )
            self._attack(shard)
            made[part] = shard.best.points
        return made

    def cost(self) -> tuple[int, int]:
        """Most passes per image and draw: `(losses, gradients)` that the attack asks for."""
        raise NotImplementedError

    def _judging(self):
        """Losses that it takes to measure a point once."""
        few = self.estimator.stochastic and self.estimator.draws < TRUSTED
        return -(-TRUSTED // self.estimator.draws) if few else 1

    def _attack(self, shard):
        for restart in range(self.restarts):
            if not shard.active.size:
                return
            self._run(shard, restart)
            shard.close_run(again=self.restarts > 1)

    def _run(self, shard, restart):
        raise NotImplementedError

    def _classes(self, x, y):
        """True classes and, for a targeted attack, goals."""
        classes = self.estimator.nb_classes
        if y is None and self.targeted:
            raise ValueError(
                "Invalid value received for argument `y`. Expected the classes to be reached, "
                "because targeted=True. Received: y=None"
            )
        y = self.estimator.predict(x).argmax(axis=1) if y is None else y
        y = checked_classes(y, len(x), classes)
        if not self.targeted:
            return y, None
        # Away from the likeliest class that is not the goal.
        outputs = self.estimator.predict(x)
        outputs[np.arange(len(x)), y] = -np.inf
        return outputs.argmax(axis=1), y

    def _check_params(self):
        super()._check_params()
        if not hasattr(self, "verbose"):
            return  # ART calls this before the arguments are known.
        check_norm(self.norm)
        check_number("eps", self.eps)
        check_count("restarts", self.restarts)
        classes = self.estimator.nb_classes
        if self.targeted and classes < 3:
            raise ValueError(
                "Invalid value received for argument `targeted`. A targeted attack needs at "
                f"least 3 classes; the classifier has {classes}: leaving one class is reaching "
                "the other. Use the untargeted attack."
            )
        check_loss(self.loss, classes, self.targeted)
        whole = isinstance(self.seed, numbers.Integral) and not isinstance(self.seed, bool)
        if self.seed is not None and not (whole and self.seed >= 0):
            raise ValueError(
                "Invalid value received for argument `seed`. Expected an integer >= 0 or None. "
                f"Received: seed={self.seed!r}"
            )


def check_norm(norm):
    """Raises `ValueError` unless `norm` is `np.inf`, `"inf"` or 2."""
    if norm not in (2, np.inf, "inf"):
        raise ValueError(
            "Invalid value received for argument `norm`. Expected np.inf, 'inf' or 2. "
            f"Received: norm={norm!r}"
        )


def check_number(name, value):
    """Raises `ValueError` unless `value` is a finite number > 0."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not (number and np.isfinite(value) and value > 0):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected a number > 0. "
            f"Received: {name}={value!r}"
        )


def check_logits(estimator, x):
    """Raises `ValueError` if the estimator's losses are not those of logits.

    They are if the model ends in a softmax that can be removed, whatever the estimator shows.
    Otherwise its outputs are taken for logits: on a few images they must not be distributions.
    """
    try:
        removable = without_softmax(estimator.model) is not None
    except ValueError:
        removable = estimator.logits
    if removable:
        return
    if not estimator.logits and not getattr(estimator.model, "outputs", None):
        found = "a subclassed model, whose outputs are taken for probabilities"
    elif are_probabilities(estimator.forward(x[:8])):
        found = "outputs that are distributions (>= 0, sum 1) from a softmax that cannot be removed"
    else:
        return
    raise ValueError(
        "Invalid value received for argument `estimator`. Expected a model that ends in logits "
        "or in a softmax layer: the gradients of saturated probabilities vanish, and a model "
        f"looks robust that is not. Received: {found}. Wrap a model that returns logits, as "
        "keras.Model(x, Activation('linear')(model(x)))."
    )
