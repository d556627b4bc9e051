"""The pixel attack against enumeration, its evolution against a plain loop."""

import numpy as np
import pytest
from art.attacks.evasion import PixelAttack

from binomial_keras.evaluation.attacks import Pixel
from binomial_keras.evaluation.attacks.candidate_pixels import CandidatePixels
from binomial_keras.evaluation.attacks.differential_evolution import (
    DifferentialEvolution,
    two_others,
)
from binomial_keras.evaluation.attacks.draws_per_image import DrawsPerImage


def pixels_changed(made, x):
    return np.any(made != x, axis=-1).sum(axis=(1, 2))


@pytest.fixture
def tiny(linear):
    """A two-class classifier of 4x4 images, images, labels, and which one pixel can fool."""
    generator = np.random.default_rng(2)
    kernel = generator.normal(size=(16, 2))
    x = generator.random((40, 4, 4, 1), "float32")
    z = x.reshape(40, -1) @ kernel
    classifier = linear(kernel, -np.median(z, axis=0))
    y = classifier.predict(x).argmax(1)
    possible = []
    for image, label in zip(x, y):
        every = np.repeat(image.reshape(1, 16), 16 * 255, axis=0)
        place = np.repeat(np.arange(16), 255)
        every[np.arange(len(every)), place] = np.tile(np.arange(255), 16) / 255
        answers = classifier.predict(every.reshape(-1, 4, 4, 1)).argmax(1)
        possible.append(np.any(answers != label))
    return classifier, x, y, np.array(possible)


def test_finds_what_enumeration_finds(tiny):
    classifier, x, y, possible = tiny
    assert 5 < possible.sum() < 39
    made = Pixel(classifier, th=1, max_iter=20, seed=0, together=16).generate(x, y)
    np.testing.assert_array_equal(classifier.predict(made).argmax(1) != y, possible)
    np.testing.assert_array_equal(made[~possible], x[~possible])
    assert np.all(pixels_changed(made, x)[possible] == 1)
    values = made[made != x] * 255
    np.testing.assert_allclose(values, np.round(values), atol=1e-3)


def test_memory_saves_work_and_changes_nothing(tiny):
    classifier, x, y, possible = tiny
    x, y, made, used = x[~possible], y[~possible], [], []
    for memory in (True, False):
        classifier.reset_counts()
        made.append(Pixel(classifier, th=1, max_iter=15, seed=0, memory=memory).generate(x, y))
        used.append(classifier.forwards)
    np.testing.assert_array_equal(made[0], x)
    np.testing.assert_array_equal(*made)
    assert 2 * used[0] < used[1]


def test_hopeless_images_are_given_up(tiny):
    classifier, x, y, possible = tiny
    settings = dict(th=1, max_iter=40, seed=0, memory=False)
    everything = Pixel(classifier, **settings).generate(x, y)
    classifier.reset_counts()
    # One of 16 pixels takes well over a hundredth of the margin of any of these images ...
    np.testing.assert_array_equal(
        Pixel(classifier, give_up=0.01, **settings).generate(x, y), everything
    )
    used = classifier.forwards
    # ... and all of it only where it fools the model: 6 generations for the others.
    rest = x[~possible], y[~possible]
    Pixel(classifier, give_up=1.0, **settings).generate(*rest)
    assert classifier.forwards - used == len(rest[0]) * (6 * 399 + 1)


def test_stochastic_models_are_asked_every_time(noisy, classifier_class, tiny):
    assert not Pixel(classifier_class(noisy())).memory and Pixel(tiny[0]).memory
    assert Pixel(classifier_class(noisy()), memory=True).memory


def test_an_image_does_not_depend_on_the_others(tiny):
    classifier, x, y, _ = tiny
    attack = Pixel(classifier, th=2, max_iter=3, seed=4, together=7)
    other = Pixel(classifier, th=2, max_iter=3, seed=4, together=64)
    np.testing.assert_array_equal(attack.generate(x, y), other.generate(x, y))


def test_seeds(tiny):
    classifier, x, y, _ = tiny

    def run(seed, global_seed):
        np.random.seed(global_seed)
        return Pixel(classifier, th=2, max_iter=1, seed=seed).generate(x, y)

    np.testing.assert_array_equal(run(1, 0), run(1, 5))
    np.testing.assert_array_equal(run(None, 0), run(None, 0))
    assert np.any(run(None, 0) != run(None, 5)) and np.any(run(1, 0) != run(2, 0))


def test_at_least_as_strong_as_art(attacked):
    classifier, x, y = attacked
    np.random.seed(0)
    ours = Pixel(classifier, th=3, max_iter=4, seed=0).generate(x[:8], y[:8])
    theirs = PixelAttack(classifier, th=3, max_iter=4).generate(x[:8], y[:8])
    fooled = [classifier.predict(made).argmax(1) != y[:8] for made in (ours, theirs)]
    assert fooled[0].sum() >= fooled[1].sum() and fooled[0].any()


