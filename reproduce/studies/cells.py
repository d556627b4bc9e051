"""Cells of a study: a training of any network, and accuracies measured on it."""

import dataclasses

from reproduce.cells import FORMAT


@dataclasses.dataclass(frozen=True)
class NetworkCell:
    """One training run. Its record holds the history; the checkpoint lies beside the records.

    Args:
        data: name of the data set.
        network: key of the network in its study.
        builder: name of a function in `binomial_keras.models`.
        arguments: sorted pairs (argument, value) of the builder.
        seed: seeds the initial weights, the order of the images and the noise.
        recipe: name of the training recipe.
        overrides: sorted pairs (field, value) that replace fields of the recipe.
        images: number of training images, or None for all.
    """

    data: str
    network: str
    builder: str
    arguments: tuple
    seed: int
    recipe: str
    overrides: tuple
    images: int | None = None

    kind = "train"
    split = "train"

    @property
    def name(self):
        return f"{self.data}-{self.network}-s{self.seed}"

    def identity(self, data_sha256, weights_sha256=None):
        """What decides the numbers, as JSON-able data. `weights_sha256` is not used."""
        described = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        described["arguments"] = dict(self.arguments)
        described["overrides"] = dict(self.overrides)
        return {"format": FORMAT, "kind": self.kind, **described, "data_sha256": data_sha256}

    def label(self):
        return f"train {self.name}"


@dataclasses.dataclass(frozen=True)
class Point:
    """One accuracy: what is done to the images, and to the network, before it is asked.

    Args:
        kind: a key of `measures.KINDS`.
        settings: sorted pairs (name, value) of its settings.
        change: sorted pairs (argument, value) of layers.
    """

    kind: str
    settings: tuple
    change: tuple = ()

    def to_dict(self):
        """JSON-able."""
        return {"kind": self.kind, "settings": dict(self.settings), "change": dict(self.change)}


@dataclasses.dataclass(frozen=True)
class MeasureCell:
    """Accuracies of one trained network: one, or the points of a curve.

    Args:
        checkpoint: the `NetworkCell` whose weights are tested.
        name: of the measure, or of the group of measures, in its study.
        points: tuple of `Point`.
        source: the `NetworkCell` that an attack is made on, or None for the tested network.
        images: number of test images, the first of the fixed list.
        draws: fresh draws that score every image (1 for a network without noise).
        seed: of noise and attack.
        batch_size: images in one forward pass.
    """

    checkpoint: NetworkCell
    name: str
    points: tuple
    source: NetworkCell | None
    images: int
    draws: int
    seed: int = 0
    batch_size: int = 250

    kind = "measure"
    split = "test"

    @property
    def sources(self):
        """Checkpoints needed besides that of the tested network."""
        return () if self.source is None else (self.source,)

    def identity(self, data_sha256, weights_sha256, sources_sha256=()):
        """What decides the numbers, as JSON-able data."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "data": self.checkpoint.data,
            "data_sha256": data_sha256,
            "network": self.checkpoint.network,
            "training_seed": self.checkpoint.seed,
            "weights_sha256": weights_sha256,
            "points": [point.to_dict() for point in self.points],
            "sources_sha256": list(sources_sha256),
            "images": self.images,
            "draws": self.draws,
            "seed": self.seed,
            "batch_size": self.batch_size,
        }

    def label(self):
        return f"{self.name} of {self.checkpoint.name}"
