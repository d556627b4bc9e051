"""Claims of the SPLASH paper."""

from reproduce.claims.book import both
from reproduce.claims.claim import Claim
from reproduce.claims.comparison import compare
from reproduce.claims.verdict import plain, robust, untested
from reproduce.studies import STUDIES

_SETS = {"mnist": ("splash_mnist", "lenet5-bn"), "cifar10": ("splash_cifar10", "resnet20-bn")}
_NAMES = {"mnist": "MNIST, LeNet-5", "cifar10": "CIFAR-10, ResNet-20"}
_EPS = {"mnist": (0.1, "0.1"), "cifar10": (8 / 255, "8/255")}
_OTHERS = ("relu", "leaky_relu", "prelu", "tanh", "sigmoid", "elu", "maxout", "swish", "apl")


def _gap(book, data, study, measure, other, what, **wanted):
    _, builder = _SETS[data]
    return compare(f"{_NAMES[data]}, {what}: SPLASH less {other}",
                   book.measure(study, f"{builder}-splash", measure),
                   book.measure(study, f"{builder}-{other}", measure), **wanted)


def _limits(per_set):
    ran = [data for data, found in per_set.items() if found]
    found = [one for data in ran for one in per_set[data]]
    return found, (() if len(ran) == len(per_set) else tuple(f"{_NAMES[d]} only" for d in ran))


def _accurate(book):
    found, limits = _limits({
        data: [one for other in _OTHERS
               for one in _gap(book, data, study, "clean", other, "clean", above=0)]
        for data, (study, _) in _SETS.items()
    })
    return plain(found, "splash_mnist and splash_cifar10", limits)


def _robust(book):
    weak, strong, failed = {}, [], ()
    for data, (study, builder) in _SETS.items():
        eps, name = _EPS[data]
        curve = [m for m in STUDIES[study].measures if m.kind in ("fgsm", "pgd")]
        weak[data] = [one for m in curve
                      for one in _gap(book, data, study, m.key, "relu", m.label, above=0)]
        for m in STUDIES[f"{study}_black_box"].measures[1:]:
            weak[data] += _gap(book, data, f"{study}_black_box", m.key, "relu", m.label, above=0)
        strong += _gap(book, data, study, f"apgd-{name}", "relu", f"APGD {name}", above=0)
        strong += compare(
            f"{_NAMES[data]}, worst case at eps {name}: SPLASH less relu",
            *both(book.worst(data, f"{builder}-splash", eps),
                  book.worst(data, f"{builder}-relu", eps)), above=0)
        failed += book.failed(data, f"{builder}-splash")
    found, limits = _limits(weak)
    return robust(found, strong, failed, "splash_mnist and splash_cifar10, or `run adaptive`",
                  limits)


SPLASH = (
    Claim("S1", "splash", "More accurate than nine other activations on MNIST and CIFAR-10 in "
          "LeNet-5 and ResNet-20 (and in All-CNN, network in network, and on CIFAR-100).",
          "abstract", _accurate, "More accurate than each of the nine."),
    Claim("S2", "splash", "More robust than ReLU to open-box and black-box attacks, by up to 31 %.",
          "abstract", _robust, "Above ReLU under FGSM, PGD, C&W, boundary and one-pixel attacks; "
          "then under APGD, and in the worst case, at eps 0.1 (CIFAR-10: 8/255)."),
    Claim("S3", "splash", "Symmetric hinges at fixed places suffice to approximate a wide range of "
          "functions.", "abstract",
          lambda book: untested("No experiment here measures approximation. That the shapes are "
                                "piecewise linear functions through 0 with these hinges is a "
                                "property of the formula, tested with the layer."),
          "A measurement of approximation."),
)
