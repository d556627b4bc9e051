"""The suite: what is in it, what it costs, what runs it."""

import json

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras.evaluation import (
    AdaptiveAttack,
    adaptive_suite,
    evaluate_attack,
    score_draws,
    worst_case,
)
from binomial_keras.models import backward_rules

GENTLE = {"random noise", "FGSM", "FGSM, 1 draw", "PGD", "PGD, 1 draw", "APGD-CE", "APGD-DLR"}


def network(neuron, classes=4, T=2):
    """8x8 images, six binomial units, fixed weights."""
    image = keras.Input((8, 8, 1))
    units = keras.layers.Flatten()(image)
    generator = np.random.default_rng(2)
    first, last = keras.layers.Dense(6), keras.layers.Dense(classes)
    z = last(bk.layers.BU(neuron, T=T)(first(units)))
    first.set_weights([generator.normal(0, 0.3, (64, 6)), np.full(6, 0.5)])
    last.set_weights([generator.normal(0, 3, (6, classes)), np.zeros(classes)])
    return keras.Model(image, keras.layers.Softmax()(z))


@pytest.fixture(scope="module")
def noisy_suite():
    model = network("B")
    relu = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    relu.add(keras.layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(seed=1)))
    return model, adaptive_suite(model, 0.1, budget="quick", draws=4, sources={"ReLU": relu})


def test_attacks_of_a_stochastic_model(noisy_suite):
    model, suite = noisy_suite
    rules = {f"PGD {rule}" for rule in backward_rules(model)}
    assert {"PGD leaky 0.1", "PGD relaxed 0.5", "PGD twin"} <= rules
    others = {"transfer from twin", "transfer from ReLU", "APGD vote", "NES", "Square"}
    assert set(suite) == GENTLE | rules | others
    assert all(name == attack.name for name, attack in suite.items())
    assert suite["PGD"].draws == 4 and suite["PGD, 1 draw"].draws == 1
    assert suite["APGD vote"].average == "vote"
    assert dict(suite["Square"].settings)["early_stop"] is False
    # Equal cost: the steps of one draw are as many more as there are draws less.
    assert suite["PGD, 1 draw"].cost()["backwards"] == suite["PGD"].cost()["backwards"]


@pytest.mark.parametrize("classes, targeted", [(2, None), (3, "margin"), (4, "dlr")])
def test_attacks_of_a_deterministic_model(classes, targeted):
    suite = adaptive_suite(network("D", classes), 0.1, draws=20)
    rules = {f"PGD leaky {s}" for s in (0.01, 0.1, 0.3, 1.0)}
    expected = {n for n in GENTLE if "1 draw" not in n} | rules | {"NES", "Square"}
    assert set(suite) == expected | ({"APGD targeted"} if targeted else set())
    assert all(attack.draws == 1 for attack in suite.values())
    losses = {name: dict(attack.settings).get("loss") for name, attack in suite.items()}
    assert losses.get("APGD targeted") == targeted
    assert losses["APGD-DLR"] == ("margin" if classes == 2 else "dlr")


def test_larger_budgets_cost_more():
    model = network("B")
    sums = [
        sum(a.cost()["forwards"] for a in adaptive_suite(model, 0.1, budget=name).values())
        for name in ("quick", "standard", "full")
    ]
    assert 4 * sums[0] < sums[1] and 4 * sums[1] < sums[2]


@pytest.mark.parametrize(
    "name, change, exact",
    [
        ("random noise", dict(tries=2), True),
        ("FGSM", {}, True),
        ("FGSM, 1 draw", {}, True),
        ("PGD relaxed 0.5", dict(steps=2), True),
        ("PGD twin", dict(steps=2), True),
        ("APGD-DLR", dict(steps=5), False),
        ("APGD vote", dict(steps=5), False),
        ("NES", dict(queries=11, pairs=5), True),
        ("Square", dict(max_iter=5), False),
        ("transfer from twin", dict(steps=2), None),
    ],
)
def test_runs_and_costs_what_was_announced(name, change, exact, noisy_suite, images):
    model, suite = noisy_suite
    (x, y), classifier = images(3), bk.evaluation.ARTClassifier(model)
    settings = {"early_stop": False, **change} if exact else change
    attack = suite[name].replace(**settings)
    outcome = evaluate_attack(classifier, attack, x, y, draws=2, seed=1)
    assert outcome.linf.max() <= 0.1 + 1e-6 and not outcome.unchanged.all()
    limit = attack.cost(3)
    if exact:
        assert (outcome.forwards, outcome.backwards) == (limit["forwards"], limit["backwards"])
    elif exact is False:
        assert 0 < outcome.forwards <= limit["forwards"]
        assert outcome.backwards <= limit["backwards"]
    again = evaluate_attack(classifier, attack, x, y, draws=2, seed=1)
    np.testing.assert_array_equal(outcome.adversarial, again.adversarial)
    assert json.loads(json.dumps(attack.to_dict()))["settings"] == dict(attack.settings)


