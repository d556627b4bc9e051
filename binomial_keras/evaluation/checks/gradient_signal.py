"""Do two averaged gradients point the same way?"""

import numpy as np

from .check import Check
from .probe import Probe

NAME = "gradient signal"
_LIMIT = 0.5


def gradient_signal(probe: Probe) -> Check:
    """Cosine between two independent gradients, each averaged over K draws, for K = 1, 5, ...

    Cross-entropy, the model's own rule, the clean images; the mean over the images that have a
    gradient (see `zero_gradients`). If signal s and noise n / sqrt(K) are orthogonal, the cosine
    is about `|s|^2 / (|s|^2 + |n|^2 / K)`: below 0.5 there is more noise than signal in what the
    attacks follow, and K is too small.

    Args:
        probe: `Probe`.

    Returns:
        A `Check`; its value is the mean cosine at the suite's number of draws.
    """
    if not probe.stochastic:
        return Check.not_applicable(NAME, "The model has no noise that the attacks could see.")
    found = {
        draws: _mean_cosine(probe, draws)
        for draws in sorted({1, min(5, probe.draws), probe.draws})
    }
    value = found[probe.draws]
    if value is None:
        return Check.not_applicable(NAME, "No image has a gradient that is finite and not zero.")
    shown = ", ".join(f"{k}: {c:.2f}" for k, c in found.items() if c is not None)
    detail = f"Mean cosine by number of draws: {shown}."
    if value < _LIMIT:
        detail += " More draws are needed, or more steps with momentum."
    return Check(NAME, bool(value >= _LIMIT), value, f"at least {_LIMIT}", detail)


def _mean_cosine(probe, draws):
    probe.reseed(f"{NAME} {draws}")
    estimator = probe.estimator(draws)
    one, two = (
        estimator.loss_and_gradient(probe.x, probe.y)[2].reshape(len(probe.x), -1).astype(float)
        for _ in range(2)
    )
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    known = np.isfinite(lengths) & (lengths > 0)
    if not known.any():
        return None
    return float(((one * two).sum(axis=1)[known] / lengths[known]).mean())
