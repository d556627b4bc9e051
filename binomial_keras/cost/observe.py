"""The values between the layers of a network, while it classifies some images."""

import dataclasses

import keras
import numpy as np

from ..layers import BU, LIF, EConv2D, EDense, PoissonEncoder, Present
from ..layers.time_axis import has_time_axis
from ..models.program import apply, trace
from .signal import REAL, Signal, signal_after

# Their result is a linear function of their input, into which a normalisation can be folded.
LINEAR = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Dense,
    keras.layers.DepthwiseConv2D,
)
_MAKES_PASSES = (BU, LIF, PoissonEncoder, Present)


@dataclasses.dataclass(frozen=True)
class Observation:
    """One layer call: what went in and came out.

    Attributes:
        name: of the layer, with the names of the models around it.
        layer: the layer.
        inputs: list of arrays `(images, ...)`.
        output: array `(images, ...)`.
        given: list of the `Signal`s of the inputs.
        signal: the `Signal` of the output.
        folded: whether it is a normalisation that the linear layer before it can absorb.
        repeated: whether what it gives is one value for all passes of the layer after it.
        again: whether the same layer was called before: its parameters are counted there.
    """

    name: str
    layer: keras.layers.Layer
    inputs: list
    output: np.ndarray
    given: list
    signal: Signal
    folded: bool
    repeated: bool
    again: bool

    @property
    def passes(self):
        """T of the output, 1 without a time axis."""
        shape = self.output.shape
        return shape[1] if has_time_axis(len(shape)) else 1


def observe(model, x):
    """The `Observation`s of all layer calls at inference, in order."""
    found, _, _ = _run(model, x, REAL, "", set())
    return found


def _run(model, x, signal, prefix, seen):
    calls, source, result = trace(model)
    values, signals = {source: keras.ops.convert_to_tensor(x)}, {source: signal}
    layer_of = {call.output: call.layer for call in calls}
    found = []
    for call in calls:
        layer = call.layer
        if isinstance(layer, keras.layers.InputLayer):
            continue
        given = [signals[number] for number in call.inputs]
        inputs = [values[number] for number in call.inputs]
        if isinstance(layer, keras.Model):
            inner, values[call.output], signals[call.output] = _run(
                layer, inputs[0], given[0], f"{prefix}{layer.name}/", seen
            )
            found += inner
            continue
        values[call.output] = apply(call, values)
        after = signals[call.output] = signal_after(layer, given, inputs[0].shape)
        before = layer_of.get(call.inputs[0]) if call.inputs else None
        found.append(
            Observation(
                prefix + layer.name,
                layer,
                [keras.ops.convert_to_numpy(value) for value in inputs],
                keras.ops.convert_to_numpy(values[call.output]),
                given,
                after,
                _folds(layer, before),
                _repeats(values[call.output], call.output, calls),
                id(layer) in seen,
            )
        )
        seen.add(id(layer))
    return found, values[result], signals[result]


def _folds(layer, before):
    normalizes = isinstance(layer, keras.layers.BatchNormalization)
    activation = getattr(before, "activation", None)
    linear = activation is None or activation is keras.activations.linear
    return normalizes and isinstance(before, LINEAR) and linear


def _repeats(value, number, calls):
    if has_time_axis(len(value.shape)):
        return False
    after = [call.layer for call in calls if number in call.inputs]
    return any(isinstance(layer, _MAKES_PASSES) and _passes(layer) > 1 for layer in after)


def _passes(layer):
    return layer.T if not isinstance(layer, BU) or layer.neuron == "A" else 1


def accumulates(seen):
    """Whether a layer adds up spikes from pass to pass."""
    timed = has_time_axis(len(seen.inputs[0].shape))
    return timed and isinstance(seen.layer, (EConv2D, EDense)) and seen.passes > 1
