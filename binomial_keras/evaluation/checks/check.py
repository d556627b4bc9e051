"""One check of an adversarial evaluation: pass or fail, with the number."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Check:
    """Result of one check.

    Attributes:
        name: what is checked.
        passed: `True` or `False`; `None` where the check does not apply or could not be made,
            `detail` says why.
        value: the number that was judged, or `None`.
        limit: what was asked of it, in words, such as `"at most 1 %"`.
        detail: what was done and seen.
        unit: of the value: `"%"`, `"points"` (differences of percentages) or `""`.

    Example:

    >>> print(Check("zero gradients", True, 0.0, "at most 1 %", "own rule: none", "%"))
    zero gradients: pass, 0 % (at most 1 %). own rule: none
    """

    name: str
    passed: bool | None
    value: float | None
    limit: str
    detail: str
    unit: str = ""

    @property
    def verdict(self) -> str:
        """`"pass"`, `"FAIL"` or `"not applicable"`."""
        return {True: "pass", False: "FAIL", None: "not applicable"}[self.passed]

    @property
    def number(self) -> str:
        """The value with its unit, as text; empty where there is none."""
        return "" if self.value is None else f"{self.value:.3g} {self.unit}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; `Check(**...)` reads it."""
        return dataclasses.asdict(self)

    @classmethod
    def not_applicable(cls, name: str, reason: str, limit: str = "", unit: str = "") -> "Check":
        """A check that was not made, and why."""
        return cls(name, None, None, limit, reason, unit)

    def __str__(self):
        shown = f"{self.number} ({self.limit})" if self.number else self.limit
        return f"{self.name}: {self.verdict}{', ' + shown if shown else ''}. {self.detail}"
