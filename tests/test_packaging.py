"""What is built, what is declared, and that the checkers have nothing to say."""

import configparser
import importlib
import inspect
import os
import pathlib
import runpy
import shutil
import subprocess
import sys
import types
import warnings
import zipfile

import pytest

import binomial_keras as bk
from tests import versions, without

ROOT = pathlib.Path(__file__).parents[1]
MODULES = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["modules"]()
# Packages whose own rooms have complete hints too, not only the names that they export.
WHOLE = ("data", "training")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built by setuptools alone from a copy of what git has."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("binomial_keras", "reproduce"):
        skip = shutil.ignore_patterns("__pycache__", "results", "runs")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    # A stand-in for results: a wheel must leave out whatever lies there.
    (folder / "reproduce" / "results" / "records").mkdir(parents=True)
    (folder / "reproduce" / "results" / "records" / "some.json").write_text("{}")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    code = "import setuptools.build_meta as b; print(b.build_wheel('dist'))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 0, ran.stderr
    (built,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        yield {info.filename: info.file_size for info in archive.infolist()}


def _in_git(*patterns):
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True,
                            text=True, check=False)
    if listed.returncode or not listed.stdout:
        pytest.skip("not a git checkout")
    return set(listed.stdout.split("\n")) - {""}


def test_a_wheel_holds_the_code_and_the_small_files(wheel):
    code = _in_git("binomial_keras/*.py", "reproduce/*.py")
    small = _in_git("binomial_keras/zoo/index.json", "binomial_keras/zoo/files/*",
                    "reproduce/published/*.csv", "reproduce/report/*.css",
                    "binomial_keras/py.typed")
    assert {name for name in code | small if (ROOT / name).exists()} - set(wheel) == set()
    assert "binomial_keras/zoo/index.json" in wheel and "reproduce/report/page.css" in wheel


def test_a_wheel_holds_nothing_large_and_nothing_else(wheel):
    assert not [name for name in wheel if name.startswith("reproduce/results")]
    tops = {name.split("/")[0] for name in wheel}
    assert tops == {"binomial_keras", "reproduce", f"binomial_keras-{bk.__version__}.dist-info"}
    assert max(wheel.values()) <= 2**20 and sum(wheel.values()) <= 10 * 2**20


def _extras():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return {name: text.split() for name, text in setup["options.extras_require"].items()}


def test_extras():
    extras = _extras()
    assert {"cluster", "jax", "nir", "notebooks", "test"} <= set(extras)
    assert extras["cluster"] == ["ray"] and extras["jax"] == ["jax"]
    assert extras["nir"] == ["nir>=1.0.8"]


def test_the_list_without_tensorflow_is_the_other_one_without_it():
    lines = (ROOT / "requirements-jax.txt").read_text(encoding="utf-8").splitlines()
    listed = {line for line in lines if line and not line.startswith("#")}
    full = {str(requirement) for requirement in versions.declared()["install"]}
    # tensorflow-datasets reads its files by TensorFlow; importlib_resources is there for it.
    only = {"tensorflow", "tensorflow-datasets", "importlib_resources"}
    assert listed == (full - only) | {"jax"}


@pytest.mark.parametrize("use", [
    "bk.models.binomial_cnn((8, 8, 1), 2, (2,))",
    "bk.convert(bk.models.binomial_cnn((8, 8, 1), 2, (2,)), 'B')",
    "bk.zoo.names(); bk.data.names(); bk.load; bk.training.recipe()",
    "import numpy; bk.summary(bk.models.relu_mlp((8, 8, 1), 2), numpy.zeros((1, 8, 8, 1)))",
    "import reproduce.cli, reproduce.published",
])
def test_import_without_the_extras(use, tmp_path):
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    others = {"tensorflow": ("jax",), "jax": ("tensorflow", "tensorflow_datasets")}[backend]
    blocked = ("ray", "nir", "hypothesis", "nbclient", "nbformat", "IPython", "notebook", "torch",
               *others)
    code = (
        "import sys\n"
        "import keras\n"
        "for name in ('art', 'matplotlib'): sys.modules[name] = None\n"
        f"import binomial_keras as bk\n{use}"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                         check=False, env=without.environment(tmp_path, blocked))
    assert ran.returncode == 0, ran.stderr


