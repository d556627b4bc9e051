"""Checks of the arguments of `FlexibleLayer`."""

import math
import numbers

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


def invalid(name, expected, received):
    """The error for an argument."""
    return ValueError(
        f"Invalid value received for argument `{name}`. Expected {expected}. "
        f"Received: {name}={received!r}"
    )


def check_choice(name, value, choices):
    """Return `value` if it is one of `choices`."""
    if not (value is None or isinstance(value, str)) or value not in choices:
        raise invalid(name, f"one of {choices}", value)
    return value


def check_number(name, value, positive=False):
    """Return a finite number as a float."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or (positive and value <= 0):
        raise invalid(name, "a finite number > 0" if positive else "a finite number", value)
    return float(value)


def check_count(name, value):
    """Return a positive whole number as an integer."""
    if not _is_count(value):
        raise invalid(name, "an integer >= 1", value)
    return int(value)


def check_pair(name, value):
    """Return one or two positive whole numbers as a pair (height, width)."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(map(_is_count, pair)):
        raise invalid(name, "an integer >= 1 or a pair of them", value)
    return tuple(map(int, pair))


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


def _is_count(value):
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and math.isfinite(value) and value == int(value) and value >= 1
