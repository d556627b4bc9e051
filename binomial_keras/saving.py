"""`load`: opens a named checkpoint or a `.keras` file, after checking it."""

import os

import keras

# The layers register themselves with Keras when they are imported.
import binomial_keras.layers  # noqa: F401
from binomial_keras import zoo
from binomial_keras._archive import check_archive, count_stored_values, refusal


def load(name_or_path: str | os.PathLike, sha256: str | None = None) -> keras.Model:
    """Loads a model from the zoo or from a `.keras` file.

    Model files are programs as much as data, so a file is checked before it is opened: it has to
    be a whole `.keras` archive; its configuration may name only Keras' own computing layers and
    this library's classes (a `Lambda` or a class of another package is refused by name); a
    checkpoint of the zoo has to have the size and the SHA-256 of its record. It is then opened in
    Keras' safe mode. What this library saves with `model.save("name.keras")` passes; a model with
    classes of your own is yours to trust: open it with `keras.saving.load_model`.

    The model comes back without optimizer, loss and metrics; call `compile` to train it further.

    Args:
        name_or_path: a name from `binomial_keras.zoo.names()`, or the path (str or os.PathLike)
            of a `.keras` file. A name of the zoo goes before a file of that name.
        sha256: optional; the file's expected SHA-256, 64 hexadecimal digits.

    Returns:
        A `keras.Model`.

    Raises:
        ValueError: an unknown name, or a file that is refused; the message says why.
        FileNotFoundError: there is no such file.

    Example:

    >>> model = binomial_keras.load("trained.keras")  # doctest: +SKIP
    """
    path = _find(name_or_path)
    check_archive(path, sha256)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise refusal(path, f"Keras cannot rebuild its model ({lines[0][:300]})") from error
    # Keras only warns when a layer has no stored weights, and leaves it as it was initialized.
    stored, needed = count_stored_values(path), model.count_params()
    if stored < needed:
        raise refusal(path, f"it holds {stored:,} of the {needed:,} weights of its model")
    return model


def _find(name_or_path):
    if isinstance(name_or_path, str) and name_or_path in zoo.names():
        return zoo.path(name_or_path)
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ValueError(
            "Invalid value received for argument `name_or_path`. Expected a name of the zoo or "
            f"the path of a `.keras` file. Received: name_or_path={name_or_path!r}"
        )
    given = os.fspath(name_or_path)
    looks_like_a_name = isinstance(name_or_path, str) and os.path.basename(given) == given
    if looks_like_a_name and not os.path.splitext(given)[1] and not os.path.exists(given):
        raise zoo.unknown_name("name_or_path", given, or_else="the path of a `.keras` file")
    return given
