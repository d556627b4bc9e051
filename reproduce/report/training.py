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
    record = record_of(source, plan, store)
    made = f"recipe {source.recipe}, {source.gradient} backward rule, {source.architecture}"
    if record is None:
        return (*start, Cell(made), Cell(NOT_RUN), Cell(NOT_RUN), Cell(NOT_RUN))
    result = record["result"]
    scores = result["history"].get("val_accuracy") or [float("nan")]
    return (*start, Cell(made), Cell(str(len(result["history"]["loss"]))),
            Cell(f"{100 * scores[-1]:.2f}", (record["id"],)),
            Cell(result["weights_sha256"][:12]))
