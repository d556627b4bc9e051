"""Named checkpoints: `names()`, `info(name)`, `path(name)`.

`binomial_keras.load(name)` loads one. Each has an entry in `index.json` with its size, its
SHA-256 and a card: how it was made and what it reaches. New ones are added with

    python -m binomial_keras.zoo add FILE --name NAME --card CARD.json
"""

from binomial_keras.zoo.registry import add, info, names, path, unknown_name

__all__ = ["add", "info", "names", "path", "unknown_name"]
