"""The networks behind an experiment: how each was trained, or which file was given."""

from reproduce.cells import GivenCheckpoint
from reproduce.experiments.rows import checkpoint
from reproduce.lookup import record_of
from reproduce.report.table import NOT_RUN, Cell, Table


def training_table(experiment, plan, store):
    """`Table` of the networks of an experiment."""
    rows = []
    for seed in range(plan.seeds):
        for network in dict.fromkeys(row.network for row in experiment.rows):
            rows.append(_line(plan, store, network, seed))
    return _networks(plan, rows)


def history_table(networks, plan, store):
    """`Table` of the networks of a study: a list of (network, seed, its training cell)."""
    rows = []
    for network, seed, trained in networks:
        arguments = ", ".join(f"{name}={value}" for name, value in trained.arguments)
        made = f"recipe {trained.recipe}; {trained.builder}({arguments})"
        rows.append(_trained((Cell(network.label), Cell(str(seed)), Cell(made)),
                             record_of(trained, plan, store)))
    return _networks(plan, rows)


def _networks(plan, rows):
    return Table(
        f"{plan.name}-networks",
        "Networks",
        ("Network", "Seed", "Made by", "Epochs", "Test accuracy after training (%)", "Weights"),
        tuple(rows),
        ("The accuracy after training is that of one draw, as in the last epoch's validation.",),
    )


def _line(plan, store, network, seed):
    source = checkpoint(plan, network, seed)
    start = (Cell(network), Cell(str(seed)))
    if source is None:
        return (*start, Cell("not given"), Cell(""), Cell(""), Cell(""))
    if isinstance(source, GivenCheckpoint):
        given = plan.checkpoints[f"{network}-s{seed}"]
        return (*start, Cell(f"given file {given['file']}"), Cell(""), Cell(""),
                Cell(given["weights_sha256"][:12]))
    made = f"recipe {source.recipe}, {source.gradient} backward rule, {source.architecture}"
    return _trained((*start, Cell(made)), record_of(source, plan, store))


def _trained(start, record):
    if record is None:
        return (*start, Cell(NOT_RUN), Cell(NOT_RUN), Cell(NOT_RUN))
    result = record["result"]
    scores = result["history"].get("val_accuracy") or [float("nan")]
    return (*start, Cell(str(len(result["history"]["loss"]))),
            Cell(f"{100 * scores[-1]:.2f}", (record["id"],)),
            Cell(result["weights_sha256"][:12]))
