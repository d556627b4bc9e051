"""Run an attack and score what it made with fresh draws."""

import time
from typing import Any

import numpy as np

from ..models.reseed import reseed
from .attack_outcome import AttackOutcome
from .inputs import check_count, checked_images, checked_labels
from .scoring import predict_draws
from .ssim import ssim


def evaluate_attack(
    classifier: Any,
    attack: Any,
    x: np.ndarray,
    y: np.ndarray,
    draws: int = 10,
    seed: int = 0,
) -> AttackOutcome:
    """Attack images and measure the result.

    The attacked images are scored in fresh draws: an attack stops at the first wrong answer,
    and with a stochastic model that answer may have been chance.

    Args:
        classifier: an `ARTClassifier`. Its counters are reset.
        attack: a `PublishedAttack`, or any object with
            `run(classifier, x, y, seed) -> adversarial images`.
        x: images within the classifier's `clip_values`, `(images, height, width, channels)`.
        y: true classes `(images,)`.
        draws: integer >= 1, fresh draws for each score.
        seed: integer; the same seed, model, batch size and backend give the same outcome. The
            model's seed generators are set to seeds derived from it.

    Returns:
        An `AttackOutcome`.

    Raises:
        ValueError: for images that are not finite or leave `clip_values`, for labels that do
            not match, for `draws` below 1.
    """
    check_count("draws", draws)
    x = checked_images("x", x, classifier.clip_values)
    y = checked_labels(y, len(x), classifier.nb_classes)
    model_seed, clean_seed, attacked_seed = _seeds(seed, 3)
    reseed(classifier.model, model_seed)
    classifier.reset_counts()
    start = time.perf_counter()
    adversarial = attack.run(classifier, x, y, seed=seed)
    seconds = time.perf_counter() - start
    change = (adversarial - x).reshape(len(x), -1)
    size = classifier.batch_size
    return AttackOutcome(
        adversarial=adversarial,
        correct=predict_draws(classifier, adversarial, draws, attacked_seed, size) == y,
        clean_correct=predict_draws(classifier, x, draws, clean_seed, size) == y,
        ssim=ssim(x, adversarial) if x.ndim == 4 and min(x.shape[1:3]) >= 7 else None,
        l2=np.linalg.norm(change, axis=1),
        linf=np.abs(change).max(axis=1),
        unchanged=~change.any(axis=1),
        forwards=classifier.forwards,
        backwards=classifier.backwards,
        seconds=seconds,
    )


def _seeds(seed, count):
    # 31 bits: every seed generator takes them.
    return [int(s) >> 1 for s in np.random.SeedSequence(seed).generate_state(count)]
