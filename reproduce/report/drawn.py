"""Figures that a folder holds already are drawn again only when what they show has changed.

Drawing is most of a report's work, and after a run nearly all figures are as they were. The file
`.drawn.json` beside the PNG files says what each was drawn from; without it all are drawn.
"""

import contextlib
import contextvars
import dataclasses
import functools
import hashlib
import json
import pathlib

import numpy as np

from reproduce.records import pretty, write_if_changed

FILE = ".drawn.json"
_current = contextvars.ContextVar("drawn", default=None)


def drawn_once(draw):
    """Decorator of a function of plain values that returns a PNG picture, see `drawn_in`."""

    @functools.wraps(draw)
    def drawing(*values):
        drawn = _current.get()
        return draw(*values) if drawn is None else drawn.picture(draw, values)

    return drawing


@contextlib.contextmanager
def drawn_in(folder):
    """While this lasts, pictures are taken from `folder` where they would be the same."""
    drawn = Drawn(folder)
    token = _current.set(drawn)
    try:
        yield drawn
    finally:
        _current.reset(token)


class Drawn:
    """The pictures of a folder by what they were drawn from.

    Args:
        folder: path of the folder.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.before, self.now = _read(self.folder / FILE), {}

    def picture(self, draw, values):
        """What `draw(*values)` returns."""
        key = _key(draw.__name__, values)
        png = self._found(key)
        if png is None:
            png = draw(*values)
        self.now[key] = hashlib.sha256(png).hexdigest()
        return png

    def _found(self, key):
        name, wanted = self.before.get(key, (None, None))
        try:
            png = None if name is None else (self.folder / name).read_bytes()
        except OSError:
            return None
        # A file that somebody has changed is not what was drawn.
        return png if png and hashlib.sha256(png).hexdigest() == wanted else None

    def save(self, pictures):
        """Keeps for the next time which files hold the pictures: a dict from names to PNG."""
        names = {hashlib.sha256(png).hexdigest(): f"{name}.png" for name, png in pictures.items()}
        kept = {key: [names[sha256], sha256] for key, sha256 in self.now.items()
                if sha256 in names}
        write_if_changed(self.folder / FILE, pretty(kept).encode())


def _read(path):
    try:
        return {key: (str(name), wanted) for key, (name, wanted)
                in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _key(name, values):
    """sha256 of all that decides a picture: the function, its values, the code, the versions."""
    digest = hashlib.sha256(_code())
    _feed(digest, (name, values))
    return digest.hexdigest()


@functools.cache
def _code():
    import matplotlib
    import PIL

    source = pathlib.Path(__file__).with_name("figures.py").read_bytes()
    told = (matplotlib.__version__, PIL.__version__, str(dict(matplotlib.rcParams)))
    return source + repr(told).encode()


def _feed(digest, value):
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, (list, tuple)):
        digest.update(f"[{len(value)}".encode())
        for one in value:
            _feed(digest, one)
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif value is None or isinstance(value, (str, int, float, np.generic)):
        digest.update(f"{type(value).__name__}{value!r};".encode())
    else:
        raise TypeError(f"A figure is drawn from plain values, not from {type(value)}.")
