"""The Square attack: its proposals against plain loops, its bookkeeping against counts."""

import math

import numpy as np
import pytest
from art.attacks.evasion import SquareAttack

from binomial_keras.evaluation.attacks import Square
from binomial_keras.evaluation.attacks.squares_l2 import SquaresL2
from binomial_keras.evaluation.attacks.squares_linf import SquaresLinf

QUIET = dict(verbose=False)


def margins(classifier, x, y):
    z, n = classifier.predict(x), np.arange(len(x))
    own = z[n, y].copy()
    z[n, y] = -np.inf
    return own - z.max(1)


@pytest.mark.parametrize("norm", [np.inf, 2])
@pytest.mark.parametrize("early_stop", [True, False])
def test_images_within_the_budget_get_worse(norm, early_stop, attacked):
    classifier, x, y = attacked
    eps = 0.1 if norm == np.inf else 1.0
    attack = Square(classifier, norm, max_iter=60, eps=eps, seed=0, early_stop=early_stop, **QUIET)
    made = attack.generate(x, y)
    changes = (made - x).reshape(len(x), -1)
    size = np.abs(changes).max(1) if norm == np.inf else np.linalg.norm(changes, axis=1)
    assert np.all(size <= eps + 1e-5) and made.min() >= 0 and made.max() <= 1
    assert made.dtype == np.float32
    before, after = margins(classifier, x, y), margins(classifier, made, y)
    assert np.all(after <= before + 1e-5) and np.mean(after < before - 0.1) > 0.8


def test_one_forward_pass_per_iteration(attacked):
    classifier, x, y = attacked
    classifier.reset_counts()
    Square(classifier, max_iter=25, eps=0.05, seed=0, early_stop=False, **QUIET).generate(x, y)
    # The clean image, the stripes, and at most one candidate per iteration.
    assert 20 * len(x) < classifier.forwards <= 27 * len(x)


def test_at_least_as_strong_as_art_for_less(attacked):
    classifier, x, y = attacked
    settings = dict(max_iter=60, eps=0.15, **QUIET)
    np.random.seed(0)
    classifier.reset_counts()
    ours = np.mean(margins(classifier, Square(classifier, **settings).generate(x, y), y) < 0)
    used = classifier.forwards
    theirs = SquareAttack(classifier, **settings).generate(x, y)
    assert ours >= np.mean(margins(classifier, theirs, y) < 0)
    assert 2 * used < classifier.forwards - used


def test_an_image_does_not_depend_on_the_others(attacked):
    classifier, x, y = attacked
    attack = Square(classifier, max_iter=40, eps=0.1, seed=3, **QUIET)
    np.testing.assert_array_equal(attack.generate(x[:4], y[:4]), attack.generate(x, y)[:4])


def test_seeds(attacked):
    classifier, x, y = attacked

    def run(seed, global_seed):
        np.random.seed(global_seed)
        return Square(classifier, max_iter=3, eps=0.1, seed=seed, **QUIET).generate(x, y)

    np.testing.assert_array_equal(run(1, 0), run(1, 5))
    np.testing.assert_array_equal(run(None, 0), run(None, 0))
    assert np.any(run(None, 0) != run(None, 5)) and np.any(run(1, 0) != run(2, 0))


def test_fooled_images_stay_and_restarts_go_on(attacked):
    classifier, x, y = attacked
    wrong = (y + 1) % 4
    made = Square(classifier, max_iter=5, eps=0.1, seed=0, **QUIET).generate(x, wrong)
    np.testing.assert_array_equal(made, x)
    once, thrice = (
        Square(classifier, max_iter=10, eps=0.1, seed=0, nb_restarts=n, **QUIET).generate(x, y)
        for n in (1, 3)
    )
    once, thrice = margins(classifier, once, y), margins(classifier, thrice, y)
    assert np.all((thrice <= once + 1e-5) | (once < 0))


def test_lucky_margins_are_measured_again(noisy, images, classifier_class):
    # The noise (s.d. 3) dwarfs what eps = 0.001 can do: what is kept was lucky, and stays.
    # Remeasured in every iteration, 30 images accept about half of all candidates.
    (x, _), accepted = images(30), []
    for refresh in (0, 1):
        classifier = classifier_class(noisy(scale=3.0))
        attack = Square(
            classifier, max_iter=60, eps=0.001, seed=0, early_stop=False, refresh=refresh, **QUIET
        )
        counts, original = [], attack._keep_better

        def counted(
            candidates, rows, y, images, margins, success, original=original, counts=counts
        ):
            before = margins.copy()
            original(candidates, rows, y, images, margins, success)
            counts.append(np.mean(margins[rows] != before[rows]))

        attack._keep_better = counted
        attack.generate(x, np.zeros(30, int))
        accepted.append(np.mean(counts[30:]))
    assert accepted[0] < 0.1 and 0.4 < accepted[1] < 0.6


