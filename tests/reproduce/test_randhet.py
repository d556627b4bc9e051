"""The experiments on random time constants: the surrogate ensemble, and what their cells hold."""

import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.evaluation import ARTClassifier
from binomial_keras.models import with_backward
from reproduce.studies import STUDIES
from reproduce.studies.measures import ATTACKS


@pytest.fixture(scope="module")
def trained():
    x, y = bk.data.load("digits", "train")
    x, y = x[y < 3][:160], y[y < 3][:160]
    model = bk.models.lif_small((8, 8, 1), maps=(4, 6), units=32, seed=1)
    bk.training.train(model, x, y, bk.training.recipe("cpu", epochs=5, batch_size=16), verbose=0)
    return model, x[:16], y[:16]


def estimators(model):
    """({(draws, rule): what was made}, the function of them that a measure gets)."""
    made = {}

    def estimator(draws, rule="own"):
        if (draws, rule) not in made:
            made[draws, rule] = ARTClassifier(with_backward(model, rule), draws=draws)
        return made[draws, rule]

    return made, estimator


def test_the_ensemble_keeps_the_worst_image_of_its_members(trained):
    model, x, y = trained
    made, estimator = estimators(model)

    rules = ("own", "mean decay", "no such rule")
    settings = {"eps": 0.15, "steps": 3, "step_size": 0.1, "draws": 2}
    attack = ATTACKS["pgd-ensemble"]
    both = attack(x, y, estimator, 7, {**settings, "rules": rules})
    assert {rule for _, rule in made} == {"own", "mean decay"}
    assert np.abs(both - x).max() <= 0.15 + 1e-6 and both.min() >= 0 and both.max() <= 1
    # Alone, each member returns its own images; the ensemble's are among them, image by image.
    alone = [attack(x, y, estimator, 7, {**settings, "rules": (rule,)}) for rule in rules[:1]]
    again = attack(x, y, estimator, 7, {**settings, "rules": rules})
    np.testing.assert_array_equal(again, both)
    same = (both == alone[0]).reshape(len(x), -1).all(1)
    assert same.any()

    def right(images):
        bk.reseed(model, 11)
        return np.mean([np.argmax(np.asarray(model(images)), -1) == y for _ in range(30)], 0)

    # 30 draws of 16 images each way: the gap's standard error is below 0.03.
    assert right(both).mean() <= right(alone[0]).mean() + 0.1
    assert right(both).mean() < right(x).mean()


def test_an_image_that_is_lost_for_good_is_spared_the_rules_that_follow(trained):
    model, x, y = trained
    made, estimator = estimators(model)

    settings = {"eps": 0.4, "steps": 8, "step_size": 0.1, "draws": 2}
    attack = ATTACKS["pgd-ensemble"]

    def run(rules, **more):
        """The images, and for how many the network of "mean decay" was asked for a gradient."""
        made.clear()
        shown = attack(x, y, estimator, 7, {**settings, "rules": rules, **more})
        return shown, made[2, rules[-1]].backwards

    def hits(images):
        bk.reseed(model, 11)
        return np.sum([np.argmax(np.asarray(model(images)), -1) == y for _ in range(100)], 0)

    alone, _ = run(("own",), drop=True)
    lost = hits(alone) == 0
    assert 0 < lost.sum() < len(x)  # else this shows nothing
    rules = ("own", "mean decay")
    kept, every = run(rules)
    spared, some = run(rules, drop=True)
    assert 0 < some < every
    # The worst case is the same but for the luck of the draws: 16 images, share of 100 draws.
    assert abs(hits(kept).mean() - hits(spared).mean()) < 10


@pytest.mark.parametrize("name", ["randhet_mnist", "randhet_cifar10", "randhet_sew"])
def test_studies_compare_randomness_with_both_controls(name):
    study = STUDIES[name]
    decays = [network.arguments["decay"] for network in study.networks]
    assert decays[:3] == ["fixed", "frozen", "random"] and not study.published
    assert [network.noisy for network in study.networks] == [d == "random" for d in decays]
    known = {"own", *bk.models.backward_rules(bk.models.lif_small((8, 8, 1)))}
    ensemble = next(m for m in study.measures if m.kind == "pgd-ensemble")
    assert set(ensemble.settings["rules"]) <= known
    for network in study.networks:
        for recipe in network.recipes.values():
            chosen = bk.training.recipe(recipe)
            assert (chosen.adversary is not None) == network.key.endswith("-at")
            assert chosen.name == recipe
