"""Functions whose gradient is given, on every backend: like `backend`, a place that knows which."""

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
elif keras.backend.backend() == "jax":
    import jax
elif keras.backend.backend() == "torch":
    import torch


def with_gradient(forward, backward):
    """A function of tensors whose gradient is given, not derived.

    Args:
        forward: function of tensors to a tuple of tensors. Every tensor that the gradient
            depends on is among its arguments.
        backward: function `(arguments, outputs, cotangents)`, three tuples, to the gradients with
            respect to the arguments, a tuple of tensors or `None` (no gradient).

    Returns:
        Function of tensors to one tensor, or to a tuple if `forward` gives several.
    """
    return globals()[f"_with_gradient_{keras.backend.backend()}"](forward, backward)


def _single(outputs):
    return outputs[0] if len(outputs) == 1 else outputs


def _with_gradient_tensorflow(forward, backward):
    def call(*inputs):
        outputs = tuple(forward(*inputs))

        def pull(*cotangents):
            return tuple(backward(inputs, outputs, cotangents))

        return _single(outputs), pull

    wrapped = tf.custom_gradient(call)
    # Variables and arrays would be recorded by name: only tensors may come in.
    return lambda *inputs: wrapped(*map(tf.convert_to_tensor, inputs))


def _with_gradient_jax(forward, backward):
    wrapped = jax.custom_vjp(lambda *inputs: tuple(forward(*inputs)))

    def start(*inputs):
        outputs = tuple(forward(*inputs))
        return outputs, (inputs, outputs)

    wrapped.defvjp(start, lambda kept, cotangents: tuple(backward(*kept, cotangents)))
    return lambda *inputs: _single(wrapped(*map(jax.numpy.asarray, inputs)))


def _with_gradient_torch(forward, backward):
    class Function(torch.autograd.Function):
        @staticmethod
        def forward(context, *inputs):
            outputs = tuple(forward(*inputs))
            context.save_for_backward(*inputs, *outputs)
            context.count = len(inputs)
            return _single(outputs)

        @staticmethod
        def backward(context, *cotangents):
            kept = context.saved_tensors
            found = backward(kept[: context.count], kept[context.count :], cotangents)
            return _single(tuple(found))

    return lambda *inputs: Function.apply(*map(keras.ops.convert_to_tensor, inputs))
