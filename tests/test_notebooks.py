"""Every notebook runs from top to bottom in a fresh kernel, and is stored as a reader wants it."""

import json
import os
import pathlib
import re
import sys

import keras
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 200 * 1024  # of all pictures of a notebook, in bytes of their base64 text
# Absolute paths of Linux, macOS and Windows, where a path can begin.
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:tmp|work|opt|home|root|usr|var|mnt|Users)/|(?<!\w)[A-Za-z]:\\\w|file://"
)

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="notebooks are run on TensorFlow alone"
)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _outputs(notebook):
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def _pictures(notebook):
    return [text for out in _outputs(notebook)
            for kind, text in out.get("data", {}).items() if kind.startswith("image/")]


def _texts(notebook):
    """All that can be read in a notebook: sources and outputs, pictures left out."""
    for cell in notebook.cells:
        yield cell.source
    for out in _outputs(notebook):
        yield out.get("text", "")
        # Not the pictures: base64 has slashes of its own.
        yield from (str(data) for kind, data in out.get("data", {}).items()
                    if not kind.startswith("image/"))


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.fixture
def own_kernel(tmp_path, monkeypatch):
    """`python3` means this interpreter, whatever kernels are installed for the user."""
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification = {"argv": command, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(specification))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return "python3"


@each_notebook
def test_runs_in_a_fresh_kernel(path, own_kernel, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    stored = len(_pictures(notebook))
    environment = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    # The kernel chooses its own way to draw: pictures go into the notebook.
    environment.pop("MPLBACKEND", None)
    client = NotebookClient(
        notebook,
        kernel_name=own_kernel,
        timeout=1800,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(env=environment)  # raises CellExecutionError with the traceback of the cell
    assert not [out for out in _outputs(notebook) if out.output_type == "error"]
    assert len(_pictures(notebook)) == stored


@each_notebook
def test_stored_outputs_are_a_whole_quiet_run(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    outputs = list(_outputs(notebook))
    assert outputs
    assert not [out for out in outputs if out.output_type == "error" or out.get("name") == "stderr"]
    # In a notebook TensorFlow writes its warnings to standard output.
    assert not [out for out in outputs if "WARNING" in out.get("text", "")]


@each_notebook
def test_stored_outputs_hold_no_machine_paths_and_stay_small(path):
    notebook = nbformat.read(path, as_version=4)
    assert sum(map(len, _pictures(notebook))) < LARGEST
    for text in _texts(notebook):
        assert not MACHINE_PATH.search(text), text


@pytest.mark.parametrize(
    "text, found",
    [
        ("saved /tmp/x.keras", True),
        ('File "/work/main/a.py"', True),
        ("C:\\Users\\me", True),
        ("docs/tmp/x and 28/28", False),
        ("https://doi.org/10.1016/j.ins.2023.119190", False),
        ("see ../docs/binomial_neuron.md", False),
        ("type A: 3/4", False),
    ],
)
def test_machine_paths_are_told_from_other_text(text, found):
    assert bool(MACHINE_PATH.search(text)) == found
