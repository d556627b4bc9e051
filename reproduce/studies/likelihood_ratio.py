"""The experiments of the likelihood-ratio papers.

Xiao, Peng, Hong, Ke, Yang, arXiv 1902.00358 (2019); Peng, Xiao, Heidergott, Hong, Lam, "A new
likelihood ratio method for training artificial neural networks", INFORMS Journal on Computing
(2022). The papers' texts were not at hand: settings and numbers are those of the authors' public
programs and their README.
"""

from reproduce.published import numbers
from reproduce.studies.study import CLEAN, Measure, Network, Study

_SOURCE = Network("relu_mlp", "ReLU network, source of transfers", "relu_mlp", {},
                  {"cpu": "glr-source", "paper": "glr-source"})


def _network(key, label, activation, recipes, **arguments):
    arguments = {"activation": activation, **arguments}
    return Network(f"glr_mlp-{key}", label, "glr_mlp", arguments, recipes)


def _both(name):
    return {"cpu": name, "paper": name}


# Row of the published table, network.
_ROWS = {
    "BP benchmark": _network("bp", "BP benchmark", "sigmoid",
                             {"cpu": "glr-bp-cpu", "paper": "glr-bp"}),
    "sigmoid + CE": _network("sigmoid-ce", "sigmoid + CE", "sigmoid", _both("glr")),
    "threshold + CE": _network("threshold-ce", "threshold + CE", "threshold",
                               {"cpu": "glr", "paper": "glr-threshold"}),
    "sigmoid + 0–1": _network("sigmoid-01", "sigmoid + 0-1", "sigmoid", _both("glr-zero-one")),
    "threshold + 0–1": _network("threshold-01", "threshold + 0-1", "threshold",
                                _both("glr-zero-one")),
}
_REDUCED = _network("threshold-ce-baseline", "threshold + CE, leave-one-out baseline (ours)",
                    "threshold", _both("glr-cpu"))

# Published column, measure.
_COLUMNS = {
    "orig": CLEAN,
    "l_bfgs": Measure("lbfgs", "L-BFGS, transfer", "lbfgs", {"rate": 0.05, "steps": 20},
                      source=_SOURCE.key),
    "fgsm": Measure("fgsm-0.13", "FGSM 0.13, transfer", "one_step", {"eps": 0.13},
                    source=_SOURCE.key),
}
_COLUMNS |= {
    column: Measure(column, label, "severities", {"name": name, "parameters": "cifar"},
                    group="corruptions")
    for column, label, name in (
        ("gaussian", "Gaussian", "gaussian_noise"), ("impulse", "impulse", "impulse_noise"),
        ("glass_blur", "glass blur", "glass_blur"), ("contrast", "contrast", "contrast"),
    )
}


# The white-box attacks cost most of a study's time on all images.
_ATTACKED = 1000


def _worst(eps):
    return Measure(f"adaptive-{eps:g}", f"white-box adaptive, eps {eps:g}", "worst_case",
                   {"eps": eps, "steps": 20, "queries": 500}, images=_ATTACKED)


def _blind(eps):
    return Measure(f"rays-{eps:g}", f"decision-based (RayS), eps {eps:g}", "rays",
                   {"eps": eps, "queries": 1000}, images=_ATTACKED)


_NOTE = (
    "Published: README of the authors' program. Its attacks are transferred from a ReLU network, "
    "which is closer kin to the BP benchmark than to the others. White-box adaptive: per-image "
    "worst case over PGD and APGD with the network's own gradient and with those of soft gates in"
    " place of the thresholds (the distribution function of the training noise at five widths, "
    "sigmoid, straight-through, a network with smooth gates), and Square; decision-based: RayS, "
    "which asks for labels alone, 1,000 per image; both on 1,000 images. Nothing published stands "
    "beside these. The corruptions are means over five severities. Reconstruction: Adagrad for all "
    "likelihood-ratio rows; L-BFGS by our own optimizer."
)


def _published(file):
    lines = numbers(file)
    return {
        (network.key, measure.key): (float(lines[row][column]), None)
        for row, network in _ROWS.items() for column, measure in _COLUMNS.items()
    }


def _table(data, name):
    return Study(
        f"glr_{data}", f"Likelihood-ratio training, {name}: transferred attacks, corruptions, and "
        "white-box attacks", data, (*_ROWS.values(), _REDUCED, _SOURCE),
        (*_COLUMNS.values(), _worst(0.05), _worst(0.13), _blind(0.13)), hidden=(_SOURCE.key,),
        seeds=3, published=_published(f"glr_{data}"), note=_NOTE,
    )


# The first generation: 14x14 pixels, ten thousand copies of every image.
_SOURCE_2019 = Network(
    "relu_mlp-2019", "ReLU network on 14x14 pixels, source of transfers", "relu_mlp",
    {"hidden": (300, 100), "pool": 2}, {"cpu": "glr-source", "paper": "glr-source-2019"},
)
_FIRST = tuple(
    _network(f"2019-{key}", label, activation, {"cpu": short, "paper": full}, generation="v2019")
    for key, label, activation, short, full in (
        ("bp", "BP, ReLU", "relu", "glr-bp-2019", "glr-bp-2019"),
        ("threshold-ce", "threshold + CE", "threshold", "glr-2019-cpu", "glr-2019"),
        ("threshold-01", "threshold + 0-1", "threshold", "glr-2019-cpu-zero-one",
         "glr-2019-zero-one"),
    )
)
_FGSM_2019 = Measure("fgsm-0.2", "FGSM 0.2, transfer", "one_step", {"eps": 0.2},
                     source=_SOURCE_2019.key)
_PRINTED_2019 = ((99.0, 28.0), (95.0, 52.0), (86.0, 58.0))

LIKELIHOOD_RATIO = (
    _table("mnist", "MNIST"),
    _table("fashion_mnist", "Fashion-MNIST"),
    Study(
        "glr_2019", "Likelihood-ratio training, the programs of 2019 on MNIST", "mnist",
        (*_FIRST, _SOURCE_2019), (CLEAN, _FGSM_2019, _worst(0.2), _blind(0.2)),
        hidden=(_SOURCE_2019.key,), seeds=3,
        published={
            (network.key, measure.key): (value, None)
            for network, printed in zip(_FIRST, _PRINTED_2019)
            for measure, value in zip((CLEAN, _FGSM_2019), printed)
        },
        note="Published: comments and file names of the authors' program, two digits, on a split "
        "of their own (30 % of all 70,000 images) and on images that the source gets right. Their "
        "BP network has a ReLU on its outputs as well, ours has not. The short recipes have 100 "
        "copies and a leave-one-out baseline in place of 10,000 copies.",
    ),
)
