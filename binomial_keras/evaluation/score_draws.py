"""Score a classifier on images with many fresh draws."""

import hashlib
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from .fresh_draws import fresh_draws
from .inputs import check_count, check_finite, checked_images, checked_labels
from .probabilities import are_probabilities, log_probabilities
from .robust_score import RobustScore
from .seeds import stream_seed


def score_draws(
    model: Any,
    x: np.ndarray,
    y: np.ndarray,
    draws: int = 100,
    votes: int | Sequence[int] = (10, 30),
    seed: int = 0,
    batch_size: int = 250,
    originals: np.ndarray | None = None,
) -> RobustScore:
    """Count the right answers of a classifier in `draws` fresh, independent draws.

    What is counted, and the estimators, are described in `RobustScore`. A vote is the class
    with the largest softmax, averaged over the N draws of a group; the groups are draws 1..N,
    N+1..2N and so on, and draws that fill no group are left out of the vote. Ties go to the
    lowest class, as in `argmax`. A deterministic model passes once (and the first batch once
    more, to be sure). Memory: a few times the outputs of one draw, whatever `draws` is.

    The draws come from a stream of their own: not those of `evaluate_attack` or `select_worst`
    with the same seed.

    Args:
        model: a `keras.Model` or an `ARTClassifier`. It may return logits or probabilities; rows
            that are distributions are taken for probabilities.
        x: images `(images, ...)` in [0, 1], or within the classifier's `clip_values`.
        y: true classes `(images,)`.
        draws: integer >= 1; 100 for a published number, 30 at least. The standard deviation of
            one image's share is at most 0.5 / sqrt(draws).
        votes: sizes N of the votes, an integer or several, from 1 to `draws`. The worst of N is
            shown for the same N.
        seed: integer >= 0; the same seed, batch size and backend give the same score.
        batch_size: images per batch; part of what fixes the draws.
        originals: the unattacked images, shaped like `x`, where `x` was attacked. Only their
            hash is kept: it tells `paired_difference` which images two scores have in common.

    Returns:
        A `RobustScore`.

    Raises:
        ValueError: for arguments out of range, or outputs that are not finite.
    """
    sizes = _checked_votes(votes, draws)
    check_count("batch_size", batch_size)
    clip_values = getattr(model, "clip_values", (0.0, 1.0))
    x = checked_images("x", x, clip_values)
    y = checked_labels(y, len(x))
    shown = x if originals is None else checked_images("originals", originals, clip_values)
    if shown.shape != x.shape:
        raise ValueError(
            "Invalid value received for argument `originals`. Expected the shape of `x`, "
            f"{x.shape}. Received: originals.shape={shown.shape}"
        )
    tally = _Tally(y, sizes)
    for outputs in fresh_draws(model, x, draws, stream_seed(seed, "score"), batch_size):
        tally.add(outputs)
    # A deterministic model answers once, for all draws and all groups.
    deterministic = tally.seen < draws
    if deterministic:
        tally.vote_hits = {N: tally.hits * (draws // N) for N in sizes}
        tally.hits = tally.hits * draws
    return RobustScore(
        hits=tally.hits,
        vote_hits=tally.vote_hits,
        draws=int(draws),
        deterministic=deterministic,
        seeds=(int(seed),),
        image_hashes=_hashes(shown, y),
    )


class _Tally:
    """Running counts of right answers and right votes."""

    def __init__(self, y, votes):
        self.y, self.seen = y, 0
        self.hits = np.zeros(len(y), np.int64)
        self.vote_hits = {N: np.zeros(len(y), np.int64) for N in votes}
        self.sums = {N: 0.0 for N in votes}

    def add(self, outputs):
        if not self.seen:
            checked_labels(self.y, len(self.y), outputs.shape[-1])
            self.given = are_probabilities(outputs)
        check_finite(outputs)
        self.seen += 1
        self.hits += outputs.argmax(-1) == self.y
        softmax = np.exp(log_probabilities(outputs, self.given))
        for N in self.sums:
            self.sums[N] = self.sums[N] + softmax
            if self.seen % N == 0:
                self.vote_hits[N] += self.sums[N].argmax(-1) == self.y
                self.sums[N] = 0.0


def _checked_votes(votes, draws):
    check_count("draws", draws)
    votes = (votes,) if isinstance(votes, numbers.Integral) else tuple(votes)
    for N in votes:
        check_count("votes", N)
    if len(set(votes)) != len(votes) or any(N > draws for N in votes):
        raise ValueError(
            "Invalid value received for argument `votes`. Expected different integers from 1 to "
            f"draws={draws}. Received: votes={votes}"
        )
    return tuple(int(N) for N in votes)


def _hashes(images, labels):
    digests = [
        hashlib.blake2b(image.tobytes() + label.tobytes(), digest_size=8).digest()
        for image, label in zip(images, labels)
    ]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)
