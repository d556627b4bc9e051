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


def compile_arrays(function, model):
    """Compile a function of arrays and tensors that calls layers of `model` and draws nothing.

    The first axis of every argument may change from call to call without a new compilation (on
    TensorFlow). Returns a function to one array.
    """
    if keras.backend.backend() == "tensorflow":
        return _trace_tensorflow(function)
    if keras.backend.backend() == "torch":
        return _forward_torch_arrays(function)
    pure = compiled(function, model)
    return lambda *arrays: keras.ops.convert_to_numpy(pure(*arrays))


def compile_maps(model):
    """`x -> ` list of the model's outputs at inference, left where the backend has them."""
    call = compiled(lambda x: model(x, training=False), model)
    return lambda x: list(call(keras.ops.convert_to_tensor(x)))


def seed_states(model):
    """The state variables of all seed generators of a model, in a fixed order."""
    others = {id(v) for v in model.weights}
    others |= {id(v) for metric in getattr(model, "metrics", ()) for v in metric.variables}
    return [v for v in model.non_trainable_variables if id(v) not in others]


def compile_forward(model, reduce=None, draws=1):
    """`x, *arrays -> reduce(draws of the outputs, *arrays)` at inference, compiled.

    Every call takes fresh draws.

    Args:
        model: a Keras model.
        reduce: function of the outputs `(images, draws, outputs)` and of further arrays whose
            first axis counts images, to a tensor `(images, ...)` or a tuple of such; `None` for
            the mean over the draws.
        draws: how many independent draws of every image pass through the model in one batch.
            Only for models whose images have noise of their own (see `Draws`).

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays to what `reduce`
        gives, as arrays.
    """
    return _implementation("forward")(model, reduce or _mean, draws)


def compile_vjps(model, cotangents, reduce=None, draws=1):
    """Gradients of m linear functionals of the outputs, from one forward pass and one draw.

    `x -> (sum_k c[j, i, k] * d f(x)[i, k] / dx[i])` for every image i and j = 1..m, with
    f = reduce(draws of the model's outputs) and `c = cotangents(f(x), *arrays)` held constant.
    One forward and m backward passes (each of `draws` copies of the images).

    Args:
        model: a Keras model, called at inference. Every call takes fresh draws.
        cotangents: function of `f(x)` `(images, outputs)` and of further arrays whose first axis
            counts images, to a tensor `(m, images, outputs)` with a fixed m. Written with
            `keras.ops`.
        reduce, draws: as for `compile_forward`; `reduce` gives one tensor `(images, outputs)`.

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays, to the arrays
        `f(x)` `(images, outputs)` and the gradients `(images, m, ...)`.
    """
    return _implementation("vjps")(model, cotangents, reduce or _mean, draws)


def compile_objective(model, objective, draws=1):
    """The value of an objective per image, and its gradient with respect to the image.

    Args:
        model: a Keras model, called at inference. Every call takes fresh draws.
        objective: function of the outputs `(images, draws, outputs)` and of further arrays whose
            first axis counts images, to a tuple of tensors `(images, ...)`. The gradient is that
            of the first, `(images,)`; an image's value depends on no other image.
        draws: as for `compile_forward`.

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays, to the tuple of
        arrays that `objective` gives, followed by the gradient, shaped like the images.
    """
    return _implementation("objective")(model, objective, draws)


def _implementation(name):
    backend = keras.backend.backend()
    function = globals().get(f"_{name}_{backend}")
    if function is None:
        raise NotImplementedError(
            "Gradients with respect to the input need the TensorFlow, JAX or PyTorch backend. "
            f"Received: backend={backend}"
        )
    return function


def _mean(outputs):
    return outputs[:, 0] if outputs.shape[1] == 1 else keras.ops.mean(outputs, axis=1)


def _call(model, x, draws):
    if draws > 1:
        x = keras.ops.repeat(x, draws, axis=0)
    # Under mixed precision a model computes in float16; attacks work in float32.
    outputs = keras.ops.cast(model(x, training=False), "float32")
    return keras.ops.reshape(outputs, (-1, draws, *keras.ops.shape(outputs)[1:]))


def _batch_signature(array):
    # The batch axis stays open, so that one trace serves every batch size.
    return tf.TensorSpec((None, *array.shape[1:]), array.dtype)


def _trace_tensorflow(function):
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


