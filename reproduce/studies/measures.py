"""What happens to the test images before a network is asked about them."""


def _clean(x, y, estimator, seed, settings):
    return x


def _fgsm(x, y, estimator, seed, settings):
    eps = settings["eps"]
    return _ascent(
        x, y, estimator, seed, settings, steps=1, step_size=eps, random_start=False
    )


def _pgd(x, y, estimator, seed, settings):
    """Projected gradient ascent from a random start, without momentum, as TRADES' scripts do."""
    return _ascent(
        x, y, estimator, seed, settings, steps=settings["steps"], step_size=settings["step_size"]
    )


def _ascent(x, y, estimator, seed, settings, **arguments):
    from binomial_keras.evaluation.attacks import EOTPGD

    attack = EOTPGD(
        estimator(settings.get("draws", 1)), eps=settings["eps"], momentum=0.0, seed=seed,
        **arguments,
    )
    return attack.generate(x, y)


def _corruption(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.corruptions import corrupt

    return corrupt(
        x, settings["name"], settings["severity"], seed=seed, parameters=settings["parameters"]
    )


def _band(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.spectrum import band_pass

    return band_pass(x, settings["centre"], settings["width"])


def _stylised(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.stylised import stylise

    return stylise(x, settings["name"], settings["inverted"])


# Each takes (images, labels, function of K to the estimator that averages over K draws, seed,
# settings) and returns the images that the network is shown. Images that an attack finds wrong
# already stay as they are.
ATTACKS = {"fgsm": _fgsm, "pgd": _pgd}
# These know nothing of the network: every network is shown the same images.
# "maps" is "clean" with the activation maps of the first image.
CHANGES = {
    "clean": _clean,
    "maps": _clean,
    "corruption": _corruption,
    "band": _band,
    "stylised": _stylised,
}
KINDS = {**ATTACKS, **CHANGES}
