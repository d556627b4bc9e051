"""An attack that may do everything has to succeed."""

import math

from ..select_worst import select_worst
from .check import Check
from .probe import Probe

NAME = "complete at large eps"


def large_eps(probe: Probe) -> Check:
    """In a ball that holds a grey image for every original no more than chance may be left.

    The radius is half the range of pixels (0.5) in L-infinity, and that times the square root of
    the number of pixel values in L2: the image can be made all grey, so no network can be robust
    there. What is left is the failure of the attack. It starts from the clean image: at such
    a radius a random start is noise that fools by itself. Where the model's own gradient leaves
    too much, the other backward rules are tried as well and the worst is taken per image.

    Args:
        probe: `Probe`.

    Returns:
        A `Check`; its value is the accuracy in %.
    """
    low, high = probe.clip_values
    eps = (high - low) / 2
    if probe.norm == 2:
        eps *= math.sqrt(probe.x[0].size)
    chance, candidates = 100 / probe.classes, {}
    for rule in probe.rules:
        candidates[rule] = probe.pgd(eps=eps, backward=rule, random_start=False)
        worst = select_worst(
            candidates, probe.estimator(1), probe.y, probe.selection_draws, probe.seed,
            probe.batch_size,
        )  # fmt: skip
        left = 100 * probe.score(worst.images).accuracy
        if left <= chance:
            break
    detail = f"PGD at eps {eps:.3g} leaves {left:.1f} %; rules tried: {', '.join(candidates)}."
    return Check(NAME, bool(left <= chance), left, f"at most {chance:.0f} %", detail, "%")
