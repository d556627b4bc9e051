"""What a cell of checks does."""

import time

import numpy as np


def checks(cell, identity, bench):
    """Computes all checks of a model; returns (result, arrays, cost)."""
    from binomial_keras.evaluation.checks import Probe, run_checks

    setting = cell.setting
    numbers, x, y = bench.images(cell.checkpoint.data, 0, cell.images)
    probe = Probe(
        bench.model(cell.checkpoint), x, y, cell.eps, cell.largest, setting.norm, setting.draws,
        cell.steps, cell.rules, cell.losses, setting.score_draws, setting.selection_draws,
        setting.seed, setting.batch_size,
    )
    started = time.monotonic()
    found = run_checks(probe)
    forwards, backwards = probe.passes
    arrays = {"image_numbers": numbers.astype("int32")}
    if found.curve:
        scores = list(found.curve.values())
        arrays["curve_draws"] = np.array(list(found.curve), "int32")
        arrays["curve_share"] = np.array([one.share for one in scores], "float64")
    result = {
        "checks": [one.to_dict() for one in found.checks],
        "stochastic": bool(probe.stochastic),
        "images": len(x),
    }
    cost = {"forwards": forwards, "backwards": backwards, "seconds": time.monotonic() - started}
    return result, arrays, cost
