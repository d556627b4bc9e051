"""What all averaging attacks share: early stopping, input, models without logits."""

import keras
import numpy as np
import pytest

from binomial_keras.evaluation.attacks import APGD, EOTPGD
from binomial_keras.evaluation.attacks.averaged_attack import check_logits
from tests.evaluation.attacks.known_models import images, linear, shaken


def test_an_image_leaves_after_a_hundred_wrong_draws(classifier_class):
    # The logit of class 1 is a.x + n b.x: along a (where b.x = 0) no draw gives class 0, along b
    # (where a.x = 0) every other one does.
    model, a, b = shaken(1.0)
    far, near = a - b * (a @ b) / (b @ b), b - a * (a @ b) / (a @ a)
    far, near = (
        (0.5 + 0.3 * v / np.abs(v).max()).reshape(1, 3, 3, 1).astype("float32")
        for v in (far, near)
    )
    classifier = classifier_class(model, draws=20)
    settings = dict(eps=1e-4, steps=12, momentum=0.0, random_start=False, loss="margin", seed=0)

    def forwards(x, y, **more):
        classifier.reset_counts()
        EOTPGD(classifier, **settings, **more).generate(x, np.array(y))
        return classifier.forwards // 20

    assert forwards(far, [0]) == 5  # 5 x 20 wrong draws in a row
    assert forwards(far, [0], early_stop=False) == 13
    assert forwards(near, [0]) == forwards(near, [1]) == forwards(far, [1]) == 13
    single = classifier_class(model)
    EOTPGD(single, **{**settings, "steps": 100}).generate(far, np.array([0]))
    assert single.forwards == 100 + 5 * 20  # one draw at a time never ends a run early


def test_a_fooled_image_of_a_deterministic_model_leaves_at_once(classifier_class):
    model, w, b = linear(3)
    x = images(30, 0, 1)
    y = (x.reshape(30, -1) @ w + b).argmax(1)
    classifier = classifier_class(model, draws=20)
    EOTPGD(classifier, eps=0.3, steps=9, random_start=False).generate(x, (y + 1) % 3)
    assert classifier.forwards == 30  # wrong from the start: one look


@pytest.mark.parametrize("attack", [EOTPGD, APGD])
def test_gradients_that_are_not_finite_are_named(attack, classifier_class, monkeypatch):
    import binomial_keras.evaluation.attacks.averaged_attack as base

    monkeypatch.setattr(base, "_SHARD", 4)
    image = keras.Input((2, 2, 1))
    root = keras.layers.Lambda(lambda x: keras.ops.sqrt(x - 0.5))(image)
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(root)))
    x = np.full((6, 2, 2, 1), 0.8, "float32")
    x[5, 0, 0, 0] = 0.2
    name = attack.__name__
    with pytest.raises(ValueError, match=f"{name}: the gradient is not finite .* number 5"):
        attack(classifier_class(model), eps=0.01, steps=2, early_stop=False, seed=0).generate(
            x, np.arange(6) % 3
        )


@pytest.mark.parametrize(
    "x, y, message",
    [
        (255 * images(3), [0, 1, 2], "`x`. Expected pixels from 0.0 to 1.0"),
        (images(3) * np.nan, [0, 1, 2], "`x`. Expected pixels from 0.0 to 1.0"),
        (images(3), [0, 1, 3], "`y`. Expected 3 classes, integers from 0 to 2"),
        (images(3), [0, 1], "`y`. Expected 3 classes"),
        (images(3), [0, 1, 0.5], "`y`. Expected 3 classes, integers"),
    ],
)
def test_bad_images_and_labels(x, y, message, classifier_class):
    with pytest.raises(ValueError, match=message):
        EOTPGD(classifier_class(linear(3)[0]), steps=1, seed=0).generate(x, np.array(y))


def test_labels_may_be_one_hot_or_missing(classifier_class):
    model, w, b = linear(3)
    x = images(5)
    attack = EOTPGD(classifier_class(model), eps=0.1, steps=3, seed=0)
    y = (x.reshape(5, -1) @ w + b).argmax(1)
    made = attack.generate(x, y)
    np.testing.assert_array_equal(attack.generate(x, np.eye(3)[y]), made)
    np.testing.assert_array_equal(attack.generate(x), made)
    with pytest.raises(ValueError, match="`y`. Expected the classes to be reached"):
        EOTPGD(attack.estimator, targeted=True, seed=0).generate(x)


def test_a_model_without_logits_is_refused(classifier_class):
    x = images(4)
    ends_in_softmax = linear(3, activation="softmax")[0]
    for logits in (True, False):
        check_logits(classifier_class(ends_in_softmax, logits=logits), x)
        check_logits(classifier_class(linear(3)[0], logits=logits), x)
    image = keras.Input((3, 3, 1))
    own = keras.layers.Lambda(lambda z: keras.ops.softmax(z))(linear(3)[0](image))
    for logits in (True, False):
        with pytest.raises(ValueError, match="a softmax that cannot be removed"):
            EOTPGD(
                classifier_class(keras.Model(image, own), logits=logits), steps=1, seed=0
            ).generate(x, np.arange(4) % 3)


def test_other_estimators_are_refused():
    from art.estimators.classification import TensorFlowV2Classifier
    from art.exceptions import EstimatorError

    theirs = TensorFlowV2Classifier.__new__(TensorFlowV2Classifier)
    with pytest.raises(EstimatorError):
        EOTPGD(theirs)


def test_arts_set_params(classifier_class):
    attack = EOTPGD(classifier_class(linear()[0]), seed=0)
    attack.set_params(eps=0.05, steps=3)
    assert attack.eps == 0.05 and attack.cost() == (1, 3)
    with pytest.raises(ValueError, match="`eps`"):
        attack.set_params(eps=-1)
