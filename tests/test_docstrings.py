"""The examples of the public docstrings run, and give what they show."""

import ast
import doctest
import inspect
import pathlib
import re
import runpy

import keras
import numpy as np
import pytest

import binomial_keras as bk

ROOT = pathlib.Path(__file__).parents[1]
MODULES = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["modules"]()
# Whole evaluations and trainings: up to a minute each.
LONG = tuple(
    f"binomial_keras.{name}"
    for name in ("evaluation.AdaptiveAttack", "evaluation.checks.Probe", "evaluation.worst_case",
                 "evaluation.attacks.NES", "training.GLR")
)
# These show what a network reaches that is not at hand: only the form is compared.
ILLUSTRATIONS = tuple(
    f"binomial_keras.evaluation.{name}" for name in ("RobustScore", "paired_difference")
)
_PARSER = doctest.DocTestParser()


def _documented():
    """Every public object with an example, and its documented methods, by name."""
    for module in MODULES.values():
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value):
                continue
            yield f"{module.__name__}.{name}", value
            if inspect.isclass(value):
                for method, function in vars(value).items():
                    if not method.startswith("_") and inspect.isfunction(function):
                        yield f"{module.__name__}.{name}.{method}", function


EXAMPLES = {
    name: examples
    for name, value in _documented()
    if (examples := _PARSER.get_examples(inspect.getdoc(value) or ""))
}


@pytest.fixture(scope="module")
def prepared():
    """What an example may take for granted: the package, its names, images, small networks."""
    found = {"keras": keras, "np": np, "numpy": np, "bk": bk, "binomial_keras": bk}
    for module in MODULES.values():
        found.update({name: getattr(module, name) for name in module.__all__})
    x, y = bk.data.load("digits", "test")
    # As small as a stochastic classifier can be: most of the time goes into compiling.
    model = keras.Sequential([
        keras.Input((8, 8, 1)), keras.layers.Flatten(), bk.layers.EDense(4),
        bk.layers.BU("B", T=2), keras.layers.Dense(10, activation="softmax"),
    ])
    relu = bk.models.relu_mlp((8, 8, 1), hidden=(4,))
    x, y = x[:4], y[:4]
    found.update(x=x, y=y, images=x, apgd=1 - x, square=x / 2, model=model, relu=relu, source=relu)
    classifier = bk.evaluation.ARTClassifier(model)
    found["attack"] = bk.evaluation.attacks.RandomNoise(classifier, eps=0.1, tries=2)
    return found


def test_there_are_examples():
    assert len(EXAMPLES) > 60


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in EXAMPLES]
)
def test_examples_give_what_they_show(name, prepared, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bk.reseed(prepared["model"], 0)
    namespace = dict(prepared)
    for example in EXAMPLES[name]:
        if example.options.get(doctest.SKIP):
            continue
        value = _run(example.source, namespace)
        printed = capsys.readouterr().out
        if example.want:
            want = example.want.strip()
            if name in ILLUSTRATIONS:
                printed, want = (re.sub(r"-?[0-9]+[.][0-9]+", "#", t) for t in (printed, want))
            _compare(value, printed, want)


def _run(source, namespace):
    """Execute an example; the value of its last line where that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "example", "exec"), namespace)
    if last is not None:
        return eval(compile(ast.Expression(last.value), "example", "eval"), namespace)
    return None


def _compare(value, printed, want):
    """Numbers are compared as numbers, tensors as lists of them; all else as text."""
    if value is None:
        assert printed.strip() == want
        return
    try:
        shown = ast.literal_eval(want)
    except (SyntaxError, ValueError):
        assert repr(value) == want
        return
    if isinstance(shown, (str, dict, set)) or _has(shown, (str, type(None))):
        assert value == shown
        return
    for got, expected in _pairs(value, shown):
        assert np.shape(got) == np.shape(expected)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(got), expected, atol=0.005)


def _has(shown, types):
    return isinstance(shown, (list, tuple)) and any(isinstance(part, types) for part in shown)


def _pairs(value, shown):
    """A tuple of shapes may hold shapes of several lengths: compared one by one."""
    nested = isinstance(shown, tuple) and _has(shown, tuple)
    return list(zip(value, shown, strict=True)) if nested else [(value, shown)]