def test_tested_versions_are_written_down():
    recorded = versions.recorded()
    named = {versions.canonicalize_name(r.name) for part in versions.declared().values()
             for r in part}
    assert named <= set(recorded)
    for requirements in versions.declared().values():
        for requirement in requirements:
            version = recorded[versions.canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version, prereleases=True), requirement
    page = versions.PAGE.read_text(encoding="utf-8")
    for name in named:
        assert f"| {name} | {recorded[name]} |" in page
    if different := versions.differences():
        warnings.warn("Other versions than the tested ones: " + "; ".join(different), stacklevel=1)


def test_constraints_are_written_from_what_is_installed(monkeypatch):
    found = versions.installed()
    assert found["keras"] == versions.importlib.metadata.version("keras")
    # An indirect one: Keras asks for it.
    assert "optree" in found and "binomial-keras" not in found
    monkeypatch.setattr(versions, "recorded", lambda: {**found, "keras": "1.0"})
    assert versions.differences() == [f"keras {found['keras']}, tested with 1.0"]


def _hinted():
    """Every public function, constructor, method and property of this library, by name."""
    for module in MODULES.values():
        for name in module.__all__:
            yield from _functions(f"{module.__name__}.{name}", getattr(module, name))
    for part in WHOLE:
        for path in sorted((ROOT / "binomial_keras" / part).glob("[!_]*.py")):
            module = importlib.import_module(f"binomial_keras.{part}.{path.stem}")
            for name, value in vars(module).items():
                if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__:
                    yield from _functions(f"{module.__name__}.{name}", value)


def _functions(name, value):
    """The function itself, or what a class and its bases in this library define."""
    if not inspect.isclass(value):
        value = inspect.unwrap(value) if callable(value) else value
        if isinstance(value, types.FunctionType) and value.__module__.startswith("binomial_keras"):
            yield name, value
        return
    for base in value.__mro__:
        if base.__module__.startswith("binomial_keras"):
            for member, function in vars(base).items():
                if not member.startswith("_") or member in ("__init__", "__call__"):
                    function = getattr(function, "fget", getattr(function, "__func__", function))
                    # ART puts functions of its own in the place of `fit` and `predict`.
                    own = getattr(function, "__module__", "") == base.__module__
                    if own and isinstance(function, types.FunctionType):
                        yield f"{name}.{member}", function


@pytest.mark.parametrize(
    "function", [pytest.param(function, id=name) for name, function in dict(_hinted()).items()]
)
def test_public_functions_and_methods_have_complete_hints(function):
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    bare = [p.name for p in parameters if p.annotation is inspect.Parameter.empty]
    assert not bare and "return" in function.__annotations__, bare


def test_the_hints_of_classes_are_looked_at():
    names = set(dict(_hinted()))
    assert {
        "binomial_keras.load", "binomial_keras.layers.BU.__init__",
        "binomial_keras.layers.LIF.backward_rules", "binomial_keras.training.Recipe.rate",
        "binomial_keras.evaluation.attacks.APGD.generate", "binomial_keras.data.digits.read_digits",
        "binomial_keras.evaluation.ARTClassifier.stochastic",
        "binomial_keras.evaluation.RobustScore.joined",
    } <= names


def _run(*command):
    ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True,
                         text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_ruff_is_silent():
    pytest.importorskip("ruff")
    code, text = _run("ruff", "check", "--no-cache", ".")
    assert code == 0, text


def test_types_are_right(tmp_path):
    pytest.importorskip("mypy")
    code, text = _run("mypy", "--cache-dir", str(tmp_path))
    assert code == 0, text


def test_the_type_checker_would_notice(tmp_path):
    # Two arguments that the hints forbid (Keras' own classes are Any).
    pytest.importorskip("mypy")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import binomial_keras as bk\nbk.convert(3, neuron=5, T='many')\n")
    code, text = _run("mypy", "--cache-dir", str(tmp_path / "cache"), str(wrong))
    assert code == 1 and text.count("incompatible type") == 2, text
