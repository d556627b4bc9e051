"""Named checkpoints: `names()`, `info(name)`, `path(name)`.

`binomial_keras.load(name)` loads one. Each has an entry in `index.json` with its size, its
SHA-256 and a card: how it was made and what it reaches. Small ones are part of the package; larger
ones are fetched when they are first used. A network of this project's experiments becomes one,
with a card from its records, by `python -m reproduce publish`; any other by

    python -m binomial_keras.zoo add FILE --name NAME --card CARD.json
"""

from binomial_keras.zoo.card import Card
from binomial_keras.zoo.registry import add, info, names, path, unknown_name

__all__ = ["Card", "add", "info", "names", "path", "unknown_name"]
