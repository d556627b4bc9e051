"""A checkpoint without what only a further training needs."""

import io
import json
import zipfile

import h5py

# The same checkpoint always gives the same bytes, so that publishing twice changes nothing.
_DATE = (1980, 1, 1, 0, 0, 0)


def write_inference_file(source, target):
    """Copies a `.keras` file without optimizer, loss and metrics; the weights stay as they are.

    Args:
        source: path of a whole `.keras` file.
        target: path of the new one; it may be the same.
    """
    with zipfile.ZipFile(source) as archive:
        contents = {name: archive.read(name) for name in sorted(archive.namelist())}
    config = json.loads(contents["config.json"])
    config.pop("compile_config", None)
    contents["config.json"] = json.dumps(config).encode()
    contents["model.weights.h5"] = _without_optimizer(contents["model.weights.h5"])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)


def _without_optimizer(content):
    kept = io.BytesIO()
    with h5py.File(io.BytesIO(content), "r") as old, h5py.File(kept, "w") as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value
        for key in sorted(set(old) - {"optimizer"}):
            old.copy(key, new)
    return kept.getvalue()
