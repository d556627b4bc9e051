"""Attacking and scoring."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import evaluate_attack, published_suite


class Shift:
    """An attack with a known result: adds a constant, leaves the first image alone."""

    def __init__(self, change):
        self.change = change

    def run(self, classifier, x, y, seed=0):
        classifier.predict(x)
        made = x.copy()
        made[1:] = np.clip(made[1:] + self.change, 0, 1)
        return made


def test_sizes_costs_and_scores(convolutional, images, classifier_class):
    from skimage.metrics import structural_similarity

    model, (x, y) = convolutional(), images(5)
    x = 0.5 * x  # room for the change below 1
    classifier = classifier_class(model)
    outcome = evaluate_attack(classifier, Shift(0.25), x, y, draws=3)
    np.testing.assert_allclose(outcome.l2, [0, 2, 2, 2, 2], atol=1e-5)  # 0.25 * sqrt(64)
    np.testing.assert_allclose(outcome.linf, [0, 0.25, 0.25, 0.25, 0.25], atol=1e-6)
    assert outcome.unchanged.tolist() == [True, False, False, False, False]
    assert (outcome.forwards, outcome.backwards) == (5, 0) and outcome.seconds > 0
    expected = [
        structural_similarity(a, b, data_range=1.0, channel_axis=-1)
        for a, b in zip(x.astype(float), outcome.adversarial.astype(float))
    ]
    np.testing.assert_allclose(outcome.ssim, expected, atol=1e-5)
    for scored, pictures in ((outcome.correct, outcome.adversarial), (outcome.clean_correct, x)):
        right = keras.ops.convert_to_numpy(model(pictures)).argmax(-1) == y
        np.testing.assert_array_equal(scored, np.repeat(right[None], 3, axis=0))
    assert outcome.accuracy == outcome.correct.mean()
    assert outcome.clean_accuracy == outcome.clean_correct.mean()


def test_scores_use_fresh_draws_and_repeat_with_the_seed(noisy, images, classifier_class):
    x, y = images(30)
    classifier = classifier_class(noisy(scale=2.0), logits=False)
    attack = published_suite("digits")["Square"].replace(max_iter=5)
    first, second, other = (
        evaluate_attack(classifier, attack, x, y, draws=4, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.adversarial, second.adversarial)
    np.testing.assert_array_equal(first.correct, second.correct)
    np.testing.assert_array_equal(first.clean_correct, second.clean_correct)
    assert first.forwards == second.forwards
    assert (first.clean_correct != other.clean_correct).any()
    assert (first.correct[0] != first.correct[1]).any()
    # An unchanged image is scored in other draws than its original.
    still = first.unchanged
    assert still.any() and (first.correct[:, still] != first.clean_correct[:, still]).any()


def test_images_below_the_window_have_no_similarity(convolutional, images, classifier_class):
    classifier = classifier_class(convolutional(side=5))
    x, y = images(3, side=5)
    assert evaluate_attack(classifier, Shift(0.1), x, y, draws=1).ssim is None


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(x=lambda x: 255 * x), "`x`. Expected pixels from 0.0 to 1.0. Received: pixels"),
        (dict(x=lambda x: x - np.inf), "Expected pixels from 0.0 to 1.0"),
        (dict(x=lambda x: x * np.nan), "Expected pixels from 0.0 to 1.0"),
        (dict(x=lambda x: x[..., 0]), "`x`. Expected an array of shape"),
        (dict(y=lambda y: y[:2]), "`y`. Expected 3 classes, integers from 0 to 3"),
        (dict(y=lambda y: y + 4), "`y`. Expected 3 classes, integers from 0 to 3"),
        (dict(draws=lambda d: 0), "`draws`. Expected an integer >= 1. Received: draws=0"),
    ],
)
def test_errors(change, message, convolutional, images, classifier_class):
    x, y = images(3)
    arguments = dict(x=x, y=y, draws=2)
    arguments = {k: change.get(k, lambda v: v)(v) for k, v in arguments.items()}
    with pytest.raises(ValueError, match=message):
        evaluate_attack(classifier_class(convolutional()), Shift(0.1), **arguments)
