"""Without the secret of the noise the network has to fall."""

import numpy as np

from .check import Check
from .probe import Probe

NAME = "frozen noise falls"
_LIMIT = 5.0


def frozen_noise(probe: Probe) -> Check:
    """With the noise frozen to one known draw, PGD at the largest radius leaves at most 5 %.

    Attacked and scored in the very same draw. What is left then is no merit of the noise:
    either the network is robust without it, which its deterministic twin would show, or the
    gradients are of no use. Where the model's own gradient leaves too much, the other backward
    rules are tried, and an image counts as fooled if one of them fools it.

    Args:
        probe: `Probe`.

    Returns:
        A `Check`; its value is the accuracy in %.
    """
    if not probe.stochastic:
        return Check.not_applicable(NAME, "The model has no noise that the attacks could see.")
    stream, right = probe.reseed(NAME), np.ones(len(probe.x), bool)
    tried = []
    for rule in probe.rules:
        right &= _right_after(probe, rule, stream)
        tried.append(rule)
        if 100 * right.mean() <= _LIMIT:
            break
    left = 100 * float(right.mean())
    detail = (
        f"PGD at eps {probe.largest:g} on one known draw leaves {left:.1f} %; rules tried: "
        f"{', '.join(tried)}."
    )
    return Check(NAME, left <= _LIMIT, left, f"at most {_LIMIT:.0f} %", detail, "%")


def _right_after(probe, rule, stream):
    from ..attacks import EOTPGD
    from .frozen_classifier import FrozenClassifier

    frozen = probe.counted(FrozenClassifier(
        probe.model, stream, batch_size=probe.batch_size, clip_values=probe.clip_values,
        backward=rule,
    ))  # fmt: skip
    attack = EOTPGD(
        frozen, probe.norm, probe.largest, probe.steps, random_start=False, early_stop=False,
        seed=stream,
    )  # fmt: skip
    return frozen.losses(attack.generate(probe.x, probe.y), probe.y)[1] > 0.5
