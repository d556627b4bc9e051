"""Checks that every layer of the library must pass, and gradients on any backend.

Written against Keras' public API alone.
"""

import inspect
import json

import keras
import numpy as np

PACKAGE = "binomial_keras"


def constructor_arguments(layer_class):
    """Name to default of every constructor argument, those of the Keras parent included.

    `keras.layers.Layer`'s own (`name`, `dtype`, `trainable`, ...) are left out.
    """
    found = {}
    for owner in layer_class.__mro__:
        if owner is keras.layers.Layer:
            break
        if "__init__" not in vars(owner):
            continue
        parameters = inspect.signature(owner.__init__).parameters.values()
        for parameter in parameters:
            if parameter.name != "self" and parameter.kind != parameter.VAR_KEYWORD:
                found.setdefault(parameter.name, parameter.default)
        # A Keras layer names all its arguments; what follows are its private base classes.
        if owner.__module__.startswith("keras."):
            break
    return found


def check_config(layer_class, arguments, fixed=()):
    """Every constructor argument, with a value that is not its default, survives a round trip.

    Args:
        arguments: a non-default value for every constructor argument.
        fixed: names of arguments that allow their default value only.
    """
    defaults = constructor_arguments(layer_class)
    assert set(arguments) == set(defaults) - set(fixed)
    layer = layer_class(**arguments, name="some_name", dtype="mixed_bfloat16", trainable=False)
    config = layer.get_config()
    for name, value in arguments.items():
        assert defaults[name] is inspect.Parameter.empty or value != defaults[name], name
        assert name in config, f"get_config leaves out {name}"
        if isinstance(value, (str, int, float, bool)) and isinstance(config[name], type(value)):
            assert config[name] == value, name
    for name in fixed:
        assert name in config or defaults[name] is None, name
    text = json.dumps(keras.saving.serialize_keras_object(layer))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is layer_class
    assert json.dumps(keras.saving.serialize_keras_object(again)) == text
    assert again.name == "some_name" and not again.trainable
    assert again.dtype_policy.name == "mixed_bfloat16"


def check_registration(layer_class):
    """The class is found by a loader that knows only the package's name."""
    name = f"{PACKAGE}>{layer_class.__name__}"
    assert keras.saving.get_registered_name(layer_class) == name
    assert keras.saving.get_registered_object(name) is layer_class


def check_call(layer_class, arguments, input_shape, output_shape, generators=0):
    """Symbolic and eager shapes agree, also without a batch size; dtype follows the policy.

    Args:
        input_shape, output_shape: with the batch size.
        generators: how many seed generators the layer has.
    """
    layer = layer_class(**arguments)
    assert layer.compute_output_shape(tuple(input_shape)) == tuple(output_shape)
    symbolic = layer(keras.Input(input_shape[1:]))
    assert tuple(symbolic.shape) == (None, *output_shape[1:])
    x = np.linspace(0.0, 1.0, int(np.prod(input_shape)), dtype="float32").reshape(input_shape)
    output = layer(x)
    assert tuple(output.shape) == tuple(output_shape)
    assert keras.backend.standardize_dtype(output.dtype) == "float32"
    assert count_generators(layer) == generators
    mixed = layer_class(**arguments, dtype="mixed_bfloat16")
    output = mixed(x)
    assert tuple(output.shape) == tuple(output_shape)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert all(keras.backend.standardize_dtype(w.dtype) == "float32" for w in mixed.weights)


def count_generators(layer):
    """Number of seed generators held by the layer itself."""
    return sum(isinstance(v, keras.random.SeedGenerator) for v in vars(layer).values())


def numpy(x):
    """Any tensor as a NumPy array."""
    return keras.ops.convert_to_numpy(x)


def vjp(model, x, cotangent=None, training=False, loss=None):
    """Output of a layer or model, and gradients of `sum(cotangent * output)`.

    Args:
        model: built layer or model.
        x: NumPy array, the input.
        cotangent: NumPy array of the output's shape; or
        loss: function of the output tensor to a scalar, in its place.

    Returns:
        `(output, gradient for x, list of gradients for the trainable variables)`, NumPy arrays.
        A gradient that does not exist is zero.
    """
    if loss is None:

        def loss(output):
            weights = keras.ops.convert_to_tensor(cotangent, "float32")
            return keras.ops.sum(keras.ops.cast(output, "float32") * weights)

    takes_training = "training" in inspect.signature(model.call).parameters
    options = {"training": training} if takes_training else {}
    backward = globals()[f"_vjp_{keras.backend.backend()}"]
    output, first, others = backward(model, x, options, loss)
    return numpy(output), numpy(first), [numpy(gradient) for gradient in others]


def _vjp_tensorflow(model, x, options, loss):
    import tensorflow as tf

    x = tf.constant(x)
    values = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = model(x, **options)
        value = loss(output)
    first, *others = tape.gradient(value, [x, *values], unconnected_gradients="zero")
    return output, first, others


def _vjp_jax(model, x, options, loss):
    import jax

    frozen = [variable.value for variable in model.non_trainable_variables]

    def function(x, values):
        output, _ = model.stateless_call(values, frozen, x, **options)
        return loss(output), output

    values = [variable.value for variable in model.trainable_variables]
    gradient = jax.grad(function, argnums=(0, 1), has_aux=True)
    (first, others), output = gradient(keras.ops.convert_to_tensor(x), values)
    return output, first, others


def _vjp_torch(model, x, options, loss):
    import torch

    x = keras.ops.convert_to_tensor(x).requires_grad_(True)
    output = model(x, **options)
    leaves = [x, *(variable.value for variable in model.trainable_variables)]
    value = loss(output)
    gradients = [None] * len(leaves)
    if value.requires_grad:  # what no leaf reaches has no graph
        gradients = torch.autograd.grad(value, leaves, allow_unused=True)
    first, *others = [
        torch.zeros_like(leaf) if gradient is None else gradient
        for gradient, leaf in zip(gradients, leaves)
    ]
    return output, first, others


def finite_differences(function, arrays, step=1e-4):
    """Central differences of a scalar NumPy function, for every entry of every array."""
    gradients = []
    for array in arrays:
        gradient = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + step
            above = function()
            array[index] = kept - step
            below = function()
            array[index] = kept
            gradient[index] = (above - below) / (2 * step)
        gradients.append(gradient)
    return gradients
