"""What the model is: does it draw, and does it give logits?"""

import warnings

import numpy as np

from ..fresh_draws import fresh_draws
from ..seeds import stream_seed
from .check import Check
from .probe import Probe

RANDOMNESS, LOGITS = "randomness", "logits"
_RUNS = 5
_SAME = 1e-4


def randomness(probe: Probe) -> Check:
    """A model that answers differently has to be attacked with means over several draws.

    Five runs on the same images; random is one whose logits, scaled to length one, differ by
    more than 1e-4, or whose accuracy does. It fails if the suite used one draw: because it was
    told to, or because no seed generator of the model moves while it draws, so that the attacks
    took it for deterministic.

    Args:
        probe: `Probe`.

    Returns:
        A `Check`; its value is the largest difference of scaled logits.
    """
    with warnings.catch_warnings():
        # Noise that no generator controls is what is looked for: it is told of below.
        warnings.simplefilter("ignore")
        runs = list(fresh_draws(
            probe.estimator(1), probe.x, _RUNS, stream_seed(probe.seed, RANDOMNESS),
            probe.batch_size,
        ))  # fmt: skip
    scaled = [z / (np.linalg.norm(z, axis=1, keepdims=True) + 1e-12) for z in runs]
    value = max(float(np.abs(z - scaled[0]).max()) for z in scaled)
    right = {int((z.argmax(1) == probe.y).sum()) for z in runs}
    limit = f"at most {_SAME:g} or several draws"
    if value <= _SAME and len(right) == 1:
        return Check(RANDOMNESS, True, value, limit, f"{_RUNS} runs agree: one draw is enough.")
    if not probe.stochastic:
        detail = "The answers differ, yet no seed generator moves: attacks saw single draws."
        return Check(RANDOMNESS, False, value, limit, detail)
    detail = f"The answers differ from run to run; draws averaged: {probe.draws}."
    if probe.draws == 1:
        detail += " One draw fools by luck and is fooled by luck."
    return Check(RANDOMNESS, probe.draws > 1, value, limit, detail)


def logits(probe: Probe) -> Check:
    """The losses of the attacks have to be those of logits, not of saturated probabilities.

    Args:
        probe: `Probe`.

    Returns:
        A `Check` without a value.
    """
    from ..attacks.averaged_attack import check_logits

    try:
        check_logits(probe.estimator(1), probe.x)
    except ValueError as error:
        found = str(error).partition("Received: ")[2].partition(". Wrap")[0]
        detail = f"Probabilities where logits are needed, so no attack of the suite runs: {found}."
        return Check(LOGITS, False, None, "needed", detail)
    return Check(LOGITS, True, None, "needed", "Attacks use what precedes the softmax.")
