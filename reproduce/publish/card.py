"""A network's card for the zoo, from records alone."""

from reproduce.built import network_of
from reproduce.publish.adaptive import adaptive_lines, failed_checks
from reproduce.publish.grid import grid_lines
from reproduce.publish.sources import SOURCES, WEIGHTS
from reproduce.publish.studied import study_lines
from reproduce.studies import STUDIES
from reproduce.studies.cells import NetworkCell

_ORIGIN = ("command", "git_commit", "package", "backend", "device", "python", "versions")


def card_of(training, plans, store):
    """The card of a `Training`, as JSON-able data; see `binomial_keras.zoo.Card`.

    Args:
        training: `Training`.
        plans: all plans of the output directory.
        store: its `RecordStore`.
    """
    lines = {"clean": [], "as_published": [], "adaptive": [], "other": []}
    lines |= (study_lines if isinstance(training.cell, NetworkCell) else grid_lines)(
        training, plans, store
    )
    lines["adaptive"] = adaptive_lines(training, plans, store) + lines["adaptive"]
    return {
        "title": _title(training),
        **lines,
        "failed_checks": failed_checks(training, plans, store),
        "network": _network(training),
        "training": _training(training),
        "data": _data(training, lines, store),
        "weights_sha256": training.record["result"]["weights_sha256"],
        "licence": f"{WEIGHTS} (the weights; for the images see data)",
    }


def _title(training):
    cell = training.cell
    label = next(
        (network.label for study in STUDIES.values() for network in study.networks
         if isinstance(cell, NetworkCell) and network.key == cell.network), None,
    )
    if label is None:
        T = "" if cell.T is None else f", T = {cell.T}"
        label = f"type {cell.neuron}{T}" if hasattr(cell, "neuron") else cell.network
    parameters = training.record["result"]["parameters"]
    return (f"{network_of(cell)[0]}, {label}, trained on {cell.data}; {parameters:,} parameters.")


def _network(training):
    builder, arguments = network_of(training.cell)
    listed = {name: list(value) if isinstance(value, tuple) else value
              for name, value in arguments.items()}
    return {"key": training.cell.network, "builder": f"binomial_keras.models.{builder}",
            "arguments": listed, "parameters": training.record["result"]["parameters"]}


def _training(training):
    record, cell = training.record, training.cell
    origin = {key: record["provenance"].get(key) for key in _ORIGIN}
    return {"name": cell.name, "record": record["id"], "seed": cell.seed,
            "recipe": record["result"]["recipe"], **origin}


def _data(training, lines, store):
    from binomial_keras import data

    cell = training.cell
    about = data.describe(cell.data)
    tested = [store.by_id(one["records"][0]) for kind in lines.values() for one in kind
              if one["records"]]
    test = {record["identity"]["data_sha256"] for record in tested}
    return {
        "name": cell.data,
        "shape": list(about["shape"]),
        "classes": about["classes"],
        "train": {"images": getattr(cell, "images", None) or about["train"],
                  "sha256": training.record["identity"]["data_sha256"]},
        "test": {"images": about["test"], "sha256": ", ".join(sorted(test)) or None},
        "source": about["source"],
        **SOURCES[cell.data],
    }
