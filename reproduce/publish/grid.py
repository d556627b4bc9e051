"""What the records say of a network of the binomial experiments: clean, attacked as published."""

from reproduce.experiments import ATTACK_ORDER, find
from reproduce.experiments.rows import checkpoint
from reproduce.plan import Plan
from reproduce.publish.lines import line, most_images, unmeasured
from reproduce.report.rows import attack_of, clean_of


def grid_lines(training, plans, store):
    """{"clean": lines, "as_published": lines} of a training; see `zoo.Card`.

    The network as it was trained comes first; what of it was not measured has a line that says so.
    """
    own = {"neuron": training.cell.neuron, "T": training.cell.T}
    if own == {"neuron": "A", "T": 1} or own == {"neuron": "B", "T": 1}:
        # What the paper, and with it the rows, call type C.
        own = {"neuron": "C", "T": 1}
    clean, attacked = [], []
    for plan, row in _rows(training, plans):
        tested = dict(zip(("neuron", "T"), row.test))
        mark = {"tested_as": tested, "as_trained": tested == own}
        seeds = (training.cell.seed,)
        clean += _measured(mark, "test images", {}, clean_of(store, plan, row, seeds))
        for attack, chosen in plan.attacks.items():
            found = attack_of(store, plan, row, attack, seeds)
            attacked += _measured(
                mark, attack, {"settings": chosen["settings"]}, found and found.accuracy
            )
    done = {one["what"] for one in attacked if one["as_trained"]}
    first = {"tested_as": own, "as_trained": True}
    clean += [] if any(one["as_trained"] for one in clean) else [
        unmeasured("test images", **first)]
    attacked += [unmeasured(attack, **first) for attack in ATTACK_ORDER if attack not in done]
    return {"clean": _sorted(clean), "as_published": _sorted(attacked)}


def _rows(training, plans):
    """(plan, row) of every row whose network is this training."""
    for plan in plans:
        if isinstance(plan, Plan) and "train" in plan.data_sha256:
            for row in find(plan.experiment).rows:
                cell = checkpoint(plan, row.network, training.cell.seed)
                if training.is_of(cell, plan.data_sha256["train"]):
                    yield plan, row


def _measured(mark, what, more, found):
    if found is None:
        return []
    return [line(what, found.value, found.low, found.high, found.images, found.draws,
                 found.records, sd_over_draws=found.over_draws, **mark, **more)]


def _sorted(lines):
    lines = most_images(lines, ("tested_as", "what", "settings"))
    order = ("test images", *ATTACK_ORDER)
    return sorted(lines, key=lambda one: (
        not one["as_trained"], one["tested_as"]["neuron"], one["tested_as"]["T"] or 0,
        order.index(one["what"]),
    ))
