"""Checks that compare scores: made-up scores, and the numbers counted by hand."""

import json

import numpy as np
import pytest

from binomial_keras.evaluation import RobustScore
from binomial_keras.evaluation.checks import (
    fooled_images_are_changed,
    gradients_beat_noise,
    iteration_beats_one_step,
    monotone_in_eps,
    role,
    white_box_beats_black_box,
)

IMAGES, DRAWS = 100, 10
ROLES = {"noise": "random noise", "FGSM": "single step", "PGD": "iterative",
         "APGD": "iterative", "Square": "black box"}


def score(right):
    """A score with the first `right` of 100 images always right and the others never."""
    hits = np.where(np.arange(IMAGES) < right, DRAWS, 0)
    return RobustScore(hits, {}, DRAWS, False, (0,), np.arange(IMAGES, dtype=np.uint64))


def scores(**right):
    return {0.1: {name: score(count) for name, count in right.items()}}


def test_monotone():
    good = monotone_in_eps({0.0: score(95), 0.1: score(60), 0.2: score(60), 0.3: score(5)})
    assert good.passed is True and good.value == 0 and "to 0.2" in good.detail
    bad = monotone_in_eps({0.2: score(70), 0.0: score(95), 0.1: score(40)})
    assert bad.passed is False and bad.value == pytest.approx(30) and "from eps 0.1" in bad.detail
    # One image of a hundred: its interval holds 0.
    luck = monotone_in_eps({0.0: score(95), 0.1: score(40), 0.2: score(41)})
    assert luck.passed is True and luck.value == pytest.approx(1)
    assert monotone_in_eps({0.0: score(9)}).passed is None


def test_iteration():
    # The best iterative attack counts, not the worst.
    fine = iteration_beats_one_step(scores(FGSM=30, PGD=50, APGD=20), ROLES)
    assert fine.passed is True and fine.value == pytest.approx(-10)
    bad = iteration_beats_one_step(scores(FGSM=30, PGD=50, APGD=45, Square=1), ROLES)
    assert bad.passed is False and bad.value == pytest.approx(15)
    assert iteration_beats_one_step(scores(PGD=50, APGD=45), ROLES).passed is None


def test_noise():
    assert gradients_beat_noise(scores(noise=80, FGSM=60), ROLES).passed is True
    bad = gradients_beat_noise(scores(noise=40, FGSM=60, PGD=55, Square=0), ROLES)
    assert bad.passed is False and bad.value == pytest.approx(15)


def test_black_box():
    assert white_box_beats_black_box(scores(PGD=20, FGSM=60, Square=30), ROLES).passed is True
    bad = white_box_beats_black_box(scores(PGD=40, FGSM=60, Square=30, noise=1), ROLES)
    assert bad.passed is False and bad.value == pytest.approx(10)
    assert white_box_beats_black_box(scores(PGD=31, Square=30), ROLES).passed is True
    # The failed radius is told of, not the one with the largest luck.
    two = {0.1: scores(PGD=40, Square=30)[0.1], 0.2: scores(PGD=31, Square=30)[0.1]}
    assert "eps 0.1" in white_box_beats_black_box(two, ROLES).detail


def test_unchanged_images():
    clean, attacked = score(90), scores(PGD=50)
    left = np.zeros(IMAGES, bool)
    left[[45, 95]] = True  # right anyway; wrong anyway
    good = fooled_images_are_changed(clean, attacked, {0.1: {"PGD": left}})
    assert good.passed is True and good.value == 0 and "50 % of their answers" in good.detail
    left[60] = True  # of the 40 that were fooled
    bad = fooled_images_are_changed(clean, attacked, {0.1: {"PGD": left}})
    assert bad.passed is False and bad.value == pytest.approx(2.5) and "1 of 40" in bad.detail
    none = fooled_images_are_changed(clean, scores(PGD=90), {0.1: {"PGD": left}})
    assert none.passed is None


def test_roles_of_the_suite():
    from binomial_keras.evaluation import adaptive_suite
    from tests.evaluation.attacks.known_models import linear

    model, *_ = linear(classes=4)
    suite = adaptive_suite(model, 0.1, budget="quick", sources={"other": linear(4, seed=6)[0]})
    roles = {name: role(attack) for name, attack in suite.items()}
    assert roles == {
        "random noise": "random noise", "FGSM": "single step", "transfer from other": "black box",
        "PGD": "iterative", "APGD-CE": "iterative", "APGD-DLR": "iterative",
        "APGD targeted": "iterative", "NES": "black box", "Square": "black box",
    }  # fmt: skip
    for attack in suite.values():
        assert role(json.dumps(attack.to_dict())) == role(attack.to_dict()) == role(attack)
