"""From comparisons to a verdict. The logic knows nothing of any paper or record."""

import dataclasses

from reproduce.claims.comparison import CONTRADICTS, SUPPORTS, UNDECIDED
from reproduce.claims.sample import ENOUGH

HOLDS = "holds"
WEAK_ONLY = "holds against weak attacks only"
FAILS = "does not hold"
UNTESTED = "could not be tested"
VERDICTS = (HOLDS, WEAK_ONLY, FAILS, UNTESTED)
_COUNTS = {1: "one", 2: "two"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the records say of a claim.

    Args:
        verdict: one of `VERDICTS`.
        reason: why, in a sentence or two.
        limits: what the verdict is limited to, such as "one training seed only".
        evidence: tuple of (heading, tuple of `Comparison`).
    """

    verdict: str
    reason: str
    limits: tuple = ()
    evidence: tuple = ()

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"Invalid value received for argument `verdict`. Expected one of {VERDICTS}. "
                f"Received: verdict={self.verdict!r}"
            )

    @property
    def records(self):
        """Ids of all records behind it, each once."""
        return tuple(dict.fromkeys(
            name for _, found in self.evidence for one in found for name in one.records
        ))


def untested(reason):
    """The verdict of a claim that no record can speak for."""
    return Verdict(UNTESTED, reason)


def plain(comparisons, missing="", limits=()):
    """Verdict of a claim that is not about attacks: every comparison has to support it.

    Args:
        comparisons: list of `Comparison`.
        missing: what would have to be run, if there is nothing to judge.
        limits: what else the verdict is limited to.
    """
    evidence = (("Evidence", tuple(comparisons)),)
    if not comparisons:
        return untested(f"Not run: {missing}.")
    counted = _counted(comparisons)
    limits = (*_seed_limit(comparisons), *limits)
    if _count(comparisons, CONTRADICTS):
        return Verdict(FAILS, f"{counted}.", limits, evidence)
    if _count(comparisons, UNDECIDED):
        reason = f"The intervals are too wide to decide: {counted}."
        return Verdict(UNTESTED, reason, limits, evidence)
    return Verdict(HOLDS, f"{counted}.", limits, evidence)


def robust(weak, strong, failed=(), missing="", limits=()):
    """Verdict of a claim about attacks.

    It is kept only if every comparison under the strong attacks supports it, with an interval
    that excludes no difference, and all checks of the evaluation passed. Otherwise it holds
    against weak attacks only if more than half of the comparisons under the text's own attacks
    support it.

    Args:
        weak: list of `Comparison` under the text's own protocol.
        strong: list of `Comparison` under attacks that average over noise and choose the worst.
        failed: names of failed checks of the evaluations behind `strong`.
        missing: what would have to be run, if there is nothing strong.
        limits: what else the verdict is limited to.
    """
    evidence = (("As published", tuple(weak)), ("Adaptive", tuple(strong)))
    evidence = tuple(part for part in evidence if part[1])
    told = f"As published: {_counted(weak)}." if weak else "As published: not run."
    limits = (*_seed_limit([*weak, *strong]), *limits)
    if not strong:
        return Verdict(UNTESTED, f"{told} Adaptive: not run ({missing}).",
                       limits if weak else (), evidence)
    told += f" Adaptive: {_counted(strong)}."
    if _count(strong, SUPPORTS) == len(strong):
        if failed:
            told += f" But checks of the attacks failed: {', '.join(failed)}."
            return Verdict(UNTESTED, told, limits, evidence)
        return Verdict(HOLDS, told, limits, evidence)
    found = WEAK_ONLY if 2 * _count(weak, SUPPORTS) > len(weak) else FAILS
    return Verdict(found, told, limits, evidence)


def also(verdict, comparisons):
    """`verdict` of a robustness claim that promises more, such as little clean cost.

    A comparison that contradicts the rest of the promise sinks the claim; one that cannot be
    decided turns "holds" into "could not be tested".
    """
    if not comparisons:
        return verdict
    evidence = (*verdict.evidence, ("Clean", tuple(comparisons)))
    reason = f"{verdict.reason} Clean accuracy: {_counted(comparisons)}."
    found = verdict.verdict
    if _count(comparisons, CONTRADICTS):
        found = FAILS
    elif _count(comparisons, UNDECIDED) and found == HOLDS:
        found = UNTESTED
    limits = verdict.limits or _seed_limit(comparisons)
    return Verdict(found, reason, limits, evidence)


def _count(comparisons, outcome):
    return sum(one.outcome == outcome for one in comparisons)


def _counted(comparisons):
    parts = [
        f"{_count(comparisons, outcome)} {verb}"
        for outcome, verb in ((SUPPORTS, "for it"), (CONTRADICTS, "against it"),
                              (UNDECIDED, "undecided"))
        if _count(comparisons, outcome)
    ]
    return f"of {len(comparisons)} comparisons {', '.join(parts)}"


def _seed_limit(comparisons):
    """Two networks need several trainings each; two tests of one network do not."""
    seeds = [one.seeds for one in comparisons if one.trainings]
    if not seeds or min(seeds) >= ENOUGH:
        return ()
    fewest = _COUNTS[min(seeds)]
    return (f"{fewest} training seed{'' if min(seeds) == 1 else 's'} only",)
