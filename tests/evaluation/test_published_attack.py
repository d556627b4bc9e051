"""The five published attacks."""

import json
import random

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import PublishedAttack, published_suite

# Enough to move some images, and quick.
SHORT = {
    "FGM": {},
    "DeepFool": dict(max_iter=5),
    "Square": dict(max_iter=10),
    "C&W": dict(max_iter=3, binary_search_steps=2, initial_const=1.0),
    "Pixel": dict(max_iter=1),
}


@pytest.fixture
def attacked(convolutional, images, classifier_class):
    model, (x, _) = convolutional(), images(6)
    return classifier_class(model, logits=False), x, keras.ops.convert_to_numpy(model(x)).argmax(-1)


def short(name):
    return published_suite("digits")[name].replace(**SHORT[name])


@pytest.mark.parametrize("data", ["digits", "mnist", "fashion_mnist", "cifar10"])
def test_suite(data):
    suite = published_suite(data)
    assert list(suite) == ["FGM", "DeepFool", "Square", "C&W", "Pixel"]
    budgets = (8 / 255, 0.13) if data == "cifar10" else (0.1, 0.3)
    assert tuple(dict(suite[n].settings)["eps"] for n in ("FGM", "Square")) == budgets
    assert dict(suite["Pixel"].settings) == dict(th=1, es=1, max_iter=100)
    for name, attack in suite.items():
        stored = json.loads(json.dumps(attack.to_dict()))
        assert PublishedAttack(stored["name"], stored["settings"]) == attack == suite[name]


def test_attacks_are_values():
    attack = published_suite("mnist")["FGM"]
    stronger = attack.replace(eps=0.2)
    assert dict(stronger.settings)["eps"] == 0.2 and dict(attack.settings)["eps"] == 0.1
    assert len({attack, stronger, stronger.replace(eps=0.1)}) == 2


@pytest.mark.parametrize("name", list(SHORT))
def test_results_are_images_and_repeat_with_the_seed(name, attacked):
    classifier, x, y = attacked
    kept = x.copy()
    made = short(name).run(classifier, x, y, seed=1)
    np.testing.assert_array_equal(x, kept)
    assert made.dtype == np.float32 and made.shape == x.shape
    assert made.min() >= 0 and made.max() <= 1
    np.testing.assert_array_equal(short(name).run(classifier, x, y, seed=1), made)


@pytest.mark.parametrize("name", ["FGM", "Square"])
def test_budgets_are_kept(name, attacked):
    classifier, x, y = attacked
    made = short(name).replace(eps=0.07).run(classifier, x, y)
    assert 0.06 < np.abs(made - x).max() < 0.0701


def test_fgm_is_the_signed_gradient(attacked):
    classifier, x, y = attacked
    expected = np.clip(x + 0.1 * np.sign(classifier.loss_gradient(x, y)), 0, 1)
    np.testing.assert_allclose(short("FGM").run(classifier, x, y), expected, atol=1e-6)


def test_pixel_changes_one_pixel_or_nothing(attacked):
    classifier, x, y = attacked
    made = short("Pixel").run(classifier, x, y)
    changed = (made != x).any(-1).sum((1, 2))
    fooled = classifier.predict(made).argmax(-1) != y
    np.testing.assert_array_equal(changed, fooled)


def test_pixel_failures_are_the_originals(attacked):
    # No pixel can fool a classifier that answers the same to everything.
    classifier, x, _ = attacked
    last = classifier.model.layers[-1]
    last.set_weights([0 * last.get_weights()[0], np.array([9, 0, 0, 0], "float32")])
    made = short("Pixel").run(classifier, x, np.zeros(6, int))
    np.testing.assert_array_equal(made, x)


def test_pixel_cost(attacked):
    # On one channel 133 * 3 candidates at the start and in each generation, and one image to
    # check after each and at the end.
    classifier, x, _ = attacked
    last = classifier.model.layers[-1]
    last.set_weights([0 * last.get_weights()[0], np.array([9, 0, 0, 0], "float32")])
    classifier.reset_counts()
    short("Pixel").replace(max_iter=2).run(classifier, x[:2], np.zeros(2, int))
    assert classifier.forwards == 2 * (3 * 399 + 2 + 1)


def test_square_moves_only_what_is_classified_correctly(attacked):
    classifier, x, y = attacked
    wrong = (y + 1) % 4
    np.testing.assert_array_equal(short("Square").run(classifier, x, wrong), x)


def test_global_generators_are_put_back(attacked):
    classifier, x, y = attacked
    np.random.seed(3)
    random.seed(3)
    expected = np.random.random(), random.random()
    np.random.seed(3)
    random.seed(3)
    short("Square").run(classifier, x, y, seed=9)
    assert (np.random.random(), random.random()) == expected


def test_no_progress_bars(attacked, capfd):
    classifier, x, y = attacked
    for name in SHORT:
        short(name).run(classifier, x[:2], y[:2])
    assert "it/s" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda c: published_suite("imagenet"), "`data`. Expected one of"),
        (lambda c: PublishedAttack("PGD"), "`name`. Expected one of.*Received: name='PGD'"),
        (lambda c: short("FGM").replace(epsilon=1).run(c, *[None] * 2), r"Received: \['epsilon'\]"),
    ],
)
def test_errors(call, message, attacked):
    with pytest.raises(ValueError, match=message):
        call(attacked[0])
