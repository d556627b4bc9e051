"""Labels over many draws."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import predict_draws, scoring


def test_deterministic_models_are_evaluated_once(convolutional, images, monkeypatch):
    model, (x, _) = convolutional(), images(9)
    calls = []
    original = scoring._labels
    monkeypatch.setattr(scoring, "_labels", lambda *a: calls.append(1) or original(*a))
    labels = predict_draws(model, x, 5, seed=0, batch_size=4)
    assert len(calls) == 1 and labels.shape == (5, 9) and labels.dtype == np.int64
    np.testing.assert_array_equal(labels, np.repeat(labels[:1], 5, axis=0))
    np.testing.assert_array_equal(labels[0], keras.ops.convert_to_numpy(model(x)).argmax(-1))


def test_draws_are_fresh_and_the_seed_repeats_them(noisy, images):
    model, (x, _) = noisy(scale=3.0), images(20)
    first = predict_draws(model, x, 6, seed=1)
    assert all((first[i] != first[j]).any() for i in range(6) for j in range(i))
    np.testing.assert_array_equal(predict_draws(model, x, 6, seed=1), first)
    assert (predict_draws(model, x, 6, seed=2) != first).any()


def test_frequencies_follow_the_law(noisy):
    # Two classes whose logits differ by d plus noise N(0, 2 scale^2): P(class 0) = Phi(d /
    # (scale sqrt 2)). 4,000 independent answers: s.d. at most 0.008; the bound is 5 s.d.
    from math import erf

    model = noisy(scale=1.0, classes=2)
    x = np.full((200, 8, 8, 1), 0.5, "float32")
    difference = 0.7
    dense = next(layer for layer in model.layers if layer.weights)
    kernel, bias = dense.get_weights()
    logits = x[:1].reshape(1, -1) @ kernel
    dense.set_weights([kernel, np.array([difference, 0], "float32") - logits[0]])
    share = np.mean(predict_draws(model, x, 20, seed=3) == 0)
    assert share == pytest.approx(0.5 * (1 + erf(difference / 2)), abs=0.04)


def test_an_estimator_lends_its_compiled_forward_pass(noisy, images, classifier_class):
    model, (x, _) = noisy(), images(10)
    classifier = classifier_class(model, draws=7)
    labels = predict_draws(classifier, x, 3, seed=1)
    np.testing.assert_array_equal(labels, predict_draws(model, x, 3, seed=1))
    assert classifier.forwards == 0


def test_errors(convolutional, images):
    for draws, batch_size in ((0, 8), (1, 0)):
        with pytest.raises(ValueError, match="Expected integers >= 1"):
            predict_draws(convolutional(), images(2)[0], draws, seed=0, batch_size=batch_size)
