"""Checks of arguments, with Keras' wording of what is wrong."""

import math
import numbers


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


def _is_count(value):
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and math.isfinite(value) and value == int(value) and value >= 1
