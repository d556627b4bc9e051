"""Cells: the smallest pieces of an experiment that have a record of their own.

A cell is plain data. Two cells are the same piece of work exactly when their `identity` is the
same, and the identity holds everything that decides the numbers: the data by hash, the weights
by hash, the settings and the seed. What does not decide them (library versions, the command
line, the machine's speed) belongs to the record, not to the identity.
"""

import dataclasses
import hashlib
import json

FORMAT = 1

# What a training without this field was: records older than the field keep their identity.
FIRST_ARCHITECTURE = "r1"


def canonical(value):
    """JSON text with sorted keys and no spaces: the same value always gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value):
    """sha256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def pairs(mapping):
    """A dict as a sorted tuple of pairs, so that a frozen dataclass can hold it."""
    return tuple(sorted(mapping.items()))


@dataclasses.dataclass(frozen=True)
class TrainCell:
    """One training run. Its record holds the history; the checkpoint lies beside the records.

    Args:
        data: name of the data set.
        network: key of the network in the paper's grid, for example "A2" or "C_B1".
        neuron, T: the neuron type and passes it is trained with (T is None for type D).
        seed: seeds the initial weights, the order of the images and the spikes.
        recipe: name of the training recipe.
        overrides: sorted pairs (field, value) that replace fields of the recipe.
        widths: feature maps of the stages.
        gradient: backward rule, "last" or "unrolled".
        architecture: a key of `experiments.networks.ARCHITECTURES`.
    """

    data: str
    network: str
    neuron: str
    T: int | None
    seed: int
    recipe: str
    overrides: tuple
    widths: tuple
    gradient: str
    architecture: str = FIRST_ARCHITECTURE

    kind = "train"
    split = "train"

    @property
    def name(self):
        return f"{self.data}-{self.network}-s{self.seed}"

    def identity(self, data_sha256, weights_sha256=None):
        """What decides the numbers, as JSON-able data. `weights_sha256` is not used."""
        described = dataclasses.asdict(self)
        described["overrides"] = dict(self.overrides)
        described["widths"] = list(self.widths)
        if self.architecture == FIRST_ARCHITECTURE:
            del described["architecture"]
        return {
            "format": FORMAT,
            "kind": self.kind,
            **described,
            "data_sha256": data_sha256,
        }

    def label(self):
        return f"train {self.name}"


@dataclasses.dataclass(frozen=True)
class GivenCheckpoint:
    """A network that was trained elsewhere, known by the hash of its weights."""

    data: str
    network: str
    seed: int
    weights_sha256: str

    @property
    def name(self):
        return f"{self.data}-{self.network}-s{self.seed}"


def _tested(cell, data_sha256, weights_sha256):
    """The part of the identity that the clean and the attack cells have in common."""
    return {
        "format": FORMAT,
        "kind": cell.kind,
        "data": cell.checkpoint.data,
        "data_sha256": data_sha256,
        "network": cell.checkpoint.network,
        "training_seed": cell.checkpoint.seed,
        "weights_sha256": weights_sha256,
        "test_neuron": cell.neuron,
        "draws": cell.draws,
        "seed": cell.seed,
        "batch_size": cell.batch_size,
    }


@dataclasses.dataclass(frozen=True)
class CleanCell:
    """Accuracy on unchanged test images.

    For type A `passes` may name several T. A type A network after t passes is exactly the type A
    network with T = t, so one run of max(passes) passes serves all of them; the rows that share
    it share its draws, and are not independent of each other.

    Args:
        checkpoint: the `TrainCell` or `GivenCheckpoint` whose weights are tested.
        neuron: type in the test: "A", "B", "C" or "D".
        passes: the values of T that are scored; (1,) for type C and () for type D.
        images: number of test images (the first ones of the chosen list).
        draws: repetitions with fresh noise (1 for type D, which has none).
        seed: seed of the noise.
        batch_size: images in one forward pass.
    """

    checkpoint: TrainCell | GivenCheckpoint
    neuron: str
    passes: tuple
    images: int
    draws: int
    seed: int = 0
    batch_size: int = 250

    kind = "clean"
    split = "test"

    def identity(self, data_sha256, weights_sha256):
        """What decides the numbers, as JSON-able data."""
        return {
            **_tested(self, data_sha256, weights_sha256),
            "passes": list(self.passes),
            "images": self.images,
        }

    def label(self):
        T = ",".join(str(t) for t in self.passes) or "inf"
        return f"clean {self.checkpoint.name} as {self.neuron} T={T}"


@dataclasses.dataclass(frozen=True)
class AttackCell:
    """One attack on one block of images.

    Args:
        checkpoint: the `TrainCell` or `GivenCheckpoint` that is attacked.
        neuron, T: type and passes of the attacked and tested network (T is None for type D).
        attack: name of the attack in the published suite.
        settings: sorted pairs (name, value) of the attack's settings.
        start, stop: the block [start, stop) of the chosen list of images.
        draws: fresh draws that score the attacked images (1 for type D).
        seed: seed of the attack and of the noise.
        batch_size: images in one forward pass.
    """

    checkpoint: TrainCell | GivenCheckpoint
    neuron: str
    T: int | None
    attack: str
    settings: tuple
    start: int
    stop: int
    draws: int
    seed: int = 0
    batch_size: int = 250

    kind = "attack"
    split = "test"

    def identity(self, data_sha256, weights_sha256):
        """What decides the numbers, as JSON-able data."""
        return {
            **_tested(self, data_sha256, weights_sha256),
            "test_T": self.T,
            "attack": self.attack,
            "settings": dict(self.settings),
            "start": self.start,
            "stop": self.stop,
        }

    def label(self):
        T = "inf" if self.T is None else self.T
        block = f"images {self.start}-{self.stop}"
        return f"{self.attack} {self.checkpoint.name} as {self.neuron} T={T}, {block}"
