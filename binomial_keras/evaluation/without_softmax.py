"""The part of a classifier that precedes its final softmax."""

import keras


def without_softmax(model):
    """A model that ends with the logits of `model`, sharing its layers and weights.

    Understands a final layer with `activation="softmax"` (Dense, EDense, a convolution...), a
    final `Activation("softmax")` or `Softmax` layer, and any of these inside a nested model.

    Args:
        model: a functional or Sequential `keras.Model` with one input and one output.

    Returns:
        A functional `keras.Model`; or `None` where the model does not end in a softmax.

    Raises:
        ValueError: for a subclassed model, whose last layer cannot be known.
    """
    output = _only_output(model)
    layer, node, _ = output._keras_history
    if not _ends_in_softmax(layer):
        return None
    features = layer._inbound_nodes[node].input_tensors[0]
    if isinstance(layer, keras.layers.Softmax) or type(layer) is keras.layers.Activation:
        logits = features
    elif isinstance(layer, keras.Model):
        logits = without_softmax(layer)(features)
    else:
        logits = _Linear(layer)(features)
    return keras.Model(model.inputs[0], logits, name=f"{model.name}_logits")


def _only_output(model):
    outputs = getattr(model, "outputs", None)
    if not outputs:
        raise ValueError(
            f"The logits of model `{model.name}` cannot be found: it is neither functional nor "
            "Sequential, or not built yet. Use logits=False if it returns probabilities, or "
            "wrap a model that returns logits as keras.Model(x, Activation('linear')(model(x)))."
        )
    if len(outputs) != 1 or len(model.inputs) != 1:
        raise ValueError(
            "Invalid value received for argument `model`. Expected one input and one output. "
            f"Received: {len(model.inputs)} inputs and {len(outputs)} outputs."
        )
    return outputs[0]


def _ends_in_softmax(layer):
    if isinstance(layer, keras.Model):
        return _ends_in_softmax(_only_output(layer)._keras_history[0])
    if isinstance(layer, keras.layers.Softmax):
        return True
    return getattr(layer, "activation", None) is keras.activations.softmax


class _Linear(keras.layers.Layer):
    """A layer without its activation: the same object, hence always the same weights."""

    def __init__(self, layer):
        super().__init__(name=f"{layer.name}_linear")
        self.layer = layer
        self.built = True

    def call(self, inputs):
        # Only while the graph is traced; the compiled functions never see the exchange.
        activation, self.layer.activation = self.layer.activation, keras.activations.linear
        try:
            return self.layer(inputs)
        finally:
            self.layer.activation = activation

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)
