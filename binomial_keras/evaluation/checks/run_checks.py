"""All checks that are made on a model."""

import dataclasses

from .check import Check
from .frozen_noise import NAME as FROZEN
from .frozen_noise import frozen_noise
from .gradient_signal import gradient_signal
from .large_eps import NAME as LARGE
from .large_eps import large_eps
from .model_flags import logits, randomness
from .probe import Probe
from .saturation import DRAWS, STEPS, draws_curve, more_draws, more_steps
from .zero_gradients import zero_gradients


@dataclasses.dataclass(frozen=True, eq=False)
class ModelChecks:
    """Result of `run_checks`.

    Attributes:
        checks: tuple of `Check`.
        curve: dict of numbers of draws to the `RobustScore` of PGD that averages over so many;
            empty for a deterministic model.
    """

    checks: tuple
    curve: dict


def run_checks(probe: Probe) -> ModelChecks:
    """The checks that need the model; those that compare results are in `comparisons.py`.

    Where the attacks refuse the model (no logits, gradients that are not finite), the checks
    that need them are not applicable and say so; the one about the cause has failed.

    Args:
        probe: `Probe`.

    Returns:
        `ModelChecks`.
    """
    checks = [logits(probe), randomness(probe), zero_gradients(probe), gradient_signal(probe)]
    curve = {}

    def with_draws(probe):
        curve.update(draws_curve(probe))
        return more_draws(probe, curve)

    attacks = {STEPS: more_steps, DRAWS: with_draws, LARGE: large_eps, FROZEN: frozen_noise}
    for name, check in attacks.items():
        try:
            checks.append(check(probe))
        except ValueError as error:
            text = " ".join(str(error).split())
            checks.append(Check.not_applicable(name, f"No attack was possible: {text}"))
    return ModelChecks(tuple(checks), curve)


def most_passes(images: int, steps: int, draws: int, rules: int, stochastic: bool = True) -> int:
    """Most backward passes of `run_checks`, per image and draw; forwards are about as many.

    Args:
        images: number of images.
        steps, draws: of the suite.
        rules: number of backward rules.
        stochastic: whether the model draws.
    """
    K = draws if stochastic else 1
    audit = (2 * rules + 3) * K
    saturation = 6 * steps * K
    noise = (2 * K + 6) * steps + rules * steps + 2 * (K + 6) if stochastic else 0
    return images * (audit + saturation + rules * steps * K + noise)
