"""Runs the tests: all on TensorFlow; those that depend on the backend on JAX and PyTorch as well.

    python -m tests [arguments for pytest]

A process has one Keras backend, so each backend is a pytest process of its own; two run at a
time. PyTorch, which no requirement installs, is tested where it is there. Further arguments go to
all; `python -m tests --slow` adds the tests that train and attack for longer. Where paths are
given, only they are run, on every backend.
"""

import concurrent.futures
import dataclasses
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).parent
ROOT = TESTS.parent
BACKEND_FOLDERS = ("layers", "models", "training", "evaluation")
# They start processes of their own, each of which imports TensorFlow.
PAGES = ("test_docs.py", "test_docstrings.py", "test_notebooks.py", "test_readme.py")
AT_A_TIME = 2
NO_TESTS_COLLECTED = 5


@dataclasses.dataclass
class Run:
    """One pytest process: its backend, what it runs, and where its output goes."""

    backend: str
    arguments: list
    output: pathlib.Path

    def __call__(self):
        """Returns the exit code."""
        with open(self.output, "w", encoding="utf-8") as output:
            title = f"== {self.backend} backend: {' '.join(self.arguments)}"
            print(title, file=output, flush=True)
            command = [sys.executable, "-m", "pytest", "-q", *self.arguments]
            environment = {**os.environ, "KERAS_BACKEND": self.backend}
            code = subprocess.run(
                command, cwd=ROOT, env=environment, check=False, stdout=output,
                stderr=subprocess.STDOUT,
            ).returncode
        # A selection may leave nothing to run in one of the processes.
        selected = any(item.startswith(("-k", "-m")) for item in self.arguments)
        return 0 if selected and code == NO_TESTS_COLLECTED else code


def _runs(arguments, folder):
    given = any(pathlib.Path(item.split("::")[0]).exists() for item in arguments)
    dependent = [f"tests/{name}" for name in BACKEND_FOLDERS]
    files = sorted(path.name for path in TESTS.glob("test_*.py"))
    pages = [f"tests/{name}" for name in files if name in PAGES]
    others = [f"tests/{name}" for name in files if name not in PAGES]
    # The longest first, so that both processors have work until the end.
    wanted = [
        ("jax", dependent),
        ("tensorflow", dependent),
        ("tensorflow", ["tests/reproduce"]),
        ("tensorflow", pages),
        ("tensorflow", ["tests/cost", "tests/interchange", *others]),
        ("torch", dependent),
    ]
    if given:
        wanted = [("jax", []), ("tensorflow", []), ("torch", [])]
    if importlib.util.find_spec("torch") is None:
        wanted = [run for run in wanted if run[0] != "torch"]
    if importlib.util.find_spec("jax") is None:
        print("JAX is not installed: its backend is not tested. pip install -r requirements.txt")
        wanted = [run for run in wanted if run[0] != "jax"]
    return [
        Run(backend, [*paths, *arguments], folder / f"{number}.txt")
        for number, (backend, paths) in enumerate(wanted)
    ]


def _follow(run, code):
    """Print what a run writes until it ends."""
    while not run.output.exists():
        time.sleep(0.1)
    with open(run.output, encoding="utf-8", errors="replace") as output:
        ended = False
        while not ended:
            # First the question, then the reading: nothing can be written in between.
            ended = code.done()
            sys.stdout.write(output.read())
            sys.stdout.flush()
            time.sleep(0 if ended else 0.5)
    return code.result()


def main(arguments):
    """Returns the exit code: 0 if every test passed on every backend."""
    with tempfile.TemporaryDirectory() as folder:
        runs = _runs(arguments, pathlib.Path(folder))
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            codes = [pool.submit(run) for run in runs]
            results = [_follow(run, code) for run, code in zip(runs, codes)]
    for run, code in zip(runs, results):
        what = f"{run.backend}, {' '.join(run.arguments)}"
        print(f"== {what}: {'passed' if code == 0 else f'FAILED (exit code {code})'}")
    return max(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
