"""Claims of the paper on random time constants in spiking networks."""

from reproduce.claims.book import both
from reproduce.claims.claim import Claim
from reproduce.claims.comparison import compare, compare_weights
from reproduce.claims.verdict import also, robust, untested

_STUDIES = {"randhet_mnist": ("lif_small", "mnist", 0.1),
            "randhet_cifar10": ("randhet_vgg9", "cifar10", 8 / 255),
            "randhet_sew": ("sew_resnet19", "cifar10", 8 / 255)}
_WEAK, _STRONG = ("fgsm", "pgd"), ("pgd-20", "ensemble")
# With little clean cost is meant: surely less than this many points.
_LITTLE = 1


def _gaps(book, pairs, measures, **wanted):
    found = []
    for study, (builder, _, _) in _STUDIES.items():
        for one, other in pairs:
            for measure in measures:
                found += compare(
                    f"{study}, {measure}: {one} less {other} decay",
                    book.measure(study, f"{builder}-{one}", measure),
                    book.measure(study, f"{builder}-{other}", measure), **wanted)
    return found


def _worst(book, pairs):
    found, failed = [], ()
    for study, (builder, data, eps) in _STUDIES.items():
        for one, other in pairs:
            ran = book.worst(data, f"{builder}-{one}", eps)
            found += compare(f"{study}, worst case at eps {eps:.3g}: {one} less {other} decay",
                             *both(ran, book.worst(data, f"{builder}-{other}", eps)), above=0)
            failed += book.failed(data, f"{builder}-{one}") if ran else ()
    return found, failed


def _limits(found):
    ran = [study for study in _STUDIES if any(one.what.startswith(study) for one in found)]
    some = (f"{' and '.join(ran)} only",) if 0 < len(ran) < len(_STUDIES) else ()
    return (*some, "a reconstruction of networks and settings")


def _judged(book, pairs, own):
    weak = _gaps(book, pairs, _WEAK, above=0)
    strong = _gaps(book, pairs, _STRONG, above=0)
    if own:
        # The control with the same weights: does the noise itself do anything?
        for study, (builder, _, _) in _STUDIES.items():
            random = f"{builder}-random"
            strong += compare_weights(
                f"{study}: random decay under the ensemble, less its own weights without noise "
                "under PGD", book.measure(study, random, "ensemble"),
                book.measure(study, random, "pgd-as-fixed"), above=0)
    more, failed = _worst(book, pairs)
    found = [*weak, *strong]
    return robust(weak, strong + more, failed, "randhet_mnist", _limits(found))


def _redrawn(book):
    pairs = (("random", "fixed"),)
    return also(_judged(book, pairs, own=True),
                _gaps(book, pairs, ("clean",), above=-_LITTLE))


def _each_helps(book):
    return _judged(book, (("frozen", "fixed"), ("random", "frozen")), own=False)


RANDHET = (
    Claim("R1", "randhet", "Redrawing every neuron's decay in each forward pass makes a spiking "
          "network more robust at little clean cost.", "abstract", _redrawn,
          "Random above fixed decays under FGSM and PGD; then under PGD averaged over 20 draws, "
          "an ensemble of surrogate gradients and the worst case, and above its own weights "
          "without noise; surely less than 1 point of clean accuracy lost."),
    Claim("R2", "randhet", "It beats randomisation methods for ordinary networks.", "abstract",
          lambda book: untested("No randomised ordinary network was trained and attacked in the "
                                "same way as the spiking ones; which methods the paper compared "
                                "is not known."),
          "Randomised ordinary networks, trained and attacked alike."),
    Claim("R3", "randhet", "Heterogeneity and trial-to-trial variability each help.",
          "abstract, highlights", _each_helps,
          "Frozen above fixed decays and random above frozen ones: under FGSM and PGD, then under "
          "averaged PGD, the ensemble and the worst case."),
)