def _forward_tensorflow(model, reduce, draws):
    def forward(x, *arrays):
        return reduce(_call(model, x, draws), *arrays)

    return _trace_tensorflow(forward)


def _vjps_tensorflow(model, cotangents, reduce, draws):
    def vjps(x, *arrays):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(x)
            outputs = reduce(_call(model, x, draws))
        # Outside the tape, which would otherwise record the backward passes too.
        rows = tf.unstack(cotangents(outputs, *arrays))
        pulled = [tape.gradient(outputs, x, row, unconnected_gradients="zero") for row in rows]
        return outputs, tf.stack(pulled, axis=1)

    return _trace_tensorflow(vjps)


def _objective_tensorflow(model, objective, draws):
    def value_and_gradient(x, *arrays):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            values = objective(_call(model, x, draws), *arrays)
        gradient = tape.gradient(values[0], x, unconnected_gradients="zero")
        return (*values, gradient)

    return _trace_tensorflow(value_and_gradient)


def _carry_draws_jax(model, draws, function):
    """Compile `function(call, *arrays) -> (result, states)` and store the generators' states.

    A traced function must not write to variables: the states leave it as values.
    """
    variables, states = model.variables, seed_states(model)

    @jax.jit
    def compiled(values, *arrays):
        def call(x):
            with keras.StatelessScope(state_mapping=list(zip(variables, values))) as scope:
                outputs = _call(model, x, draws)
            return outputs, [scope.get_current_value(state) for state in states]

        return function(call, *arrays)

    def run(*arrays):
        result, after = compiled([variable.value for variable in variables], *arrays)
        for state, value in zip(states, after):
            state.assign(value)
        return jax.tree_util.tree_map(keras.ops.convert_to_numpy, result)

    return run


def _forward_jax(model, reduce, draws):
    def forward(call, x, *arrays):
        outputs, after = call(x)
        return reduce(outputs, *arrays), after

    return _carry_draws_jax(model, draws, forward)


def _vjps_jax(model, cotangents, reduce, draws):
    def vjps(call, x, *arrays):
        def reduced(x):
            outputs, after = call(x)
            return reduce(outputs), after

        outputs, pull, after = jax.vjp(reduced, x, has_aux=True)
        rows = cotangents(outputs, *arrays)
        return (outputs, jax.vmap(lambda row: pull(row)[0], out_axes=1)(rows)), after

    return _carry_draws_jax(model, draws, vjps)


def _objective_jax(model, objective, draws):
    def value_and_gradient(call, x, *arrays):
        def total(x):
            outputs, after = call(x)
            values = objective(outputs, *arrays)
            return values[0].sum(), (values, after)

        gradient, (values, after) = jax.grad(total, has_aux=True)(x)
        return (*values, gradient), after

    return _carry_draws_jax(model, draws, value_and_gradient)


def _forward_torch(model, reduce, draws):
    def forward(*arrays):
        x, *arrays = map(keras.ops.convert_to_tensor, arrays)
        with torch.no_grad():
            result = reduce(_call(model, x, draws), *arrays)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, result)

    return forward


def _forward_torch_arrays(function):
    def forward(*arrays):
        with torch.no_grad():
            return keras.ops.convert_to_numpy(function(*map(keras.ops.convert_to_tensor, arrays)))

    return forward


def _vjps_torch(model, cotangents, reduce, draws):
    def vjps(x, *arrays):
        x = keras.ops.convert_to_tensor(x).requires_grad_(True)
        outputs = reduce(_call(model, x, draws))
        arrays = map(keras.ops.convert_to_tensor, arrays)
        rows = cotangents(outputs.detach(), *arrays)
        pulled = [torch.autograd.grad(outputs, x, row, retain_graph=True)[0] for row in rows]
        return tuple(map(keras.ops.convert_to_numpy, (outputs.detach(), torch.stack(pulled, 1))))

    return vjps


def _objective_torch(model, objective, draws):
    def value_and_gradient(x, *arrays):
        x = keras.ops.convert_to_tensor(x).requires_grad_(True)
        values = objective(_call(model, x, draws), *map(keras.ops.convert_to_tensor, arrays))
        gradient = torch.autograd.grad(values[0].sum(), x)[0]
        return tuple(keras.ops.convert_to_numpy(v.detach()) for v in (*values, gradient))

    return value_and_gradient
