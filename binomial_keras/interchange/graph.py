"""A NIR graph that is being built."""

import collections
import dataclasses
import json
import re

import numpy as np

from .conventions import NOTE


@dataclasses.dataclass(frozen=True)
class Value:
    """What one layer hands to the next.

    Attributes:
        sources: names of the nodes whose sum it is.
        shape: of one image in one step, channels last.
        number: of the Keras value, for its uses.
        image: (height, width, channels) if it is a flattened image, else None.
        border: (height, width) of zeros that the next layer has to put around it.
        averaged: whether it is a mean over time already.
    """

    sources: tuple
    shape: tuple
    number: int | None = None
    image: tuple | None = None
    border: tuple = (0, 0)
    averaged: bool = False

    def renumbered(self, number, **changes):
        """The same value under another number, with these changes."""
        return dataclasses.replace(self, number=number, **changes)


class GraphInProgress:
    """Nodes and edges so far.

    Args:
        nir: the package.
        dt: seconds per step.
        uses: numbers of the Keras values, once for every layer that takes them.
        result: number of the model's output.
    """

    def __init__(self, nir, dt, uses, result):
        self.nir, self.dt, self.result = nir, dt, result
        self.uses = collections.Counter(uses)
        self.nodes, self.edges, self.T, self.timed = {}, [], None, False
        self.readout, self.activation = None, None

    def steps(self, T, where):
        """Note a number of time steps; all of a model's are the same."""
        if self.T not in (None, T):
            raise ValueError(
                "Invalid value received for argument `model`. Expected one number of time steps. "
                f"Received: {self.T}, and {T} in `{where}`"
            )
        self.T = T

    def start(self, shape):
        """The graph's input."""
        channels_first = (shape[-1], *shape[:-1])
        self.nodes["input"] = self.nir.Input(input_type={"input": np.array(channels_first)})
        return Value(("input",), tuple(shape))

    def add(self, name, node, value, shape, number, **changes):
        """A node that takes `value`; returns what it gives."""
        if value.border != (0, 0):
            raise refused(name, "zero-padding before a convolution or an average-pooling alone")
        name = self._free(name)
        self.nodes[name] = node
        self.edges += [(source, name) for source in value.sources]
        kept = {"image": value.image, "averaged": value.averaged}
        return Value((name,), tuple(shape), number, **{**kept, **changes})

    def _free(self, name):
        """A node's name: letters, digits and underscores, not taken yet."""
        name = re.sub(r"\W", "_", name)
        taken = {*self.nodes, "output"}
        tried = (name, *(f"{name}_{number}" for number in range(1, len(taken) + 2)))
        return next(one for one in tried if one not in taken)

    def foldable(self, value):
        """The linear node that nobody else takes `value` from, or None."""
        node = self.nodes[value.sources[0]] if len(value.sources) == 1 else None
        linear = isinstance(node, (self.nir.Conv2d, self.nir.Affine, self.nir.Linear))
        alone = self.uses[value.number] == 1 and value.number != self.result
        return node if linear and alone and value.border == (0, 0) else None

    def finished(self, value):
        """The `nir.NIRGraph`."""
        if value.border != (0, 0):
            raise refused("output", "zero-padding before a convolution or an average-pooling alone")
        ends = [self.nodes[name] for name in value.sources]
        if self.readout and not all(isinstance(node, self.nir.LI) for node in ends):
            raise refused("output", "nothing but a softmax behind a membrane read-out")
        shape = (value.shape[-1], *value.shape[:-1])
        self.nodes["output"] = self.nir.Output(output_type={"output": np.array(shape)})
        self.edges += [(source, "output") for source in value.sources]
        about = {
            "T": self.T, "timed": self.timed, "activation": self.activation,
            "readout": self.readout or ("rate" if value.averaged else None), "dt": self.dt,
        }
        return self.nir.NIRGraph(self.nodes, self.edges, metadata={NOTE: json.dumps(about)})


def refused(name, expected):
    """The error for a layer that has no counterpart."""
    return ValueError(
        f"Invalid value received for argument `model`. Layer `{name}` cannot be written to NIR. "
        f"Expected {expected}."
    )
