"""What happens to the test images before a network is asked about them."""

from reproduce.studies.white_box import white_box


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


def _pgd_ensemble(x, y, estimator, seed, settings):
    """`_pgd` once for each of `rules`, gradients that the layers offer; the worst of each image.

    Rules that the network does not know are left out. The worst is chosen in fresh draws, which
    are not those of the score. With `drop` an image that a rule left wrong in 100 of 100 draws
    (in the one there is, without noise) is spared the rules that follow: it cannot get worse.
    """
    import numpy as np

    from binomial_keras.evaluation import select_worst
    from binomial_keras.models import backward_rules, reseed

    tested = estimator(1)
    known = ("own", *backward_rules(tested.model))
    found, left = {"none": x}, np.arange(len(x))
    for number, rule in enumerate(rule for rule in settings["rules"] if rule in known):
        if not left.size:
            break
        # Each rule has a copy of the network, whose generators other points may have moved.
        reseed(estimator(settings["draws"], rule).model, seed + number)
        found[rule] = x.copy()
        found[rule][left] = made = _ascent(
            x[left], y[left], lambda draws, rule=rule: estimator(draws, rule), seed + number,
            settings, steps=settings["steps"], step_size=settings["step_size"],
        )
        if settings.get("drop"):
            looks = 100 if tested.stochastic else 1
            # Not the draws of the choice below: it would be the luck of the same draws twice.
            share = select_worst([made], tested, y[left], draws=looks, seed=seed + 1).share[0]
            left = left[share > 0]
    draws = 30 if tested.stochastic else 1
    return select_worst(found, tested, y, draws=draws, seed=seed).images


def _ascent(x, y, estimator, seed, settings, **arguments):
    from binomial_keras.evaluation.attacks import EOTPGD

    attack = EOTPGD(
        estimator(settings.get("draws", 1)), eps=settings["eps"], momentum=0.0, seed=seed,
        **arguments,
    )
    return attack.generate(x, y)


def _one_step(x, y, estimator, seed, settings):
    """FGSM as the likelihood-ratio papers' scripts do it: every image is moved, wrong or not."""
    import numpy as np

    slope = estimator(1).loss_gradient(x, y)
    return np.clip(x + np.float32(settings["eps"]) * np.sign(slope), 0, 1).astype("float32")


def _lbfgs(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.attacks import UnconstrainedLBFGS

    return UnconstrainedLBFGS(estimator(1), settings["rate"], settings["steps"]).generate(x, y)


def _apgd(x, y, estimator, seed, settings):
    """AutoAttack's main attack, which chooses its step size."""
    from binomial_keras.evaluation.attacks import APGD

    attack = APGD(
        estimator(settings.get("draws", 1)), eps=settings["eps"], steps=settings["steps"],
        loss=settings["loss"], seed=seed,
    )
    return attack.generate(x, y)


def _carlini(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.attacks import CarliniL2

    attack = CarliniL2(
        estimator(settings.get("draws", 1)), binary_search_steps=settings["searches"],
        max_iter=settings["steps"], batch_size=len(x), verbose=False,
    )
    return _within(attack.generate(x, y), x, settings["eps"])


def _boundary(x, y, estimator, seed, settings):
    """ART's decision-based attack, which walks along the boundary towards the image."""
    import numpy as np
    from art.attacks.evasion import BoundaryAttack

    attack = BoundaryAttack(
        estimator(settings.get("draws", 1)), targeted=False, max_iter=settings["steps"],
        num_trial=settings["trials"], batch_size=64, verbose=False,
    )
    start, found = _fooling_noise(x, y, attack.estimator, seed)
    attacked = x.copy()
    # ART draws from NumPy's global generator.
    state = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        if found.any():
            attacked[found] = attack.generate(x[found], y[found], x_adv_init=start[found])
    finally:
        np.random.set_state(state)
    return _within(attacked, x, settings["eps"])


def _fooling_noise(x, y, estimator, seed, tries=100):
    """Uniform noise that the network gives another label than y, and for which images it is known.

    ART's own search draws from a generator that cannot be seeded.
    """
    import numpy as np

    rng, start, found = np.random.default_rng(seed), x.copy(), np.zeros(len(x), bool)
    for _ in range(tries):
        open_ = np.flatnonzero(~found)
        if not len(open_):
            break
        noise = rng.random((len(open_), *x.shape[1:]), "float32")
        fooled = np.argmax(estimator.predict(noise), axis=1) != y[open_]
        start[open_[fooled]], found[open_[fooled]] = noise[fooled], True
    return start, found


def _within(attacked, x, eps):
    """The attacked images whose change has an L2 norm of at most eps; the others as they were."""
    import numpy as np

    change = np.linalg.norm((attacked - x).reshape(len(x), -1), axis=1)
    return np.where((change <= eps)[:, None, None, None], attacked, x)


def _pixel(x, y, estimator, seed, settings):
    """One pixel changed, by differential evolution."""
    from binomial_keras.evaluation.attacks import Pixel

    attack = Pixel(
        estimator(settings.get("draws", 1)), th=1, max_iter=settings["steps"], seed=seed,
        verbose=False,
    )
    return attack.generate(x, y)


def _rays(x, y, estimator, seed, settings):
    """Labels alone: neither slopes nor confidences."""
    from binomial_keras.evaluation.attacks import RayS

    return RayS(estimator(1), settings["eps"], settings["queries"]).generate(x, y)


def _corruption(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.corruptions import corrupt

    return corrupt(
        x, settings["name"], settings["severity"], seed=seed, parameters=settings["parameters"]
    )


def _severities(x, y, estimator, seed, settings):
    """The five severities of a corruption, one block of images after the other."""
    import numpy as np

    return np.concatenate([
        _corruption(x, y, estimator, seed, {**settings, "severity": severity})
        for severity in (1, 2, 3, 4, 5)
    ])


def _band(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.spectrum import band_pass

    return band_pass(x, settings["centre"], settings["width"])


def _stylised(x, y, estimator, seed, settings):
    from binomial_keras.evaluation.stylised import stylise

    return stylise(x, settings["name"], settings["inverted"])


# Each takes (images, labels, function of K, and of a backward rule, to the estimator that averages
# over K draws, seed, settings) and returns the images that the network is shown. Images that FGSM,
# PGD, APGD and the worst case find wrong already stay as they are.
ATTACKS = {
    "fgsm": _fgsm,
    "pgd": _pgd,
    "pgd-ensemble": _pgd_ensemble,
    "apgd": _apgd,
    "carlini": _carlini,
    "boundary": _boundary,
    "pixel": _pixel,
    "rays": _rays,
    "one_step": _one_step,
    "lbfgs": _lbfgs,
    "worst_case": white_box,
}
# These know nothing of the network: every network is shown the same images.
# "maps" is "clean" with the activation maps of the first image.
CHANGES = {
    "clean": _clean,
    "maps": _clean,
    "corruption": _corruption,
    # Several blocks of images: accuracy is the mean over the blocks.
    "severities": _severities,
    "band": _band,
    "stylised": _stylised,
}
KINDS = {**ATTACKS, **CHANGES}
