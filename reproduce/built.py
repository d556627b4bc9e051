"""Which network a training builds: a builder of the library and its arguments."""

from reproduce.errors import UsageError
from reproduce.experiments.networks import ARCHITECTURES


def network_of(cell):
    """(name of a function in `binomial_keras.models`, its arguments) of a cell that trains."""
    import binomial_keras as bk

    about = bk.data.describe(cell.data)
    if hasattr(cell, "builder"):
        builder = cell.builder
        special = {name: _listed(value) for name, value in cell.arguments}
    else:
        builder = "binomial_cnn"
        special = {"widths": cell.widths, "neuron": cell.neuron, "T": cell.T or 1,
                   "gradient": cell.gradient, **ARCHITECTURES[cell.architecture]}
    return builder, {"input_shape": about["shape"], "classes": about["classes"],
                     "seed": cell.seed, **special}


def new_network(cell):
    """The untrained network of a cell.

    Raises:
        UsageError: the network cannot be made for this data set, such as for images too small.
    """
    import binomial_keras as bk

    builder, arguments = network_of(cell)
    try:
        return getattr(bk.models, builder)(**arguments)
    except ValueError as error:
        raise UsageError(f"{builder} cannot be made for {cell.data}: {error}") from error


def _listed(value):
    return list(value) if isinstance(value, tuple) else value
