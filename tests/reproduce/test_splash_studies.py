"""The plan of the SPLASH studies and the attacks that they add, on small networks."""

import dataclasses

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.layers import ACTIVATIONS
from reproduce.built import new_network
from reproduce.cli import parser
from reproduce.errors import UsageError
from reproduce.studies import STUDIES
from reproduce.studies.command import make_plan
from reproduce.studies.measures import ATTACKS
from reproduce.studies.plan import StudyPlan
from reproduce.studies.study import CLEAN

NAMES = [name for name in STUDIES if name.startswith("splash")]


def plan_of(name, recipe="cpu"):
    study = STUDIES[name]
    return StudyPlan(name, study.data, 1, {"recipe": recipe, "overrides": {}, "width": study.width},
                     100, 20, 250, {})


def plan_from(name, *words):
    """What the command line makes of the study on the embedded digits."""
    options = parser().parse_args(["run", name, "--data", "digits", *words])
    return make_plan(STUDIES[name], options)


@pytest.mark.parametrize("name", NAMES)
def test_ten_networks_that_differ_in_their_activation_alone(name):
    study = STUDIES[name]
    arguments = [dict(network.arguments) for network in study.networks]
    assert {each.pop("activation") for each in arguments} == set(ACTIVATIONS)
    assert all(each == arguments[0] for each in arguments)
    assert len({str(network.recipes) for network in study.networks}) == 1
    assert study.rows[0].key.endswith("relu") and not study.published
    assert "reconstruction" in study.note


def test_studies_of_one_data_set_share_their_networks():
    for data in ("mnist", "cifar10"):
        one, two = (STUDIES[f"splash_{data}{form}"] for form in ("", "_black_box"))
        trained = [
            [study.training(plan_of(study.name), n, 0) for n in study.networks]
            for study in (one, two)
        ]
        assert trained[0] == trained[1]


def test_budgets():
    budgets = {
        (m.kind, m.settings["eps"])
        for m in STUDIES["splash_mnist"].measures if m.kind != "clean"
    }
    eps = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
    assert budgets == {(kind, e) for kind in ("fgsm", "pgd", "apgd") for e in eps}
    found = {m.settings["eps"] for m in STUDIES["splash_cifar10"].measures if m.kind == "pgd"}
    assert found == {1 / 255, 2 / 255, 4 / 255, 8 / 255}
    study = STUDIES["splash_mnist"]
    cells = {study.cell(plan_of("splash_mnist"), study.networks[0], m, 0)[0]
             for m in study.measures}
    # Clean, and a curve per attack, is a record each.
    assert len(cells) == 4


@pytest.fixture(scope="module")
def linear():
    """A linear two-class network on 3x3 images: its nearest boundary is known exactly."""
    image = keras.Input((3, 3, 1))
    model = keras.Model(
        image, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(image))
    )
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(9, 2)).astype("float32")
    x = rng.uniform(0.4, 0.6, (12, 3, 3, 1)).astype("float32")
    model.set_weights([kernel, -0.5 * kernel.sum(axis=0)])
    slope = kernel[:, 0] - kernel[:, 1]
    lead = (x.reshape(12, 9) - 0.5) @ slope
    estimator = bk.evaluation.ARTClassifier(model, batch_size=12)
    return estimator, x, (lead < 0).astype("int64"), np.abs(lead), slope


@pytest.mark.parametrize("kind, slack", [("carlini", 1.1), ("boundary", 1.5)])
def test_smallest_changes_are_those_of_the_plane(kind, slack, linear):
    estimator, x, y, lead, slope = linear
    distance = lead / np.linalg.norm(slope)
    settings = {
        "carlini": {"searches": 9, "steps": 100}, "boundary": {"steps": 200, "trials": 10}
    }[kind]
    eps = float(np.median(distance))
    attacked = ATTACKS[kind](x, y, lambda draws: estimator, 1, {"eps": eps, **settings})
    change = np.linalg.norm((attacked - x).reshape(12, -1), axis=1)
    fooled = np.argmax(estimator.predict(attacked), axis=1) != y
    assert change.max() <= eps * 1.0001
    # Impossible beyond the plane's distance; done well within it.
    assert not fooled[distance > eps].any() and not change[distance > eps].any()
    assert fooled[distance * slack < eps].all() and fooled.sum() >= 2


def test_clean_accuracy_has_a_number_of_images_of_its_own():
    study = STUDIES["splash_mnist"]
    plan = dataclasses.replace(plan_of("splash_mnist"), clean_images=2000)
    images = {study.cell(plan, study.networks[0], m, 0)[0].images: m.key for m in study.measures}
    assert images.pop(2000) == "clean" and set(images) == {100}
    assert study.cell(plan_of("splash_mnist"), study.networks[0], CLEAN, 0)[0].images == 100


@pytest.mark.parametrize("name, words, images, clean", [
    ("splash_mnist", ["--images", "5"], 5, 360),
    ("splash_mnist", ["--clean-images", "7"], 360, 7),
    ("randhet_mnist", ["--images", "6"], 6, 6),
])
def test_clean_images_of_the_command_line(name, words, images, clean):
    plan = plan_from(name, *words)
    assert (plan.images, plan.clean_images) == (images, clean)


def test_more_clean_images_than_there_are():
    with pytest.raises(UsageError, match="--clean-images 361 is more than the 360 test images"):
        plan_from("splash_mnist", "--clean-images", "361")


def test_a_network_that_does_not_fit_the_data_is_one_sentence():
    plan = plan_from("splash_mnist")
    cell = STUDIES["splash_mnist"].training(plan, STUDIES["splash_mnist"].networks[0], 0)
    with pytest.raises(UsageError, match=r"^lenet5 cannot be made for digits: .* at least 16x16"):
        new_network(cell)


def test_boundary_attack_leaves_the_global_generator_alone(linear):
    estimator, x, y, *_ = linear
    settings = {"eps": 1.0, "steps": 5, "trials": 2}
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    one = ATTACKS["boundary"](x[:2], y[:2], lambda draws: estimator, 3, settings)
    assert np.random.random() == expected
    two = ATTACKS["boundary"](x[:2], y[:2], lambda draws: estimator, 3, settings)
    np.testing.assert_array_equal(one, two)


def test_apgd_and_one_pixel_against_the_linear_network(linear):
    estimator, x, y, lead, slope = linear
    eps = float(np.median(lead / np.abs(slope).sum()))
    settings = {"eps": eps, "steps": 10, "loss": "margin"}
    attacked = ATTACKS["apgd"](x, y, lambda draws: estimator, 0, settings)
    fooled = np.argmax(estimator.predict(attacked), axis=1) != y
    np.testing.assert_array_equal(fooled, lead < eps * np.abs(slope).sum())
    attacked = ATTACKS["pixel"](x, y, lambda draws: estimator, 0, {"steps": 20})
    fooled = np.argmax(estimator.predict(attacked), axis=1) != y
    assert ((attacked != x).reshape(12, -1).sum(axis=1) <= 1).all()
    # The best pixel goes to black or white, whichever side lowers the lead more.
    sign = np.where(y == 0, 1, -1)[:, None]
    flat = x.reshape(12, 9)
    gains = np.maximum(sign * slope * flat, -sign * slope * (1 - flat)).max(axis=1)
    np.testing.assert_array_equal(fooled[np.abs(gains - lead) > 0.02],
                                  (gains > lead)[np.abs(gains - lead) > 0.02])
