"""`python -m binomial_keras.zoo list | info NAME | add FILE --name NAME --card CARD.json`.

`info --json` prints the card as JSON instead of as a page.
"""

import argparse
import json
import sys

from binomial_keras.zoo import registry


def _parser():
    parser = argparse.ArgumentParser(prog="python -m binomial_keras.zoo")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="names of all checkpoints")
    info = commands.add_parser("info", help="what is recorded about a checkpoint")
    info.add_argument("name")
    info.add_argument("--json", action="store_true", help="as JSON")
    add = commands.add_parser("add", help="copy a checkpoint into the zoo and record it")
    add.add_argument("file", help="a .keras file")
    add.add_argument("--name", required=True)
    add.add_argument("--card", required=True, help="a JSON file: how it was made, what it reaches")
    add.add_argument("--replace", action="store_true", help="replace a checkpoint of that name")
    return parser


def _read_card(file):
    with open(file, encoding="utf-8") as opened:
        try:
            return json.load(opened)
        except ValueError as error:
            raise ValueError(f"The card {file!r} is not readable JSON ({error}).") from error


def main(arguments=None):
    """Runs one command; returns the exit code: 0, or 2 after one sentence on what is wrong."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "list":
            print("\n".join(registry.names()))
        elif given.command == "info":
            card = registry.info(given.name)
            print(json.dumps(card, indent=2) if given.json else card)
        else:
            card = _read_card(given.card)
            entry = registry.add(given.file, given.name, card, replace=given.replace)
            print(f"{entry['name']}: {entry['size']:,} bytes, SHA-256 {entry['sha256']}")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
