"""The devices of this machine, and training on several of them."""

import contextlib

from reproduce.errors import UsageError


def kinds_of_devices():
    """The kinds that the backend finds here, sorted, such as `["cpu"]`."""
    import keras

    if keras.backend.backend() == "torch":
        # Keras lists no devices of PyTorch.
        import torch

        return ["gpu" if torch.cuda.is_available() else "cpu"]
    return sorted({device.split(":")[0] for device in keras.distribution.list_devices()})


def check_devices(count):
    """Raises `UsageError` unless a training can be divided among so many devices."""
    import keras

    if count is None:
        return
    if keras.backend.backend() != "jax":
        raise UsageError(
            f"--devices needs the JAX backend, not {keras.backend.backend()}: "
            "set KERAS_BACKEND=jax."
        )
    found = keras.distribution.list_devices()
    if count > len(found):
        raise UsageError(f"--devices {count} is more than the {len(found)} of this machine.")


def training_scope(count):
    """Context in which networks are made and trained on `count` devices; None: on the usual one.

    The devices share every batch, through Keras' `DataParallel`.
    """
    import keras

    if count is None:
        return contextlib.nullcontext()
    devices = keras.distribution.list_devices()[:count]
    return keras.distribution.DataParallel(devices=devices).scope()
