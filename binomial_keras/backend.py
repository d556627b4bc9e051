"""The one place that knows which backend runs Keras: compilation, and gradients for attacks.

Everything else in the library is written with `keras.ops` alone.
"""

import functools

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
elif keras.backend.backend() == "jax":
    import jax
elif keras.backend.backend() == "torch":
    import torch


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


def seed_states(model):
    """The state variables of all seed generators of a model, in a fixed order."""
    others = {id(v) for v in model.weights}
    others |= {id(v) for metric in getattr(model, "metrics", ()) for v in metric.variables}
    return [v for v in model.non_trainable_variables if id(v) not in others]


def compile_forward(model):
    """`x -> model(x)` at inference, compiled. Every call takes fresh draws.

    Returns:
        Function of a float32 array `(images, ...)` to a float32 array `(images, outputs)`.
    """
    return _implementation("forward")(model)


def compile_vjps(model, cotangents):
    """Gradients of m linear functionals of the outputs, from one forward pass and one draw.

    `x -> (sum_k c[j, i, k] * d model(x)[i, k] / dx[i])` for every image i and j = 1..m, with
    `c = cotangents(model(x), *arrays)` held constant. One forward and m backward passes.

    Args:
        model: a Keras model, called at inference. Every call takes fresh draws.
        cotangents: function of the outputs `(images, outputs)` and of further arrays whose
            first axis counts images, to a tensor `(m, images, outputs)` with a fixed m. Written
            with `keras.ops`.

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays, to a float32 array
        `(images, m, ...)`.
    """
    return _implementation("vjps")(model, cotangents)


def _implementation(name):
    backend = keras.backend.backend()
    function = globals().get(f"_{name}_{backend}")
    if function is None:
        raise NotImplementedError(
            "Gradients with respect to the input need the TensorFlow, JAX or PyTorch backend. "
            f"Received: backend={backend}"
        )
    return function


def _call(model, x):
    # Under mixed precision a model computes in float16; attacks work in float32.
    return keras.ops.cast(model(x, training=False), "float32")


def _batch_signature(array):
    # The batch axis stays open, so that one trace serves every batch size.
    return tf.TensorSpec((None, *array.shape[1:]), "float32")


def _trace_tensorflow(function):
    # Not jit_compile: on CPU it makes convolutions and TensorFlow's own draws slower.
    traced = tf.function(function)
    concrete = {}

    def run(*arrays):
        signature = tuple(_batch_signature(array) for array in arrays)
        if signature not in concrete:
            concrete[signature] = traced.get_concrete_function(*signature)
        return concrete[signature](*map(tf.constant, arrays)).numpy()

    return run


def _forward_tensorflow(model):
    def forward(x):
        return _call(model, x)

    return _trace_tensorflow(forward)


def _vjps_tensorflow(model, cotangents):
    def vjps(x, *arrays):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(x)
            outputs = _call(model, x)
        # Outside the tape, which would otherwise record the backward passes too.
        rows = tf.unstack(cotangents(outputs, *arrays))
        pulled = [tape.gradient(outputs, x, row, unconnected_gradients="zero") for row in rows]
        return tf.stack(pulled, axis=1)

    return _trace_tensorflow(vjps)


def _carry_draws_jax(model, function):
    """Compile `function(call, *arrays) -> (result, states)` and store the generators' states.

    A traced function must not write to variables: the states leave it as values.
    """
    variables, states = model.variables, seed_states(model)

    @jax.jit
    def compiled(values, *arrays):
        def call(x):
            with keras.StatelessScope(state_mapping=list(zip(variables, values))) as scope:
                outputs = _call(model, x)
            return outputs, [scope.get_current_value(state) for state in states]

        return function(call, *arrays)

    def run(*arrays):
        result, after = compiled([variable.value for variable in variables], *arrays)
        for state, value in zip(states, after):
            state.assign(value)
        return keras.ops.convert_to_numpy(result)

    return run


def _forward_jax(model):
    def forward(call, x):
        return call(x)

    return _carry_draws_jax(model, forward)


def _vjps_jax(model, cotangents):
    def vjps(call, x, *arrays):
        outputs, pull, after = jax.vjp(call, x, has_aux=True)
        rows = cotangents(outputs, *arrays)
        return jax.vmap(lambda row: pull(row)[0], out_axes=1)(rows), after

    return _carry_draws_jax(model, vjps)


def _forward_torch(model):
    def forward(x):
        with torch.no_grad():
            return keras.ops.convert_to_numpy(_call(model, keras.ops.convert_to_tensor(x)))

    return forward


def _vjps_torch(model, cotangents):
    def vjps(x, *arrays):
        x = keras.ops.convert_to_tensor(x).requires_grad_(True)
        outputs = _call(model, x)
        arrays = map(keras.ops.convert_to_tensor, arrays)
        rows = cotangents(outputs.detach(), *arrays)
        pulled = [torch.autograd.grad(outputs, x, row, retain_graph=True)[0] for row in rows]
        return keras.ops.convert_to_numpy(torch.stack(pulled, dim=1))

    return vjps
