"""A training whose loss is not finite is stopped."""

from collections.abc import Sequence

import numpy as np

from .recipe import Recipe


def check_loss(
    losses: Sequence[float] | np.ndarray, epoch: int, first: int, steps: int, recipe: Recipe
) -> None:
    """Raises `FloatingPointError` for the first loss that is not finite.

    Args:
        losses: losses of consecutive steps.
        epoch, first: number of the epoch, and of the first of these steps in it, from 0.
        steps: steps of an epoch.
        recipe: the `Recipe`, which the text quotes.
    """
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        raise FloatingPointError(
            f"The loss became {losses[bad[0]]} in epoch {epoch + 1}, step {first + bad[0] + 1} of "
            f"{steps}: the training diverged and was stopped. A smaller learning_rate "
            f"(now {recipe.learning_rate}), warmup > 0 or clipnorm=1.0 may help."
        )
