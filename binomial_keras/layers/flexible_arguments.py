"""Checks of the arguments of `FlexibleLayer`."""

import numbers

from .arguments import invalid

THRESHOLDS = ("learned", "uniform", "random", None)
MAX_WHEN = ("below", "above")
PADDINGS = ("valid", "same")

# What each kind of threshold has to differentiate: a random mask has no gate, a plain
# convolution neither gate nor pooling.
SURROGATES = {
    "learned": ("exact", "soft_gate", "stopped_gate", "average_pool"),
    "uniform": ("exact", "soft_gate", "stopped_gate", "average_pool"),
    "random": ("exact", "average_pool", "mean_mask"),
    None: ("exact",),
}


def check_surrogate(surrogate, threshold):
    """Return the argument `surrogate` as a tuple if it fits the kind of threshold."""
    value = (surrogate,) if isinstance(surrogate, str) else tuple(surrogate or ())
    name, strength = (value + (None, None))[:2]
    number = isinstance(strength, numbers.Real) and not isinstance(strength, bool)
    fits = number and strength > 0 if name == "soft_gate" else strength is None
    if name not in SURROGATES[threshold] or len(value) > 2 or not fits:
        known = SURROGATES[threshold]
        raise invalid(
            "surrogate",
            f"one of {known} for threshold={threshold!r}, 'soft_gate' as ('soft_gate', scale)",
            surrogate,
        )
    return value


def check_shapes(layer, shape):
    """Raise unless the layer can be applied to images of this shape."""
    shape = tuple(shape)
    if len(shape) != 4 or None in shape[1:]:
        raise ValueError(
            f"Invalid input for layer `{layer.name}`. Expected (batch, height, width, channels) "
            f"with known height, width and channels. Received: shape={shape}"
        )
    if layer.padding == "valid" and any(k > n for k, n in zip(layer.kernel_size, shape[1:3])):
        raise ValueError(
            f"Invalid input for layer `{layer.name}`. Expected images at least as large as "
            f"kernel_size={layer.kernel_size} (or padding='same'). Received: shape={shape}"
        )
    if layer.threshold is not None and layer.filters % shape[3]:
        raise ValueError(
            f"Invalid input for layer `{layer.name}`. Expected channels that match the pooled "
            f"branch to filters={layer.filters}: as many, or one, or a divisor. "
            f"Received: shape={shape}"
        )
