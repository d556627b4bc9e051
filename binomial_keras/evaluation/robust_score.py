"""How often a classifier is right over fresh draws, image by image."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .estimate import Estimate
from .inputs import check_count


@dataclasses.dataclass(frozen=True, eq=False)
class RobustScore:
    """Result of `score_draws`: counts of right answers per image, and what follows from them.

    With p_i the probability that image i is classified correctly in one draw, c_i of M draws
    right, and an average over the n images, the three measures and their estimators are

        single pass   mean of p_i                   c_i / M
        vote of N     mean of P(the mean softmax    share of right votes among floor(M / N)
                      of N draws is right)          disjoint groups of N draws each
        worst of N    mean of p_i^N                 C(c_i, N) / C(M, N)

    All are unbiased; `(c_i / M)^N` would not be. The first is the primary measure. Intervals
    are bootstraps over images (see `Estimate`): they hold for other images and other draws of
    the same network, not for networks of another training. They take the images as independent:
    noise that a layer shares among all images of a batch makes them too narrow.

    Attributes:
        hits: int64 `(images,)`, right answers c_i.
        vote_hits: dict of N to int64 `(images,)`, right votes.
        draws: M.
        deterministic: whether the model has no noise; one pass stood for all M draws then, and
            all measures are equal.
        seeds: tuple of integers, the `seed` of `score_draws`, one for each joined part.
        image_hashes: uint64 `(images,)`, of the unattacked image and its label.

    Example:

    >>> score = score_draws(model, x, y, draws=100, votes=(10, 30), seed=0)
    >>> print(score.single_pass(), score.vote(10), score.worst_of(10))
    0.9312 [0.9164, 0.9447] 0.9580 [0.9440, 0.9710] 0.8125 [0.7880, 0.8362]
    """

    hits: np.ndarray
    vote_hits: dict
    draws: int
    deterministic: bool
    seeds: tuple
    image_hashes: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """float64 `(images,)`, share of the draws that are right, in [0, 1]."""
        return self.hits / self.draws

    @property
    def accuracy(self) -> float:
        """Mean single-pass accuracy in [0, 1], the primary measure."""
        return float(self.share.mean())

    @property
    def forwards(self) -> int:
        """Images passed forward for this score."""
        return len(self.hits) * (1 if self.deterministic else self.draws)

    def vote_share(self, N: int) -> np.ndarray:
        """float64 `(images,)`, share of the votes of `N` draws that are right, in [0, 1]."""
        if N not in self.vote_hits:
            raise ValueError(
                "Invalid value received for argument `N`. Expected one of the scored votes, "
                f"{tuple(self.vote_hits)}. Received: N={N!r}"
            )
        return self.vote_hits[N] / (self.draws // N)

    def worst_share(self, N: int) -> np.ndarray:
        """float64 `(images,)`, estimate of the probability that `N` draws are all right."""
        check_count("N", N)
        if N > self.draws:
            raise ValueError(
                f"Invalid value received for argument `N`. Expected at most {self.draws}, the "
                f"number of draws. Received: N={N}"
            )
        # C(c, N) / C(M, N) = prod_j (c - j) / (M - j): no factorial, no overflow.
        counts, where = np.unique(self.hits, return_inverse=True)
        factors = np.maximum(counts[:, None] - np.arange(N), 0) / (self.draws - np.arange(N))
        return np.prod(factors, axis=1)[where]

    def single_pass(self, **bootstrap: Any) -> Estimate:
        """Mean single-pass accuracy as an `Estimate`.

        Args:
            bootstrap: `level`, `seed` and `resamples` of `Estimate.of_mean`. The default seed
                is the same for every measure: all are seen on the same resampled images.
        """
        return Estimate.of_mean(self.share, **bootstrap)

    def vote(self, N: int, **bootstrap: Any) -> Estimate:
        """Accuracy of the vote of `N` draws as an `Estimate`; `N` is one of the scored votes."""
        return Estimate.of_mean(self.vote_share(N), **bootstrap)

    def worst_of(self, N: int, **bootstrap: Any) -> Estimate:
        """Share of images right in `N` draws out of N as an `Estimate`; `N` up to `draws`."""
        return Estimate.of_mean(self.worst_share(N), **bootstrap)

    def table(self, **bootstrap: Any) -> dict[str, Estimate]:
        """Dict of names to `Estimate`: single pass, then vote and worst of each N."""
        rows = {"single pass": self.single_pass(**bootstrap)}
        rows |= {f"vote of {N}": self.vote(N, **bootstrap) for N in self.vote_hits}
        return rows | {f"worst of {N}": self.worst_of(N, **bootstrap) for N in self.vote_hits}

    def to_arrays(self) -> dict[str, Any]:
        """Dict of arrays that `from_arrays` takes, for an `.npz` file."""
        votes = np.array(list(self.vote_hits), np.int64)
        counts = [self.vote_hits[N] for N in self.vote_hits]
        return {
            "hits": self.hits,
            "votes": votes,
            "vote_hits": np.array(counts, np.int64).reshape(len(votes), len(self.hits)),
            "draws": np.int64(self.draws),
            "deterministic": np.bool_(self.deterministic),
            "seeds": np.array(self.seeds, np.int64),
            "image_hashes": self.image_hashes,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "RobustScore":
        """The score whose `to_arrays` these are; `arrays` may be an open `.npz` file."""
        votes = [int(N) for N in arrays["votes"]]
        return cls(
            hits=np.asarray(arrays["hits"], np.int64),
            vote_hits=dict(zip(votes, np.asarray(arrays["vote_hits"], np.int64))),
            draws=int(arrays["draws"]),
            deterministic=bool(arrays["deterministic"]),
            seeds=tuple(int(seed) for seed in arrays["seeds"]),
            image_hashes=np.asarray(arrays["image_hashes"], np.uint64),
        )

    @classmethod
    def joined(cls, parts: "Sequence[RobustScore]") -> "RobustScore":
        """One score from the scores of several blocks of images, in their order.

        Args:
            parts: list of scores with the same `draws`, votes and `deterministic`.
        """
        parts = list(parts)
        kinds = {(part.draws, tuple(part.vote_hits), part.deterministic) for part in parts}
        if len(kinds) != 1:
            raise ValueError(
                "Invalid value received for argument `parts`. Expected scores with the same "
                f"(draws, votes, deterministic). Received: {sorted(kinds)}"
            )
        draws, votes, deterministic = kinds.pop()
        return cls(
            hits=np.concatenate([part.hits for part in parts]),
            vote_hits={N: np.concatenate([part.vote_hits[N] for part in parts]) for N in votes},
            draws=draws,
            deterministic=deterministic,
            seeds=tuple(seed for part in parts for seed in part.seeds),
            image_hashes=np.concatenate([part.image_hashes for part in parts]),
        )
