"""Every notebook runs from top to bottom in a fresh kernel, and is stored as a reader wants it."""

import pathlib
import re
import runpy

import keras
import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_SCRIPT = runpy.run_path(str(ROOT / "notebooks" / "execute.py"))
execute, normalised, with_data = (_SCRIPT[name] for name in ("execute", "normalised", "with_data"))
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


def test_every_notebook_is_in_the_list_of_the_folder():
    listed = re.findall(r"\]\((\w+\.ipynb)\)", (ROOT / "notebooks" / "README.md").read_text())
    assert sorted(listed) == [path.name for path in NOTEBOOKS]


@each_notebook
def test_runs_in_a_fresh_kernel(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    stored = len(_pictures(notebook))
    execute(notebook, tmp_path)  # raises CellExecutionError with the traceback of the cell
    assert not [out for out in _outputs(notebook) if out.output_type == "error"]
    assert len(_pictures(notebook)) == stored


@pytest.mark.slow
@each_notebook
def test_runs_on_mnist(path, tmp_path, prepared):
    notebook = nbformat.read(path, as_version=4)
    stored = len(_pictures(notebook))
    with_data(notebook, prepared("mnist"))
    execute(notebook, tmp_path)
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
    # A picture that nobody shows is printed as the name of its class.
    shown = [out for out in outputs if "<Figure" in out.get("data", {}).get("text/plain", "")]
    assert all("image/png" in out.data for out in shown)


@each_notebook
def test_stored_metadata_say_nothing_of_the_run(path):
    text = path.read_text(encoding="utf-8")
    assert nbformat.writes(normalised(nbformat.reads(text, as_version=4))) + "\n" == text


@each_notebook
def test_the_data_set_is_one_line(path):
    notebook = nbformat.read(path, as_version=4)
    with_data(notebook, "mnist")
    chosen = [line for cell in notebook.cells if cell.cell_type == "code"
              for line in cell.source.splitlines() if line.startswith("DATA")]
    assert chosen == ["DATA = 'mnist'"]


@each_notebook
def test_stored_outputs_hold_no_machine_paths_and_stay_small(path):
    notebook = nbformat.read(path, as_version=4)
    assert sum(map(len, _pictures(notebook))) < LARGEST
    for text in _texts(notebook):
        assert not MACHINE_PATH.search(text), text


def test_a_notebook_without_a_data_set_is_refused():
    cell = nbformat.v4.new_code_cell('DATA = "digits"')  # without the tag
    with pytest.raises(ValueError, match="one line `DATA = ...` in a cell tagged 'parameters'"):
        with_data(nbformat.v4.new_notebook(cells=[cell]), "mnist")


@pytest.mark.parametrize(
    "text, found",
    [
        ("saved /tmp/x.keras", True),
        ('File "/home/me/a.py"', True),
        ("C:\\Users\\me", True),
        ("docs/tmp/x and 28/28", False),
        ("https://doi.org/10.1016/j.ins.2023.119190", False),
        ("see ../docs/binomial_neuron.md", False),
        ("type A: 3/4", False),
    ],
)
def test_machine_paths_are_told_from_other_text(text, found):
    assert bool(MACHINE_PATH.search(text)) == found
