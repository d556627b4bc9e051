"""The versions that the tests ran with: writes constraints.txt and docs/tested_versions.md.

    python -m tests.versions

Both come from the packages that are installed, and what they ask for; nothing is typed. To install
exactly these versions: `pip install -c constraints.txt -r requirements.txt`.
"""

import configparser
import importlib.metadata
import pathlib
import platform

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = pathlib.Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
PAGE = ROOT / "docs" / "tested_versions.md"


def declared():
    """Requirements by where setup.cfg names them: `"install"` and the extras."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    parts = {"install": setup["options"]["install_requires"], **setup["options.extras_require"]}
    return {part: [Requirement(line) for line in text.split("\n") if line]
            for part, text in parts.items()}


def installed():
    """Name to version of all that setup.cfg asks for and is installed, indirectly too."""
    pending = [requirement for part in declared().values() for requirement in part]
    found = {}
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        if name in found or not _applies(requirement):
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        pending += map(Requirement, distribution.requires or ())
    return dict(sorted(found.items()))


def _applies(requirement):
    # What an extra of another package asks for is not ours.
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def recorded():
    """Name to version, as constraints.txt has them."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {name: version for name, version in pairs}


def differences():
    """Sentences: what is installed in another version than the one recorded."""
    here = installed()
    return [f"{name} {here[name]}, tested with {version}"
            for name, version in recorded().items() if here.get(name, version) != version]


def constraints(found):
    """The text of constraints.txt."""
    head = (f"# Tested on Python {platform.python_version()}, {platform.system()} "
            f"{platform.machine()}. Written by: python -m tests.versions\n")
    return head + "".join(f"{name}=={version}\n" for name, version in found.items())


def page(found):
    """The text of the page: what setup.cfg names itself."""
    lines = [
        "# Tested versions\n",
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}. All "
        "packages, indirect ones too, are in [constraints.txt](../constraints.txt): "
        "`pip install -c constraints.txt -r requirements.txt` installs these. Both are written by "
        "`python -m tests.versions`; the tests name what is installed in another version.\n",
        "| package | version | asked for by |",
        "| --- | --- | --- |",
    ]
    asked = {}
    for part, requirements in declared().items():
        for requirement in requirements:
            asked.setdefault(canonicalize_name(requirement.name), []).append(part)
    for name, parts in sorted(asked.items()):
        lines.append(f"| {name} | {found.get(name, 'not installed')} | {', '.join(parts)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    versions = installed()
    CONSTRAINTS.write_text(constraints(versions), encoding="utf-8")
    PAGE.write_text(page(versions), encoding="utf-8")
