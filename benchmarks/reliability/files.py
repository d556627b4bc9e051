"""Every kind of bad file, and whether `binomial_keras.load` refuses it."""

import pathlib
import tempfile

import binomial_keras as bk
from tests import bad_files
from tests.test_saving import _plain_model


def measure():
    """Each kind once: refused with the library's sentence, opened, or another error."""
    kinds = {}
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder, "good.keras")
        _plain_model().save(saved)
        bk.load(saved)
        for number, (kind, make) in enumerate(bad_files.KINDS.items()):
            place = pathlib.Path(folder, str(number))
            place.mkdir()
            kinds[kind] = _outcome(make(saved, place / "bad.keras"))
    refused = [kind for kind, found in kinds.items() if found.startswith("refused: ")]
    return {"kinds": len(kinds), "refused": len(refused), "each": kinds}


def _outcome(path):
    try:
        bk.load(path)
    except ValueError as error:
        head = f"The model file {str(path)!r} is refused: "
        text = str(error)
        found = f"refused: {text[len(head):]}" if text.startswith(head) else f"error: {text}"
    except Exception as error:
        found = f"error: {type(error).__name__}: {error}"
    else:
        found = "opened"
    # The folder is another in each run.
    found = found.replace(str(path), "FILE")
    return "something was run" if bad_files.marker(path).exists() else found
