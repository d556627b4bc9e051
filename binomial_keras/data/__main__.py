"""Writes sets as NumPy files: `python -m binomial_keras.data export NAME... --out FOLDER`."""

import argparse
import sys
from collections.abc import Sequence

from . import export, names


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m binomial_keras.data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("export", help="a set as .npy files")
    command.add_argument("names", nargs="+", metavar="NAME",
                         choices=[name for name in names() if name != "digits"])
    command.add_argument("--out", required=True, metavar="FOLDER")
    command.add_argument("--parts", type=int, default=1,
                         help="files that the pixels of a split are divided among (default: 1)")
    options = parser.parse_args(arguments)
    try:
        files = [f for name in options.names for f in export(name, options.out, options.parts)]
    except (FileNotFoundError, ImportError, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for file in files:
        print(f"{file} ({file.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