def test_worst_case_is_no_better_than_any_attack(noisy_suite, images):
    model, suite = noisy_suite
    x, _ = images(12)
    classifier = bk.evaluation.ARTClassifier(model)
    y = classifier.predict(x).argmax(1)
    chosen = {name: suite[name] for name in ("random noise", "FGSM", "PGD")}
    chosen["PGD"] = chosen["PGD"].replace(steps=5)
    found = worst_case(chosen, classifier, x, y, draws=200, votes=(10,), seed=3, drop=False)
    assert found.worst.names == ("no attack", "random noise", "FGSM", "PGD")
    assert found.attacked == {"random noise": 12, "FGSM": 12, "PGD": 12}
    assert found.forwards["FGSM"] > 0 == found.backwards["random noise"]
    # 2,400 answers each, s.d. of a difference at most 0.015; what a wrong choice of 30 draws
    # costs is small beside it.
    for made in found.candidates.values():
        single = score_draws(model, made, y, 200, (), seed=5).accuracy
        assert found.score.attacked.accuracy < single + 0.06
    again = worst_case(chosen, classifier, x, y, draws=200, votes=(10,), seed=3, drop=False)
    np.testing.assert_array_equal(found.worst.images, again.worst.images)
    np.testing.assert_array_equal(found.score.attacked.hits, again.score.attacked.hits)


class Blacken:
    """An attack that fools on the first `count` images it gets and notes how many those were."""

    def __init__(self, wrong, count):
        self.wrong, self.count, self.seen = wrong, count, []

    def run(self, classifier, x, y, seed=0):
        self.seen.append(len(x))
        made = x.copy()
        made[: self.count] = self.wrong
        return made


def test_images_that_are_surely_fooled_are_spared(convolutional, images):
    model, (x, _) = convolutional(), images(6)
    classifier = bk.evaluation.ARTClassifier(model)
    y = classifier.predict(x).argmax(1)
    y[:] = y[0]
    x[:] = x[0]
    wrong = next(p for p in images(200)[0] if classifier.predict(p[None]).argmax() != y[0])
    first, second, third = Blacken(wrong, 2), Blacken(wrong, 4), Blacken(wrong, 0)
    suite = {"first": first, "second": second, "third": third}
    found = worst_case(suite, classifier, x, y, draws=1, votes=(), seed=0)
    assert (first.seen, second.seen, third.seen) == ([6], [4], [])
    assert found.attacked == {"first": 6, "second": 4, "third": 0}
    assert found.worst.counts == {"no attack": 0, "first": 2, "second": 4, "third": 0}
    assert found.score.attacked.accuracy == 0 and found.score.clean.accuracy == 1


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(eps=0), "`eps`. Expected a number > 0"),
        (dict(norm=1), "`norm`. Expected 'inf' or 2"),
        (dict(norm="l2"), "`norm`. Expected 'inf' or 2"),
        (dict(budget="huge"), "`budget`. Expected one of .'quick', 'standard', 'full'"),
        (dict(draws=0), "`draws`. Expected an integer >= 1"),
        (dict(sources={"twin": None}), "`sources`. The name 'twin' is taken"),
    ],
)
def test_errors(change, message):
    with pytest.raises(ValueError, match=message):
        adaptive_suite(network("B"), **{"eps": 0.1, **change})


def test_errors_of_an_attack(noisy_suite, convolutional, images):
    model, suite = noisy_suite
    with pytest.raises(ValueError, match="that the suite was made for"):
        suite["FGSM"].run(bk.evaluation.ARTClassifier(convolutional()), *images(2))
    with pytest.raises(ValueError, match="`attack`. Expected one of"):
        AdaptiveAttack("x", "PGD", {}, None)


def test_suites_for_several_balls_share_what_is_compiled():
    model = network("B")
    first = adaptive_suite(model, eps=0.1, budget="quick")
    shared = first["PGD"].estimators
    second = adaptive_suite(model, eps=0.2, budget="quick", estimators=shared)
    assert second["PGD"].estimators is shared
    assert dict(second["PGD"].settings)["eps"] == 0.2
    alone = adaptive_suite(model, eps=0.2, budget="quick")
    assert [a.to_dict() for a in second.values()] == [a.to_dict() for a in alone.values()]


def test_estimators_of_another_model_are_refused():
    model = network("B")
    shared = adaptive_suite(model, eps=0.1, budget="quick")["PGD"].estimators
    with pytest.raises(ValueError, match="argument `estimators`"):
        adaptive_suite(model, eps=0.1, budget="quick", batch_size=7, estimators=shared)
