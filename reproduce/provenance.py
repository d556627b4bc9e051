"""Where a number comes from: versions, command, commit, device. Nothing names the machine."""

import functools
import importlib.metadata
import os
import pathlib
import platform
import subprocess
import sys

_PACKAGES = (
    "keras",
    "tensorflow",
    "jax",
    "jaxlib",
    "torch",
    "numpy",
    "adversarial-robustness-toolbox",
    "scikit-image",
    "scikit-learn",
    "tensorflow-datasets",
)


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def command_line(arguments):
    """The command as text; a path that names the machine is reduced to its last part."""
    parts = []
    for argument in arguments:
        name, equals, value = argument.rpartition("=")
        private = value.startswith(("/", "~", "..")) or "\\" in value
        shown = pathlib.PurePath(value).name if private else value
        parts.append(f"{name}{equals}{shown}")
    return " ".join(["python -m reproduce", *parts])


def _git(*arguments):
    folder = pathlib.Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True, text=True, timeout=10, check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _commit():
    """(commit, whether the code differs from it), or (None, None) outside of a checkout."""
    if not _git("ls-files", "__init__.py"):
        return None, None
    changed = _git("status", "--porcelain", "--untracked-files=no", "--",
                   ":/binomial_keras", ":/reproduce")
    return _git("rev-parse", "HEAD"), None if changed is None else bool(changed)


def _accelerators():
    """{kind: number} of the GPUs or TPUs that JAX sees, such as {"NVIDIA H100 80GB HBM3": 1}."""
    import keras

    if keras.backend.backend() != "jax":
        return {}
    import jax

    kinds = [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    return {kind: kinds.count(kind) for kind in kinds}


@functools.cache
def provenance():
    """Dict that every record carries."""
    import keras

    import binomial_keras
    from reproduce.devices import kinds_of_devices

    commit, changed = _commit()
    devices = kinds_of_devices()
    accelerators = _accelerators()
    return {
        "command": command_line(sys.argv[1:]),
        "package": binomial_keras.__version__,
        "git_commit": commit,
        "git_dirty": changed,
        "backend": keras.backend.backend(),
        "device": "gpu" if "gpu" in devices else devices[0] if devices else "cpu",
        **({"accelerators": accelerators} if accelerators else {}),
        "cores": os.cpu_count(),
        "floatx": keras.config.floatx(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES if _version(name)},
    }
