"""From comparisons to a verdict. The logic knows nothing of any paper or record."""

import dataclasses

from reproduce.claims.comparison import CONTRADICTS, SUPPORTS, UNDECIDED
from reproduce.sample import ENOUGH

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


def _weighed(comparisons):
    """Those that count: where some compare enough trainings, the others of trainings are set aside.

    So a run with one seed of another set does not reopen what three seeds have decided.
    """
    if not any(one.trainings and one.seeds >= ENOUGH for one in comparisons):
        return list(comparisons)
    return [one for one in comparisons if not one.trainings or one.seeds >= ENOUGH]


def _judged(found, reason, every, limits, evidence, counted):
    """A verdict, or what it would be: two networks are compared by several trainings of each.

    Args:
        found, reason: by the comparisons that count.
        every: all comparisons; `counted`: those that count. "holds" is said of all or not at all.
    """
    reason += _aside(every, counted)
    few = _seed_limit(every if found in (HOLDS, UNTESTED) else counted)
    if few and found != UNTESTED:
        reason = f"With {few[0]} it stays open; so far it reads: {found}. {_begun(reason)}"
        found = UNTESTED
    return Verdict(found, reason, (*few, *limits), evidence)


def _aside(every, counted):
    """A sentence on the comparisons that do not count, or "" where all do."""
    count = len(every) - len(counted)
    return f" Set aside: {count} with fewer than {ENOUGH} training seeds." if count else ""


def _begun(sentence):
    return sentence[:1].upper() + sentence[1:]


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
    counting = _weighed(comparisons)
    counted = _counted(counting)
    if _count(counting, CONTRADICTS):
        found, reason = FAILS, f"{counted}."
    elif _count(counting, UNDECIDED):
        found, reason = UNTESTED, f"The intervals are too wide to decide: {counted}."
    else:
        found, reason = HOLDS, f"{counted}."
    return _judged(found, reason, comparisons, limits, evidence, counting)


def robust(weak, strong, failed=(), missing="", limits=()):
    """Verdict of a claim about attacks.

    It is kept only if every comparison under the strong attacks supports it, with an interval
    that excludes no difference, and all checks of the evaluation passed. Otherwise it holds
    against weak attacks only if more than half of the comparisons under the text's own attacks
    support it. It fails where anything contradicts it; where nothing is decided, it stays open.

    Args:
        weak: list of `Comparison` under the text's own protocol.
        strong: list of `Comparison` under attacks that average over noise and choose the worst.
        failed: names of failed checks of the evaluations behind `strong`.
        missing: what would have to be run, if there is nothing strong.
        limits: what else the verdict is limited to.
    """
    evidence = (("As published", tuple(weak)), ("Adaptive", tuple(strong)))
    evidence = tuple(part for part in evidence if part[1])
    every = [*weak, *strong]
    weak, strong = _weighed(weak), _weighed(strong)
    both = [*weak, *strong]
    told = f"As published: {_counted(weak)}." if weak else "As published: not run."
    if not strong:
        told += f" Adaptive: not run ({missing})."
        return _judged(UNTESTED, told, every, limits if weak else (), evidence, both)
    told += f" Adaptive: {_counted(strong)}."
    if _count(strong, SUPPORTS) == len(strong):
        found = UNTESTED if failed else HOLDS
        told += f" But checks of the attacks failed: {', '.join(failed)}." if failed else ""
    elif 2 * _count(weak, SUPPORTS) > len(weak):
        found = WEAK_ONLY
    elif _count(both, CONTRADICTS):
        found = FAILS
    else:
        found, told = UNTESTED, f"The intervals are too wide to decide. {told}"
    return _judged(found, told, every, limits, evidence, both)


def also(verdict, comparisons):
    """`verdict` of a robustness claim that promises more, such as little clean cost.

    A comparison that contradicts the rest of the promise sinks the claim; one that cannot be
    decided turns "holds" into "could not be tested".
    """
    if not comparisons:
        return verdict
    evidence = (*verdict.evidence, ("Clean", tuple(comparisons)))
    counting = _weighed(comparisons)
    reason = f"{verdict.reason} Clean accuracy: {_counted(counting)}."
    reason += _aside(comparisons, counting)
    few = _seed_limit(counting)
    found = verdict.verdict
    if _count(counting, CONTRADICTS):
        found = UNTESTED if few else FAILS
    elif found == HOLDS and _count(comparisons, SUPPORTS) < len(comparisons):
        found = UNTESTED
    return Verdict(found, reason, verdict.limits or few, evidence)


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
