"""What the records of `run adaptive` say of a network's weights."""

from reproduce.adaptive.check_results import plan_checks
from reproduce.adaptive.plan import AdaptivePlan
from reproduce.adaptive.results import worst_result
from reproduce.publish.lines import line


def adaptive_lines(training, plans, store):
    """One line per ball: the per-image worst case over the suite's attacks; see `zoo.Card`."""
    found = []
    for plan in _plans(training, plans):
        for eps in plan.eps:
            worst = worst_result(plan, store, eps)
            if worst is not None:
                found.append(_line(plan, eps, worst))
    return sorted(found, key=lambda one: not one["as_trained"])


def failed_checks(training, plans, store):
    """The checks of those evaluations that failed, as dicts; they say what to distrust."""
    found = []
    for plan in _plans(training, plans):
        found += [
            {"check": check.name, "detail": check.detail, "model": plan.model,
             "budget": plan.setting["budget"], "records": list(records)}
            for check, records in plan_checks(plan, store) if check.passed is False
        ]
    return found


def _plans(training, plans):
    weights = training.record["result"]["weights_sha256"]
    return [plan for plan in plans if isinstance(plan, AdaptivePlan)
            and plan.weights_sha256 == weights and plan.data == training.cell.data]


def _line(plan, eps, worst):
    estimate = worst.score.single_pass()
    budget, norm = plan.setting["budget"], plan.setting["norm"]
    return line(
        f"L{norm} eps {eps:g}, budget {budget}, {worst.attacks} of {worst.planned} attacks",
        100 * estimate.value, 100 * estimate.low, 100 * estimate.high, estimate.images,
        1 if worst.score.deterministic else plan.setting["score_draws"], worst.records,
        # A twin is a network of type A, B or C without its noise.
        tested_as={"neuron": "D", "T": None} if plan.is_twin else None,
        as_trained=not plan.is_twin,
        norm=norm, eps=eps, budget=budget, attacks=worst.attacks, planned=worst.planned,
    )