def test_a_loss_and_a_criterion_of_ones_own(attacked):
    classifier, x, y = attacked
    attack = Square(
        classifier, max_iter=30, eps=0.1, seed=0, loss=lambda x, y: x.mean(axis=(1, 2, 3)),
        adv_criterion=lambda outputs, y: np.zeros(len(y), bool), **QUIET,
    )  # fmt: skip
    made = attack.generate(x, y)
    assert np.all(made.mean(axis=(1, 2, 3)) < x.mean(axis=(1, 2, 3)) - 0.02)


def test_linf_proposals_follow_the_printed_step():
    generator = np.random.default_rng(0)
    x = generator.random((5, 6, 8, 2), "float32")
    proposals = SquaresLinf(x, 0.2, (0.0, 1.0))
    rows, images = np.array([0, 1, 3, 4]), x[[0, 1, 3, 4]].copy()
    for _ in range(30):
        numbers = generator.random((4, proposals.count))
        side = max(int(round(math.sqrt(0.2 * 48))), 1)
        made = proposals.propose(images, rows, 0.2, numbers)
        for i in range(4):
            top = int(numbers[i, 0] * (6 - side + 1))
            left = int(numbers[i, 1] * (8 - side + 1))
            expected = images[i].copy()
            for turned in (False, True):
                for c in range(2):
                    delta = 0.4 if (numbers[i, 2 + c] < 0.5) != turned else -0.4
                    part = images[i, top : top + side, left : left + side, c] + np.float32(delta)
                    clean = x[rows[i], top : top + side, left : left + side, c]
                    near = np.clip(part, clean - np.float32(0.2), clean + np.float32(0.2))
                    expected[top : top + side, left : left + side, c] = np.clip(near, 0, 1)
                if np.abs(expected - images[i]).max() > 1e-6:
                    break
            np.testing.assert_allclose(made[i], expected, atol=1e-6)
        images = made


def test_every_place_is_reached():
    proposals = SquaresLinf(np.full((1, 3, 3, 1), 0.5, "float32"), 0.1, (0.0, 1.0))
    grid = (np.arange(3) + 0.5) / 3
    seen = np.zeros((3, 3), bool)
    for top in grid:
        for left in grid:
            made = proposals.propose(proposals.x, [0], 0.01, np.array([[top, left, 0.2]]))
            seen |= made[0, ..., 0] != 0.5
    assert seen.all()


def plain_l2(x, image, eps, side, numbers, bump):
    """The printed step of the L2 attack for one image, on Python loops."""
    height, width, channels = x.shape
    v = (image - x).astype(float)
    corners = [int(n * (s - side + 1)) for n, s in zip(numbers, (height, width, height, width))]
    first = [(corners[0] + i, corners[1] + j) for i in range(side) for j in range(side)]
    second = [(corners[2] + i, corners[3] + j) for i in range(side) for j in range(side)]
    unused = max(eps**2 - np.sum(v**2), 0)
    bump = bump.T if numbers[4] < 0.5 else bump
    new = v.copy()
    for c in range(channels):
        sign = -1 if numbers[5 + c] < 0.5 else 1
        old = np.array([v[p][c] for p in first])
        t = sign * bump.reshape(-1) + old / max(np.linalg.norm(old), 1e-12)
        t = t if np.linalg.norm(t) > 1e-6 else sign * bump.reshape(-1)
        both = sum(v[p][c] ** 2 for p in set(first) | set(second))
        for p in second:
            new[p][c] = 0
        for p, value in zip(first, np.sqrt(both + unused / channels) * t / np.linalg.norm(t)):
            new[p][c] = value
    return np.clip(x + eps * new / np.linalg.norm(new), 0, 1)


def test_l2_proposals_follow_the_printed_step():
    generator = np.random.default_rng(1)
    x = (0.4 + 0.2 * generator.random((3, 9, 9, 2))).astype("float32")
    proposals = SquaresL2(x, 0.3, (0.0, 1.0))
    images = proposals.start(generator.random((3, proposals.start_count)))
    np.testing.assert_allclose(np.sum((images - x) ** 2, axis=(1, 2, 3)), 0.09, rtol=1e-4)
    bump = proposals._bumps(3, np.array([[0.9, 0.9, 0.9]]))[0, ..., 0]
    # By hand: above a pyramid of height 1 (value 1), below one of height 2 (1/4 around 5/4),
    # with the other sign; all of length 1.
    shape = np.array([[0, 1, 0], [-0.25] * 3, [-0.25, -1.25, -0.25]])
    np.testing.assert_allclose(bump, shape / np.linalg.norm(shape), atol=1e-12)
    for _ in range(20):
        numbers = generator.random((3, proposals.count))
        made = proposals.propose(images, np.arange(3), 0.1, numbers)
        for i in range(3):
            expected = plain_l2(x[i], images[i], 0.3, 3, numbers[i], bump)
            np.testing.assert_allclose(made[i], expected, atol=1e-5)
        images = made


@pytest.mark.parametrize("settings", [dict(norm=1), dict(refresh=-1), dict(seed=-1)])
def test_bad_settings(settings, attacked):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Square(attacked[0], **settings)
