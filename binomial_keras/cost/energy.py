"""Joules per operation."""

import math
import numbers

from ..layers.arguments import invalid

# Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, 45 nm, 0.9 V:
# an addition, a multiplication, in picojoules.
_HOROWITZ = {
    "float32": (0.9, 3.7),
    "float16": (0.4, 1.1),
    "int32": (0.1, 3.1),
    "int8": (0.03, 0.2),
}
PRECISIONS = tuple(_HOROWITZ)


def joules(energy):
    """`(label, joules of an addition, joules of a multiply-accumulate)`.

    Args:
        energy: one of `PRECISIONS`, or a dict `{"ac": joules, "mac": joules}` of one's own.
    """
    if isinstance(energy, str) and energy in _HOROWITZ:
        addition, multiplication = _HOROWITZ[energy]
        label = f"{energy}, 45 nm (Horowitz 2014)"
        return label, addition * 1e-12, (addition + multiplication) * 1e-12
    if isinstance(energy, dict) and set(energy) == {"ac", "mac"}:
        values = [energy["ac"], energy["mac"]]
        if all(_is_energy(value) for value in values):
            return "as given", *map(float, values)
    raise invalid(
        "energy", f"one of {PRECISIONS}, or {{'ac': joules, 'mac': joules}} with numbers >= 0",
        energy,
    )


def _is_energy(value):
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return number and 0 <= value < math.inf
