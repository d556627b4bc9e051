"""The estimator against ART's own, against closed forms, and on stochastic models."""

import keras
import numpy as np
import pytest

from binomial_keras.models import reseed

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="ART's TensorFlowV2Classifier is the reference"
)


def linear_model(activation="softmax"):
    image = keras.Input((2, 2, 1))
    x = keras.layers.Flatten()(image)
    kernel = keras.initializers.RandomNormal(stddev=1.0, seed=5)
    return keras.Model(image, keras.layers.Dense(3, activation, kernel_initializer=kernel)(x))


def softmax(z):
    z = np.exp(z - z.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def parts(model, x):
    kernel, bias = (np.asarray(w, float) for w in model.get_weights())
    return kernel, softmax(x.reshape(len(x), -1) @ kernel + bias)


@pytest.fixture
def few():
    generator = np.random.default_rng(0)
    return generator.random((7, 2, 2, 1), "float32"), generator.integers(0, 3, 7)


def arts(model, classes, shape, reduction="sum"):
    from art.estimators.classification import TensorFlowV2Classifier

    softmax_ends = model.layers[-1].activation is keras.activations.softmax
    return TensorFlowV2Classifier(
        model,
        nb_classes=classes,
        input_shape=shape,
        loss_object=keras.losses.CategoricalCrossentropy(
            from_logits=not softmax_ends, reduction=reduction
        ),
        clip_values=(0.0, 1.0),
    )


@tensorflow_only
@pytest.mark.parametrize("activation", ["softmax", None])
def test_equal_to_arts_own_estimator(activation, convolutional, images, classifier_class):
    model, (x, y) = convolutional(activation), images(9)
    ours = classifier_class(model, batch_size=4, logits=activation is None)
    theirs = arts(model, 4, (8, 8, 1))
    targets = np.eye(4, dtype="float32")[y]
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=1e-5)
    np.testing.assert_allclose(
        ours.loss_gradient(x, y), theirs.loss_gradient(x, targets), atol=1e-5
    )
    for label in (None, 2, y):
        np.testing.assert_allclose(
            ours.class_gradient(x, label), theirs.class_gradient(x, label), atol=1e-5
        )


@tensorflow_only
def test_attacks_end_where_they_end_on_arts_own_estimator(convolutional, images, classifier_class):
    from art.attacks.evasion import DeepFool, FastGradientMethod

    model, (x, _) = convolutional(None), images(12)
    y = keras.ops.convert_to_numpy(model(x)).argmax(-1)
    ours, theirs = classifier_class(model), arts(model, 4, (8, 8, 1))
    made = [FastGradientMethod(c, eps=0.1).generate(x, y) for c in (ours, theirs)]
    np.testing.assert_allclose(made[0], made[1], atol=1e-6)
    made = [
        DeepFool(c, max_iter=20, batch_size=12, verbose=False).generate(x) for c in (ours, theirs)
    ]
    np.testing.assert_allclose(made[0], made[1], atol=1e-3)
    assert np.mean(ours.predict(made[0]).argmax(-1) == y) < 0.2


def test_closed_form_of_a_linear_model(few, classifier_class):
    model, (x, y) = linear_model(), few
    kernel, p = parts(model, x)
    own = classifier_class(model, logits=False)
    np.testing.assert_allclose(own.predict(x), p, atol=1e-6)
    # d p_k / dx = p_k (w_k - sum_j p_j w_j); d CE / dx = sum_k (p_k - t_k) w_k.
    expected = p[:, :, None] * (kernel.T[None] - (p @ kernel.T)[:, None])
    np.testing.assert_allclose(own.class_gradient(x).reshape(7, 3, 4), expected, atol=1e-6)
    expected = (p - np.eye(3)[y]) @ kernel.T
    np.testing.assert_allclose(own.loss_gradient(x, y).reshape(7, 4), expected, atol=1e-6)
    logits = classifier_class(model, logits=True)
    np.testing.assert_allclose(
        logits.class_gradient(x).reshape(7, 3, 4), np.broadcast_to(kernel.T, (7, 3, 4)), atol=1e-6
    )
    np.testing.assert_allclose(logits.loss_gradient(x, y), own.loss_gradient(x, y), atol=1e-6)


