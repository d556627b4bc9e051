"""Means over draws: folded and looped, expectation and vote, common noise, backward rules."""

import keras
import numpy as np
import pytest

from binomial_keras import backend
from binomial_keras.evaluation.draws import Draws
from binomial_keras.models import binomial_cnn, convert, reseed

# Images and draws. Five images are padded; PyTorch draws other numbers for them in a padded batch
# than for them alone.
N, K = 4 if keras.backend.backend() == "torch" else 5, 6


def softmax(z):
    z = np.exp(z - z.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def linear_parts(model):
    kernel, bias = (np.asarray(w, float) for w in model.get_weights())
    return kernel, bias


@pytest.fixture
def noisy_logits(noisy, monkeypatch):
    """A linear model with noise on its logits, and the logits of K draws after `reseed(7)`."""

    def make(x, fold):
        model = noisy()
        layer = next(one for one in model.layers if type(one).__name__ == "Noise")
        layer.noise_per_image = fold
        before = keras.Model(model.inputs[0], model.layers[-1].input)
        reseed(model, 7)
        if fold:
            z = backend.compile_forward(before, lambda outputs: outputs, K)(x)
        else:
            one = backend.compile_forward(before)
            z = np.stack([one(x) for _ in range(K)], 1)
        reseed(model, 7)
        return model, z.astype(float)

    return make


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("average", ["loss", "vote"])
@pytest.mark.parametrize("loss", ["cross_entropy", "margin"])
def test_loss_and_gradient_of_known_draws(
    fold, average, loss, noisy_logits, images, classifier_class
):
    x, y = images(N)
    model, z = noisy_logits(x, fold)
    classifier = classifier_class(model, draws=K, batch_size=32, average=average)
    # Finding out what the model is must not use up noise.
    assert classifier.stochastic
    value, right, gradient = classifier.loss_and_gradient(x, y, loss)
    kernel, _ = linear_parts(model)
    truth = np.eye(4)[y][:, None]
    p = softmax(z)
    if loss == "cross_entropy" and average == "loss":
        expected = -np.log((p * truth).sum(-1)).mean(1)
        slope = (p - truth).mean(1)
    elif loss == "cross_entropy":
        vote = p.mean(1)
        expected = -np.log(vote[np.arange(N), y])
        share = (p * truth).sum(-1, keepdims=True)
        slope = (share * (p - truth)).mean(1) / vote[np.arange(N), y][:, None]
    elif average == "loss":
        others = np.where(truth > 0, -np.inf, z)
        expected = (others.max(-1) - (z * truth).sum(-1)).mean(1)
        slope = (np.eye(4)[others.argmax(-1)] - truth).mean(1)
    else:
        vote = p.mean(1)
        others = np.where(truth[:, 0] > 0, -np.inf, np.log(vote))
        best = others.argmax(-1)
        expected = others.max(-1) - np.log(vote[np.arange(N), y])

        def of_log_vote(c):
            share = p[np.arange(N), :, c]
            return (share[..., None] * (np.eye(4)[c][:, None] - p)).mean(1) / vote[
                np.arange(N), c
            ][:, None]

        slope = of_log_vote(best) - of_log_vote(y)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(right, (z.argmax(-1) == y[:, None]).mean(1), atol=1e-6)
    np.testing.assert_allclose(gradient.reshape(N, -1), slope @ kernel.T, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("logits", [True, False])
def test_vote_outputs_and_class_gradients(fold, logits, noisy_logits, images, classifier_class):
    x, y = images(N)
    model, z = noisy_logits(x, fold)
    options = dict(draws=K, batch_size=32, average="vote", logits=logits)
    p, kernel = softmax(z), linear_parts(model)[0]
    vote = p.mean(1)
    found = classifier_class(model, **options).predict(x)
    np.testing.assert_allclose(found, np.log(vote) if logits else vote, rtol=1e-4, atol=1e-5)
    # d p_c / dz_j = p_c (1[c = j] - p_j), mean over the draws, then through the kernel.
    slope = np.einsum("nkc,nkcj->ncj", p, np.eye(4) - p[:, :, None, :]) / K @ kernel.T
    slope = slope / vote[..., None] if logits else slope
    reseed(model, 7)
    classifier = classifier_class(model, **options)
    np.testing.assert_allclose(
        classifier.class_gradient(x).reshape(N, 4, -1), slope, rtol=1e-3, atol=1e-5
    )
    reseed(model, 7)
    one = classifier.class_gradient(x, label=y).reshape(N, -1)
    np.testing.assert_allclose(one, slope[np.arange(N), y], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("images, batch, expected", [(1, 64, 1), (4, 64, 2), (64, 64, 20),
                                                     (200, 64, 20), (13, 64, 5)])
def test_never_more_than_a_batch_at_once(images, batch, expected):
    # The largest divisor of 20 with divisor * images <= batch; the rest is the loop.
    draws = Draws(binomial_cnn((8, 8, 1), 3, (4,), "C", seed=0, convolutions=1), 20, batch)
    assert draws.stochastic and draws.foldable
    assert draws.rounds(images) == expected
    assert 20 // draws.rounds(images) * min(images, batch) <= batch


def test_a_layer_that_may_share_its_noise_is_not_folded(noisy):
    draws = Draws(noisy(), 20, 64)
    assert draws.stochastic and not draws.foldable and draws.rounds(1) == 20


@pytest.mark.parametrize("neuron", ["B", "A"])
def test_folded_and_looped_draws_have_one_law(neuron, classifier_class):
    # 400 values per method, each the mean probability of one class over K = 20 draws; its
    # standard error is at most 0.5 / sqrt(20 * 400) = 0.0056 a method. Bound: 5 sigma of the
    # difference, 0.04; the chance to fail is below 1e-6.
    model = binomial_cnn((8, 8, 1), 2, (4,), neuron, 2, seed=0, convolutions=1)
    x = np.full((400, 8, 8, 1), 0.5, "float32")
    looped = classifier_class(model, draws=20, batch_size=400, logits=False)
    folded = classifier_class(model, draws=20, batch_size=8000, logits=False)
    assert looped._draws.rounds(400) == 20 and folded._draws.rounds(400) == 1
    a, b = looped.predict(x), folded.predict(x)
    assert abs(a.mean(0) - b.mean(0)).max() < 0.04
    # Independent draws: the spread between images falls with sqrt(K) in both, to within 30 %.
    assert 0.7 < a[:, 0].std() / b[:, 0].std() < 1.4


def test_a_deterministic_model_is_asked_once(convolutional, images, classifier_class):
    (x, y), model = images(9), convolutional()
    one, many = classifier_class(model), classifier_class(model, draws=50, average="vote")
    np.testing.assert_allclose(many.loss_gradient(x, y), one.loss_gradient(x, y), atol=1e-5)
    np.testing.assert_allclose(many.losses(x, y)[0], one.losses(x, y)[0], atol=1e-5)
    assert many.forwards == one.forwards == 18


def test_common_noise_lasts_until_it_is_renewed(noisy, images, classifier_class):
    (x, y), model = images(9), noisy()
    classifier = classifier_class(model, draws=2, common_noise=True)
    first, again = classifier.predict(x), classifier.predict(x)
    np.testing.assert_array_equal(first, again)
    value = classifier.losses(x, y)[0]
    np.testing.assert_allclose(classifier.loss_and_gradient(x, y)[0], value, rtol=1e-6)
    classifier.renew_noise()
    assert np.abs(classifier.predict(x) - first).max() > 1e-2
    free = classifier_class(model, draws=2)
    assert np.abs(free.predict(x) - free.predict(x)).max() > 1e-2


def test_another_backward_rule_changes_the_gradient_alone(images, classifier_class):
    (x, y) = images(6)
    model = binomial_cnn((8, 8, 1), 4, (4,), "B", 2, seed=0, convolutions=1)
    own = classifier_class(model, draws=3)
    twin = classifier_class(model, draws=3, backward="twin")
    found = []
    for classifier in (own, twin):
        reseed(model, 9)
        found.append(classifier.loss_and_gradient(x, y))
        found.append(classifier.losses(x, y))
    np.testing.assert_allclose(found[0][0], found[2][0], rtol=1e-5)
    np.testing.assert_allclose(found[0][1], found[2][1])
    deterministic = classifier_class(convert(model, "D")).loss_gradient(x, y)
    np.testing.assert_allclose(found[2][2], deterministic, atol=1e-6)
    assert np.abs(found[0][2] - deterministic).max() > 1e-4


def test_a_stochastic_rule_goes_on_with_the_models_noise(images, classifier_class):
    (x, y) = images(6)
    model = binomial_cnn((8, 8, 1), 4, (4,), "C", seed=0, convolutions=1)
    classifier = classifier_class(model, backward="relaxed 0.5")
    reseed(model, 1)
    first, second = classifier.loss_gradient(x, y), classifier.loss_gradient(x, y)
    reseed(model, 1)
    np.testing.assert_array_equal(classifier.loss_gradient(x, y), first)
    assert np.abs(first - second).max() > 1e-5


@pytest.mark.parametrize("loss, goal, classes", [("dlr", False, 2), ("dlr", True, 3)])
def test_losses_that_need_more_classes(loss, goal, classes, noisy, images, classifier_class):
    classifier = classifier_class(noisy(classes=classes))
    x, y = images(3, classes=2)
    with pytest.raises(ValueError, match=rf"{loss!r} needs at least {classes + 1} classes"):
        classifier.losses(x, y, loss, 1 - y if goal else None)


def test_wrong_arguments(noisy, images, classifier_class):
    with pytest.raises(ValueError, match="`average`. Expected one of"):
        classifier_class(noisy(), average="median")
    with pytest.raises(ValueError, match="`backward`. Expected one of"):
        classifier_class(noisy(), backward="twin")
    x, y = images(3)
    with pytest.raises(ValueError, match="`loss`. Expected one of"):
        classifier_class(noisy()).losses(x, y, "hinge")
