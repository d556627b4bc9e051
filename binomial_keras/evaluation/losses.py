"""What an attacker maximises: losses of the logits, per image.

With logits z, true class y and, where there is one, goal t (the class to be reached):

* `"cross_entropy"`: `-log softmax(z)_y`; with a goal `log softmax(z)_t`.
* `"margin"` (Carlini and Wagner): `max_{j != y} z_j - z_y`; with a goal `z_t - max_{j != t} z_j`.
  Above 0 exactly where the attack succeeds.
* `"dlr"` (difference of logits ratio, Croce and Hein 2020): `(max_{j != y} z_j - z_y) /
  (z_(1) - z_(3))` with z_(1) >= z_(2) >= ... the sorted logits; needs three classes. With a goal
  `(z_t - z_y) / (z_(1) - (z_(3) + z_(4)) / 2)`; needs four. Does not change when all logits are
  scaled, so that a confident network does not make its gradient vanish.

Every function takes logits `(..., classes)`, and truth and goal as distributions over the
classes `(..., classes)` (one-hot except for cross-entropy), `goal=None` for none, and returns
`(...,)`.
"""

from keras import ops

_FAR = 1e9
_TINY = 1e-12


def cross_entropy(logits, truth, goal=None):
    """See the module."""
    likely = ops.log_softmax(logits, axis=-1)
    return _dot(likely, goal) if goal is not None else -_dot(likely, truth)


def margin(logits, truth, goal=None):
    """See the module."""
    if goal is not None:
        return _dot(logits, goal) - _best_other(logits, goal)
    return _best_other(logits, truth) - _dot(logits, truth)


def dlr(logits, truth, goal=None):
    """See the module."""
    ordered = ops.flip(ops.sort(logits, axis=-1), -1)
    if goal is not None:
        spread = ordered[..., 0] - (ordered[..., 2] + ordered[..., 3]) / 2
        return (_dot(logits, goal) - _dot(logits, truth)) / (spread + _TINY)
    return margin(logits, truth) / (ordered[..., 0] - ordered[..., 2] + _TINY)


LOSSES = {"cross_entropy": cross_entropy, "margin": margin, "dlr": dlr}


def check_loss(loss, classes, targeted=False):
    """The loss function of this name, if it can be had with so many classes."""
    if loss not in LOSSES:
        raise ValueError(
            f"Invalid value received for argument `loss`. Expected one of {tuple(LOSSES)}. "
            f"Received: loss={loss!r}"
        )
    needed = 2 if loss != "dlr" else 4 if targeted else 3
    if classes < needed:
        raise ValueError(
            f"Invalid value received for argument `loss`. {'Targeted ' if targeted else ''}"
            f"{loss!r} needs at least {needed} classes; the classifier has {classes}. "
            "Use 'margin' or 'cross_entropy'."
        )
    return LOSSES[loss]


def _dot(logits, weights):
    return ops.sum(logits * weights, axis=-1)


def _best_other(logits, one_hot):
    return ops.max(logits - _FAR * one_hot, axis=-1)
