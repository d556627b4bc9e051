"""Images made for one classifier and tried on another."""

import numpy as np
import pytest

from binomial_keras.evaluation.attacks import EOTPGD, Transfer
from tests.evaluation.attacks.known_models import best_change, images, linear, shaken


def test_attacks_the_source_and_never_asks_the_target(classifier_class):
    source, w, _ = linear()
    target, other = classifier_class(shaken(0.5)[0], draws=20), classifier_class(source)
    x, y = images(6), np.arange(6) % 2
    made = Transfer(target, other, eps=0.2, steps=20, seed=0).generate(x, y)
    # No early stop: the source's optimum, not the first point that fools it.
    np.testing.assert_allclose(made, x + best_change(w, y, 0.2, "inf"), atol=1e-6)
    assert target.forwards == target.backwards == 0
    attack = EOTPGD(other, eps=0.2, steps=20, early_stop=False, seed=0)
    np.testing.assert_array_equal(made, attack.generate(x, y))
    assert Transfer(target, other, steps=20).cost() == attack.cost()


def test_without_labels_those_of_the_target(classifier_class):
    source, target = classifier_class(linear()[0]), classifier_class(linear(seed=9)[0])
    x = images(6)
    y = target.predict(x).argmax(1)
    made = Transfer(target, source, eps=0.1, steps=3, seed=0)
    np.testing.assert_array_equal(made.generate(x), made.generate(x, y))


def test_errors(classifier_class):
    target = classifier_class(linear()[0])
    with pytest.raises(ValueError, match="`source`. Expected the classes"):
        Transfer(target, classifier_class(linear(3)[0]))
    with pytest.raises(ValueError, match="`source`. Expected an ARTClassifier"):
        Transfer(target, linear()[0])
    with pytest.raises(ValueError, match="`eps`. Expected a number > 0"):
        Transfer(target, target, eps=0)
