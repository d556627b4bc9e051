"""Scores against the exact law of a small network, and against a plain loop."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import predict_draws, score_draws
from binomial_keras.evaluation.fresh_draws import fresh_draws
from binomial_keras.evaluation.seeds import stream_seed
from tests.evaluation.enumerated import Law, network

IMAGES = np.array([[0.5, 0.5], [0.0, 0.0]], "float32")


@pytest.mark.parametrize("neuron, T", [("C", 1), ("B", 2)])
def test_the_means_are_those_of_the_exact_law(neuron, T):
    # 300 copies of each of 2 images, 30 draws: 9,000 answers, 3,000 votes and 3,000 disjoint
    # groups of 3 per image. Bounds: 5 s.d. each, together an error rate below 1 in 100,000.
    model, y, copies = network(neuron, T), np.array([1, 0]), 300
    score = score_draws(
        model, np.repeat(IMAGES, copies, axis=0), np.repeat(y, copies), 30, votes=3, seed=4
    )
    assert not score.deterministic
    for i, label in enumerate(y):
        law, own = Law(model, IMAGES[i], T), slice(i * copies, (i + 1) * copies)
        p, vote = law.vote(1, label), law.vote(3, label)
        spread = 5 * np.sqrt(0.25 / (10 * copies))
        # The three measures differ by more than the bound: none could pass for another.
        assert min(abs(vote - p), abs(p - p**3), abs(vote - p**3)) > spread
        assert score.share[own].mean() == pytest.approx(p, abs=spread / np.sqrt(3))
        assert score.vote_share(3)[own].mean() == pytest.approx(vote, abs=spread)
        assert score.worst_share(3)[own].mean() == pytest.approx(p**3, abs=spread)


@pytest.mark.parametrize("softmax", [True, False])
def test_counts_are_those_of_a_loop(softmax):
    # Logits and probabilities of the same network give the same score.
    model, x = network("B", 2, softmax), np.random.default_rng(1).random((9, 2), "float32")
    y = np.arange(9) % 3
    score = score_draws(model, x, y, draws=11, votes=(2, 5), seed=3, batch_size=4)
    outputs = np.array(list(fresh_draws(model, x, 11, stream_seed(3, "score"), 4)), float)
    p = outputs if softmax else np.exp(outputs) / np.exp(outputs).sum(-1, keepdims=True)
    for i in range(9):
        assert score.hits[i] == sum(draw[i].argmax() == y[i] for draw in p)
        for N in (2, 5):
            groups = [p[g : g + N, i] for g in range(0, 11 - N + 1, N)]
            right = sum(group.mean(axis=0).argmax() == y[i] for group in groups)
            assert score.vote_hits[N][i] == right
    assert score.forwards == 99


def test_the_seed_repeats_a_score_and_others_have_their_own_draws():
    model, y = network(), np.zeros(200, int)
    x = np.repeat(IMAGES[:1], 200, axis=0)
    score = score_draws(model, x, y, 5, votes=(), seed=1, batch_size=64)
    again = score_draws(model, x, y, 5, votes=(), seed=1, batch_size=64)
    np.testing.assert_array_equal(score.hits, again.hits)
    other = score_draws(model, x, y, 5, votes=(), seed=2, batch_size=64)
    assert (score.hits != other.hits).any()
    raw = (predict_draws(model, x, 5, seed=1, batch_size=64) == y).sum(axis=0)
    assert (score.hits != raw).any()
    assert score.seeds == (1,)


def test_deterministic_models_pass_once_and_all_measures_are_equal(convolutional, images):
    model, (x, y) = convolutional(), images(20)
    score = score_draws(model, x, y)
    right = keras.ops.convert_to_numpy(model(x)).argmax(-1) == y
    assert score.deterministic and score.forwards == 20
    for share in (score.share, *map(score.vote_share, (10, 30)), score.worst_share(30)):
        np.testing.assert_array_equal(share, right)
    assert len({(e.value, e.low, e.high) for e in score.table().values()}) == 1
    assert len(list(fresh_draws(model, x, 50, seed=0))) == 1


def test_noise_outside_the_seed_generators_is_seen(images):
    if keras.backend.backend() == "jax":
        pytest.skip("JAX refuses a draw without a seed inside a compiled function")

    class Unseeded(keras.layers.Layer):
        def call(self, inputs):
            return inputs + keras.random.normal(keras.ops.shape(inputs))

    image = keras.Input((8, 8, 1))
    model = keras.Model(image, keras.layers.Dense(4)(keras.layers.Flatten()(Unseeded()(image))))
    x, y = images(60)
    with pytest.warns(UserWarning, match="noise that none of its seed generators controls"):
        score = score_draws(model, x, y, 20, votes=())
    assert not score.deterministic and ((0 < score.hits) & (score.hits < 20)).any()


def test_an_estimator_is_scored_draw_by_draw(noisy, images, classifier_class):
    # Its own averaging over draws is not what is scored, and both kinds of outputs agree.
    model, (x, y) = noisy(scale=2.0), images(12)
    plain = score_draws(model, x, y, 12, votes=(3,), seed=5)
    for logits in (True, False):
        found = score_draws(classifier_class(model, draws=6, logits=logits), x, y, 12, (3,), 5)
        np.testing.assert_array_equal(found.hits, plain.hits)
        np.testing.assert_array_equal(found.vote_hits[3], plain.vote_hits[3])


def test_hashes_name_the_original_image_and_its_label(convolutional, images):
    model, (x, y) = convolutional(), images(6)
    own = score_draws(model, x, y).image_hashes
    attacked = score_draws(model, 1 - x, y, originals=x).image_hashes
    np.testing.assert_array_equal(own, attacked)
    assert len(set(own)) == 6
    assert not (own == score_draws(model, 1 - x, y).image_hashes).any()
    assert not (own == score_draws(model, x, (y + 1) % 4).image_hashes).any()


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(draws=0), "`draws`. Expected an integer >= 1. Received: draws=0"),
        (dict(draws=2.5), "`draws`. Expected an integer >= 1"),
        (dict(votes=(11,)), "`votes`. Expected different integers from 1 to draws=10"),
        (dict(votes=(3, 3)), "`votes`. Expected different integers"),
        (dict(votes=0), "`votes`. Expected an integer >= 1. Received: votes=0"),
        (dict(batch_size=0), "`batch_size`. Expected an integer >= 1"),
        (dict(seed=-1), "`seed`. Expected an integer >= 0. Received: seed=-1"),
        (dict(x=lambda x: 2 * x + 1), "`x`. Expected pixels from 0.0 to 1.0. Received: pixels"),
        (dict(x=lambda x: x * np.nan), "`x`. Expected pixels from 0.0 to 1.0"),
        (dict(x=lambda x: x[:0]), "`x`. Expected images .images, ...., at least one"),
        (dict(originals=lambda x: x[:2]), "`originals`. Expected the shape of `x`"),
        (dict(y=[0, 1, 4]), "`y`. Expected 3 classes, integers from 0 to 3. .* to 4"),
        (dict(y=[0, 1, -1]), "`y`. Expected 3 classes, integers from 0"),
        (dict(y=[0, 1, 0.5]), "`y`. Expected 3 classes, integers"),
        (dict(y=["a", "b", "c"]), "`y`. Expected 3 classes, integers"),
        (dict(y=[0, 1]), "`y`. Expected 3 classes, .*Received: y.shape=.2,."),
    ],
)
def test_errors(change, message, convolutional, images):
    x, _ = images(3)
    arguments = dict(x=x, y=[0, 1, 2], draws=10, votes=(5,))
    arguments |= {k: v(x) if callable(v) else v for k, v in change.items()}
    with pytest.raises(ValueError, match=message):
        score_draws(convolutional(), **arguments)


def test_outputs_that_are_not_finite_are_refused(convolutional, images):
    model, (x, y) = convolutional(), images(3)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, np.full_like(bias, np.nan)])
    with pytest.raises(ValueError, match="not finite for 3 of 3 images, the first .* number 0"):
        score_draws(model, x, y)
