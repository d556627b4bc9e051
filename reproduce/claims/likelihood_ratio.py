"""Claims of the likelihood-ratio papers."""

from reproduce.claims.book import both
from reproduce.claims.claim import Claim
from reproduce.claims.comparison import compare, level
from reproduce.claims.verdict import plain, robust

_BP, _STEP, _ZERO = "glr_mlp-bp", "glr_mlp-threshold-ce", "glr_mlp-threshold-01"
_FIRST = {"bp": "glr_mlp-2019-bp", "step": "glr_mlp-2019-threshold-ce",
          "zero": "glr_mlp-2019-threshold-01"}
_CORRUPTIONS = ("gaussian", "impulse", "glass_blur", "contrast")
_ADAPTIVE = "adaptive-0.13"
# How many points a printed accuracy may be missed by.
_NEAR = 2


def _gap(book, study, measure, one, other):
    return compare(f"{study}, {measure}: {one} less {other}", book.measure(study, one, measure),
                   book.measure(study, other, measure), above=0)


def _level(book, study, network, printed):
    return level(f"{study}, clean: {network} (printed {printed:g})",
                 book.measure(study, network, "clean"), above=printed - _NEAR, printed=printed)


def _trained(book):
    return plain(_level(book, "glr_mnist", _STEP, 95) +
                 _level(book, "glr_2019", _FIRST["step"], 95), "glr_mnist or glr_2019")


def _zero_one(book):
    return plain(_level(book, "glr_mnist", _ZERO, 90) +
                 _level(book, "glr_2019", _FIRST["zero"], 86), "glr_mnist or glr_2019")


def _transferred(one, other):
    keys = {_STEP: "step", _BP: "bp", _ZERO: "zero"}

    def rule(book):
        weak = _gap(book, "glr_mnist", "fgsm-0.13", one, other)
        weak += _gap(book, "glr_2019", "fgsm-0.2", _FIRST[keys[one]], _FIRST[keys[other]])
        strong = _gap(book, "glr_mnist", _ADAPTIVE, one, other)
        strong += _gap(book, "glr_2019", "adaptive-0.2", _FIRST[keys[one]], _FIRST[keys[other]])
        more, failed = _worst(book, "mnist", one, other)
        return robust(weak, strong + more, failed, "the white-box columns of glr_mnist")

    return rule


def _worst(book, data, one, other):
    ran = book.worst(data, one, 0.1)
    found = compare(f"{data}, worst case at eps 0.1: {one} less {other}",
                    *both(ran, book.worst(data, other, 0.1)), above=0)
    return found, book.failed(data, one) if ran else ()


def _same_order(book):
    weak, strong, failed = [], [], ()
    for one, other in ((_STEP, _BP), (_ZERO, _STEP)):
        for data in ("mnist", "fashion_mnist"):
            measures = ("lbfgs", *_CORRUPTIONS)
            measures += ("fgsm-0.13",) if data == "fashion_mnist" else ()
            for measure in measures:
                weak += _gap(book, f"glr_{data}", measure, one, other)
        strong += _gap(book, "glr_fashion_mnist", _ADAPTIVE, one, other)
        more, names = _worst(book, "fashion_mnist", one, other)
        strong, failed = strong + more, failed + names
    return robust(weak, strong, failed, "the white-box columns of glr_fashion_mnist")


LIKELIHOOD_RATIO = (
    Claim("G1", "glr", "Networks with step activations can be trained without backpropagation to "
          "about 95 % on MNIST.", "README", _trained,
          "The interval of the clean accuracy above 93 %."),
    Claim("G2", "glr", "Networks can be trained on the 0-1 loss itself (86 % and 90 % in the two "
          "generations).", "README", _zero_one,
          "The interval of the clean accuracy at most 2 points below the printed one."),
    Claim("G3", "glr", "Step networks trained this way keep far more accuracy on transferred FGSM "
          "images than a backpropagation network (52 % and 54 % against 28 %).", "README",
          _transferred(_STEP, _BP), "Above backpropagation under transferred FGSM; then in the "
          "white-box worst case within the same ball."),
    Claim("G4", "glr", "The 0-1 loss adds to that (58 % and 61 %).", "README",
          _transferred(_ZERO, _STEP), "Above the cross-entropy under transferred FGSM; then in "
          "the white-box worst case within the same ball."),
    Claim("G5", "glr", "The same order holds on Fashion-MNIST and under L-BFGS and corruptions.",
          "README of the second generation", _same_order,
          "0-1 above cross-entropy above backpropagation under each; then in the white-box worst "
          "case on Fashion-MNIST."),
)
