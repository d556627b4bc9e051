"""The networks of the experiments that have a place in the zoo, and what they are called there."""

import dataclasses

from reproduce.experiments.networks import NETWORKS, architecture_of


@dataclasses.dataclass(frozen=True)
class Entry:
    """A name in the zoo and the training behind it.

    Args:
        name: in the zoo.
        data: name of the data set.
        network: key of the network in its experiment or study.
        seed: training seed.
    """

    name: str
    data: str
    network: str
    seed: int = 0

    def training(self, trainings):
        """The `Training` with a checkpoint, or None.

        Of several that fit, such as a short and a long recipe, it is the largest network, and
        then the one that was shown the most images.
        """
        found = [one for one in trainings if self.fits(one.cell) and one.path.is_file()]
        return max(found, key=lambda one: (one.size, one.path.name), default=None)

    def fits(self, cell):
        """Whether a cell trains this network."""
        mine = (self.data, self.network, self.seed)
        if (cell.data, cell.network, cell.seed) != mine:
            return False
        # Of the binomial networks several architectures were tried.
        return getattr(cell, "architecture", None) in (None, architecture_of(self.data))


def _named(prefix, data, key, names):
    """Entries `prefix-NAME` for networks `key-NAME`; a dict names a network otherwise."""
    names = names if isinstance(names, dict) else {name: name for name in names}
    return tuple(
        Entry(f"{prefix}-{name}", data, f"{key}-{network}") for name, network in names.items()
    )


def _binomial(data, networks):
    return tuple(
        Entry(f"{data}-{network.lower().replace('_', '-')}", data, network) for network in networks
    )


_FLEXIBLE = {"baseline": "baseline", "uniform": "uniform0.1", "below": "below", "above": "above",
             "random": "random"}
_GLR = ("bp", "sigmoid-ce", "threshold-ce", "sigmoid-01", "threshold-01", "threshold-ce-baseline")
_DECAYS = ("fixed", "frozen", "random", "fixed-at", "random-at")

ENTRIES = (
    *_binomial("mnist", NETWORKS),
    *_binomial("digits", ("D", "B3", "A3")),
    *_binomial("cifar10", NETWORKS),
    *_named("fashion-mnist-flexible", "fashion_mnist", "flexible_small", _FLEXIBLE),
    *_named("cifar10-flexible-vgg16", "cifar10", "flexible_vgg16",
            ("baseline", "above", "below", "random")),
    *_named("mnist-lenet5", "mnist", "lenet5-bn", ("relu", "splash")),
    *_named("cifar10-resnet20", "cifar10", "resnet20-bn", ("relu", "splash")),
    *_named("mnist-lif", "mnist", "lif_small", _DECAYS),
    *_named("cifar10-lif-vgg9", "cifar10", "randhet_vgg9", _DECAYS),
    *_named("mnist-glr", "mnist", "glr_mlp", _GLR),
)


def name_of(training):
    """What the list calls a training, or None."""
    return next((one.name for one in ENTRIES if one.fits(training.cell)), None)
