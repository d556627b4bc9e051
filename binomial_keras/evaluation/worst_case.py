"""A suite of attacks, the worst of them for every image, and its score."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..models.reseed import reseed
from .attack_score import AttackScore
from .inputs import checked_images, checked_labels
from .score_attack import score_attack
from .seeds import stream_seed
from .select_worst import WorstCase, select_worst

NOTHING = "no attack"
_DROP_DRAWS = 100


@dataclasses.dataclass(frozen=True, eq=False)
class SuiteScore:
    """Result of `worst_case`.

    Attributes:
        worst: `WorstCase`, the images that were kept and the attacks they come from.
        score: `AttackScore` of these images in fresh draws: the headline.
        candidates: dict of names to float32 images. An attack that was spared an image has the
            original there, so with `drop=True` these say nothing about a single attack.
        attacked: dict of names to the number of images that the attack was run on.
        forwards, backwards: dicts of names to what the attack cost, see `ARTClassifier`.
    """

    worst: WorstCase
    score: AttackScore
    candidates: dict
    attacked: dict
    forwards: dict
    backwards: dict


def worst_case(
    suite: Mapping[str, Any],
    classifier: Any,
    x: np.ndarray,
    y: np.ndarray,
    draws: int = 100,
    votes: int | Sequence[int] = (10, 30),
    selection_draws: int = 30,
    seed: int = 0,
    drop: bool = True,
) -> SuiteScore:
    """Run a suite of attacks and score the per-image worst case.

    Selected on one set of draws and scored on another: see `select_worst` and `score_attack`.
    The original images are among the candidates.

    Args:
        suite: dict of names to objects with `run(classifier, x, y, seed)`, such as
            `adaptive_suite` returns, in the order in which to run them.
        classifier: `ARTClassifier` of the model under attack. Its counters are reset.
        x: images within the classifier's `clip_values`, `(images, ...)`.
        y: true classes `(images,)`.
        draws, votes: of the score, see `score_draws`.
        selection_draws: integer >= 1, draws of the selection.
        seed: integer >= 0; attacks, selection and score get streams of their own.
        drop: if `True`, an image that an attack left wrong in 100 of 100 fresh draws is spared
            the attacks that follow. The worst case loses nothing that could be seen, in a
            fraction of the time; what single attacks achieve is then unknown.

    Returns:
        A `SuiteScore`.

    Example:

    >>> found = worst_case(adaptive_suite(model, eps=0.1), ARTClassifier(model), x, y)
    >>> print(found.score.attacked.single_pass(), found.worst.counts)
    """
    x = checked_images("x", x, classifier.clip_values)
    y = checked_labels(y, len(x), classifier.nb_classes)
    candidates, left = {NOTHING: x}, np.arange(len(x))
    attacked, forwards, backwards = {}, {}, {}
    for name, attack in suite.items():
        attacked[name] = len(left)
        candidates[name] = x.copy()
        classifier.reset_counts()
        if left.size:
            reseed(classifier.model, stream_seed(seed, f"model in {name}"))
            made = attack.run(classifier, x[left], y[left], seed=stream_seed(seed, name))
            candidates[name][left] = made
        forwards[name], backwards[name] = classifier.forwards, classifier.backwards
        if drop and left.size:
            left = left[_ever_right(made, classifier, y[left], seed)]
    worst = select_worst(candidates, classifier, y, selection_draws, seed)
    score = score_attack(classifier, x, worst.images, y, draws, votes, seed)
    return SuiteScore(worst, score, candidates, attacked, forwards, backwards)


def _ever_right(images, classifier, y, seed):
    # Not the draws of the selection: the same images would be dropped and chosen by one luck.
    stream = stream_seed(seed, "drop")
    return select_worst([images], classifier, y, _DROP_DRAWS, stream).share[0] > 0
