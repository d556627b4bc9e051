"""Settings and fixtures of all tests."""

import importlib.metadata
import importlib.util
import os
import pathlib

# Before anything imports Keras or TensorFlow.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
if os.environ["KERAS_BACKEND"] == "jax":
    # Compilation is most of what the tests cost on JAX; the next run of the tests finds it done.
    cache = pathlib.Path(__file__).parents[1] / ".pytest_cache" / "jax"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    # Most functions run once or twice: half the time goes without the dear passes. Not level 0,
    # which draws an infinite normal number now and then. A jaxlib that does not know a flag ends
    # the process, so only the series that was tried gets them.
    if importlib.metadata.version("jaxlib").startswith("0.10."):
        os.environ.setdefault("XLA_FLAGS", " ".join((
            "--xla_backend_optimization_level=1",
            "--xla_llvm_disable_expensive_passes=true",
            "--xla_cpu_use_fusion_emitters=false",
            "--xla_cpu_parallel_codegen_split_count=1",
        )))

import pytest


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    skipped = {"slow": pytest.mark.skip(reason="slow; runs with --slow")}
    if os.environ["KERAS_BACKEND"] != "tensorflow" and importlib.util.find_spec("tensorflow"):
        skipped["architecture"] = pytest.mark.skip(reason="runs on TensorFlow; --slow: here too")
    for item in items:
        for name, skip in skipped.items():
            if name in item.keywords:
                item.add_marker(skip)


def _prepared(name):
    """`name`, or a skip where the set is not on disk: a test never starts a download."""
    from binomial_keras.data.prepared import prepared_directory, prepared_folder

    folder = prepared_folder()
    if prepared_directory(name, str(folder)) is None:
        pytest.skip(f"{name} is not prepared in {folder}; set TFDS_DATA_DIR to run this test")
    return name


@pytest.fixture
def prepared():
    """A function: the name of a set that is prepared on disk; skips the test where it is not."""
    return _prepared


@pytest.fixture(scope="session")
def mnist():
    """`load(split)` for MNIST; skips the test where MNIST is not prepared on disk."""
    from binomial_keras import data

    _prepared("mnist")
    return lambda split: data.load("mnist", split)
