"""Runs notebooks from top to bottom and stores what they show.

    python notebooks/execute.py [NAME.ipynb ...]

Without names: all of this folder. A cell that fails leaves its notebook as it was. Metadata of the
run (times, versions of the interpreter) are not stored, so that a second run changes what it
computes and nothing else.
"""

import base64
import io
import json
import os
import pathlib
import sys
import tempfile
import time

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = pathlib.Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LONGEST = 1800  # seconds per cell
LARGE = 64 * 1024  # a picture, in bytes of its base64 text


def execute(notebook, folder):
    """Run a notebook in a fresh kernel of this interpreter; its outputs are replaced.

    Args:
        notebook: `nbformat` notebook.
        folder: where its cells run. An empty one: a notebook needs no file of its own.

    Raises:
        CellExecutionError: a cell failed; with its traceback.
    """
    root = str(FOLDER.parent)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
    }
    # The kernel chooses its own way to draw: pictures go into the notebook.
    environment.pop("MPLBACKEND", None)
    with tempfile.TemporaryDirectory() as jupyter:
        # `python3` means this interpreter, whatever kernels are installed for the user.
        specification = pathlib.Path(jupyter, "kernels", "python3", "kernel.json")
        specification.parent.mkdir(parents=True)
        # What TensorFlow's C++ writes before it has read its log level is not the notebook's.
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}",
                   "--IPKernelApp.capture_fd_output=False"]
        specification.write_text(json.dumps({**KERNEL, "argv": command}))
        before = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = jupyter
        try:
            client = NotebookClient(
                notebook, kernel_name="python3", timeout=LONGEST, coalesce_streams=True,
                resources={"metadata": {"path": str(folder)}},
            )
            client.execute(env=environment)
        finally:
            if before is None:
                del os.environ["JUPYTER_PATH"]
            else:
                os.environ["JUPYTER_PATH"] = before


def with_data(notebook, name):
    """Set the data set of a notebook: the line `DATA = ...` of its cell tagged "parameters".

    Raises:
        ValueError: there is no such line, or several.
    """
    lines = []
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            found = [line for line in cell.source.splitlines() if line.startswith("DATA = ")]
            lines += found
            for line in found:
                cell.source = cell.source.replace(line, f"DATA = {name!r}")
    if len(lines) != 1:
        raise ValueError(f"Expected one line `DATA = ...` in a cell tagged 'parameters': {lines}")


def normalised(notebook):
    """The notebook without what differs from run to run and says nothing."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _smaller(output.data["image/png"])
    return notebook


def _smaller(png):
    """A PNG picture (base64) with a palette.

    256 colours, which are enough for a figure in half the room, or 32 for one that is still large
    (photographs in grey).
    """
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    if picture.mode == "P":
        return png
    for colours in (256, 32):
        written = io.BytesIO()
        reduced = picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        reduced.save(written, "PNG", optimize=True)
        text = base64.b64encode(written.getvalue()).decode("ascii") + "\n"
        if len(text) < LARGE:
            break
    return text


def main(names):
    """Returns the exit code."""
    paths = [pathlib.Path(name) for name in names] or sorted(FOLDER.glob("*.ipynb"))
    for path in paths:
        notebook, start = nbformat.read(path, as_version=4), time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            execute(notebook, folder)
        path.write_text(nbformat.writes(normalised(notebook)) + "\n", encoding="utf-8")
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
