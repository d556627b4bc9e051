"""Would more steps, or more draws, have found more?"""

from collections.abc import Mapping

from ..robust_score import RobustScore
from .check import Check
from .probe import Probe

_ALLOWED = 1.0
_TIMES = 5
STEPS, DRAWS = "more steps", "more draws"


def more_steps(probe: Probe) -> Check:
    """PGD with five times the steps must not change the accuracy by more than a point.

    A fall says that the suite's number of steps is too small; a rise that more steps weaken the
    attack, as they do where gradients lead astray.

    Args:
        probe: `Probe`.

    Returns:
        A `Check`; its value is the accuracy with 5 n steps less that with n, in points.
    """
    few, many = probe.steps, _TIMES * probe.steps
    scores = [probe.score(probe.pgd(steps=steps)) for steps in (few, many)]
    return _change(probe, STEPS, scores, f"{few} steps", f"{many}")


def draws_curve(probe: Probe) -> dict[int, RobustScore]:
    """Scores of PGD against the draws that it averages over: 1, 5, K and 2 K.

    Returns:
        Dict of numbers of draws to `RobustScore`; empty for a deterministic model.
    """
    if not probe.stochastic:
        return {}
    counts = sorted({1, min(5, probe.draws), probe.draws, 2 * probe.draws})
    return {count: probe.score(probe.pgd(draws=count)) for count in counts}


def more_draws(probe: Probe, curve: Mapping[int, RobustScore]) -> Check:
    """PGD with twice the draws must not change the accuracy by more than a point.

    Args:
        probe: `Probe`.
        curve: what `draws_curve` returned.
    """
    if not curve:
        return Check.not_applicable(DRAWS, "The model has no noise that the attacks could see.")
    few, many = probe.draws, 2 * probe.draws
    return _change(probe, DRAWS, [curve[few], curve[many]], f"{few} draws", f"{many}")


def _change(probe, name, scores, few, many):
    before, after = (100 * score.accuracy for score in scores)
    allowed = _ALLOWED + 2 * probe.luck(*scores)
    change = after - before
    detail = (
        f"PGD at eps {probe.eps:g} leaves {before:.1f} % with {few}, {after:.1f} % with {many} "
        f"({len(probe.x)} images)."
    )
    if allowed > _ALLOWED:
        detail += " Allowed: 1 point and two standard errors of the scoring draws."
    passed = bool(abs(change) <= allowed)
    if not passed:
        detail += " Too few for this model." if change < 0 else " More is weaker: a bad sign."
    return Check(name, passed, change, f"within ±{allowed:.1f} points", detail, "points")
