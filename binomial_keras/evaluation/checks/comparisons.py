"""Checks that compare the scores of attacks with each other; they run nothing.

A difference between two attacks is judged by a paired bootstrap over the images (see
`paired_difference`): a check fails where the wrong one is better by more than what is allowed
and the 95 % interval of the difference lies above 0. With few images much is left undecided:
`value` says how large the difference was.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..paired_difference import paired_difference
from ..robust_score import RobustScore
from .check import Check

NOISE, SINGLE, ITERATIVE, BLIND = "random noise", "single step", "iterative", "black box"
_GRADIENT = ("EOTPGD", "APGD", "TargetedAPGD")


def role(attack: Any) -> str:
    """What an attack of the suite is: `NOISE`, `SINGLE`, `ITERATIVE` or `BLIND`.

    Args:
        attack: an `AdaptiveAttack`, its `to_dict()`, or that as JSON text. A transfer is a black
            box: it does not ask the model.
    """
    if isinstance(attack, str):
        attack = json.loads(attack)
    attack = attack if isinstance(attack, dict) else attack.to_dict()
    if attack["attack"] == "RandomNoise":
        return NOISE
    if attack["attack"] not in _GRADIENT:
        return BLIND
    return SINGLE if attack["settings"].get("steps") == 1 else ITERATIVE


def monotone_in_eps(worst: Mapping[float, RobustScore]) -> Check:
    """A larger ball holds the smaller one: the accuracy of the worst case must not rise.

    Args:
        worst: dict of radii to `RobustScore`s of the per-image worst case; 0 for no attack.
    """
    radii = sorted(worst)
    pairs = [(f"from eps {a:g} to {b:g}", worst[b], worst[a]) for a, b in zip(radii, radii[1:])]
    missing = "Fewer than two radii have scores."
    return _judged("monotone in eps", pairs, "Largest rise of the worst case,", missing)


def iteration_beats_one_step(
    scores: Mapping[float, Mapping[str, RobustScore]], roles: Mapping[str, str]
) -> Check:
    """The best of the iterative gradient attacks is at least as strong as a single step.

    Args:
        scores: dict of radii to dicts of attacks' names to `RobustScore`.
        roles: dict of names to what `role` returned.
    """
    return _between("iteration beats one step", scores, roles, (ITERATIVE,), SINGLE)


def gradients_beat_noise(
    scores: Mapping[float, Mapping[str, RobustScore]], roles: Mapping[str, str]
) -> Check:
    """The best gradient attack is at least as strong as random noise. Args as above."""
    return _between("gradients beat random noise", scores, roles, (SINGLE, ITERATIVE), NOISE)


def white_box_beats_black_box(
    scores: Mapping[float, Mapping[str, RobustScore]], roles: Mapping[str, str]
) -> Check:
    """No attack without the model's gradients is stronger by more than 0.2 points. Args as above.

    Where Square, NES or a transfer does better, the gradients are masked.
    """
    name, white = "white box beats black box", (SINGLE, ITERATIVE)
    return _between(name, scores, roles, white, BLIND, 0.2)


def fooled_images_are_changed(
    clean: RobustScore,
    scores: Mapping[float, Mapping[str, RobustScore]],
    unchanged: Mapping[float, Mapping[str, np.ndarray]],
) -> Check:
    """Success must not come from images that an attack left as they were.

    Fooled is an image that is right in at least half of the draws without an attack, and in
    fewer with it. At most 1 % of these may be unchanged: more are flips of luck.

    Args:
        clean: `RobustScore` of the originals.
        scores: dict of radii to dicts of names to `RobustScore`.
        unchanged: likewise, bool `(images,)`: whether the attack returned the original.
    """
    name, limit = "fooled images are changed", "at most 1 %"
    fooled = lucky = same = wrong = total = 0
    for eps, attacks in scores.items():
        for attack, score in attacks.items():
            left = unchanged[eps][attack]
            here = (clean.share >= 0.5) & (score.share < 0.5)
            fooled, lucky = fooled + here.sum(), lucky + (here & left).sum()
            same, total = same + left.sum(), total + len(left)
            wrong += (1 - clean.share[left]).sum()
    if not fooled:
        return Check.not_applicable(name, "No image was fooled.", limit, "%")
    detail = f"{lucky} of {fooled} fooled ones. Of all returned images {same} of {total} are"
    detail += " unchanged"
    detail += f"; {100 * wrong / same:.0f} % of their answers are wrong anyway." if same else "."
    value = 100 * float(lucky / fooled)
    return Check(name, value <= 1, value, limit, detail, "%")


def _between(name, scores, roles, strong, weak, allowed=0.0):
    pairs = []
    for eps, attacks in scores.items():
        best = _lowest({n: s for n, s in attacks.items() if roles[n] in strong})
        other = _lowest({n: s for n, s in attacks.items() if roles[n] == weak})
        if best and other:
            pairs.append((f"{best} over {other} at eps {eps:g}", attacks[best], attacks[other]))
    missing = f"No radius has scores of both kinds ({' or '.join(strong)}; {weak})."
    return _judged(name, pairs, "Largest excess of accuracy:", missing, allowed)


def _lowest(scores):
    return min(scores, key=lambda name: scores[name].accuracy, default=None)


def _judged(name, pairs, text, missing, allowed=0.0):
    """A `Check` of `(what, score that must not be higher, score)` triples."""
    limit = f"at most {allowed:g} points, or 0 in the interval"
    if not pairs:
        return Check.not_applicable(name, missing, limit, "points")
    found = [(what, paired_difference(high, low).estimate) for what, high, low in pairs]
    failed = [one for one in found if 100 * one[1].value > allowed and one[1].low > 0]
    what, most = max(failed or found, key=lambda one: one[1].value)
    detail = (
        f"{text} {what}: {100 * most.value:+.1f} points "
        f"({100 * most.low:+.1f} to {100 * most.high:+.1f}, {most.images} images)."
    )
    return Check(name, not failed, 100 * most.value, limit, detail, "points")