def test_loss_gradient_survives_saturated_probabilities(few, classifier_class):
    model, (x, y) = linear_model(), few
    model.set_weights([1e4 * w for w in model.get_weights()])
    kernel, p = parts(model, x)
    assert np.any(p[np.arange(7), y] == 0.0)
    gradient = classifier_class(model, logits=False).loss_gradient(x, y).reshape(7, 4)
    np.testing.assert_allclose(gradient, (p - np.eye(3)[y]) @ kernel.T, rtol=1e-4, atol=1e-2)


def test_probabilities_of_a_model_that_cannot_be_opened(few, classifier_class):
    class Subclassed(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner
            self.input_shape, self.output_shape = inner.input_shape, inner.output_shape

        def call(self, x):
            return self.inner(x)

    inner, (x, y) = linear_model(), few
    wrapped = Subclassed(inner)
    wrapped(x)
    expected = classifier_class(inner, logits=False)
    ours = classifier_class(wrapped, logits=False)
    np.testing.assert_allclose(ours.predict(x), expected.predict(x), atol=1e-6)
    np.testing.assert_allclose(ours.loss_gradient(x, y), expected.loss_gradient(x, y), atol=1e-5)
    with pytest.raises(ValueError, match="neither functional nor Sequential"):
        classifier_class(wrapped)


def test_soft_targets(few, classifier_class):
    model, (x, _) = linear_model(), few
    kernel, p = parts(model, x)
    targets = np.full((7, 3), 1 / 3, "float32")
    gradient = classifier_class(model).loss_gradient(x, targets).reshape(7, 4)
    np.testing.assert_allclose(gradient, (p - 1 / 3) @ kernel.T, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_batches_do_not_matter(batch_size, convolutional, images, classifier_class):
    model, (x, y) = convolutional(), images(13)
    whole, parts = classifier_class(model), classifier_class(model, batch_size=batch_size)
    for ask in (
        lambda c: c.predict(x),
        lambda c: c.predict(x, batch_size=3),
        lambda c: c.loss_gradient(x, y),
        lambda c: c.class_gradient(x),
        lambda c: c.class_gradient(x, label=y),
    ):
        np.testing.assert_allclose(ask(parts), ask(whole), atol=1e-5)


def test_counts_are_per_image_and_draw_without_padding(
    convolutional, noisy, images, classifier_class
):
    (x, y), counts = images(13), []
    classifier = classifier_class(noisy(), draws=3, batch_size=8)
    for ask in (
        lambda: classifier.predict(x),
        lambda: classifier.loss_gradient(x, y),
        lambda: classifier.class_gradient(x),
        lambda: classifier.class_gradient(x, label=1),
        lambda: classifier.class_gradient(x, label=y),
    ):
        classifier.reset_counts()
        ask()
        counts.append((classifier.forwards, classifier.backwards))
    assert counts == [(39, 0), (39, 39), (39, 4 * 39), (39, 39), (39, 39)]
    probabilities = classifier_class(convolutional(), logits=False)
    probabilities.class_gradient(x)
    assert (probabilities.forwards, probabilities.backwards) == (13, 3 * 13)


def test_all_class_gradients_belong_to_one_draw(images, classifier_class):
    # Logits are multiplied by one random number s per image, so the gradient of logit k is
    # s w_k: the same s for all k if, and only if, all gradients belong to one draw.
    class RandomGain(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, inputs):
            shape = (keras.ops.shape(inputs)[0], 1)
            return inputs * keras.random.uniform(shape, 0.5, 1.5, seed=self.seed_generator)

    x, _ = images(6)
    image = keras.Input((8, 8, 1))
    dense = keras.layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(seed=1))
    logits = RandomGain()(dense(keras.layers.Flatten()(image)))
    classifier = classifier_class(keras.Model(image, logits))
    first, second = (classifier.class_gradient(x).reshape(6, 4, 64) for _ in range(2))
    gains = np.median(first / dense.get_weights()[0].T, axis=(1, 2))
    expected = gains[:, None, None] * dense.get_weights()[0].T
    np.testing.assert_allclose(first, expected, atol=1e-5)
    assert len(np.unique(gains)) == 6 and np.abs(first - second).max() > 1e-2


def test_gradients_of_probabilities_add_up_to_zero(noisy, images, classifier_class):
    x, _ = images(6)
    gradients = classifier_class(noisy(scale=2.0), logits=False).class_gradient(x)
    assert np.abs(gradients).max() > 1e-2
    np.testing.assert_allclose(gradients.sum(1), 0.0, atol=1e-6)


def test_draws_are_averaged_and_independent(noisy, images, classifier_class):
    # Logits have standard deviation 1; the mean of K = 16 draws has 1/4. 400 values each: the
    # relative standard error of a standard deviation is 1/sqrt(800) = 3.5 %, and the bounds lie
    # at 5 standard errors (error rate below 1e-6).
    model = noisy(scale=1.0, activation="linear")
    x = np.repeat(images(1)[0], 100, axis=0)
    reseed(model, 11)
    one = classifier_class(model, batch_size=32).predict(x)
    many = classifier_class(model, draws=16, batch_size=32).predict(x)
    assert 0.82 < (one - one.mean(0)).std() < 1.18
    assert 0.205 < (many - many.mean(0)).std() < 0.295


def test_the_same_seed_gives_the_same_answers(noisy, images, classifier_class):
    model, (x, y) = noisy(), images(5)
    classifier = classifier_class(model, draws=2)
    answers = []
    for _ in range(2):
        reseed(model, 5)
        answers.append([classifier.predict(x), classifier.loss_gradient(x, y)])
    np.testing.assert_array_equal(answers[0][0], answers[1][0])
    np.testing.assert_array_equal(answers[0][1], answers[1][1])


def test_works_on_the_networks_of_this_library(images, classifier_class):
    import binomial_keras as bk

    x, y = images(3)
    model = bk.models.binomial_cnn((8, 8, 1), 4, (4,), neuron="A", T=2, seed=0)
    classifier = classifier_class(model, draws=2, logits=False)
    np.testing.assert_allclose(classifier.predict(x).sum(-1), 1.0, atol=1e-5)
    gradients = classifier.class_gradient(x)
    assert gradients.shape == (3, 4, 8, 8, 1) and np.abs(gradients).max() > 0
    np.testing.assert_allclose(gradients.sum(1), 0.0, atol=1e-6)
    assert classifier.loss_gradient(x, y).shape == x.shape


def test_activations_and_saving(convolutional, images, classifier_class, tmp_path):
    model, (x, _) = convolutional(), images(3)
    classifier = classifier_class(model)
    np.testing.assert_allclose(
        classifier.get_activations(x, len(model.layers) - 1),
        classifier_class(model, logits=False).predict(x),
        atol=1e-6,
    )
    classifier.save("model", tmp_path)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    outputs, again = (keras.ops.convert_to_numpy(one(x)) for one in (model, loaded))
    np.testing.assert_allclose(again, outputs, atol=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (dict(draws=0), "`draws`. Expected an integer >= 1. Received: draws=0"),
        (dict(batch_size=0), "`batch_size`. Expected an integer >= 1. Received: batch_size=0"),
        (dict(batch_size=1.5), "Received: batch_size=1.5"),
        (dict(clip_values=(1.0, 0.0)), "`clip_values`. Expected .lowest, highest."),
    ],
)
def test_arguments_out_of_range(arguments, message, convolutional, classifier_class):
    with pytest.raises(ValueError, match=message):
        classifier_class(convolutional(), **arguments)


def test_models_that_are_no_classifiers(classifier_class):
    image = keras.Input((4, 4, 1))
    for output in (image, keras.layers.Dense(1)(keras.layers.Flatten()(image))):
        with pytest.raises(ValueError, match="one output of shape .images, classes."):
            classifier_class(keras.Model(image, output))


def test_arrays_that_do_not_fit(convolutional, images, classifier_class):
    classifier, (x, y) = classifier_class(convolutional()), images(3)
    with pytest.raises(ValueError, match=r"Expected an array of shape .*Received: x.shape=\(3, 8"):
        classifier.predict(x[..., 0])
    with pytest.raises(ValueError, match="at least one image"):
        classifier.predict(x[:0])
    with pytest.raises(ValueError, match="Expected 3 integers from 0 to 3"):
        classifier.loss_gradient(x, y[:2])
    with pytest.raises(ValueError, match="Received: 3 labels from 9 to 9"):
        classifier.class_gradient(x, label=9)
    with pytest.raises(NotImplementedError, match="does not train"):
        classifier.fit(x, y)
