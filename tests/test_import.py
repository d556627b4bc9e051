"""`import binomial_keras` stays light, and the packaging says what is true."""

import ast
import configparser
import pathlib
import subprocess
import sys

import pytest

import binomial_keras as bk

ROOT = pathlib.Path(__file__).parents[1]
HEAVY = ("art", "tensorflow_datasets", "matplotlib", "skimage", "sklearn")


def _python(code):
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_import_needs_none_of_the_heavy_packages():
    # Keras itself imports matplotlib and scikit-learn where they are installed; so they are made
    # impossible to import only after Keras is there.
    _python(
        "import sys, keras\n"
        f"for name in {HEAVY}:\n"
        "    for loaded in [m for m in sys.modules if m == name or m.startswith(name + '.')]:\n"
        "        del sys.modules[loaded]\n"
        "    sys.modules[name] = None\n"
        "import binomial_keras as bk\n"
        "bk.models.binomial_cnn((8, 8, 1), 2, (2,)); bk.zoo.names(); bk.load; bk.data.names()"
    )


@pytest.mark.parametrize("package", ["layers", "models"])
def test_layers_and_models_import_keras_alone(package):
    allowed = {"keras", "numpy", "binomial_keras", *sys.stdlib_module_names}
    for file in (ROOT / "binomial_keras" / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found = {node.module.split(".")[0]}
            else:
                continue
            assert found <= allowed, (file.name, found)


def test_public_names():
    for name in ("layers", "models", "convert", "reseed", "load", "data", "zoo", "evaluation"):
        assert hasattr(bk, name), name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = bk.no_such_name


def test_version_is_written_once():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["metadata"]["version"] == "attr: binomial_keras._version.__version__"
    assert f"## {bk.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_everything_imported_is_declared():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    declared = setup["options"]["install_requires"]
    extras = setup["options.extras_require"]
    package_of = {
        "PIL": "pillow",
        "art": "adversarial-robustness-toolbox",
        "skimage": "scikit-image",
        "sklearn": "scikit-learn",
        "tensorflow_datasets": "tensorflow-datasets",
    }
    # Optional: torch is a third backend, jax and ray are in extras.
    assert "jax" in extras["jax"] and "ray" in extras["cluster"]
    own = {"binomial_keras", "reproduce", "jax", "ray", "torch", *sys.stdlib_module_names}
    for folder in ("binomial_keras", "reproduce"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    found = {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    found = {node.module.split(".")[0]}
                else:
                    continue
                for name in found - own:
                    assert package_of.get(name, name) in declared, (file.name, name)
