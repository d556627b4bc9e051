"""The per-image worst case over several attacks."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .fresh_draws import fresh_draws
from .inputs import check_count, check_finite, checked_images, checked_labels
from .probabilities import are_probabilities, log_probabilities
from .seeds import stream_seed


@dataclasses.dataclass(frozen=True, eq=False)
class WorstCase:
    """Result of `select_worst`.

    Attributes:
        images: float32, for every image the candidate that was kept.
        source: int64 `(images,)`, which candidate that was, an index into `names`.
        names: tuple of the candidates' names.
        share: float64 `(candidates, images)`, share of the selection's draws that were right.
            Its smallest value per image is no score: see `select_worst`.
        draws: number of the selection's draws.
        seed: their seed.
    """

    images: np.ndarray
    source: np.ndarray
    names: tuple
    share: np.ndarray
    draws: int
    seed: int

    @property
    def counts(self) -> dict[str, int]:
        """Dict of names to the number of images for which that candidate was kept."""
        return {name: int((self.source == k).sum()) for k, name in enumerate(self.names)}


def select_worst(
    candidates: Mapping[str, np.ndarray] | Sequence[np.ndarray],
    model: Any,
    y: np.ndarray,
    draws: int = 30,
    seed: int = 0,
    batch_size: int = 250,
) -> WorstCase:
    """For every image, the attacked version that the classifier gets right least often.

    Kept is the candidate with the smallest share of right draws; among equal shares the one
    with the smallest margin `log p_y - max_{j != y} log p_j`, averaged over the draws; then the
    first one.

    The smallest of several noisy shares lies below the true share of the candidate that has it:
    among equal candidates the luckiest wins. So the choice is made in one set of draws and has to
    be scored in another: pass `images` to `score_draws` or `score_attack`, which draw from
    another stream whatever the seed. What a bad choice costs is the attacker's loss: the score
    of the chosen image is unbiased, and above the true worst case by what was misjudged. More
    draws make it smaller. All candidates see the same draws, so that two identical ones are
    equal here. Put the original images among the candidates: no attack has to be used.

    Args:
        candidates: dict of names to images `(images, ...)`, or a list of such arrays (named by
            their position), one per attack.
        model: a `keras.Model` or an `ARTClassifier`.
        y: true classes `(images,)`.
        draws: integer >= 1, draws of the selection.
        seed: integer >= 0.
        batch_size: images per batch.

    Returns:
        A `WorstCase`.

    Raises:
        ValueError: for no candidates, or candidates of different shapes; for arguments out of
            range or outputs that are not finite.

    Example:

    >>> worst = select_worst({"none": x, "APGD": apgd, "Square": square}, model, y, seed=0)
    >>> score_attack(model, x, worst.images, y, seed=0).attacked.single_pass()
    """
    check_count("draws", draws)
    check_count("batch_size", batch_size)
    names, arrays = _checked_candidates(candidates, getattr(model, "clip_values", (0.0, 1.0)))
    y = checked_labels(y, len(arrays[0]))
    stream = stream_seed(seed, "select")
    judged = [_judge(fresh_draws(model, x, draws, stream, batch_size), y) for x in arrays]
    share, margin = (np.stack(part) for part in zip(*judged))
    source = np.lexsort((margin, share), axis=0)[0]
    images = np.empty_like(arrays[0])
    for number, candidate in enumerate(arrays):
        images[source == number] = candidate[source == number]
    return WorstCase(images, source.astype(np.int64), names, share, int(draws), int(seed))


def _judge(outputs_of_draws, y):
    """Share of right draws and mean margin of every image."""
    rows, seen, hits, margins = np.arange(len(y)), 0, 0, 0.0
    for outputs in outputs_of_draws:
        if not seen:
            checked_labels(y, len(y), outputs.shape[-1])
            given = are_probabilities(outputs)
        check_finite(outputs)
        seen += 1
        hits = hits + (outputs.argmax(-1) == y)
        log_p = log_probabilities(outputs, given)
        own = log_p[rows, y]
        log_p[rows, y] = -np.inf
        margins = margins + (own - log_p.max(-1))
    return hits / seen, margins / seen


def _checked_candidates(candidates, clip_values):
    if not isinstance(candidates, dict):
        candidates = {str(number): images for number, images in enumerate(candidates)}
    arrays = [
        checked_images(f"candidates[{name!r}]", images, clip_values)
        for name, images in candidates.items()
    ]
    shapes = {name: array.shape for name, array in zip(candidates, arrays)}
    if len(set(shapes.values())) != 1:
        raise ValueError(
            "Invalid value received for argument `candidates`. Expected at least one array of "
            f"images, all of one shape. Received: shapes {shapes}"
        )
    return tuple(candidates), arrays
