"""The passes of `passes.py` on TensorFlow."""

import tensorflow as tf

from .random_draws import call_in_draws


def _batch_signature(array):
    # The batch axis stays open, so that one trace serves every batch size.
    return tf.TensorSpec((None, *array.shape[1:]), array.dtype)


def trace(function):
    """A function of arrays, compiled once for all batch sizes; returns arrays."""
    # Not jit_compile: on CPU it makes convolutions and TensorFlow's own draws slower.
    traced = tf.function(function)
    concrete = {}

    def run(*arrays):
        signature = tuple(_batch_signature(array) for array in arrays)
        if signature not in concrete:
            concrete[signature] = traced.get_concrete_function(*signature)
        result = concrete[signature](*map(tf.constant, arrays))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), result)

    return run


def compile_forward(model, reduce, draws):
    """`passes.compile_forward` on TensorFlow."""

    def forward(x, *arrays):
        return reduce(call_in_draws(model, x, draws), *arrays)

    return trace(forward)


def compile_vjps(model, cotangents, reduce, draws):
    """`passes.compile_vjps` on TensorFlow."""

    def vjps(x, *arrays):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(x)
            outputs = reduce(call_in_draws(model, x, draws))
        # Outside the tape, which would otherwise record the backward passes too.
        rows = tf.unstack(cotangents(outputs, *arrays))
        pulled = [tape.gradient(outputs, x, row, unconnected_gradients="zero") for row in rows]
        return outputs, tf.stack(pulled, axis=1)

    return trace(vjps)


def compile_objective(model, objective, draws):
    """`passes.compile_objective` on TensorFlow."""

    def value_and_gradient(x, *arrays):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            values = objective(call_in_draws(model, x, draws), *arrays)
        gradient = tape.gradient(values[0], x, unconnected_gradients="zero")
        return (*values, gradient)

    return trace(value_and_gradient)
