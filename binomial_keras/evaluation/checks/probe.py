"""A model, images and a ball on which checks are made."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ...models.reseed import reseed
from ...models.with_backward import OWN, backward_rules
from ..inputs import check_count, checked_images, checked_labels
from ..robust_score import RobustScore
from ..score_draws import score_draws
from ..seeds import stream_seed
from ..suite_estimators import SuiteEstimators

# Frozen noise belongs to a place in a batch: all images have to stay in one block of an attack.
_MOST = 256


class Probe:
    """What the checks of a model are made on: some images, a ball, the settings of the suite.

    All scores of a probe are counted in the same fresh draws, so that they can be compared
    image by image; no attack has seen these draws.

    Args:
        model: a `keras.Model` that ends in logits or a softmax layer.
        x: images within `clip_values`, at most 256 of them; 100 are plenty.
        y: true classes `(images,)`.
        eps: radius of the ball in which steps and draws are varied, > 0, in pixel units.
        largest: the largest radius that is reported on; `None` for `eps`.
        norm: `"inf"` or 2.
        draws: integer >= 1, draws that the suite averages over.
        steps: integer >= 1, steps of the suite's PGD.
        rules: backward rules that the suite uses, the first is `"own"`; `None` for all that the
            model's layers offer.
        losses: losses that the suite uses with the model's own rule, see `losses.py`.
        score_draws: integer >= 1, draws of a score.
        selection_draws: integer >= 1, draws in which the best of several attacks is chosen.
        seed: integer >= 0.
        batch_size, clip_values: see `ARTClassifier`.

    Example:

    >>> probe = Probe(model, x[:100], y[:100], eps=0.1, largest=0.3)
    >>> for check in run_checks(probe).checks:
    ...     print(check)
    """

    def __init__(
        self,
        model: keras.Model,
        x: np.ndarray,
        y: np.ndarray,
        eps: float,
        largest: float | None = None,
        norm: str | float = "inf",
        draws: int = 20,
        steps: int = 100,
        rules: Sequence[str] | None = None,
        losses: Sequence[str] = ("cross_entropy", "margin"),
        score_draws: int = 100,
        selection_draws: int = 30,
        seed: int = 0,
        batch_size: int = 256,
        clip_values: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        for name, value in dict(
            draws=draws, steps=steps, score_draws=score_draws, selection_draws=selection_draws
        ).items():
            check_count(name, value)
        self.model, self.norm = model, norm
        self.x = checked_images("x", x, clip_values)
        self.y = checked_labels(y, len(self.x), model.output_shape[-1])
        if len(self.x) > _MOST:
            raise ValueError(
                f"Invalid value received for argument `x`. Expected at most {_MOST} images. "
                f"Received: {len(self.x)} images"
            )
        self.eps, self.largest = eps, eps if largest is None else largest
        self.draws, self.steps = draws, steps
        self.rules = tuple([OWN, *backward_rules(model)] if rules is None else rules)
        self.losses = tuple(losses)
        self.score_draws, self.selection_draws, self.seed = score_draws, selection_draws, seed
        self.batch_size, self.clip_values = batch_size, clip_values
        self._estimators = SuiteEstimators(model, {}, batch_size, clip_values)
        self._known: dict[int, Any] = {}
        self._made: dict[tuple, np.ndarray] = {}

    @property
    def stochastic(self) -> bool:
        """Whether the attacks take the model for one that draws."""
        return self.estimator(1).stochastic

    @property
    def classes(self) -> int:
        return self.model.output_shape[-1]

    def estimator(self, draws: int | None = None, backward: str = OWN) -> Any:
        """An `ARTClassifier` of the model, the same one for the same arguments."""
        found = self._estimators.of(draws or self.draws, "loss", backward, False)
        return self.counted(found)

    def counted(self, estimator: Any) -> Any:
        """The estimator, whose work is part of `passes` from now on."""
        self._known[id(estimator)] = estimator
        return estimator

    @property
    def passes(self) -> tuple[int, int]:
        """(forwards, backwards) of attacks and gradients so far; scores are not counted."""
        known = self._known.values()
        return sum(e.forwards for e in known), sum(e.backwards for e in known)

    def reseed(self, name: str) -> int:
        """Start the stream of noise that belongs to a name: no check depends on another."""
        stream = stream_seed(self.seed, name)
        reseed(self.model, stream)
        return stream

    def pgd(
        self,
        eps: float | None = None,
        draws: int | None = None,
        steps: int | None = None,
        backward: str = OWN,
        random_start: bool = True,
    ) -> np.ndarray:
        """Images attacked by the suite's PGD with one restart; made once."""
        from ..attacks import EOTPGD

        eps, draws, steps = eps or self.eps, draws or self.draws, steps or self.steps
        key = (float(eps), draws, steps, backward, random_start)
        if key not in self._made:
            # The same random start whatever steps and draws: nothing else shall differ.
            stream = self.reseed(f"PGD {float(eps)}")
            attack = EOTPGD(
                self.estimator(draws, backward), self.norm, eps, steps,
                random_start=random_start, seed=stream,
            )  # fmt: skip
            self._made[key] = attack.generate(self.x, self.y)
        return self._made[key]

    def score(self, images: np.ndarray) -> RobustScore:
        """`RobustScore` of attacked images; always in the same draws."""
        return score_draws(
            self.estimator(1), images, self.y, self.score_draws, (), self.seed, self.batch_size,
            originals=self.x,
        )  # fmt: skip

    def luck(self, *scores: RobustScore) -> float:
        """Standard error, in points, that the draws alone give to a difference of accuracies."""
        if scores[0].deterministic:
            return 0.0
        each = [np.sum(s.share * (1 - s.share)) / s.draws / len(self.x) ** 2 for s in scores]
        return 100 * float(np.sqrt(np.sum(each)))
