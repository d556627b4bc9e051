"""Random time constants in spiking networks: what randomness does, and what heterogeneity does.

After Wang, Zhao, Du, He, Zhang, Zeng, iScience (2025), doi 10.1016/j.isci.2025.112660, "RandHet".
Its networks, distributions and tables could not be found: neurons, networks and settings are a
reconstruction (see `layers.LIF`, `models.randhet_vgg9`); no published number stands beside ours.
"""

from reproduce.studies.study import CLEAN, Measure, Network, Study

_NOTE = (
    "A reconstruction: the paper's networks, distributions and tables could not be found, so there "
    "is no published number to compare with. \"frozen\" has neurons as different as \"random\" and "
    "no randomness; \"fixed\" has neither. The ensemble tries other surrogate gradients, and for "
    "random decays the network with their mean, and keeps the worst image."
)
# One of each family of surrogates, narrow and wide, and the twin without noise. `own` is the
# surrogate of the training, triangular with sharpness 2.
_RULES = (
    "own", "triangular 0.5", "rectangular 1", "exponential 1", "arctan", "straight through",
    "adaptive", "mean decay",
)
_DRAWS = 20
# An epoch of VGG9 with a sixteenth of the maps takes some seven minutes of a processor core.
_WIDTH = 1 / 16


def _measures(eps, name, step_size, **ensemble):
    """The columns: the weak attacks, those that average over the noise, and the ensemble.

    `ensemble` are further settings of the last.
    """
    pgd = {"eps": eps, "steps": 20, "step_size": step_size}
    averaged = {**pgd, "draws": _DRAWS}
    ensemble = {**pgd, "draws": 10, "rules": _RULES, **ensemble}
    return (
        CLEAN,
        Measure("fgsm", f"FGSM {name}", "fgsm", {"eps": eps}),
        Measure("fgsm-20", f"FGSM {name}, {_DRAWS} draws", "fgsm", {"eps": eps, "draws": _DRAWS}),
        Measure("pgd", f"PGD {name}", "pgd", pgd),
        Measure("pgd-20", f"PGD {name}, {_DRAWS} draws", "pgd", averaged),
        Measure("ensemble", f"PGD {name}, 10 draws, surrogates", "pgd-ensemble", ensemble),
        # The same weights without noise: a claim of randomness has to beat them.
        Measure("clean-as-fixed", "clean, tested with decay 0.5", "clean",
                change={"decay": "fixed", "decay_value": 0.5}),
        Measure("pgd-as-fixed", f"PGD {name}, tested with decay 0.5", "pgd", pgd,
                change={"decay": "fixed", "decay_value": 0.5}),
    )


def _networks(builder, recipes, hardened):
    """Fixed, frozen and random decays; then adversarially trained ones."""
    def network(decay, recipes, mark="", label=""):
        return Network(
            f"{builder}-{decay}{mark}", f"{decay} decay{label}", builder, {"decay": decay}, recipes,
            noisy=decay == "random",
        )

    trained = tuple(network(decay, recipes) for decay in ("fixed", "frozen", "random"))
    robust = tuple(network(decay, hardened, "-at", ", adversarial training")
                   for decay in ("fixed", "random"))
    return (*trained, *robust)


RANDHET = (
    Study(
        "randhet_mnist", "Random time constants (RandHet, a reconstruction): homogeneous, frozen "
        "and random decays on MNIST", "mnist",
        _networks("lif_small", {"cpu": "spiking-mnist-cpu", "paper": "spiking-mnist"},
                  {"cpu": "spiking-mnist-at-cpu", "paper": "spiking-mnist-at"}),
        _measures(0.1, "0.1", 0.01), seeds=3, images=1000, note=_NOTE,
    ),
    Study(
        "randhet_cifar10", "Random time constants (RandHet, a reconstruction): VGG9 on CIFAR-10",
        "cifar10",
        _networks("randhet_vgg9", {"cpu": "spiking-cifar-cpu", "paper": "spiking"},
                  {"cpu": "spiking-cifar-at-cpu", "paper": "spiking-at"}),
        _measures(8 / 255, "8/255", 2 / 255, drop=True), images=1000, width=_WIDTH, short_epochs=4,
        note=_NOTE,
    ),
    Study(
        "randhet_sew", "Random time constants (RandHet, a reconstruction): SEW-ResNet19 on "
        "CIFAR-10", "cifar10",
        _networks("sew_resnet19", {"cpu": "spiking-cifar-cpu", "paper": "spiking"},
                  {"cpu": "spiking-cifar-at-cpu", "paper": "spiking-at"}),
        _measures(8 / 255, "8/255", 2 / 255, drop=True), images=1000, width=_WIDTH, short_epochs=4,
        note=_NOTE,
    ),
)