def test_targets_are_reached(tiny):
    classifier, x, y, possible = tiny
    attack = Pixel(classifier, th=1, max_iter=20, targeted=True, seed=0)
    made = attack.generate(x, 1 - y)
    np.testing.assert_array_equal(classifier.predict(made).argmax(1) == 1 - y, possible)
    with pytest.raises(ValueError, match="target"):
        attack.generate(x)


def test_smallest_number_of_pixels(tiny):
    classifier, x, y, possible = tiny
    attack = Pixel(classifier, max_iter=20, seed=0)
    made = attack.generate(x[:10], y[:10])
    assert np.all(classifier.predict(made).argmax(1) != y[:10])
    assert np.all(pixels_changed(made, x[:10]) <= attack.adv_th)
    np.testing.assert_array_equal(attack.adv_th == 1, possible[:10])


def test_candidates_are_images_with_some_pixels_replaced(attacked):
    classifier, x, y = attacked
    candidates = CandidatePixels(classifier, x, y, 2, False, True)
    numbers = np.random.default_rng(0).random((2, 5, 6))
    numbers[0, 0, :2] = 1.0  # a coordinate of 1 is row and column 0
    energies, margins = candidates.ask(np.array([3, 8]), numbers)
    for i, row in enumerate((3, 8)):
        for j in range(5):
            image = x[row].copy()
            for r, c, v in numbers[i, j].reshape(2, 3):
                image[int(r * 8) % 8, int(c * 8) % 8] = int(v * 255) / 255
            np.testing.assert_allclose(candidates.image(row, numbers[i, j]), image, atol=1e-6)
            z = classifier.predict(image[None])[0]
            np.testing.assert_allclose(energies[i, j], z[y[row]], atol=1e-4)
            others = np.delete(z, y[row]).max()
            np.testing.assert_allclose(margins[i, j], z[y[row]] - others, atol=1e-4)


def test_a_generation_is_that_of_the_printed_algorithm():
    generator = np.random.default_rng(0)
    evolution = DifferentialEvolution(7, 3, None)
    population, energies = generator.random((2, 7, 3)), generator.random((2, 7))
    evolution.best_first(population, energies)
    assert np.all(energies[:, 0] == energies.min(1))
    uniform = generator.random((2, 7 * 5 + 1))
    trials, new = evolution.trials(population, uniform), generator.random((2, 7))
    after, energies_after = evolution.select(population, energies, trials, new)
    for p in range(2):
        members, values = population[p].copy(), energies[p].copy()
        r, s = two_others(7, uniform[p : p + 1, :7], uniform[p : p + 1, 7:14])
        factor = 0.5 + 0.5 * uniform[p, -1]
        for i in range(7):
            trial = population[p, 0] + factor * (population[p, r[0, i]] - population[p, s[0, i]])
            outside = (trial < 0) | (trial > 1)
            trial[outside] = uniform[p, 14:-1].reshape(7, 3)[i][outside]
            np.testing.assert_array_equal(trials[p, i], trial)
            if new[p, i] < values[i]:
                members[i], values[i] = trial, new[p, i]
                if new[p, i] < values[0]:
                    members[0], values[0] = trial, new[p, i]
        np.testing.assert_array_equal(after[p], members)
        np.testing.assert_array_equal(energies_after[p], values)


def test_two_others_are_uniform():
    # All equally spaced pairs of numbers: every ordered pair of others comes equally often.
    size = 5
    grid = (np.arange(12) + 0.5) / 12
    first, second = (g.reshape(-1, 1) for g in np.meshgrid(grid, grid))
    r, s = two_others(size, np.tile(first, size), np.tile(second, size))
    for own in range(size):
        pairs, counts = np.unique(np.stack([r[:, own], s[:, own]]), axis=1, return_counts=True)
        assert pairs.shape[1] == 12 and np.all(counts == 12)
        assert own not in pairs and np.all(pairs[0] != pairs[1])


def test_the_start_is_a_latin_hypercube():
    evolution = DifferentialEvolution(11, 4, DrawsPerImage(0, range(3)))
    start = evolution.start(np.arange(3))
    bins = np.sort((start * 11).astype(int), axis=1)
    np.testing.assert_array_equal(bins, np.broadcast_to(np.arange(11)[:, None], (3, 11, 4)))


@pytest.mark.parametrize("settings", [dict(together=0), dict(seed=-1), dict(give_up=0)])
def test_bad_settings(settings, tiny):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Pixel(tiny[0], **settings)
