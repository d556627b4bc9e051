"""Compilation of functions that write to no variable."""

import functools

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    from .on_tensorflow import trace
elif keras.backend.backend() == "jax":
    import jax
elif keras.backend.backend() == "torch":
    from .on_torch import forward_arrays


def fused(function):
    """Compile an element-wise function of tensors into one kernel, where the backend can.

    Element-wise chains are bound by memory: on CPU TensorFlow runs every `keras.ops` call as a
    pass of its own over the data, the compiled chain is one pass. Only for functions that
    contain neither convolutions nor the backend's own random numbers (both are slower there).
    """
    if keras.backend.backend() == "jax":
        return functools.wraps(function)(jax.jit(function))
    if keras.backend.backend() != "tensorflow":
        return function
    kernels = {}  # one per shape of an image: retracing may relax the batch axis, nothing else

    @functools.wraps(function)
    def run(*tensors):
        shapes = tuple(tuple(getattr(tensor, "shape", ()))[1:] for tensor in tensors)
        if shapes not in kernels:
            kernels[shapes] = tf.function(function, jit_compile=True, reduce_retracing=True)
        return kernels[shapes](*tensors)

    return run


def compiled(function, model):
    """Compile a function of tensors that calls layers of `model` and writes to no variable.

    The weights are read at every call, so later training is seen.
    """
    if keras.backend.backend() == "tensorflow":
        return tf.function(function, reduce_retracing=True)
    if keras.backend.backend() != "jax":
        return function

    @jax.jit
    def pure(values, *args):
        with keras.StatelessScope(state_mapping=list(zip(model.variables, values))):
            return function(*args)

    return lambda *args: pure([variable.value for variable in model.variables], *args)


def compile_arrays(function, model):
    """Compile a function of arrays and tensors that calls layers of `model` and draws nothing.

    The first axis of every argument may change from call to call without a new compilation (on
    TensorFlow). Returns a function to one array.
    """
    if keras.backend.backend() == "tensorflow":
        return trace(function)
    if keras.backend.backend() == "torch":
        return forward_arrays(function)
    pure = compiled(function, model)
    return lambda *arrays: keras.ops.convert_to_numpy(pure(*arrays))


def compile_maps(model):
    """`x -> ` list of the model's outputs at inference, left where the backend has them."""
    call = compiled(lambda x: model(x, training=False), model)
    return lambda x: list(call(keras.ops.convert_to_tensor(x)))
