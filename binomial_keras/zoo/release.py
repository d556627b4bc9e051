"""Checkpoints that are too large for the package: fetched once, into a cache on this machine.

`pooch` downloads: to a temporary name in the cache, to the final name only after the SHA-256 has
been compared, once more after a failure. `keras.utils.get_file` writes to the final name at once,
waits for a silent server without end and leaves a file with the wrong hash where it is.
"""

import os
import pathlib
import shutil

ADDRESS = "BINOMIAL_KERAS_ZOO_URL"
HOME = "BINOMIAL_KERAS_HOME"
SECONDS = 30
RETRIES = 1


def cache_folder():
    """Where fetched checkpoints are kept.

    The folder `zoo` in that of the environment variable `BINOMIAL_KERAS_HOME`, or else in the
    user's cache folder (on Linux `~/.cache/binomial_keras`).
    """
    import pooch

    home = os.environ.get(HOME)
    return pathlib.Path(home).expanduser() / "zoo" if home else pooch.os_cache("binomial_keras/zoo")


def fetch(name, entry, again):
    """Path of a checkpoint in the cache; it is downloaded where it is not there, whole.

    Args:
        name: of the checkpoint.
        entry: dict with `url` (an address, or a name that is appended to that of the environment
            variable `BINOMIAL_KERAS_ZOO_URL`), `size` (bytes) and `sha256`.
        again: the command that makes the checkpoint again, for messages, or None.

    Raises:
        FileNotFoundError: it is not in the cache and cannot be fetched; the message says why and
            what can be done.
        ValueError: what the address sends is not the recorded file.
    """
    from binomial_keras._archive import sha256_of

    # Two versions of a checkpoint have two names: environments may share a cache.
    found = cache_folder() / f"{name}-{entry['sha256'][:8]}.keras"
    sized = found.is_file() and found.stat().st_size == entry["size"]
    if sized and sha256_of(found) == entry["sha256"]:
        return found
    address = _address(entry["url"])
    if address is None:
        raise FileNotFoundError(_help(
            name, entry, found, again,
            "is not part of the package, and there is no public address to fetch it from yet",
        ))
    _make_room(name, entry, found, again)
    try:
        _download(address, found, entry["sha256"])
    except OSError as error:  # those of `requests` are among them
        raise FileNotFoundError(_help(
            name, entry, found, again, f"could not be fetched from {address} ({_reason(error)})"
        )) from error
    except ValueError as error:
        raise ValueError(
            f"What {address} sends is not the recorded file of the checkpoint {name!r}, whose "
            f"SHA-256 is {entry['sha256']}. Nothing of it was kept."
        ) from error
    return found


def _address(url):
    if "://" in url:
        return url
    base = os.environ.get(ADDRESS)
    return f"{base.rstrip('/')}/{url}" if base else None


def _make_room(name, entry, found, again):
    try:
        found.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(found.parent).free
    except OSError as error:
        raise FileNotFoundError(_help(
            name, entry, found, again,
            f"cannot be kept in {str(found.parent)!r} ({_reason(error)}; the environment variable "
            f"{HOME} names another folder)",
        )) from error
    if free < entry["size"]:
        raise FileNotFoundError(_help(
            name, entry, found, again,
            f"does not fit into {str(found.parent)!r}, which has {free:,} bytes left (the "
            f"environment variable {HOME} names another folder)",
        ))


def _download(address, found, sha256):
    import pooch

    # pooch says at length what it does; the progress bar is enough.
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        cache = pooch.create(
            found.parent, base_url="", registry={found.name: f"sha256:{sha256}"},
            urls={found.name: address}, retry_if_failed=RETRIES,
        )
        cache.fetch(
            found.name, downloader=pooch.HTTPDownloader(progressbar=True, timeout=SECONDS)
        )
    finally:
        logger.setLevel(level)


def _reason(error):
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}"
    refused = getattr(error.args[0], "reason", None) if error.args else None
    if refused is not None:
        return f"no connection: {str(refused).rpartition(': ')[2]}"
    return (getattr(error, "strerror", None) or str(error)).splitlines()[0][:200]


def _help(name, entry, found, again, problem):
    ways = [
        f"set the environment variable {ADDRESS} to an address under which {name}.keras lies",
        f"put the file at {str(found)!r}",
        *([f"make it again: `{again}`"] if again else []),
    ]
    return (
        f"The file of the checkpoint {name!r} ({entry['size']:,} bytes) {problem}. What helps: "
        f"{'; or '.join(ways)}."
    )
