"""A functional model as the list of its layer calls."""

import dataclasses
import inspect

import keras


@dataclasses.dataclass(frozen=True)
class Call:
    """One layer call: which layer, on which values (by number), giving which value."""

    layer: keras.layers.Layer
    args: tuple
    kwargs: dict
    inputs: tuple
    output: int
    timed: bool


def trace(model):
    """The calls of a functional or sequential model with one input, in order.

    Returns:
        `(calls, source, result)`: the list of `Call`, the number of the input value and that of
        the output value. `timed` says whether the (first) input of a call has a time axis.
    """
    numbers, calls, keep = {}, [], []

    def number(tensor):
        keep.append(tensor)  # an id is only good as long as its tensor lives
        return numbers.setdefault(id(tensor), len(numbers))

    def record(layer, *args, **kwargs):
        tensors = [v for v in keras.tree.flatten((args, kwargs)) if keras.utils.is_keras_tensor(v)]
        output = layer(*args, **kwargs)
        if not keras.utils.is_keras_tensor(output):
            raise ValueError(
                f"Layer `{layer.name}` has several outputs; only layers with one are supported."
            )
        inputs = tuple(number(tensor) for tensor in tensors)
        timed = len(tensors[0].shape) in (3, 5)
        calls.append(Call(layer, args, kwargs, inputs, number(output), timed))
        return output

    if not (isinstance(model, keras.Sequential) or hasattr(model, "operations")):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a functional or sequential "
            f"keras.Model. Received: {type(model).__name__}"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            "Invalid value received for argument `model`. Expected one input and one output. "
            f"Received: {len(model.inputs)} and {len(model.outputs)}"
        )
    # A sequential model has the graph of a functional one, but does not offer call_function.
    copy = keras.models.clone_model(
        keras.Model(model.inputs[0], model.outputs[0]),
        clone_function=lambda layer: layer,
        call_function=record,
    )
    return calls, numbers[id(copy.inputs[0])], numbers[id(copy.outputs[0])]


def apply(call, values):
    """What a call gives at inference, for the values that were computed so far, by number."""
    numbers = iter(call.inputs)
    args, kwargs = keras.tree.map_structure(
        lambda v: values[next(numbers)] if keras.utils.is_keras_tensor(v) else v,
        (call.args, call.kwargs),
    )
    if "training" in inspect.signature(call.layer.call).parameters:
        kwargs = {**kwargs, "training": False}
    return call.layer(*args, **kwargs)
