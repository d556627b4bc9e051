"""What an adaptive evaluation will cost, told before it begins."""

import dataclasses
import time

import numpy as np

_REPEATS = 3


@dataclasses.dataclass(frozen=True)
class Estimate:
    """Most passes of an image through a model, and the time they take in one process.

    Args:
        forwards, backwards: of attacks, checks, choice and scores. Fooled images leave early.
        seconds: at the speed that was measured for a batch before the run.
    """

    forwards: int
    backwards: int
    seconds: float

    def __add__(self, other):
        return Estimate(*(a + b for a, b in zip(dataclasses.astuple(self),
                                                dataclasses.astuple(other))))


def estimate(plans, bench):
    """`Estimate` of all that the plans ask for; records that are there already count too."""
    return sum((_of(plan, bench) for plan in plans), Estimate(0, 0, 0.0))


def _of(plan, bench):
    from binomial_keras.evaluation import ARTClassifier

    setting = plan.setting
    model = bench.model(plan.checkpoint)
    classifier = ARTClassifier(model, batch_size=setting["batch_size"])
    forwards, backwards = _attacks(plan, bench, model)
    for passes in (_checks(plan, classifier.stochastic), _scores(plan, classifier.stochastic)):
        forwards, backwards = forwards + passes[0], backwards + passes[1]
    forward, both = _speed(classifier, plan, bench)
    # A gradient is a forward and a backward pass; what else goes forward, goes alone.
    seconds = backwards * both + max(0, forwards - backwards) * forward
    return Estimate(forwards, backwards, seconds)


def _attacks(plan, bench, model):
    from binomial_keras.evaluation import adaptive_suite

    setting, forwards, backwards = plan.setting, 0, 0
    suite = adaptive_suite(
        model, plan.eps[0], setting["norm"], setting["budget"], setting["draws"],
        {one.network: bench.model(one) for one in plan.check_cell().setting.sources},
        setting["batch_size"],
    )
    for specs in plan.attacks.values():
        for name in specs:
            cost = suite[name].cost(plan.images)
            forwards, backwards = forwards + cost["forwards"], backwards + cost["backwards"]
    return forwards, backwards


def _checks(plan, stochastic):
    from binomial_keras.evaluation.checks import most_passes

    checks, draws = plan.checks, plan.setting["draws"]
    images, rules = checks["images"], len(checks["rules"])
    backwards = most_passes(images, checks["steps"], draws, rules, stochastic)
    # Another rule's gradient needs the model's own loss beside it, and every run of an attack is
    # judged up to five times, in 20 draws or somewhat more.
    others = 2 if rules > 1 else 1
    judged = images * (6 + 2 * rules) * 5 * (20 + draws if stochastic else 1)
    return others * backwards + judged, backwards


def _scores(plan, stochastic):
    scored = 1 + sum(map(len, plan.attacks.values()))
    draws = plan.setting["score_draws"] + plan.setting["selection_draws"] if stochastic else 2
    return scored * plan.images * draws, 0


def _speed(classifier, plan, bench):
    """Seconds per image of a forward pass, and of a forward with a backward pass."""
    size = min(plan.images, classifier.batch_size)
    _, x, y = bench.images(plan.data, 0, size)
    calls = (lambda: classifier.predict(x), lambda: classifier.loss_gradient(x, y))
    return [_fastest(call) / size for call in calls]


def _fastest(call):
    call()  # compiles
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return float(np.min(times))
