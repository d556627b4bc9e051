"""Is there a gradient to follow?"""

import numpy as np

from .check import Check
from .probe import Probe

NAME = "zero gradients"
_LIMIT = 1.0
# Cross-entropy's slope is that of the logits times p - 1 and p. In float32 a p above 1 - 2^-24 is
# 1, and what is then left of the slope is rounding: nothing in TensorFlow, noise in JAX.
_ROUNDING = 2.0**-24


def zero_gradients(probe: Probe) -> Check:
    """Share of images whose gradient is zero in every pixel, under every rule and loss used.

    Cross-entropy under every backward rule, and the other losses of the suite under the model's
    own, at the clean images, averaged over the suite's draws. A slope of the cross-entropy that
    is smaller than 2^-24 times that of the margin is rounding and counts as zero. Such an image
    cannot be attacked by a gradient at all, and a suite that reports it as robust is blind there.
    An image that only some of the rules leave without a gradient is the others' to attack: that is
    told in `detail` where it concerns more than 1 % of the images, and does not fail. Gradients
    that are not finite do.

    Args:
        probe: `Probe`.

    Returns:
        A `Check`; its value is the share in %.
    """
    lost, told, broken, blind = np.ones(len(probe.x), bool), [], [], []
    used = [(rule, "cross_entropy") for rule in probe.rules]
    used += [(probe.rules[0], loss) for loss in probe.losses if loss != "cross_entropy"]
    for rule, loss in used:
        probe.reseed(NAME)
        flat = _slopes(probe, rule, loss)
        dead, bad = (flat == 0).all(axis=1), 100 * float((~np.isfinite(flat)).mean())
        if loss == "cross_entropy":
            probe.reseed(NAME)
            margin = _slopes(probe, rule, "margin")
            size, whole = (np.abs(one).max(axis=1) for one in (flat, margin))
            dead |= size <= _ROUNDING * whole
        lost &= dead
        name = rule if loss == "cross_entropy" else f"{rule} with {loss}"
        told.append(f"{name} {100 * dead.mean():.0f} % ({100 * (flat == 0).mean():.0f} %)")
        if 100 * dead.mean() > _LIMIT:
            blind.append(name)
        if bad:
            broken.append(f"{name} ({bad:.2g} % of the pixels)")
    value = 100 * float(lost.mean())
    detail = f"Images without gradient (pixels without): {', '.join(told)}."
    if broken:
        detail += f" NOT FINITE: {', '.join(broken)}."
    if blind and value <= _LIMIT:
        detail += f" Warning: attacks by {', '.join(blind)} alone are partly blind."
    passed = value <= _LIMIT and not broken
    return Check(NAME, passed, value, f"at most {_LIMIT:.0f} %", detail, "%")


def _slopes(probe, rule, loss):
    slope = probe.estimator(backward=rule).loss_and_gradient(probe.x, probe.y, loss)[2]
    return slope.reshape(len(slope), -1)
