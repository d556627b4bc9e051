"""A Python in which packages that are installed cannot be found."""

import os
import pathlib

ROOT = pathlib.Path(__file__).parents[1]

# Python runs a module of this name when it starts, in worker processes too. Finders that answer
# "not there", rather than raise, are what a package looks like that was never installed.
SITE = """
import sys
from importlib.machinery import PathFinder

HIDDEN = {names!r}


class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in HIDDEN
        return None if hidden else super().find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, *args, **kwargs):
        for found in super().find_distributions(*args, **kwargs):
            if found.name.lower().replace("-", "_") not in HIDDEN:
                yield found


sys.meta_path[:] = [Hiding if finder is PathFinder else finder for finder in sys.meta_path]
"""


def environment(folder, names, **more):
    """Environment variables of a Python that finds this repository, but none of the packages.

    Args:
        folder: empty folder that must stay while Python runs.
        names: names of modules.
        more: further variables.
    """
    (folder / "sitecustomize.py").write_text(SITE.format(names=tuple(names)))
    path = os.pathsep.join(filter(None, [str(folder), str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **more}
