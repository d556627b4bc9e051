"""A claim as data."""

import collections.abc
import dataclasses


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim of a paper.

    Args:
        key: short name, such as "B1".
        paper: key of the paper in `report.papers.PAPERS`.
        text: the claim in our words.
        where: where the text makes it.
        rule: function of a `Book` that returns a `Verdict`. It knows no result: what counts as
            support is written down before the records are read.
        asks: what the rule asks for, in words.
    """

    key: str
    paper: str
    text: str
    where: str
    rule: collections.abc.Callable
    asks: str
