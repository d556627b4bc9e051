"""A network as the chain of steps that likelihood-ratio training needs."""

from typing import Any

import keras
from keras import ops

NOISY = (keras.layers.Dense, keras.layers.Conv2D)


class NoisyStep:
    """A Dense or Conv2D layer: features, a matrix, a bias, and an activation after the noise.

    A convolution is the dense layer that every patch of its input passes through.
    """

    def __init__(self, layer: keras.layers.Layer) -> None:
        self.layer = layer
        self.convolves = type(layer) is keras.layers.Conv2D
        self.activation = layer.activation
        self.units = layer.filters if self.convolves else layer.units

    @property
    def variables(self) -> list:
        """Kernel, and bias if there is one."""
        return [v for v in (self.layer.kernel, self.layer.bias) if v is not None]

    def features(self, x: Any) -> Any:
        """`(rows, positions..., features)`: what the matrix is multiplied with."""
        if not self.convolves:
            return x
        layer = self.layer
        return ops.image.extract_patches(
            x, layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding,
            "channels_last",
        )

    def potential(self, features: Any) -> Any:
        """The potential without noise, `(rows, positions..., units)`. Carries no gradient."""
        kernel = ops.stop_gradient(self.layer.kernel)
        u = ops.matmul(features, ops.reshape(kernel, (-1, self.units)))
        return u if self.layer.bias is None else u + ops.stop_gradient(self.layer.bias)


class NoisyChain:
    """Steps of a network, in order: `NoisyStep`s and layers without weights.

    Args:
        network: a built functional or sequential `keras.Model`, one layer after the other.

    Attributes:
        steps: list of `NoisyStep` and `keras.layers.Layer`, a softmax at the end left out.
        softmax: whether there was one.
    """

    def __init__(self, network: keras.Model) -> None:
        layers = _layers_in_a_row(network)
        self.steps = [NoisyStep(one) if type(one) in NOISY else one for one in layers]
        if not self.noisy:
            _refuse("at least one Dense or Conv2D layer", network.name)
        last = self.steps[-1]
        self.softmax = _is_softmax(last)
        if self.softmax and isinstance(last, NoisyStep):
            last.activation = keras.activations.linear
        elif self.softmax:
            self.steps.pop()

    @property
    def noisy(self) -> list[NoisyStep]:
        """The `NoisyStep`s."""
        return [step for step in self.steps if isinstance(step, NoisyStep)]

    def sizes(self) -> list[int]:
        """How many potentials each noisy step has for one image."""
        found = []
        for step in self.noisy:
            count = 1
            for size in step.layer.output.shape[1:]:
                if size is None:
                    _refuse("layers of known size", step.layer.name)
                count *= size
            found.append(count)
        return found


def _layers_in_a_row(network):
    if not isinstance(network, keras.Model) or not getattr(network, "inputs", None):
        _refuse("a built functional or sequential keras.Model", type(network).__name__)
    layers, tensor = [], network.inputs[0]
    for layer in network.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        _check_layer(layer)
        if layer.input is not tensor:
            _refuse("layers in a row, each fed by the one before it alone", layer.name)
        tensor = layer.output
        layers.append(layer)
    if len(network.inputs) != 1 or len(network.outputs) != 1 or network.outputs[0] is not tensor:
        _refuse("one input and one output, with nothing but layers between", network.name)
    return layers


def _check_layer(layer):
    if type(layer) not in NOISY and (layer.trainable_variables or isinstance(layer, keras.Model)):
        _refuse("Dense and Conv2D as the only layers that are trained", layer.name)
    if any(isinstance(v, keras.random.SeedGenerator) for v in vars(layer).values()):
        _refuse("layers without noise of their own (the trainer adds it)", layer.name)
    if type(layer) is keras.layers.Conv2D and (
        layer.groups != 1 or layer.data_format != "channels_last"
    ):
        _refuse("convolutions without groups, channels last", layer.name)


def _is_softmax(step):
    if isinstance(step, keras.layers.Softmax):
        return step.axis == -1
    return getattr(step, "activation", None) is keras.activations.softmax


def _refuse(expected, received):
    raise ValueError(
        f"Invalid value received for argument `network`. Expected {expected}. "
        f"Received: network with {received}"
    )
