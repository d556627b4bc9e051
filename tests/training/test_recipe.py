"""Recipes: fields, schedules, errors."""

import dataclasses
import json
import math

import pytest

from binomial_keras.training import RECIPES, recipe


def test_paper_recipe_is_table_2():
    paper = recipe("paper")
    assert (paper.epochs, paper.batch_size) == (250, 32)
    assert (paper.learning_rate, paper.momentum, paper.nesterov) == (0.1, 0.9, True)
    assert paper.schedule == "constant" and paper.clipnorm is None
    assert [paper.rate(p) for p in (0, 0.5, 1)] == [0.1, 0.1, 0.1]


def test_changes_give_a_new_frozen_recipe():
    changed = recipe("cpu", epochs=2, learning_rate=0.3)
    assert (changed.epochs, changed.learning_rate) == (2, 0.3)
    assert RECIPES["cpu"].epochs != 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        changed.epochs = 3
    with pytest.raises(TypeError):
        recipe("cpu", no_such_field=1)
    assert json.loads(json.dumps(changed.to_dict())) == changed.to_dict()


def test_step_schedule():
    steps = recipe("paper", schedule="step", learning_rate=2.0)
    for progress, expected in ((0, 2), (0.49, 2), (0.5, 0.2), (0.74, 0.2), (0.75, 0.02), (1, 0.02)):
        assert steps.rate(progress) == pytest.approx(expected)


def test_cosine_schedule():
    cosine = recipe("paper", schedule="cosine", learning_rate=2.0)
    for progress in (0, 0.25, 0.5, 0.9, 1):
        expected = 2.0 * math.cos(math.pi * progress / 2) ** 2
        assert cosine.rate(progress) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine"])
def test_warmup_is_linear_and_meets_the_schedule(schedule):
    warm = recipe("paper", schedule=schedule, warmup=0.2)
    assert warm.rate(0.05) == pytest.approx(0.025)
    assert warm.rate(0.1) == pytest.approx(0.05)
    assert warm.rate(0.2) == pytest.approx(0.1)
    assert warm.rate(0.2 - 1e-9) == pytest.approx(0.1)
    if schedule == "cosine":
        assert warm.rate(0.6) == pytest.approx(0.05)  # half of what is left


def test_optimizer_has_the_recipe_settings():
    optimizer = recipe("paper", momentum=0.5, nesterov=False, clipnorm=1.5).optimizer()
    assert type(optimizer).__name__ == "SGD"
    assert (optimizer.momentum, optimizer.nesterov) == (0.5, False)
    assert optimizer.global_clipnorm == 1.5
    assert float(optimizer.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", "three"),
        ("batch_size", 0),
        ("batch_size", None),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("warmup", 1.0),
        ("schedule", "linear"),
        ("clipnorm", 0),
    ],
)
def test_bad_fields(name, value):
    with pytest.raises(ValueError, match=f"Invalid value received for argument `{name}`.*{name}="):
        recipe("cpu", **{name: value})


def test_unknown_name():
    with pytest.raises(ValueError, match=r"argument `name`.*'paper', 'cpu'.*name='fast'"):
        recipe("fast")


def test_the_common_recipe_of_residual_networks():
    rates = recipe("splash")
    # 200 epochs, the rate falls in epochs 100 and 150.
    epochs = [rates.rate(e / 200) for e in (0, 99.9, 100, 149.9, 150)]
    assert epochs == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])
    assert (recipe("splash-cifar").flip, recipe("splash-cifar").shift) == (True, 4)
    for shift in (-1, 1.5):
        with pytest.raises(ValueError, match="argument `shift`"):
            recipe("splash", shift=shift)
