"""The index of the zoo: reading it, verifying a checkpoint against it, adding to it."""

import copy
import difflib
import json
import os
import pathlib
import re
import shutil
from typing import Any

from binomial_keras._archive import check_archive, sha256_of
from binomial_keras.zoo.card import Card
from binomial_keras.zoo.release import fetch

FOLDER = pathlib.Path(__file__).parent


def names() -> list[str]:
    """Names of all checkpoints, sorted."""
    return sorted(_index())


def info(name: str) -> Card:
    """What is recorded about a checkpoint.

    Args:
        name: one of `names()`.

    Returns:
        A new `Card`, a dict that prints as a page: `name`; `file`, relative to the package's
        zoo, or `url`, for a checkpoint that is fetched when it is first used; `size` in bytes;
        `sha256`; and the entries of its card (network, data, training, results).

    Raises:
        ValueError: unknown name.
    """
    index = _index()
    if not isinstance(name, str) or name not in index:
        raise unknown_name("name", name)
    entry = copy.deepcopy(index[name])
    card = entry.pop("card")
    return Card({"name": name, **entry, **card})


def path(name: str) -> pathlib.Path:
    """Path of a checkpoint's `.keras` file, after comparing its size and SHA-256 to the record.

    A checkpoint that is not part of the package is fetched once, see `zoo.release`.

    Raises:
        ValueError: unknown name, or a file that is not the recorded one.
        FileNotFoundError: the file is missing from the installation, or cannot be fetched.
    """
    recorded = info(name)
    if "url" in recorded:
        return fetch(name, recorded, recorded.get("training", {}).get("command"))
    found = FOLDER / recorded["file"]
    if not found.is_file():
        raise FileNotFoundError(
            f"The file of the checkpoint {name!r} is missing: {str(found)!r}. Install again."
        )
    size = found.stat().st_size
    if size != recorded["size"]:
        raise ValueError(
            f"The file of the checkpoint {name!r}, {str(found)!r}, has {size:,} bytes instead of "
            f"{recorded['size']:,}: it is damaged or was replaced. Install again."
        )
    digest = sha256_of(found)
    if digest != recorded["sha256"]:
        raise ValueError(
            f"The file of the checkpoint {name!r}, {str(found)!r}, has the SHA-256 {digest} "
            f"instead of {recorded['sha256']}: it is damaged or was replaced. Install again."
        )
    return found


def add(
    file: str | os.PathLike,
    name: str,
    card: dict,
    replace: bool = False,
    release: str | os.PathLike | None = None,
) -> Card:
    """Copies a checkpoint into the zoo and records it.

    Args:
        file: path of the `.keras` file. It has to pass the checks of `binomial_keras.load`.
        name: its name: letters, digits, "-" and "_".
        card: dict (JSON values) that says how the checkpoint was made and what it reaches.
        replace: whether an existing checkpoint of that name may be replaced.
        release: a folder outside of the package that the copy is put into, for a checkpoint that
            is to be fetched by those who use it; None for the package itself.

    Returns:
        The new entry, as `info(name)` gives it.

    Raises:
        ValueError: a name that is malformed or taken, a card that is not a dict of JSON values,
            a file that is refused.
        FileNotFoundError: there is no such file.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError(
            "Invalid value received for argument `name`. Expected letters, digits, '-' and '_'. "
            f"Received: name={name!r}"
        )
    _check_card(card)
    index = _index()
    if name in index and not replace:
        raise ValueError(f"The zoo has a checkpoint {name!r} already; replace it with `replace`.")
    check_archive(file)
    packaged = FOLDER / f"files/{name}.keras"
    target = packaged if release is None else pathlib.Path(release) / packaged.name
    place = {"file": f"files/{name}.keras"} if release is None else {"url": packaged.name}
    entry = {**place, **_copied(file, target), "card": card}
    _write_index({**index, name: entry})
    if release is not None:
        packaged.unlink(missing_ok=True)
    return info(name)


def _copied(file, target):
    """Copies a file so that `target` is whole or as it was; returns its size and SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f"{target.name}.tmp-{os.getpid()}")
    try:
        shutil.copyfile(file, scratch)
        found = {"size": scratch.stat().st_size, "sha256": sha256_of(scratch)}
        os.replace(scratch, target)
    finally:
        scratch.unlink(missing_ok=True)
    return found


def unknown_name(argument: str, value: Any, or_else: str | None = None) -> ValueError:
    """The error for a name that the zoo does not have, with the nearest one that it has."""
    known = names()
    expected = f"one of the zoo's names {known}" if known else "a name of the zoo (which is empty)"
    near = difflib.get_close_matches(str(value), known, n=1)
    return ValueError(
        f"Invalid value received for argument `{argument}`. Expected {expected}"
        + (f" or {or_else}" if or_else else "")
        + f". Received: {argument}={value!r}"
        + (f". Did you mean {near[0]!r}?" if near else "")
    )


def _check_card(card):
    reserved = {"name", "file", "url", "size", "sha256"}
    if not isinstance(card, dict) or reserved.intersection(card):
        raise ValueError(
            "Invalid value received for argument `card`. Expected a dict without the keys "
            f"{sorted(reserved)}. Received: card={card!r}"
        )
    try:
        json.dumps(card, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "Invalid value received for argument `card`. Expected values that JSON can hold "
            f"({error}). Received: card={card!r}"
        ) from error


def _index():
    with open(FOLDER / "index.json", encoding="utf-8") as file:
        return json.load(file)


def _write_index(index):
    scratch = FOLDER / f"index.json.tmp-{os.getpid()}"
    with open(scratch, "w", encoding="utf-8") as file:
        json.dump(dict(sorted(index.items())), file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(scratch, FOLDER / "index.json")
