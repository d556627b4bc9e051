"""Rows of an experiment, and the cells that each row needs."""

import dataclasses

from reproduce.cells import AttackCell, CleanCell, GivenCheckpoint, TrainCell, pairs
from reproduce.experiments.networks import NETWORKS, graph_of, network_of

ANYTIME = (1, 2, 3, 5)


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a table: a network, how it is tested, and what the paper prints for it.

    Args:
        number: as printed ("baseline", "1", ...).
        train, test: printed pairs (type, T), T None for infinite.
        network: key of the network in the grid.
        graph: "A" or "B", the graph the row is about (see `networks`).
        published: the row of the paper as a dict (`published.table`), or None.
    """

    number: str
    train: tuple
    test: tuple
    network: str
    graph: str
    published: dict | None = None

    @property
    def label(self):
        return f"{_name(self.train)} → {_name(self.test)}"


def _name(pair):
    neuron, T = pair
    return neuron if neuron in "CD" else f"{neuron}{T}"


def rows_of(published):
    """Rows from a published table, each assigned to a network of the grid."""
    rows, seen = [], set()
    for line in published:
        pair = (line["train"], line["test"])
        # The baseline row of the figures is the D row printed once more, not a second network.
        graph = graph_of(*pair, repeated=pair in seen)
        if line["row"] != "baseline":
            seen.add(pair)
        network = network_of(line["train"], graph)
        rows.append(Row(line["row"], *pair, network, graph, line))
    return tuple(rows)


def checkpoint(plan, network, seed):
    """The cell, or given checkpoint, of one network; None when it was not given."""
    if plan.checkpoints is not None:
        given = plan.checkpoints.get(f"{network}-s{seed}")
        if given is None:
            return None
        return GivenCheckpoint(plan.data, network, seed, given["weights_sha256"])
    trained = NETWORKS[network]
    return TrainCell(
        data=plan.data,
        network=network,
        neuron=trained.neuron,
        T=trained.T,
        seed=seed,
        recipe=plan.training["recipe"],
        overrides=pairs(plan.training["overrides"]),
        widths=tuple(plan.training["widths"]),
        gradient=plan.training["gradient"],
        architecture=plan.architecture,
    )


def clean_cell(plan, row, seed):
    """The clean cell of a row and where its accuracy stands in it.

    Returns:
        (cell, index into its passes), or (None, 0) when the checkpoint was not given.
    """
    source = checkpoint(plan, row.network, seed)
    if source is None:
        return None, 0
    neuron, T = row.test
    if neuron == "A" or (neuron == "C" and row.graph == "A"):
        tested, passes, index = "A", ANYTIME, ANYTIME.index(T)
    elif neuron == "D":
        tested, passes, index = "D", (), 0
    else:
        # A type C test of a network of the B graph is its single draw, type B with T = 1.
        tested, passes, index = "B", (T,), 0
    cell = CleanCell(
        checkpoint=source,
        neuron=tested,
        passes=passes,
        images=plan.clean["images"],
        draws=1 if tested == "D" else plan.clean["draws"],
        batch_size=plan.clean["batch_size"],
    )
    return cell, index


def attack_cells(plan, row, attack, seed):
    """The cells of one attack on one row, one per block of images (none without checkpoint)."""
    source = checkpoint(plan, row.network, seed)
    chosen = plan.attacks.get(attack)
    if source is None or chosen is None:
        return []
    neuron, T = row.test
    images, shard = chosen["images"], chosen["shard"]
    return [
        AttackCell(
            checkpoint=source,
            neuron=neuron,
            T=T,
            attack=attack,
            settings=pairs(chosen["settings"]),
            start=start,
            stop=min(start + shard, images),
            draws=1 if neuron == "D" else chosen["draws"],
            batch_size=chosen["batch_size"],
        )
        for start in range(0, images, shard)
    ]
