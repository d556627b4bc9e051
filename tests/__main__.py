"""Runs the tests: all on the TensorFlow backend, then those that depend on the backend on JAX.

    python -m tests [arguments for pytest]

A process has one Keras backend, so each backend is a pytest process of its own. Further arguments
go to both; `python -m tests --slow` adds the tests that train and attack for longer. Where paths
are given, only they are run, on both backends.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).parent
ROOT = TESTS.parent
BACKEND_FOLDERS = ("layers", "models", "training", "evaluation")
NO_TESTS_COLLECTED = 5


def _paths_given(arguments):
    return [item for item in arguments if pathlib.Path(item.split("::")[0]).exists()]


def _run(backend, paths, arguments):
    print(f"== {backend} backend: {' '.join([*paths, *arguments]) or 'all tests'}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *paths, *arguments]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    # A selection may leave nothing to run on one of the two backends.
    selected = any(item.startswith(("-k", "-m")) for item in arguments)
    return 0 if selected and code == NO_TESTS_COLLECTED else code


def main(arguments):
    """Returns the exit code: 0 if every test passed on both backends."""
    folders = [f"tests/{name}" for name in BACKEND_FOLDERS if (TESTS / name).is_dir()]
    runs = [("tensorflow", [])]
    if importlib.util.find_spec("jax") is None:
        print("JAX is not installed: its backend is not tested. pip install -r requirements.txt")
    else:
        runs.append(("jax", folders))
    codes = {}
    for backend, paths in runs:
        codes[backend] = _run(backend, [] if _paths_given(arguments) else paths, arguments)
    for backend, code in codes.items():
        print(f"== {backend}: {'passed' if code == 0 else f'FAILED (exit code {code})'}")
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
