"""Numbers of operations."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Count:
    """Operations, added up over images.

    Attributes:
        macs: multiply-accumulate operations.
        acs: additions, subtractions and comparisons.
        active_macs, active_acs: those of them that are left when a zero at the input of a
            connection is skipped.
        evaluations: of tanh, sigmoid, exp and the like.
        random: random numbers.
    """

    macs: float = 0
    acs: float = 0
    active_macs: float = 0
    active_acs: float = 0
    evaluations: float = 0
    random: float = 0

    def __add__(self, other):
        return Count(*(a + b for a, b in zip(dataclasses.astuple(self),
                                             dataclasses.astuple(other))))

    def scaled(self, factor):
        """Every number times a factor."""
        return Count(*(factor * value for value in dataclasses.astuple(self)))


def connections(signal, number, active):
    """Of a linear map that meets a signal: real numbers multiply, each spike adds a weight.

    Args:
        signal: the `Signal` at its input.
        number: how many connections it has.
        active: sum over the connections of 1 for a real number that is not zero, or of the spikes.
    """
    if signal.levels is None:
        return Count(macs=number, active_macs=active)
    return Count(acs=number * signal.levels, active_acs=active)


def every_time(macs=0, acs=0, evaluations=0, random=0):
    """Of neurons: what has to be done whether the input is zero or not."""
    return Count(macs, acs, macs, acs, evaluations, random)
