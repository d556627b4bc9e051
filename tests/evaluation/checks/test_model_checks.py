"""Checks that need a model, on models whose answers are known."""

import keras
import numpy as np
import pytest
from keras import ops

from binomial_keras.evaluation.checks import (
    Check,
    Probe,
    draws_curve,
    frozen_noise,
    gradient_signal,
    large_eps,
    logits,
    more_draws,
    more_steps,
    most_passes,
    randomness,
    run_checks,
    zero_gradients,
)
from tests.evaluation.attacks.known_models import SIDE, images, linear, shaken


@keras.saving.register_keras_serializable(package="tests")
class Steps(keras.layers.Layer):
    """Rounds its input to tenths; its derivative is zero wherever there is one."""

    def call(self, inputs):
        return ops.round(inputs * 10) / 10

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="tests")
class Hidden(keras.layers.Layer):
    """Noise that no seed generator moves."""

    def call(self, inputs):
        return inputs + keras.random.normal(ops.shape(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape


def rounded(seed=5):
    """A linear model of a rounded image."""
    model, *_ = linear(seed=seed)
    image = keras.Input((SIDE, SIDE, 1))
    return keras.Model(image, model(Steps()(image)))


def test_linear_model_passes_all_that_apply(probe_of):
    found = run_checks(probe_of(linear(classes=3)[0]))
    verdicts = {one.name: one.passed for one in found.checks}
    assert verdicts == {
        "logits": True, "randomness": True, "zero gradients": True, "gradient signal": None,
        "more steps": True, "more draws": None, "complete at large eps": True,
        "frozen noise falls": None,
    }  # fmt: skip
    assert found.curve == {}


@pytest.mark.parametrize("norm", ["inf", 2])
def test_zero_gradients_and_what_follows(norm, probe_of):
    probe = probe_of(rounded(), norm=norm)
    audit, complete = zero_gradients(probe), large_eps(probe)
    assert audit.passed is False and audit.value == 100
    # Nothing moves: all images are still right, where a grey one has no class at all.
    assert complete.passed is False and complete.value == 100
    whole = large_eps(probe_of(linear()[0], norm=norm))
    assert whole.passed is True and whole.value == 0
    assert ("eps 1.5 " if norm == 2 else "eps 0.5 ") in whole.detail


def test_one_loss_is_blind_but_not_both(probe_of):
    # Cross-entropy under the own rule has no slope for large logits; the margin has.
    image = keras.Input((SIDE, SIDE, 1))
    model, *_ = linear()
    steep = keras.Model(image, keras.layers.Rescaling(1e6)(model(image)))
    alone = zero_gradients(probe_of(steep, losses=("cross_entropy",)))
    both = zero_gradients(probe_of(steep, losses=("cross_entropy", "margin")))
    assert alone.passed is False and alone.value == 100
    assert both.passed is True and "Warning: attacks by own alone" in both.detail


def test_gradients_that_are_not_finite(probe_of):
    image = keras.Input((SIDE, SIDE, 1))
    model, *_ = linear()
    # The slope of sqrt at 0 is infinite, and 0 * infinity is not a number.
    nothing = ops.sqrt(0.0 * ops.abs(model(image)))
    probe = probe_of(keras.Model(image, model(image) + nothing))
    found = {one.name: one for one in run_checks(probe).checks}
    assert found["zero gradients"].passed is False
    assert "NOT FINITE" in found["zero gradients"].detail
    assert found["more steps"].passed is None and "not finite" in found["more steps"].detail


@pytest.mark.parametrize("scale, passed", [(0.3, True), (30.0, False)])
def test_gradient_signal_follows_the_noise(scale, passed):
    # At x = 0.5 all logits are 0 and the mean of K gradients is (a + n b) / 2 exactly, with
    # n ~ N(0, scale^2 / K). 256 images; tolerance 4 standard errors (false alarm: 6e-5).
    model, a, b = shaken(scale)
    x = np.full((256, SIDE, SIDE, 1), 0.5, "float32")
    found = gradient_signal(Probe(model, x, np.zeros(256, int), 0.1, draws=4))
    n = np.random.default_rng(0).normal(0, scale / 2, (2, 100_000, 1))
    one, two = a + n * b
    cosines = (one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert found.value == pytest.approx(cosines.mean(), abs=4 * cosines.std() / np.sqrt(256))
    assert found.passed is passed
    assert found.detail.startswith("Mean cosine by number of draws: 1: ")


def test_randomness(probe_of):
    model, *_ = shaken(1.0)
    assert randomness(probe_of(model)).passed is True
    one = randomness(probe_of(model, draws=1))
    assert one.passed is False and one.value > 1e-4


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="Keras refuses noise without a generator on JAX"
)
def test_noise_that_no_generator_controls():
    image = keras.Input((SIDE, SIDE, 1))
    secret = keras.Model(image, Hidden()(linear()[0](image)))
    probe = Probe(secret, images(8), np.zeros(8, int), 0.1, draws=20)
    found = randomness(probe)
    assert found.passed is False and "no seed generator moves" in found.detail


def test_probabilities_given_where_logits_are_needed(probe_of):
    image = keras.Input((SIDE, SIDE, 1))
    model, *_ = linear(activation="softmax")
    assert logits(probe_of(model)).passed is True
    given = keras.Model(image, keras.layers.Rescaling(1.0)(model(image)))
    found = {one.name: one for one in run_checks(probe_of(given)).checks}
    assert found["logits"].passed is False and "distributions" in found["logits"].detail
    for name in ("more steps", "complete at large eps"):
        assert found[name].passed is None and "No attack was possible" in found[name].detail


def test_more_steps_sees_a_number_that_is_too_small(probe_of, monkeypatch):
    # Accuracies by number of steps, as an attack might find them.
    probe = probe_of(linear()[0], steps=3)
    scores = {3: 1.0, 15: 0.5}

    def pgd(steps=None, **others):
        return steps

    class Score:
        deterministic = True

        def __init__(self, steps):
            self.accuracy = scores[steps]

    monkeypatch.setattr(probe, "pgd", pgd)
    monkeypatch.setattr(probe, "score", Score)
    found = more_steps(probe)
    assert found.passed is False and found.value == -50 and "Too few" in found.detail
    scores[15] = 0.995
    assert more_steps(probe).passed is True
    scores.update({3: 0.2, 15: 0.3})
    assert more_steps(probe).passed is False and "More is weaker" in more_steps(probe).detail


def test_draws_curve_and_its_end(probe_of):
    probe = probe_of(shaken(4.0)[0], draws=8, score_draws=50)
    curve = draws_curve(probe)
    assert list(curve) == [1, 5, 8, 16]
    found = more_draws(probe, curve)
    change = 100 * (curve[16].share - curve[8].share).mean()
    assert found.value == pytest.approx(change)
    # Two standard errors of a difference of binomial means, and a point.
    spread = sum((s.share * (1 - s.share) / 50).sum() for s in (curve[8], curve[16]))
    allowed = 1 + 2 * 100 * np.sqrt(spread) / len(probe.x)
    assert found.limit == f"within ±{allowed:.1f} points"
    assert found.passed == (abs(change) <= allowed)


def test_frozen_noise(probe_of):
    # Given the draw, the margin is linear in the image: PGD finds its corner exactly.
    model, *_ = shaken(1.0)
    falls = frozen_noise(probe_of(model, eps=0.1, largest=0.9))
    stays = frozen_noise(probe_of(model, eps=0.1, largest=1e-4))
    assert falls.passed is True and falls.value == 0
    assert stays.passed is False and stays.value > 50


def test_frozen_classifier_repeats_its_draw():
    from binomial_keras.evaluation.checks.frozen_classifier import FrozenClassifier

    model, *_ = shaken(1.0)
    x = images(5)
    frozen = FrozenClassifier(model, 3)
    one = frozen.predict(x)
    frozen.renew_noise()
    np.testing.assert_array_equal(one, frozen.predict(x))
    frozen.loss_and_gradient(x, np.zeros(5, int))
    np.testing.assert_array_equal(one, frozen.predict(x))
    assert np.abs(one - FrozenClassifier(model, 4).predict(x)).max() > 1e-3


def test_checks_do_not_depend_on_each_other(probe_of):
    model, *_ = shaken(1.0)
    first = probe_of(model)
    run_checks(first)
    np.testing.assert_array_equal(first.pgd(), probe_of(model).pgd())


def test_passes_stay_below_what_is_announced(probe_of):
    for model in (shaken(1.0)[0], linear()[0]):
        probe = probe_of(model)
        run_checks(probe)
        most = most_passes(12, 5, 4, 1, probe.stochastic)
        assert 0 < probe.passes[1] <= most


def test_check_texts():
    one = Check("a", False, 12.345, "at most 1 %", "seen", "%")
    assert str(one) == "a: FAIL, 12.3 % (at most 1 %). seen"
    assert Check(**one.to_dict()) == one
    assert Check.not_applicable("a", "why").verdict == "not applicable"


@pytest.mark.parametrize("wrong, sentence", [
    (dict(draws=0), "draws=0"), (dict(steps=0), "steps=0"), (dict(score_draws=0), "score_draws=0"),
])
def test_wrong_arguments(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Probe(linear()[0], images(3), np.zeros(3, int), 0.1, **wrong)
    with pytest.raises(ValueError, match="at most 256 images"):
        Probe(linear()[0], images(257), np.zeros(257, int), 0.1)
