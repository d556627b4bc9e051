"""DeepFool against ART's own class and against a plain loop."""

import logging

import numpy as np
import pytest
from art.attacks.evasion import DeepFool as ARTDeepFool

from binomial_keras.evaluation.attacks import DeepFool

QUIET = dict(verbose=False)


def test_images_are_those_of_art(attacked):
    classifier, x, y = attacked
    made = DeepFool(classifier, max_iter=30, batch_size=7, **QUIET).generate(x)
    theirs = ARTDeepFool(classifier, max_iter=30, batch_size=7, **QUIET).generate(x)
    # The same arithmetic on batches of other sizes: float32 rounding, no more.
    np.testing.assert_allclose(made, theirs, atol=1e-5)
    moved = np.abs(made - x).max(axis=(1, 2, 3))
    assert np.all(moved > 1e-4) and np.mean(classifier.predict(made).argmax(1) != y) > 0.7


def test_the_batch_size_does_not_matter(attacked):
    classifier, x, _ = attacked
    one = DeepFool(classifier, max_iter=20, batch_size=3, **QUIET).generate(x)
    np.testing.assert_allclose(
        one, DeepFool(classifier, max_iter=20, **QUIET).generate(x), atol=1e-5
    )


def test_only_images_that_are_not_fooled_cost_gradients(attacked):
    classifier, x, _ = attacked
    classifier.reset_counts()
    ARTDeepFool(classifier, max_iter=30, batch_size=64, **QUIET).generate(x)
    theirs = classifier.backwards
    classifier.reset_counts()
    DeepFool(classifier, max_iter=30, **QUIET).generate(x)
    assert classifier.backwards < theirs / 2


def one_image(classifier, x, nb_grads, max_iter):
    """The printed algorithm for one image, on the classes most likely at the start."""
    outputs = classifier.predict(x[None])[0]
    classes = np.argsort(-outputs)[:nb_grads]
    label, adversarial = classes[0], x.copy()
    for _ in range(max_iter):
        outputs = classifier.predict(adversarial[None])[0]
        if outputs.argmax() != label:
            break
        gradients = classifier.class_gradient(adversarial[None])[0]
        best = None
        for j in classes[1:]:
            slope = gradients[j] - gradients[label]
            norm, distance = np.linalg.norm(slope), abs(outputs[j] - outputs[label])
            if best is None or distance / (norm + 1e-7) < best[0]:
                best = distance / (norm + 1e-7), distance / (norm**2 + 1e-7) * slope
        adversarial = np.clip(adversarial + best[1], 0, 1)
    return adversarial


@pytest.mark.parametrize("nb_grads", [2, 4])
def test_every_image_has_its_own_classes(nb_grads, convolutional, images, classifier_class):
    # 7 classes: with 2 of them the gradients are asked for one by one, with 4 all together.
    classifier, (x, _) = classifier_class(convolutional(classes=7)), images(8)
    made = DeepFool(classifier, 10, epsilon=0.0, nb_grads=nb_grads, **QUIET).generate(x)
    plain = [one_image(classifier, image, nb_grads, 10) for image in x]
    np.testing.assert_allclose(made, plain, atol=1e-4)


def test_a_stuck_image_ends_the_search(linear):
    # Two equal outputs, the predicted class first: the step has length 0.
    classifier = linear(np.ones((9, 2)), [0, 0])
    DeepFool(classifier, max_iter=50, **QUIET).generate(np.full((1, 3, 3, 1), 0.5, "float32"))
    assert classifier.forwards < 10


def test_bad_settings_and_probabilities(attacked, convolutional, classifier_class, caplog):
    with pytest.raises(ValueError, match="nb_grads"):
        DeepFool(attacked[0], nb_grads=1)
    classifier = classifier_class(convolutional(), logits=False)
    with caplog.at_level(logging.WARNING):
        DeepFool(classifier, max_iter=1, **QUIET).generate(attacked[1][:2])
    assert "logits" in caplog.text
