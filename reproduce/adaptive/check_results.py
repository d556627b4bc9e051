"""All checks of a plan: those computed on the model, and those that follow from its records."""

from reproduce.adaptive.cell import NO_ATTACK
from reproduce.adaptive.results import attack_result, worst_result
from reproduce.lookup import record_of


def plan_checks(plan, store):
    """List of (`Check`, ids of the records behind it).

    Computed checks are missing from it while their record is.
    """
    return computed_checks(plan, store) + derived_checks(plan, store)


def computed_checks(plan, store):
    """The checks in the record of the plan's `CheckCell`, likewise."""
    from binomial_keras.evaluation.checks import Check

    record = record_of(plan.check_cell(), plan, store)
    if record is None:
        return []
    return [(Check(**one), (record["id"],)) for one in record["result"]["checks"]]


def draws_curve(plan, store):
    """[(number of draws, `Estimate` of the accuracy under PGD)], empty where there is none."""
    from binomial_keras.evaluation import Estimate

    record = record_of(plan.check_cell(), plan, store)
    arrays = {} if record is None else store.arrays(record)
    if "curve_draws" not in arrays:
        return []
    return [(int(draws), Estimate.of_mean(share))
            for draws, share in zip(arrays["curve_draws"], arrays["curve_share"])]


def derived_checks(plan, store):
    """The checks that compare what the plan's attacks found, likewise."""
    clean = attack_result(plan, store, NO_ATTACK, 0.0)
    if clean is None:
        return []
    worst = {eps: worst_result(plan, store, eps) for eps in plan.eps}
    worst = {0.0: clean, **{eps: one for eps, one in worst.items() if one is not None}}
    found = {eps: _attacks(plan, store, eps) for eps in plan.eps}
    behind = tuple(r for ran in found.values() for one in ran.values() for r in one.records)
    made = store.made(("checks", clean.records, behind),
                      lambda: _compared(plan, clean, worst, found))
    return [(check, behind) for check in made]


def _compared(plan, clean, worst, found):
    from binomial_keras.evaluation import checks

    scores = {eps: {name: one.score for name, one in ran.items()} for eps, ran in found.items()}
    unchanged = {eps: {n: one.unchanged for n, one in ran.items()} for eps, ran in found.items()}
    roles = {name: checks.role(spec)
             for specs in plan.attacks.values() for name, spec in specs.items()}
    return (
        checks.monotone_in_eps({eps: one.score for eps, one in worst.items()}),
        checks.iteration_beats_one_step(scores, roles),
        checks.gradients_beat_noise(scores, roles),
        checks.white_box_beats_black_box(scores, roles),
        checks.fooled_images_are_changed(clean.score, scores, unchanged),
    )


def _attacks(plan, store, eps):
    found = {name: attack_result(plan, store, name, eps) for name in plan.attacks[str(eps)]}
    return {name: one for name, one in found.items() if one is not None}
