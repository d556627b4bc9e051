"""The time axis of a spike train: which tensors have one, and how to work along it.

A tensor of rank 5 `(batch, T, height, width, channels)` or 3 `(batch, T, features)` has a time
axis; rank 4 `(batch, height, width, channels)` and rank 2 `(batch, features)` have none.

Two backward rules exist for a network with a time axis, the argument `gradient` of the layers:

* `"last"`, Algorithm 1 of the paper: the error goes through pass T alone. Passes 1..T-1 are
  computed without a backward path, so the backward pass costs what one pass costs.
* `"unrolled"`: the straight-through gradient of every spike of every pass.
"""

import math
import numbers

from keras import ops

from ..backend import fused, split_before_last

GRADIENTS = ("last", "unrolled")


def has_time_axis(rank):
    """Whether a tensor of this rank is a spike train."""
    return rank in (3, 5)


def check_input(layer, shape):
    """Raise unless the shape is one of the four that this library knows."""
    shape = tuple(shape)
    if len(shape) not in (2, 3, 4, 5) or (has_time_axis(len(shape)) and shape[1] is None):
        raise ValueError(
            f"Invalid input for layer `{layer.name}`. Expected (batch, features), "
            "(batch, T, features), (batch, height, width, channels) or "
            "(batch, T, height, width, channels) with a known number of passes T. "
            f"Received: shape={shape}"
        )


def check_passes(T):
    """Return the number of passes if it is a whole number above zero."""
    # A whole float such as 3.0 is let through: configurations read from JSON may hold one.
    number = isinstance(T, numbers.Real) and not isinstance(T, bool)
    if not number or not math.isfinite(T) or T != int(T) or T < 1:
        raise ValueError(
            f"Invalid value received for argument `T`. Expected an integer >= 1. Received: T={T!r}"
        )
    return int(T)


def check_gradient(gradient):
    """Return the argument `gradient` if it names one of the two backward rules."""
    if gradient not in GRADIENTS:
        raise ValueError(
            f"Invalid value received for argument `gradient`. Expected one of {GRADIENTS}. "
            f"Received: gradient={gradient!r}"
        )
    return gradient


def fold(x):
    """`(batch, T, ...)` to `(batch * T, ...)`, for layers that know nothing of time."""
    return ops.reshape(x, (-1, *ops.shape(x)[2:]))


def unfold(x, passes):
    """`(batch * T, ...)` back to `(batch, T, ...)`."""
    return ops.reshape(x, (-1, passes, *ops.shape(x)[1:]))


@fused
def running_mean(spikes):
    """Evidence after every pass: `m(t) = (1/t) * sum of the spikes of passes 1..t`."""
    total, means = 0.0, []
    for t in range(spikes.shape[1]):
        total = total + spikes[:, t]
        means.append(total / (t + 1))
    return ops.stack(means, axis=1)


@fused
def _evidence_of_last(early, last):
    passes = early.shape[1] + 1
    total, means = 0.0, []
    for t in range(passes - 1):
        total = total + ops.stop_gradient(early[:, t])
        means.append(total / (t + 1))
    return ops.stack(means, axis=1), (total + last) / passes


def split_last(x):
    """Passes 1..T-1 without gradient, and pass T with it: `(batch, T-1, ...)`, `(batch, ...)`."""
    parts = getattr(x, "_passes", None)
    if parts is not None:
        return parts
    early, last = split_before_last(x)
    return ops.stop_gradient(early), ops.squeeze(last, 1)


def join(early, last):
    """Put the passes 1..T-1, gradient cut, and pass T together along the time axis.

    The result remembers its parts, and `split_last` takes them from there. In a compiled graph
    the joined tensor between two layers of this library is then never computed, nor are the
    zeros that its backward pass would consist of.
    """
    early = ops.stop_gradient(early)
    joined = ops.concatenate([early, ops.expand_dims(last, 1)], axis=1)
    try:
        joined._passes = (early, last)
    except AttributeError:
        pass  # tensors of this kind take no attributes: `split_last` then splits
    return joined


def accumulate(potential, spikes, gradient):
    """Apply a linear map to the evidence of every pass.

    Under the last-pass rule the gradient of m(T) is handed to the spikes of pass T alone, with
    weight 1/T: `BU` gives these spikes the derivative T * h'(u(T)), which together is
    Algorithm 1's dm(T)/du(T) = h'(u(T)).

    Args:
        potential: callable `(x, trainable)`, the map for a tensor without time axis; with
            `trainable=False` it cuts the gradient towards its own weights.
        spikes: `(batch, T, ...)`.
        gradient: `"last"` or `"unrolled"`.

    Returns:
        `(batch, T, ...)`: `potential` of the running means of the spikes.
    """
    passes = spikes.shape[1]
    if passes == 1:
        return ops.expand_dims(potential(spikes[:, 0], True), 1)
    if gradient == "unrolled":
        return unfold(potential(fold(running_mean(spikes)), True), passes)
    early, last = _evidence_of_last(*split_last(spikes))
    return join(unfold(potential(fold(early), False), passes - 1), potential(last, True))
