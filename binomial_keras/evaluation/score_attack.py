"""Re-score what an attack made."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .attack_score import AttackScore
from .score_draws import score_draws
from .seeds import stream_seed


def score_attack(
    model: Any,
    x: np.ndarray,
    adversarial: np.ndarray,
    y: np.ndarray,
    draws: int = 100,
    votes: int | Sequence[int] = (10, 30),
    seed: int = 0,
    batch_size: int = 250,
) -> AttackScore:
    """Score attacked images in fresh draws, beside their originals.

    No draw that the attack saw is used. Originals and attacked images have different draws:
    an image that the attack left alone is scored twice, independently.

    Args:
        model: a `keras.Model` or an `ARTClassifier`, the one that is to be judged.
        x: original images `(images, ...)` in [0, 1], or within the classifier's `clip_values`.
        adversarial: attacked images, shaped like `x`.
        y: true classes `(images,)`.
        draws, votes, seed, batch_size: see `score_draws`.

    Returns:
        An `AttackScore`.

    Raises:
        ValueError: as `score_draws`; for attacked images of another shape.

    Example:

    >>> score = score_attack(model, x, attack.generate(x, y), y)
    >>> for name, (clean, attacked) in score.table().items():
    ...     print(name, clean, attacked)
    """
    x, adversarial = np.asarray(x, np.float32), np.asarray(adversarial, np.float32)
    if adversarial.shape != x.shape:
        raise ValueError(
            "Invalid value received for argument `adversarial`. Expected the shape of `x`, "
            f"{x.shape}. Received: adversarial.shape={adversarial.shape}"
        )
    clean, attacked = (
        score_draws(
            model, images, y, draws, votes, stream_seed(seed, name), batch_size, originals=x
        )
        for name, images in (("clean", x), ("attacked", adversarial))
    )
    unchanged = ~(adversarial != x).reshape(len(x), -1).any(axis=1)
    return AttackScore(clean, attacked, unchanged, int(seed))
